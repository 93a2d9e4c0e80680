"""What allowances come to in a week, and when they fill a pool next."""

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from bot.domain import periods
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.periods import Period
from bot.storage.database import Transaction
from bot.storage.tables import AllowanceRow, AllowanceTermsRow, AllowanceTurnRow, MemberRow, table

_allowance = table(AllowanceRow)
_terms = table(AllowanceTermsRow)
_turn = table(AllowanceTurnRow)
_member = table(MemberRow)

_WEEK = timedelta(days=7)


def of_teams(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId], week_on: date
) -> dict[TeamId, int]:
    """The week's share of all allowances of each team's members: of a month's, seven days.

    A credit counts by how long it is meant to last, not by the week in which it happened to come.
    """
    shares = _shares(tx, workspace_id, _member.c.team_id, team_ids, week_on)
    return {TeamId(team_id): share for team_id, share in shares.items()}


def of_pools(
    tx: Transaction, workspace_id: WorkspaceId, pools: Sequence[AccountId], week_on: date
) -> dict[AccountId, int]:
    """The week's share of all allowances that each pool pays."""
    shares = _shares(tx, workspace_id, _allowance.c.source, pools, week_on)
    return {AccountId(pool): share for pool, share in shares.items()}


def _shares(
    tx: Transaction,
    workspace_id: WorkspaceId,
    of: sa.Column[str],
    among: Sequence[str],
    week_on: date,
) -> dict[str, int]:
    first, after = week_on.isoformat(), (week_on + _WEEK).isoformat()
    kept = (_allowance.c.period, _allowance.c.anchor_on, _allowance.c.parts, _terms.c.tokens)
    rows = tx.connection.execute(
        sa.select(of, *kept, sa.func.count())
        .select_from(_allowance.join(_turn, _of_rule(_turn)).join(_terms, _of_rule(_terms)))
        .join(_member, _is_member_of_turn())
        .where(
            _allowance.c.workspace_id == workspace_id,
            _allowance.c.state == "active",
            _allowance.c.starts_on < after,
            _allowance.c.ends_on.is_(None) | (_allowance.c.ends_on > first),
            _turn.c.next_on.is_not(None),
            _turn.c.joined_on < after,
            of.in_(among),
            _terms.c.from_on == _latest_terms(after),
        )
        .group_by(of, *kept)
    )
    shares: dict[str, int] = {}
    for whose, period, anchor_on, parts, tokens, members in rows:
        span = periods.span(week_on, Period(period), date.fromisoformat(anchor_on))
        share = tokens // (parts or 1) * _WEEK.days // span.days
        shares[whose] = shares.get(whose, 0) + share * members
    return shares


def next_fills(
    tx: Transaction, workspace_id: WorkspaceId, pools: Sequence[AccountId]
) -> dict[AccountId, str]:
    """The day on which an allowance fills each pool next."""
    rows = tx.connection.execute(
        sa.select(_turn.c.account_id, sa.func.min(_turn.c.next_on))
        .select_from(_allowance.join(_turn, _of_rule(_turn)))
        .where(
            _turn.c.workspace_id == workspace_id,
            _allowance.c.state == "active",  # a paused one keeps its next day, and nothing comes
            _turn.c.account_id.in_(pools),
            _turn.c.next_on.is_not(None),
        )
        .group_by(_turn.c.account_id)
    )
    return {AccountId(row[0]): row[1] for row in rows}


def _of_rule(other: sa.Table) -> sa.ColumnElement[bool]:
    return (other.c.workspace_id == _allowance.c.workspace_id) & (
        other.c.allowance_id == _allowance.c.allowance_id
    )


def _is_member_of_turn() -> sa.ColumnElement[bool]:
    return (
        (_member.c.workspace_id == _turn.c.workspace_id)
        & _turn.c.account_id.startswith("member:")
        & (_member.c.user_id == sa.func.substr(_turn.c.account_id, len("member:") + 1))
    )


def _latest_terms(before: str) -> sa.ScalarSelect[str]:
    newer = _terms.alias("newer")
    return (
        sa.select(sa.func.max(newer.c.from_on))
        .where(
            newer.c.workspace_id == _allowance.c.workspace_id,
            newer.c.allowance_id == _allowance.c.allowance_id,
            newer.c.from_on < before,
        )
        .scalar_subquery()
    )
