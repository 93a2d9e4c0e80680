"""What accounts have, what left them in a time, and which allowance comes next to them.

All for many accounts at once: a statement each, whatever their number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.funds import Turn
from bot.domain.ledger import (
    EXPIRED,
    TREASURY,
    AccountId,
    AccountKind,
    EntryKind,
    account_kind,
)
from bot.domain.periods import Period
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import (
    AccountRow,
    AllowanceRow,
    AllowanceTurnRow,
    EntryRow,
    PostingRow,
    TeamRow,
    table,
)

_account = table(AccountRow)
_allowance = table(AllowanceRow)
_turn = table(AllowanceTurnRow)
_entry = table(EntryRow)
_posting = table(PostingRow)
_team = table(TeamRow)

#: Whose funds are watched.
WATCHED = (AccountKind.MEMBER, AccountKind.POOL)
#: What leaves a pool without being paid out, or by a rule, whose share of a day is known: no pace.
_NO_PACE = (EntryKind.ALLOWANCE.value, EntryKind.ADVANCE.value, EntryKind.REVERSAL.value)
_PAID_OUT = (_posting.c.destination != EXPIRED) & _entry.c.kind.not_in(_NO_PACE)
#: What an allowance's entry takes back of an advance: its credit is smaller by that, nothing left.
_REPAID = sa.and_(
    _posting.c.source.startswith("member:"),
    (_posting.c.destination == TREASURY) | _posting.c.destination.startswith("pool:"),
    sa.exists()
    .where(
        _entry.c.workspace_id == _posting.c.workspace_id,
        _entry.c.entry_id == _posting.c.entry_id,
        _entry.c.kind == EntryKind.ALLOWANCE.value,
    )
    .correlate(_posting),
)
_WITH_ENTRY = _posting.join(
    _entry,
    (_entry.c.workspace_id == _posting.c.workspace_id) & (_entry.c.entry_id == _posting.c.entry_id),
)


@dataclass(frozen=True, slots=True)
class Window:
    """Since when tokens that left count for the period, and from when to when for a pool's pace."""

    since: datetime
    paced_from: datetime
    paced_to: datetime


@dataclass(frozen=True, slots=True)
class Flow:
    """What left an account since its period began, and what a pool paid in the days of its pace."""

    gone: int = 0
    paid: int = 0


def moved(tx: Transaction, workspace_id: WorkspaceId, *, since: str) -> dict[AccountId, bool]:
    """Members and pools in entries from this id on, and whether tokens came to them."""
    ends = [
        sa.select(end.label("account_id"), sa.literal_column(came).label("came")).where(
            _posting.c.workspace_id == workspace_id,
            _posting.c.entry_id >= since,
            _is_watched(end),
        )
        for end, came in ((_posting.c.source, "0"), (_posting.c.destination, "1"))
    ]
    both = sa.union_all(*ends).subquery()
    found = tx.connection.execute(
        sa.select(both.c.account_id, sa.func.max(both.c.came)).group_by(both.c.account_id)
    )
    return {AccountId(account): bool(came) for account, came in found}


def attributed(tx: Transaction, workspace_id: WorkspaceId, *, since: str) -> set[AccountId]:
    """Members and pools to which usage was moved, or from which, in entries from this id on."""
    ends = [
        sa.select(end).where(
            _posting.c.workspace_id == workspace_id,
            _posting.c.entry_id >= since,
            _entry.c.workspace_id == workspace_id,
            _entry.c.entry_id == _posting.c.entry_id,
            _entry.c.kind == EntryKind.ATTRIBUTION.value,
            _is_watched(end),
        )
        for end in (_posting.c.source, _posting.c.destination)
    ]
    return {AccountId(account) for account in tx.connection.execute(sa.union(*ends)).scalars()}


def balances(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId]
) -> dict[AccountId, tuple[int, int]]:
    """Balance and held of these that exist."""
    found = tx.connection.execute(
        sa.select(_account.c.account_id, _account.c.balance, _account.c.held).where(
            _account.c.workspace_id == workspace_id, _account.c.account_id.in_(sorted(accounts))
        )
    )
    return {AccountId(account): (balance or 0, held) for account, balance, held in found}


