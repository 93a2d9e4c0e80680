"""Usage events: rows that are new to us, and later figures of those that are not."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import usage as rules
from bot.domain.counts import Counts
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId, EntryId
from bot.domain.usage import Charge, DayPlace, Placed
from bot.domain.usage_events import EventKey, SourceRole
from bot.storage.database import Call, Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Given, Row, Statement, among, insert_given
from bot.storage.tables import UsageEventRow, UsageRevisionRow, table

_event = table(UsageEventRow)
_revision = table(UsageRevisionRow)

#: The classes of tokens, each a column.
COUNTS = ("input_uncached", "cache_read", "cache_write", "output", "reasoning")
#: All tokens of a call; reasoning is in the output already.
COUNTED = _event.c.input_uncached + _event.c.cache_read + _event.c.cache_write + _event.c.output
#: A row of a provider's report. Written out: with a parameter, SQLite doesn't see that the index of
#: reports serves it.
IS_REPORT = _event.c.role == sa.literal_column(f"'{SourceRole.REPORT}'")

_NAMES = (
    "workspace_id",
    "source",
    "external_id",
    "revision",
    "role",
    "account_id",
    "identity_id",
    "team_id",
    "day",
    "occurred_at",
    "received_at",
    "provider",
    "model",
    "project",
    *COUNTS,
    "tokens",
    "rate",
    "cost_nano",
    "cost_is_estimate",
    "is_estimate",
    "entry_id",
    "team_label",
    "details",
)


def _add(given: Given, insert: Any) -> sa.ClauseElement:
    statement = insert_given(_event, given, insert).on_conflict_do_nothing()
    added: sa.ClauseElement = statement.returning(_event.c.source, _event.c.external_id)
    return added


_STANDING = (
    *("external_id", "revision", "provider", "occurred_at"),
    *("account_id", "team_id", "day", "model", "project"),
    *COUNTS,
    *("tokens", "rate", "cost_nano"),
)
# What makes a call count once: its source and id are the key of its row. Of two batches that bring
# the same call at once, the second waits for the first and finds its row.
ADD_NEW = Bulk(_event, _NAMES, _add)
KNOWN = Statement(
    lambda insert: (
        sa.select(*(_event.c[name] for name in _STANDING))
        .where(
            _event.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            _event.c.source == sa.bindparam("source", type_=sa.String()),
            among(_event.c.external_id, "ids", insert),
        )
        .order_by(_event.c.external_id)
        .with_for_update()
    )
)
_REVISED = (
    "workspace_id",
    "source",
    "external_id",
    "revision",
    "model",
    *COUNTS,
    "tokens",
    "rate",
    "cost_nano",
    "cost_is_estimate",
    "entry_id",
)
REVISE = Bulk(
    _event,
    _REVISED,
    lambda given, _insert: (
        sa.update(_event)
        .where(
            *(_event.c[name] == given[name] for name in _REVISED[:3]),
        )
        .values(
            {name: given[name] for name in _REVISED[3:] if name != "entry_id"}
            # Whatever charged it first stays its entry; what changed it, its revision names.
            | {"entry_id": sa.func.coalesce(_event.c.entry_id, given["entry_id"])}
        )
    ),
)
ADD_REVISION = Bulk(
    _revision,
    ("workspace_id", "source", "external_id", "revision", "tokens", "entry_id", "received_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """An event that stands: its figures, what was charged for it, and where that was counted."""

    revision: int
    provider: str
    occurred_at: datetime
    account: AccountId
    place: DayPlace
    counts: Counts
    charge: Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """Later figures of an event."""

    source: str
    external_id: str
    revision: int
    model: str
    counts: Counts
    charge: Charge
    #: What it adds to what was charged; below zero where the figures fell.
    more: int


def adding(
    workspace_id: WorkspaceId,
    placed: Iterable[Placed],
    *,
    role: SourceRole,
    entry_id: EntryId,
    now: datetime,
) -> Call:
    """Write those that are new to us, of one or more; its rows are the keys of these.

    They come sorted by source and id, the one order of locks.
    """
    return ADD_NEW, [_row(workspace_id, one, role, entry_id, now) for one in placed]


def _row(
    workspace_id: WorkspaceId, one: Placed, role: SourceRole, entry_id: EntryId, now: datetime
) -> Row:
    """The values of `_NAMES`."""
    event, charge = one.event, one.charge
    return (
        workspace_id,
        event.source,
        event.external_id,
        event.revision,
        role.value,
        one.payer.account,
        one.identity_id,
        one.payer.team_id,
        one.day,
        event.occurred_at,
        now,
        event.provider,
        one.model,
        one.project,
        *_columns(event.counts),
        charge.tokens,
        charge.rate,
        charge.cost_nano,
        charge.cost_is_estimate,
        event.is_estimate,
        entry_id if charge.tokens else None,
        event.team,
        _details(event.metadata),
    )


def known(
    tx: Transaction, workspace_id: WorkspaceId, keys: Collection[EventKey]
) -> dict[EventKey, KnownEvent]:
    """The events of these keys as they stand, locked: nobody revises them meanwhile."""
    found: dict[EventKey, KnownEvent] = {}
    by_source: dict[str, list[str]] = {}
    for source, external_id in sorted(keys):
        by_source.setdefault(source, []).append(external_id)
    for source, external_ids in by_source.items():
        values = {"workspace_id": workspace_id, "source": source, "ids": tuple(external_ids)}
        for row in tx.fetch(KNOWN, values):
            found[source, row[0]] = _known(row)
    return found


def _known(row: Row) -> KnownEvent:
    external_id, revision, provider, occurred_at, account, team_id, day, *rest = row
    model, project, uncached, cache_read, cache_write, output, reasoning, *charged = rest
    tokens, rate, cost_nano = charged
    happened = as_moment(occurred_at)
    if happened is None:
        raise ValueError(f"event {external_id} has no time")
    return KnownEvent(
        revision=revision,
        provider=provider,
        occurred_at=happened,
        account=AccountId(account),
        place=rules.place(account, team_id=team_id, day=day, model=model, project=project),
        counts=Counts(
            input_uncached=uncached,
            cache_read=cache_read,
            cache_write=cache_write,
            output=output,
            reasoning=reasoning,
        ),
        charge=Charge(tokens=tokens, rate=rate, cost_nano=cost_nano),
    )


def revise(
    tx: Transaction,
    workspace_id: WorkspaceId,
    revised: Sequence[Revised],
    entry_id: EntryId,
    now: datetime,
) -> None:
    """Write later figures of events that `known` has locked."""
    tx.bulk(
        REVISE,
        [
            (
                workspace_id,
                one.source,
                one.external_id,
                one.revision,
                one.model,
                *_columns(one.counts),
                one.charge.tokens,
                one.charge.rate,
                one.charge.cost_nano,
                one.charge.cost_is_estimate,
                entry_id if one.more else None,
            )
            for one in revised
        ],
    )
    tx.bulk(
        ADD_REVISION,
        [
            (
                workspace_id,
                one.source,
                one.external_id,
                one.revision,
                one.more,
                entry_id if one.more else None,
                now,
            )
            for one in revised
        ],
    )


def _columns(counts: Counts) -> tuple[int, ...]:
    """In the order of `COUNTS`."""
    return (
        counts.input_uncached,
        counts.cache_read,
        counts.cache_write,
        counts.output,
        counts.reasoning,
    )


def _details(metadata: Mapping[str, str]) -> str:
    """What an event carries besides, as it is stored."""
    return json.dumps(dict(sorted(metadata.items())), ensure_ascii=False) if metadata else ""
