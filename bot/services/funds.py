"""The funds of accounts: what they have of their period, how fast it is used, by day."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import funds as rules
from bot.domain import pace, periods, permission
from bot.domain.directory import EVERYONE, Member, TeamId, UserId, WorkspaceId
from bot.domain.funds import Funds, Usage
from bot.domain.ledger import (
    AccountId,
    AccountKind,
    account_kind,
    account_owner,
    member_account,
)
from bot.domain.pace import Pace
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.storage import directory, funds, preferences, teams, weekly_allowances
from bot.storage import usage as used
from bot.storage.database import Database, Transaction
from bot.storage.funds import Flow, Window


def usage(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    account: AccountId,
    now: datetime,
) -> Usage:
    """What was used of an account by day, and how long the rest lasts. Raises `NotAllowed`."""
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, viewer)
        permission.require(who, Deed.SEE_HISTORY, _owner(tx, workspace_id, account))
        found = of(tx, workspace_id, [account], now)[account]
        today = periods.day_of(now, found.zone)
        days = [today + timedelta(days=on) for on in range(-pace.WINDOW_DAYS, 1)]
        tokens = _by_day(tx, workspace_id, account, days, found.zone)
    return Usage(viewer=viewer, funds=found, days=tuple(zip(days, tokens, strict=True)), now=now)


def of(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Collection[AccountId], now: datetime
) -> dict[AccountId, Funds]:
    """The funds of all these accounts, in a handful of statements; from a snapshot, since what
    is there and what left are added up.
    """
    payers = _payers(tx, workspace_id, accounts)
    turns = funds.turns(tx, workspace_id, accounts)
    spans = {a: rules.current_span(turns.get(a), payers[a], now) for a in accounts}
    windows = {a: _window(*spans[a], now) for a in accounts}
    flows = funds.flows(tx, workspace_id, windows)
    paces = _paces(tx, workspace_id, flows, {a: zone for a, (_, zone) in spans.items()}, now)
    balances = funds.balances(tx, workspace_id, accounts)
    return {
        a: Funds(
            account=a,
            team=payers[a],
            balance=balances.get(a, (0, 0))[0],
            held=balances.get(a, (0, 0))[1],
            gone=flows.get(a, Flow()).gone,
            span=spans[a][0],
            zone=spans[a][1],
            next_at=turns[a].next_at if a in turns else None,
            pace=paces.get(a),
        )
        for a in accounts
    }


def _by_day(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    days: Sequence[date],
    zone: ZoneInfo,
) -> list[int]:
    """What a member used on each of these days, or a pool paid out; they follow one another."""
    after = days[-1] + timedelta(days=1)
    if account_kind(account) is AccountKind.POOL:
        edges = [periods.start_of(day, zone) for day in (*days, after)]
        return funds.paid_between(tx, workspace_id, account, edges)
    user_id = UserId(account_owner(account))
    by_day = used.own_days(tx, workspace_id, [user_id], since=days[0], until=after)
    return [by_day.get(user_id, {}).get(day, 0) for day in days]


def _payers(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Collection[AccountId]
) -> dict[AccountId, Team]:
    """The team of each pool, and the one that pays for each member."""
    owners = {a: account_owner(a) for a in accounts}
    members = [a for a in accounts if account_kind(a) is AccountKind.MEMBER]
    people = preferences.contacts(tx, workspace_id, [UserId(owners[a]) for a in members])
    of_account = {a: TeamId(owners[a]) for a in accounts} | {
        a: people[UserId(owners[a])].team_id for a in members
    }
    known = teams.teams(tx, workspace_id, sorted({EVERYONE, *of_account.values()}))
    return {a: known.get(team_id, known[EVERYONE]) for a, team_id in of_account.items()}


def _window(span: periods.Span, zone: ZoneInfo, now: datetime) -> Window:
    today = periods.day_of(now, zone)
    return Window(
        since=periods.start_of(span.start, zone),
        paced_from=periods.start_of(today - timedelta(days=pace.WINDOW_DAYS), zone),
        paced_to=periods.start_of(today, zone),
    )


def _paces(
    tx: Transaction,
    workspace_id: WorkspaceId,
    flows: dict[AccountId, Flow],
    zones: dict[AccountId, ZoneInfo],
    now: datetime,
) -> dict[AccountId, Pace | None]:
    """How fast members use theirs, and pools pay."""
    todays = {a: periods.day_of(now, zone) for a, zone in zones.items()}
    pools = {a: day for a, day in todays.items() if account_kind(a) is AccountKind.POOL}
    users = {UserId(account_owner(a)): day for a, day in todays.items() if a not in pools}
    found: dict[AccountId, Pace | None] = {
        member_account(user_id): one
        for user_id, one in _members_paces(tx, workspace_id, users).items()
    }
    if not pools:
        return found
    paying = [a for a in pools if a in flows and flows[a].paid > 0]
    first = funds.first_payments(tx, workspace_id, paying)
    weekly = weekly_allowances.of_pools(tx, workspace_id, list(pools), now.date())
    for a, today in pools.items():
        paid = None
        if a in first:
            first_on = periods.day_of(first[a], zones[a])
            paid = pace.pace(flows[a].paid, first_on=first_on, today=today)
        found[a] = pace.of_pool(paid, allowances_a_week=weekly.get(a, 0))
    return found


def _members_paces(
    tx: Transaction, workspace_id: WorkspaceId, todays: dict[UserId, date]
) -> dict[UserId, Pace | None]:
    """Of those who used something lately, by the days on which they did, not when it was told."""
    lately: dict[UserId, int] = {}
    for today in sorted(set(todays.values())):  # two at most, wherever people are
        users = [user_id for user_id, day in todays.items() if day == today]
        since = pace.window_start(today)
        days = used.own_days(tx, workspace_id, users, since=since, until=today)
        lately |= {user_id: sum(by_day.values()) for user_id, by_day in days.items()}
    busy = [user_id for user_id, tokens in lately.items() if tokens > 0]
    first = used.first_days(tx, workspace_id, busy) if busy else {}
    return {
        user_id: pace.pace(lately[user_id], first_on=first.get(user_id), today=todays[user_id])
        for user_id in busy
    }


def _owner(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> Member:
    """Whose figures these are; a pool's are for those who may see its team's."""
    if account_kind(account) is AccountKind.MEMBER:
        return directory.member(tx, workspace_id, UserId(account_owner(account)))
    return Member(user_id=UserId(""), team_id=TeamId(account_owner(account)))
