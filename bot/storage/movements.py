"""What was moved, asked and decided in a week, and what pools and allowances say of it.

Usage is most of the entries and none of these: what is read goes by the index of what was moved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.ledger import (
    AccountKind,
    EntryKind,
)
from bot.domain.movements import Flow
from bot.domain.topups import TopUpState
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, EntryRow, MemberRow, PostingRow, TopUpRow, table

_entry = table(EntryRow)
_posting = table(PostingRow)
_member = table(MemberRow)
_account = table(AccountRow)
_topup = table(TopUpRow)

#: Word for word as in the index entry_moved, so that it serves.
_MOVED = sa.text("entry.kind NOT IN ('usage', 'settlement', 'true_up', 'attribution')")
#: A request that was decided in a week was asked no longer before it than this.
_ASKED_BEFORE = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of somebody's team, as far as a digest tells of it."""

    team_id: TeamId
    tokens: int
    state: TopUpState
    asked_at: datetime
    decided_at: datetime | None
    decided_tokens: int | None


def flows(
    tx: Transaction, workspace_id: WorkspaceId, *, since: datetime, until: datetime
) -> list[Flow]:
    """All that was moved from `since` up to `until`, by the teams that people are in now."""
    ends = _ends(workspace_id, since, until)
    by = (
        ends.c.kind,
        ends.c.source,
        ends.c.source_team,
        ends.c.destination,
        ends.c.destination_team,
    )
    rows = tx.connection.execute(
        sa.select(
            *by, sa.func.sum(ends.c.tokens), sa.func.count(ends.c.entry_id.distinct())
        ).group_by(*by)
    )
    return [
        Flow(
            kind=EntryKind(row[0]),
            source=AccountKind(row[1]),
            source_team=row[2],
            destination=AccountKind(row[3]),
            destination_team=row[4],
            tokens=int(row[5]),
            entries=int(row[6]),
        )
        for row in rows
    ]


def requests(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    since: datetime,
    until: datetime,
) -> list[Asked]:
    """All requests that were asked or decided in that time, or are open."""
    in_time = (_topup.c.asked_at >= since) & (_topup.c.asked_at < until)
    decided = (_topup.c.decided_at >= since) & (_topup.c.decided_at < until)
    of_team = (
        _topup.c.workspace_id == workspace_id,
        _member.c.workspace_id == workspace_id,
        _member.c.user_id == _topup.c.requester,
    )
    columns = [
        _member.c.team_id,
        _topup.c.tokens,
        _topup.c.state,
        _topup.c.asked_at,
        _topup.c.decided_at,
        _topup.c.decided_tokens,
    ]
    recent = sa.select(*columns, _topup.c.topup_id).where(
        *of_team,
        _topup.c.topup_id >= ids.first_at(since - _ASKED_BEFORE),
        in_time | decided,
    )
    still_open = sa.select(*columns, _topup.c.topup_id).where(
        *of_team, _topup.c.state == sa.literal_column("'open'")
    )
    found = tx.connection.execute(sa.union(recent, still_open)).mappings()
    return [
        Asked(
            team_id=TeamId(row["team_id"]),
            tokens=row["tokens"],
            state=TopUpState(row["state"]),
            asked_at=row["asked_at"],
            decided_at=row["decided_at"],
            decided_tokens=row["decided_tokens"],
        )
        for row in found
    ]


def _ends(workspace_id: WorkspaceId, since: datetime, until: datetime) -> sa.Subquery:
    """Each posting by the kinds and teams of its ends; named, so that they can be grouped by."""
    giver, taker = _member.alias("giver"), _member.alias("taker")
    found = moved(workspace_id, since, until)
    return (
        sa.select(
            found.c.kind,
            found.c.entry_id,
            _posting.c.tokens,
            _kind_of(_posting.c.source).label("source"),
            _team_of(_posting.c.source, giver).label("source_team"),
            _kind_of(_posting.c.destination).label("destination"),
            _team_of(_posting.c.destination, taker).label("destination_team"),
        )
        .select_from(
            postings_of(found, workspace_id)
            .outerjoin(giver, _owns(giver, _posting.c.source))
            .outerjoin(taker, _owns(taker, _posting.c.destination))
        )
        .subquery()
    )


def moved(workspace_id: WorkspaceId, since: datetime, until: datetime) -> sa.CTE:
    """Entries but usage that were recorded from `since` up to `until`.

    Found first and by themselves: a planner that begins with the postings of that time reads all
    that was used in it.
    """
    found = sa.select(_entry.c.entry_id, _entry.c.kind).where(
        _entry.c.workspace_id == workspace_id,
        _MOVED,
        _entry.c.entry_id >= ids.first_at(since),
        _entry.c.entry_id < ids.first_at(until),
    )
    return found.cte("moved").prefix_with("MATERIALIZED")


def postings_of(found: sa.CTE, workspace_id: WorkspaceId) -> sa.Join:
    """These entries with their postings."""
    same = (_posting.c.workspace_id == workspace_id) & (_posting.c.entry_id == found.c.entry_id)
    return found.join(_posting, same)


def _owns(member: sa.FromClause, account: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """`member:` and the user id."""
    return (
        (member.c.workspace_id == _posting.c.workspace_id)
        & account.startswith("member:")
        & (member.c.user_id == sa.func.substr(account, len("member:") + 1))
    )


def _kind_of(account: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    return sa.case(
        (account.startswith("member:"), AccountKind.MEMBER.value),
        (account.startswith("pool:"), AccountKind.POOL.value),
        else_=account,
    )


def _team_of(account: sa.ColumnElement[str], member: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.case(
        (account.startswith("pool:"), sa.func.substr(account, len("pool:") + 1)),
        else_=member.c.team_id,
    )