def turns(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId]
) -> dict[AccountId, Turn]:
    """The allowance that comes next to each account to which one comes."""
    rows = tx.connection.execute(
        sa.select(
            _turn.c.account_id,
            _turn.c.next_at,
            _allowance.c.period,
            _allowance.c.anchor_on,
            _team.c.zone,
        )
        .join(
            _allowance,
            (_allowance.c.workspace_id == _turn.c.workspace_id)
            & (_allowance.c.allowance_id == _turn.c.allowance_id),
        )
        .join(
            _team,
            (_team.c.workspace_id == _allowance.c.workspace_id)
            & (_team.c.team_id == _allowance.c.team_id),
        )
        .where(
            _turn.c.workspace_id == workspace_id,
            _turn.c.account_id.in_(sorted(accounts)),
            _turn.c.next_at.is_not(None),
            _allowance.c.state == "active",
        )
        .order_by(_turn.c.account_id, _turn.c.next_at.desc())
    ).mappings()
    # The soonest comes last, and stays.
    return {AccountId(row["account_id"]): _turn_of(row) for row in rows}


def flows(
    tx: Transaction, workspace_id: WorkspaceId, windows: Mapping[AccountId, Window]
) -> dict[AccountId, Flow]:
    """What left each account in its window."""
    groups: dict[tuple[Window, AccountKind], list[AccountId]] = {}
    for account, window in sorted(windows.items()):
        groups.setdefault((window, account_kind(account)), []).append(account)
    parts = [
        _flow(workspace_id, accounts, window, kind) for (window, kind), accounts in groups.items()
    ]
    if not parts:
        return {}
    found = tx.connection.execute(sa.union_all(*parts) if len(parts) > 1 else parts[0])
    return {AccountId(account): Flow(int(gone), int(paid)) for account, gone, paid in found}


def first_payments(
    tx: Transaction, workspace_id: WorkspaceId, pools: Sequence[AccountId]
) -> dict[AccountId, datetime]:
    """When each pool paid something out first, of those that ever did."""
    if not pools:
        return {}
    first = (
        sa.select(_posting.c.entry_id)
        .select_from(_WITH_ENTRY)
        .where(
            _posting.c.workspace_id == _account.c.workspace_id,
            _posting.c.source == _account.c.account_id,
            _PAID_OUT,
        )
        .order_by(_posting.c.entry_id)
        .limit(1)
        .correlate(_account)
        .scalar_subquery()
    )
    found = tx.connection.execute(
        sa.select(_account.c.account_id, first).where(
            _account.c.workspace_id == workspace_id, _account.c.account_id.in_(pools)
        )
    )
    return {AccountId(account): ids.made_at(entry_id) for account, entry_id in found if entry_id}


def paid_between(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, moments: Sequence[datetime]
) -> list[int]:
    """What a pool paid out from each of these moments to the next."""
    edges = [ids.first_at(moment) for moment in moments]
    sums = [
        _total((_posting.c.entry_id >= start) & (_posting.c.entry_id < end) & _PAID_OUT)
        for start, end in pairwise(edges)
    ]
    row = tx.connection.execute(
        sa.select(*sums)
        .select_from(_WITH_ENTRY)
        .where(
            _posting.c.workspace_id == workspace_id,
            _posting.c.source == pool,
            _posting.c.entry_id >= edges[0],
            _posting.c.entry_id < edges[-1],
        )
    ).one()
    return [int(total or 0) for total in row]


def _flow(
    workspace_id: WorkspaceId, accounts: list[AccountId], window: Window, kind: AccountKind
) -> sa.Select[Any]:
    entry_id = _posting.c.entry_id
    since, paced_from = ids.first_at(window.since), ids.first_at(window.paced_from)
    gone = _total((entry_id >= since) & (_posting.c.destination != EXPIRED) & ~_REPAID)
    gone = gone.label("gone")
    if kind is AccountKind.POOL:
        paced = (entry_id >= paced_from) & (entry_id < ids.first_at(window.paced_to))
        least, paid = min(since, paced_from), _total(paced & _PAID_OUT)
    else:
        least, paid = since, sa.literal_column("0")
    return (
        sa.select(_posting.c.source, gone, paid.label("paid"))
        .select_from(_WITH_ENTRY if kind is AccountKind.POOL else _posting)
        .where(
            _posting.c.workspace_id == workspace_id,
            _posting.c.source.in_(accounts),
            entry_id >= least,
        )
        .group_by(_posting.c.source)
    )


def _total(counts: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((counts, _posting.c.tokens), else_=0)), 0)


def _is_watched(end: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(*(end.like(f"{kind.value}:%") for kind in WATCHED))


def _turn_of(row: sa.RowMapping) -> Turn:
    return Turn(
        period=Period(row["period"]),
        anchor_on=row["anchor_on"],
        zone=ZoneInfo(row["zone"]),
        next_at=row["next_at"],
    )
