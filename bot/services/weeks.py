"""The facts of teams' weeks, for many teams at once and from few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low

from bot.domain import digests as rules
from bot.domain import movements as moving
from bot.domain import pace as pacing
from bot.domain import periods
from bot.domain.digests import TYPICAL_WEEKS, Leader, Moves, Part, PoolFacts, Requests, Week
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.funds import Funds
from bot.domain.ledger import AccountId
from bot.domain.movements import Flow
from bot.domain.teams import Team, pool_account
from bot.domain.topups import TopUpState
from bot.domain.usage import UNNAMED
from bot.services import funds
from bot.storage import accounts, digests, movements, usage, weekly_allowances
from bot.storage.database import Transaction
from bot.storage.movements import Asked

_DAYS = 7
_WEEK = timedelta(days=_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """All that was read of a week, for teams of one zone."""

    week_on: date
    today: date
    now: datetime
    starts_at: datetime
    ends_at: datetime
    days: Mapping[TeamId, Mapping[date, int]]
    models: Mapping[TeamId, Sequence[Part]]
    projects: Mapping[TeamId, Sequence[Part]]
    crowds: Mapping[TeamId, tuple[int, int]]
    heads: Mapping[TeamId, int]
    leaders: Mapping[TeamId, Sequence[tuple[UserId, int]]]
    flows: Mapping[TeamId, Sequence[Flow]]
    flows_before: Mapping[TeamId, Sequence[Flow]]
    asked: Mapping[TeamId, Sequence[Asked]]
    pools: Mapping[AccountId, Funds]
    fills: Mapping[AccountId, str]
    allowances: Mapping[TeamId, int]


def of_teams(
    tx: Transaction,
    workspace_id: WorkspaceId,
    teams: Sequence[Team],
    *,
    week_on: date,
    now: datetime,
) -> dict[TeamId, Week]:
    """Each team's week, in its own zone."""
    found: dict[TeamId, Week] = {}
    for zone in sorted({team.zone for team in teams}):
        here = [team for team in teams if team.zone == zone]
        read = _read(tx, workspace_id, here, week_on, now)
        found.update({team.team_id: _week(team, read) for team in here})
    return found


def parts(now: Mapping[str, int], before: Mapping[str, int]) -> tuple[Part, ...]:
    """The largest of what was used by name; nothing where nothing has a name."""
    names = {*now, *before}
    if names <= {UNNAMED}:
        return ()
    each = [Part(name=n, tokens=now.get(n, 0), before=before.get(n, 0)) for n in names]
    return rules.largest(each)


def days(by_date: Mapping[date, int], since: date) -> tuple[int, ...]:
    """Seven days' figures."""
    return tuple(by_date.get(since + timedelta(days=day), 0) for day in range(_DAYS))


def _read(
    tx: Transaction,
    workspace_id: WorkspaceId,
    teams: Sequence[Team],
    week_on: date,
    now: datetime,
) -> _Read:
    ids, clock = [team.team_id for team in teams], teams[0].clock
    before_on, after_on = week_on - _WEEK, week_on + _WEEK
    before, start, end = (periods.start_of(day, clock) for day in (before_on, week_on, after_on))
    earliest, today = before_on - TYPICAL_WEEKS * _WEEK, periods.day_of(now, clock)
    pools = [pool_account(team.team_id) for team in teams if not team.is_everyone]
    shown = [team.team_id for team in teams if team.shows_leaderboard]
    return _Read(
        week_on=week_on,
        today=today,
        now=now,
        starts_at=start,
        ends_at=end,
        days=usage.by_day(tx, workspace_id, ids, since=earliest, until=after_on),
        models=_compared(
            usage.by_model(tx, workspace_id, ids, since=week_on, until=after_on),
            usage.by_model(tx, workspace_id, ids, since=before_on, until=week_on),
        ),
        projects=_compared(
            usage.by_project(tx, workspace_id, ids, since=week_on, until=after_on),
            usage.by_project(tx, workspace_id, ids, since=before_on, until=week_on),
        ),
        crowds=usage.crowds(tx, workspace_id, ids, since=week_on, until=after_on),
        heads=digests.head_counts(tx, workspace_id, ids),
        leaders=usage.leaders(tx, workspace_id, shown, since=week_on, until=after_on)
        if shown
        else {},
        flows=_by_team(movements.flows(tx, workspace_id, since=start, until=end)),
        flows_before=_by_team(movements.flows(tx, workspace_id, since=before, until=start)),
        asked=_asked(movements.requests(tx, workspace_id, since=start, until=end)),
        pools=funds.of(tx, workspace_id, accounts.available_of(tx, workspace_id, pools), now),
        fills=weekly_allowances.next_fills(tx, workspace_id, pools),
        allowances=weekly_allowances.of_teams(tx, workspace_id, ids, week_on),
    )


