"""Which kind of source is charged for a team's use of a provider, since when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import EVERYONE, TeamId, WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.metering import Shift
from bot.domain.usage_events import SourceRole
from bot.storage import upsert
from bot.storage.database import Call, Transaction
from bot.storage.identities import by_owner
from bot.storage.moments import as_moment, as_text
from bot.storage.statements import Row, Statement, among
from bot.storage.tables import MemberRow, MeterRow, table

_meter = table(MeterRow)
_member = table(MemberRow)

Metered = tuple[TeamId, str]


def _of(teams: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(
            _meter.c.team_id, _meter.c.provider, _meter.c.since, _meter.c.role, _meter.c.last_at
        )
        .where(
            _meter.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            teams,
        )
        .order_by(_meter.c.team_id, _meter.c.provider, _meter.c.since)
    )


def _of_teams(insert: Any) -> sa.Select[Any]:
    return _of(among(_meter.c.team_id, "teams", insert))


def _of_payers(insert: Any) -> sa.Select[Any]:
    """Also of the teams that these people are in."""
    of_people = sa.select(_member.c.team_id).where(
        _member.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
        among(_member.c.user_id, "users", insert),
    )
    return _of(among(_meter.c.team_id, "teams", insert) | _meter.c.team_id.in_(of_people))


OF_TEAMS = Statement(_of_teams)
OF_PAYERS = Statement(_of_payers)
HOLD_TEAMS = Statement(lambda insert: _of_teams(insert).with_for_update())


def shifts(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[Metered, list[Shift]]:
    """Of each team and provider, who was in charge since when, in order."""
    return _shifts(tx, workspace_id, team_ids, OF_TEAMS)


def held(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[Metered, list[Shift]]:
    """The same, locked: nobody is charged for anything later meanwhile."""
    return _shifts(tx, workspace_id, team_ids, HOLD_TEAMS)


def _shifts(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId], statement: Statement
) -> dict[Metered, list[Shift]]:
    values = {"workspace_id": workspace_id, "teams": tuple(team_ids)}
    return of_rows(tx.fetch(statement, values))


def of_payers(workspace_id: WorkspaceId, accounts: Iterable[AccountId]) -> Call:
    """Ask for the shifts of the teams that pay for these accounts; see `of_rows`."""
    owners, teams_of = by_owner(accounts)
    values = {
        "workspace_id": workspace_id,
        "users": tuple(owners.values()),
        "teams": (*teams_of.values(), EVERYONE),  # whoever is in no team is of everyone's
    }
    return OF_PAYERS, values


def of_rows(rows: Iterable[Row]) -> dict[Metered, list[Shift]]:
    """Of each team and provider, who was in charge since when, by what was found."""
    found: dict[Metered, list[Shift]] = {}
    for team_id, provider, since, role, last_at in rows:
        shift = Shift(
            since=as_moment(since or None), role=SourceRole(role), last_at=as_moment(last_at)
        )
        found.setdefault((TeamId(team_id), provider), []).append(shift)
    return found


def put(tx: Transaction, workspace_id: WorkspaceId, changed: Mapping[Metered, Shift]) -> None:
    """Write shifts that begin, or whose last event is later now.

    Two batches at once may both begin a shift: the same row, or two roles at two moments, of which
    each is then in charge from its own.
    """
    if not changed:
        return
    rows = [
        {
            "workspace_id": workspace_id,
            "team_id": team_id,
            "provider": provider,
            "since": _since(shift.since),
            "role": shift.role.value,
            "last_at": shift.last_at,
        }
        for (team_id, provider), shift in sorted(changed.items(), key=lambda one: one[0])
    ]
    statement = upsert.insert(tx)(_meter)
    given = statement.excluded.last_at
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "team_id", "provider", "since"],
            set_={"last_at": sa.case((_meter.c.last_at > given, _meter.c.last_at), else_=given)},
        ),
        rows,
    )


def _since(moment: datetime | None) -> str:
    return as_text(moment) if moment else ""
