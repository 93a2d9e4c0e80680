"""The funds of accounts: what they have of their period, how fast it is used, by day."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import funds as rules
from bot.domain import pace, periods, permission
from bot.domain.directory import EVERYONE, Member, TeamId, UserId, WorkspaceId
from bot.domain.funds import Funds, Usage
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.domain.pace import Pace
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.storage import directory, funds, preferences, teams, weekly_allowances
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
        days = [today + timedelta(days=on) for on in range(-pace.WINDOW_DAYS, 2)]
        edges = [periods.start_of(day, found.zone) for day in days]
        used = funds.used_between(tx, workspace_id, account, edges)
    return Usage(viewer=viewer, funds=found, days=tuple(zip(days, used, strict=False)), now=now)


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
    """Of those that were used lately; days count from the one of the first use."""
    used = [a for a, flow in flows.items() if flow.used > 0]
    first = funds.first_uses(tx, workspace_id, used)
    found = {
        a: pace.pace(
            flows[a].used,
            first_on=periods.day_of(at, zones[a]),
            today=periods.day_of(now, zones[a]),
        )
        for a, at in first.items()
    }
    pools = [a for a in zones if account_kind(a) is AccountKind.POOL]
    if not pools:
        return found
    paid = weekly_allowances.of_pools(tx, workspace_id, pools, now.date())
    return found | {a: pace.of_pool(found.get(a), allowances_a_week=paid.get(a, 0)) for a in pools}


def _owner(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> Member:
    """Whose figures these are; a pool's are for those who may see its team's."""
    if account_kind(account) is AccountKind.MEMBER:
        return directory.member(tx, workspace_id, UserId(account_owner(account)))
    return Member(user_id=UserId(""), team_id=TeamId(account_owner(account)))
