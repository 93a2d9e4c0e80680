"""Single calls that were metered, looked up for whoever asks what they cost."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.calls import MOST, Call, Revision
from bot.domain.counts import Counts
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.usage import SEEN, Charge
from bot.domain.usage_events import SourceRole
from bot.domain.usage_views import Whose
from bot.storage.database import Transaction
from bot.storage.tables import IdentityRow, SourceDayRow, UsageEventRow, UsageRevisionRow, table

_event = table(UsageEventRow)
_revision = table(UsageRevisionRow)
_identity = table(IdentityRow)
_source_day = table(SourceDayRow)

#: How far back an id is looked for by its end alone.
SOUGHT_BACK = timedelta(days=90)
_FOUND_MAX = 10


def largest(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    whose: Whose,
    *,
    since: datetime,
    until: datetime,
) -> list[Call]:
    """An account's largest calls of a time, the most charged first."""
    counted = _event.c.input_uncached + _event.c.cache_read + _event.c.cache_write + _event.c.output
    rows = tx.connection.execute(
        sa.select(_event)
        .where(*_in_time(workspace_id, account, whose, since, until))
        .order_by(
            _event.c.tokens.desc(),
            counted.desc(),
            _event.c.occurred_at.desc(),
            _event.c.source,
            _event.c.external_id,
        )
        .limit(MOST)
    ).mappings()
    return [_call(row) for row in rows]


def outputs(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, model: str, *, limit: int
) -> list[int]:
    """What each of an account's latest calls put out, of those to this model."""
    latest = (
        sa.select(_event.c.model, _event.c.output)
        .where(_event.c.workspace_id == workspace_id, _event.c.account_id == account)
        .order_by(_event.c.occurred_at.desc())
        .limit(limit)
        .subquery()
    )
    found = tx.connection.execute(sa.select(latest.c.output).where(latest.c.model == model))
    return [int(put_out) for put_out in found.scalars()]


def has_estimates(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    whose: Whose,
    *,
    since: datetime,
    until: datetime,
) -> bool:
    """Whether a cost among an account's charged calls of a time is an estimate of ours."""
    found = tx.connection.execute(
        sa.select(_event.c.source)
        .where(
            *_in_time(workspace_id, account, whose, since, until),
            _event.c.cost_is_estimate,
            _event.c.rate != SEEN,
        )
        .limit(1)
    )
    return found.first() is not None


def of_id(tx: Transaction, workspace_id: WorkspaceId, external_id: str) -> list[Call]:
    """The calls with this very id, of whichever source; those that were charged first."""
    sources = (
        sa.select(_source_day.c.source).where(_source_day.c.workspace_id == workspace_id).distinct()
    )
    rows = tx.connection.execute(
        sa.select(_event)
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.source.in_(sources),
            _event.c.external_id == external_id,
        )
        .order_by(_event.c.rate == SEEN, _event.c.received_at.desc(), _event.c.source)
        .limit(_FOUND_MAX)
    ).mappings()
    return [_call(row) for row in rows]


def of_key(
    tx: Transaction, workspace_id: WorkspaceId, *, source: str, external_id: str
) -> Call | None:
    """The call of a source with this id."""
    row = (
        tx.connection.execute(
            sa.select(_event).where(
                _event.c.workspace_id == workspace_id,
                _event.c.source == source,
                _event.c.external_id == external_id,
            )
        )
        .mappings()
        .one_or_none()
    )
    return _call(row) if row else None


def ending_in(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, typed: str, *, now: datetime
) -> list[Call]:
    """An account's calls of late whose id ends in what was typed; the newest first."""
    rows = tx.connection.execute(
        sa.select(_event)
        .where(
            *_in_time(workspace_id, account, Whose(), now - SOUGHT_BACK, now + SOUGHT_BACK),
            _event.c.external_id.endswith(typed, autoescape=True),
        )
        .order_by(_event.c.occurred_at.desc())
        .limit(_FOUND_MAX)
    ).mappings()
    # SQLite's LIKE makes no difference between capitals and small letters.
    return [_call(row) for row in rows if row["external_id"].endswith(typed)]


def linked_to(tx: Transaction, workspace_id: WorkspaceId, call: Call) -> AccountId | None:
    """Whose the name is that it came by; None while that is nobody's."""
    account = tx.connection.execute(
        sa.select(_identity.c.account_id)
        .join(
            _event,
            (_event.c.workspace_id == _identity.c.workspace_id)
            & (_event.c.identity_id == _identity.c.identity_id),
        )
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.source == call.source,
            _event.c.external_id == call.external_id,
        )
    ).scalar()
    return None if account is None else AccountId(account)


def revisions(tx: Transaction, workspace_id: WorkspaceId, call: Call) -> list[Revision]:
    """Its later figures, in order."""
    rows = tx.connection.execute(
        sa.select(_revision)
        .where(
            _revision.c.workspace_id == workspace_id,
            _revision.c.source == call.source,
            _revision.c.external_id == call.external_id,
        )
        .order_by(_revision.c.revision)
    ).mappings()
    return [
        Revision(
            revision=row["revision"],
            tokens=row["tokens"],
            entry_id=row["entry_id"],
            received_at=row["received_at"],
        )
        for row in rows
    ]


def _in_time(
    workspace_id: WorkspaceId,
    account: AccountId,
    whose: Whose,
    since: datetime,
    until: datetime,
) -> Sequence[sa.ColumnElement[bool]]:
    payers = () if whose.paid_by is None else (_event.c.team_id.in_(sorted(whose.paid_by)),)
    return (
        _event.c.workspace_id == workspace_id,
        _event.c.account_id == account,
        _event.c.occurred_at >= since,
        _event.c.occurred_at < until,
        *payers,
    )


def _call(row: sa.RowMapping) -> Call:
    counts: dict[str, Any] = {
        name: row[name]
        for name in ("input_uncached", "cache_read", "cache_write", "output", "reasoning")
    }
    return Call(
        source=row["source"],
        external_id=row["external_id"],
        revision=row["revision"],
        role=SourceRole(row["role"]),
        account=AccountId(row["account_id"]),
        team_id=TeamId(row["team_id"]),
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        provider=row["provider"],
        model=row["model"],
        project=row["project"],
        counts=Counts(**counts),
        charge=Charge(
            tokens=row["tokens"],
            rate=row["rate"],
            cost_nano=row["cost_nano"],
            cost_is_estimate=bool(row["cost_is_estimate"]),
        ),
        is_estimate=bool(row["is_estimate"]),
        entry_id=row["entry_id"],
    )
