"""Who is credited by a rule follows from who is in the team, and in the company.

People come and go by commands, user groups and Slack's events, and any of them may be cut off half
way; so turns are not begun and ended by each, but wherever rows say that they should have been.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from bot.domain import periods
from bot.domain.allowances import Allowance, AllowanceId, SubjectKind, Turn
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.dues import CLOCK
from bot.domain.ledger import (
    TREASURY,
    AccountId,
    AccountKind,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    account_kind,
    account_owner,
)
from bot.domain.lots import Lot
from bot.domain.teams import Team
from bot.services import dues
from bot.storage import accounts, allowance_turns, allowances, ledger, lots, memberships, teams
from bot.storage.database import Database, Transaction
from bot.storage.memberships import Membership

#: Accounts begun or ended in one database transaction.
_CHUNK = 100
#: Accounts found at a time: each search passes over those of all earlier ones.
_FOUND = 1_000


def follow(
    database: Database, workspace_id: WorkspaceId, allowance_id: AllowanceId, now: datetime
) -> None:
    """Begin the turns of a rule that was just set, and credit whose turn it is; many later."""
    with database.writing() as tx:
        allowance = allowances.by_ids(tx, workspace_id, [allowance_id])[allowance_id]
        only = allowance.subject.account
        found = (
            memberships.joined(tx, limit=_CHUNK, allowance_id=allowance_id)
            if only is None
            else [Membership(workspace_id, allowance_id, only)]
        )
        _begin_all(tx, workspace_id, found, now)
    with database.writing() as tx:
        dues.settle(tx, workspace_id, sorted(one.account for one in found), now)


def catch_up(database: Database, now: datetime) -> None:
    """Begin and end turns as teams stand now, a chunk a commit."""
    for find, act in (
        (memberships.left, _end),
        (memberships.gone, _end),
        (memberships.joined, _begin_all),
        (memberships.returned, _begin_all),
    ):
        while True:
            with database.reading() as tx:
                found = find(tx, limit=_FOUND)
            done = 0
            for workspace_id, some in _chunks(found):
                with database.writing() as tx:
                    done += act(tx, workspace_id, some, now)
            if len(found) < _FOUND or not done:  # what others have in hand is theirs
                break


def count(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> int:
    """How many present members the team has."""
    return memberships.count(tx, workspace_id, team_id)


def _chunks(
    found: Sequence[Membership],
) -> Iterator[tuple[WorkspaceId, Sequence[Membership]]]:
    for workspace_id, group in groupby(found, key=lambda one: one.workspace_id):
        mine = list(group)
        for start in range(0, len(mine), _CHUNK):
            yield workspace_id, mine[start : start + _CHUNK]


def _begin_all(
    tx: Transaction, workspace_id: WorkspaceId, found: Sequence[Membership], now: datetime
) -> int:
    """Begin what was found and is still to be begun; how many that were.

    Another may have begun it since, and credited it: turns are read once their accounts are locked.
    """
    rules = allowances.by_ids(tx, workspace_id, (one.allowance_id for one in found))
    for team_id in sorted({rule.team_id for rule in rules.values()}):
        teams.lock(tx, workspace_id, team_id)  # its zone, which tells when a day begins, stays
    accounts = sorted({one.account for one in found})
    allowance_turns.lock_accounts(tx, workspace_id, accounts)
    return sum(
        _begin(tx, workspace_id, rules[allowance_id], [one.account for one in group], now)
        for allowance_id, group in groupby(found, key=lambda one: one.allowance_id)
    )


def _begin(
    tx: Transaction,
    workspace_id: WorkspaceId,
    allowance: Allowance,
    account_ids: Sequence[AccountId],
    now: datetime,
) -> int:
    """Turns from today on; those whose last team paid them for longer begin after that."""
    team = _team(tx, workspace_id, allowance)
    today = periods.day_of(now, team.clock)
    before = allowance_turns.of_accounts(tx, workspace_id, account_ids)
    waiting = [account for account in account_ids if _may_begin(allowance, before[account])]
    allowance_turns.put(
        tx,
        workspace_id,
        [_turn(allowance, account, team, today, before[account]) for account in waiting],
    )
    return len(waiting)


def _may_begin(allowance: Allowance, before: Sequence[Turn]) -> bool:
    """Not twice, nor before the turn by a team that was left has been ended and so settled."""
    return not any(
        turn.allowance.allowance_id == allowance.allowance_id
        or (turn.next_on is not None and turn.allowance.is_of_other_team(allowance))
        for turn in before
        if turn.left_on is None
    )


def _turn(
    allowance: Allowance, account: AccountId, team: Team, today: date, before: Sequence[Turn]
) -> Turn:
    mine = [turn for turn in before if turn.allowance.allowance_id == allowance.allowance_id]
    paid_until = mine[0].paid_until if mine else None
    next_on = allowance.first_on(_free_from(allowance, today, before), paid_until)
    return Turn(
        allowance=allowance,
        account=account,
        zone=team.clock,
        joined_on=today,
        next_on=next_on,
        next_at=None if next_on is None else periods.start_of(next_on, team.clock),
        paid_until=paid_until,
    )


def _free_from(allowance: Allowance, today: date, before: Sequence[Turn]) -> date:
    """The first day on which a rule may credit: no day is by two teams, nor by one rule twice."""
    if allowance.vesting is not None:
        return today
    is_for_team = allowance.subject.kind is SubjectKind.TEAM
    paid = [
        turn.paid_until
        for turn in before
        if turn.paid_until is not None
        and turn.allowance.vesting is None
        and (
            turn.allowance.allowance_id == allowance.allowance_id
            or (is_for_team and turn.allowance.subject.kind is SubjectKind.TEAM)
        )
    ]
    until = max(paid, default=today)
    if until <= today:
        return today
    span = periods.span(until, allowance.period, allowance.anchor_on)
    return until if span.start == until else span.end


def _end(
    tx: Transaction, workspace_id: WorkspaceId, found: Sequence[Membership], now: datetime
) -> int:
    """End the turns of those who left, giving back what the rule says; how many turns."""
    leavers = sorted({one.account for one in found})
    # Settled and locked first: what is left is what the periods so far left.
    dues.settle(tx, workspace_id, leavers, now)
    turns = allowance_turns.of_accounts(tx, workspace_id, leavers)
    leaving = {(one.account, one.allowance_id) for one in found}
    ended = [
        turn
        for account in leavers
        for turn in turns[account]
        if (account, turn.allowance.allowance_id) in leaving and turn.left_on is None
    ]
    sources = {one.allowance.source for one in ended if one.allowance.returns_on_leaving}
    pools = sorted(one for one in sources if account_kind(one) is AccountKind.POOL)
    # Members' accounts come first in the order of locks; a pool that is due takes nothing back.
    dues.settle(tx, workspace_id, pools, now)
    allowance_turns.put(
        tx,
        workspace_id,
        [
            replace(turn, next_on=None, next_at=None, left_on=periods.day_of(now, turn.zone))
            for turn in ended
        ],
    )
    for turn in ended:
        if turn.allowance.returns_on_leaving:
            _take_back(tx, workspace_id, turn, now)
    return len(ended)


def _take_back(tx: Transaction, workspace_id: WorkspaceId, turn: Turn, now: datetime) -> None:
    """What remains of the rule's lots, as far as it is available, goes back to its source."""
    live = lots.live(tx, workspace_id, turn.account)
    own = [lot for lot in live if lot.allowance_id == turn.allowance.allowance_id]
    tokens = min(
        sum(lot.remaining for lot in own), accounts.available(tx, workspace_id, turn.account)
    )
    if tokens <= 0:
        return
    source = _alive(tx, workspace_id, turn.allowance.source)
    entry = Entry(
        kind=EntryKind.RETURN,
        actor=CLOCK,
        postings=(Posting(turn.account, source, tokens),),
        note="",
        key=_return_key(own[0]),
        now=now,
        takes_lots_of=turn.allowance.allowance_id,
    )
    ledger.record(tx, workspace_id, entry)


def _alive(tx: Transaction, workspace_id: WorkspaceId, source: AccountId) -> AccountId:
    """A rule's source; the treasury in place of the pool of a team that has ended."""
    if account_kind(source) is not AccountKind.POOL:
        return source
    team = teams.teams(tx, workspace_id, [TeamId(account_owner(source))]).get(
        TeamId(account_owner(source))
    )
    return TREASURY if team is None or team.ended_at is not None else source


def _return_key(first: Lot) -> IdempotencyKey:
    return IdempotencyKey(f"return:{first.lot_id}:{first.remaining}")


def _team(tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance) -> Team:
    return teams.teams(tx, workspace_id, [allowance.team_id])[allowance.team_id]
