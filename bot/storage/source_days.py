"""What each source told of each provider's day in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import sources
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.usage_events import SourceRole
from bot.storage.database import Transaction
from bot.storage.statements import Bulk, Given, insert_given
from bot.storage.tables import SourceDayRow, table

_day = table(SourceDayRow)

#: Source, provider, and the day in UTC as text.
SourceDay = tuple[str, str, str]

_KEY = ("workspace_id", "source", "provider", "day")
_NAMES = (
    *_KEY,
    *("role", "events", "counted", "tokens", "last_occurred_at", "last_received_at", "people"),
)
_EMPTY: sa.ColumnElement[str] = sa.literal_column("''")
#: A row that long names as many people as anybody asks for: an id has 21 letters at the most.
_PEOPLE_LONG: sa.ColumnElement[int] = sa.literal_column(str(sources.PEOPLE * 21))


@dataclass(slots=True)
class Told:
    """Sums of what came of one day, to be added."""

    role: SourceRole
    last_occurred_at: datetime
    #: The person whose key sent it; None where it is nobody's own.
    owner: UserId | None = None
    events: int = 0
    counted: int = 0
    tokens: int = 0


def _add(given: Given, insert: Any) -> sa.ClauseElement:
    statement = insert_given(_day, given, insert)
    new = statement.excluded
    sums = {name: _day.c[name] + new[name] for name in ("events", "counted", "tokens")}
    last = {
        name: sa.case((_day.c[name] > new[name], _day.c[name]), else_=new[name])
        for name in ("last_occurred_at", "last_received_at")
    }
    people = sa.case(
        ((_day.c.people == _EMPTY) | (new.people == _EMPTY), _EMPTY),
        (_day.c.people.contains(new.people), _day.c.people),
        (sa.func.length(_day.c.people) >= _PEOPLE_LONG, _day.c.people),
        else_=_day.c.people + sa.func.substr(new.people, sa.literal_column("2")),
    )
    added: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=list(_KEY), set_=sums | last | {"people": people}
    )
    return added


ADD = Bulk(_day, _NAMES, _add)


def add(
    tx: Transaction, workspace_id: WorkspaceId, told: Mapping[SourceDay, Told], now: datetime
) -> None:
    """Add to the sums, in the one order of locks."""
    tx.bulk(
        ADD,
        [
            (
                workspace_id,
                *key,
                one.role.value,
                one.events,
                one.counted,
                one.tokens,
                one.last_occurred_at,
                now,
                f"/{one.owner}/" if one.owner else "",
            )
            for key, one in sorted(told.items())
        ],
    )