def _week(team: Team, read: _Read) -> Week:
    mine = team.team_id
    by_date = read.days.get(mine, {})
    earlier = [
        sum(days(by_date, read.week_on - ago * _WEEK)) for ago in range(TYPICAL_WEEKS + 1, 1, -1)
    ]
    users, calls = read.crowds.get(mine, (0, 0))
    return Week(
        team_id=mine,
        team=team.name,
        zone=team.zone,
        week_on=read.week_on.isoformat(),
        days=days(by_date, read.week_on),
        days_before=days(by_date, read.week_on - _WEEK),
        typical=rules.typical(earlier),
        allowance=read.allowances.get(mine),
        calls=calls,
        users=users,
        members=read.heads.get(mine, 0),
        models=tuple(read.models.get(mine, ())),
        projects=tuple(read.projects.get(mine, ())),
        moves=_moves(mine, read.flows),
        moves_before=_moves(mine, read.flows_before),
        requests=_requests(read.asked.get(mine, ()), read),
        pool=_pool(team, read),
        leaders=tuple(
            Leader(user_id=user_id, tokens=tokens) for user_id, tokens in read.leaders.get(mine, ())
        ),
    )


def _moves(team_id: TeamId, flows: Mapping[TeamId, Sequence[Flow]]) -> Moves:
    return moving.moves(team_id, flows.get(team_id, ()))


def _requests(asked: Sequence[Asked], read: _Read) -> Requests:
    mine = [one for one in asked if read.starts_at <= one.asked_at < read.ends_at]
    decided = [
        one
        for one in asked
        if one.decided_at is not None
        and read.starts_at <= one.decided_at < read.ends_at
        and one.state in {TopUpState.APPROVED, TopUpState.DENIED}
    ]
    approved = [one for one in decided if one.state is TopUpState.APPROVED]
    still_open = [one for one in asked if one.state is TopUpState.OPEN]
    waits = [
        int((one.decided_at - one.asked_at).total_seconds())
        for one in decided
        if one.decided_at is not None
    ]
    open_for = [int((read.now - one.asked_at).total_seconds()) for one in still_open]
    return Requests(
        asked=len(mine),
        asked_tokens=sum(one.tokens for one in mine),
        approved=len(approved),
        approved_tokens=sum(one.decided_tokens or 0 for one in approved),
        denied=len(decided) - len(approved),
        wait_seconds=median_low(waits) if waits else None,
        longest_seconds=max(waits, default=None),
        open=len(still_open),
        open_tokens=sum(one.tokens for one in still_open),
        open_seconds=max(open_for, default=None),
    )


def _pool(team: Team, read: _Read) -> PoolFacts | None:
    account = pool_account(team.team_id)
    pool = read.pools.get(account)
    if pool is None:
        return None
    lasts = pacing.lasts_until(pool.available, pool.pace, read.today)
    return PoolFacts(
        available=pool.available,
        per_day=pool.pace.per_day if pool.pace else None,
        lasts_days=pacing.days_left(pool.available, pool.pace),
        lasts_on=lasts.isoformat() if lasts else None,
        fills_on=read.fills.get(account),
    )


def _compared(
    now: Mapping[TeamId, Mapping[str, int]], before: Mapping[TeamId, Mapping[str, int]]
) -> dict[TeamId, Sequence[Part]]:
    teams = {*now, *before}
    return {team: parts(now.get(team, {}), before.get(team, {})) for team in teams}


def _by_team(flows: Iterable[Flow]) -> dict[TeamId, list[Flow]]:
    found: dict[TeamId, list[Flow]] = {}
    for flow in flows:
        for team_id in flow.teams:
            found.setdefault(team_id, []).append(flow)
    return found


def _asked(asked: Iterable[Asked]) -> dict[TeamId, list[Asked]]:
    found: dict[TeamId, list[Asked]] = {}
    for one in asked:
        found.setdefault(one.team_id, []).append(one)
    return found
