"""What reports say of a day, what was charged for it, and the differences that were made good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import true_ups as rules
from bot.domain.counts import Counts
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, EntryId
from bot.domain.true_ups import Change, Charged
from bot.domain.usage import SEEN
from bot.domain.usage_events import UsageEvent
from bot.storage.database import Transaction
from bot.storage.report_rows import NAMED, WHOSE
from bot.storage.statements import Statement
from bot.storage.tables import (
    AccountRow,
    ProgressRow,
    TrueUpRow,
    UsageEventRow,
    WorkspaceRow,
    table,
)
from bot.storage.usage_events import IS_REPORT

_account = table(AccountRow)
_true_up = table(TrueUpRow)
_event = table(UsageEventRow)
_workspace = table(WorkspaceRow)
_progress = table(ProgressRow)

#: The job's name in `progress`; its position is the hour of its last run.
JOB = "true_up"

_PAYERS = tuple(
    one.value for one in (AccountKind.MEMBER, AccountKind.POOL, AccountKind.UNATTRIBUTED)
)
_COUNTS = ("input_uncached", "cache_read", "cache_write", "output")
_KEY = ("workspace_id", "provider", "day", "account_id", "model")
_NAMES = (*_KEY, "team_id", "tokens", "entry_id", "trued_at")


def _put(insert: Any) -> sa.ClauseElement:
    statement = insert(_true_up).values(
        {name: sa.bindparam(name, type_=_true_up.c[name].type) for name in _NAMES}
    )
    new = statement.excluded
    put: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={"tokens": new.tokens, "entry_id": new.entry_id, "trued_at": new.trued_at},
        where=_true_up.c.tokens == sa.bindparam("before", type_=sa.BigInteger()),
    ).returning(_true_up.c.account_id)
    return put


PUT = Statement(_put)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A row of a provider's report, and whose it is."""

    account: AccountId
    event: UsageEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a model of an account was trued up by so far, and the team where that is counted."""

    provider: str
    account: AccountId
    model: str
    tokens: int
    team_id: TeamId


def due(now: datetime) -> sa.Select[tuple[str]]:
    """Workspaces with a report of these days that were not looked at within this hour."""
    days = rules.days(now)
    reported = sa.exists().where(
        _event.c.workspace_id == _workspace.c.workspace_id,
        IS_REPORT,
        _event.c.occurred_at >= rules.bounds(days[0])[0],
        _event.c.occurred_at < rules.bounds(days[-1])[1],
    )
    looked = sa.exists().where(
        _progress.c.workspace_id == _workspace.c.workspace_id,
        _progress.c.job == JOB,
        _progress.c.position >= rules.hour(now),
    )
    return sa.select(_workspace.c.workspace_id).where(reported, ~looked)


def waiting(tx: Transaction, now: datetime) -> list[WorkspaceId]:
    """The workspaces that `due` finds, in the order of their ids."""
    return sorted(WorkspaceId(row.workspace_id) for row in tx.connection.execute(due(now)))


def reported(tx: Transaction, workspace_id: WorkspaceId, day: date) -> list[ReportRow]:
    """What providers report of a day in UTC."""
    begins, ends = rules.bounds(day)
    rows = tx.connection.execute(
        sa.select(
            WHOSE.label("account_id"),
            _event.c.source,
            _event.c.external_id,
            _event.c.occurred_at,
            _event.c.provider,
            _event.c.model,
            *(_event.c[name] for name in _COUNTS),
        )
        .select_from(NAMED)
        .where(
            _event.c.workspace_id == workspace_id,
            IS_REPORT,
            _event.c.occurred_at >= begins,
            _event.c.occurred_at < ends,
        )
    ).mappings()
    return [ReportRow(account=AccountId(row["account_id"]), event=_event_of(row)) for row in rows]


def _event_of(row: sa.RowMapping) -> UsageEvent:
    return UsageEvent(
        source=row["source"],
        external_id=row["external_id"],
        occurred_at=row["occurred_at"],
        user="",
        model=row["model"],
        provider=row["provider"],
        counts=Counts(**{name: row[name] for name in _COUNTS}),
        cost_nano=0,  # nobody asks here what it cost, and this is no estimate to look up
    )


def charged(
    tx: Transaction,
    workspace_id: WorkspaceId,
    accounts: Sequence[AccountId],
    *,
    provider: str,
    day: date,
) -> dict[AccountId, dict[str, Charged]]:
    """What was charged on each account for a provider's day, by the model as it was called."""
    begins, ends = rules.bounds(day)
    rows = tx.connection.execute(
        sa.select(
            _event.c.account_id,
            _event.c.model,
            sa.cast(sa.func.sum(_event.c.tokens), sa.BigInteger).label("tokens"),
            sa.func.count().label("calls"),
        )
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.account_id.in_(accounts),
            _event.c.occurred_at >= begins,
            _event.c.occurred_at < ends,
            _event.c.provider == provider,
            _event.c.rate != SEEN,
        )
        .group_by(_event.c.account_id, _event.c.model)
    )
    found: dict[AccountId, dict[str, Charged]] = {}
    for row in rows:
        charged = Charged(tokens=row.tokens, calls=row.calls)
        found.setdefault(AccountId(row.account_id), {})[row.model] = charged
    return found


def payers(tx: Transaction, workspace_id: WorkspaceId) -> list[AccountId]:
    """The accounts that calls may have been charged on, also what belongs to nobody."""
    rows = tx.connection.execute(
        sa.select(_account.c.account_id).where(
            _account.c.workspace_id == workspace_id, _account.c.kind.in_(_PAYERS)
        )
    )
    return [AccountId(account) for account in rows.scalars()]


def standing(tx: Transaction, workspace_id: WorkspaceId, day: date) -> list[Standing]:
    """What was trued up of a day so far."""
    rows = tx.connection.execute(
        sa.select(_true_up).where(
            _true_up.c.workspace_id == workspace_id, _true_up.c.day == day.isoformat()
        )
    )
    return [
        Standing(
            provider=row.provider,
            account=AccountId(row.account_id),
            model=row.model,
            tokens=row.tokens,
            team_id=TeamId(row.team_id),
        )
        for row in rows
    ]


def put(
    tx: Transaction,
    workspace_id: WorkspaceId,
    changes: Sequence[tuple[Change, TeamId]],
    *,
    provider: str,
    day: date,
    entry_id: EntryId,
    now: datetime,
) -> bool:
    """Add to what stands; whether all of it stood as it was read. If not, undo the lot.

    The changes come in the order of account and model, the one order of locks.
    """
    rows = tx.batch(
        [
            (
                PUT,
                {
                    "workspace_id": workspace_id,
                    "provider": provider,
                    "day": day.isoformat(),
                    "account_id": one.account,
                    "model": one.model,
                    "team_id": team_id,
                    "tokens": one.before + one.tokens,
                    "entry_id": entry_id,
                    "trued_at": now,
                    "before": one.before,
                },
            )
            for one, team_id in changes
        ]
    )
    return all(rows)
