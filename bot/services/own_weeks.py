"""The facts of members' own weeks, for many members at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import pace as pacing
from bot.domain import periods
from bot.domain.digests import OwnMoves, OwnWeek
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.funds import Turn
from bot.domain.ledger import AccountId, member_account
from bot.services import weeks
from bot.storage import funds, own_weeks, usage
from bot.storage.database import Transaction

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    week_on: date
    today: date
    clock: ZoneInfo
    days: Mapping[UserId, Mapping[date, int]]
    models: Mapping[UserId, Mapping[str, int]]
    models_before: Mapping[UserId, Mapping[str, int]]
    first: Mapping[UserId, date]
    moves: Mapping[UserId, OwnMoves]
    available: Mapping[UserId, int]
    expiries: Mapping[UserId, tuple[datetime, int]]
    turns: Mapping[AccountId, Turn]


def of_members(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_ids: Sequence[UserId],
    *,
    clock: ZoneInfo,
    week_on: date,
    now: datetime,
) -> dict[UserId, OwnWeek]:
    """Each member's week, in the zone of the team they are in."""
    before, after, today = week_on - _WEEK, week_on + _WEEK, periods.day_of(now, clock)
    earliest = min(before, pacing.window_start(today))
    until = max(after, today)
    read = _Read(
        week_on=week_on,
        today=today,
        clock=clock,
        days=usage.own_days(tx, workspace_id, user_ids, since=earliest, until=until),
        models=usage.own_models(tx, workspace_id, user_ids, since=week_on, until=after),
        models_before=usage.own_models(tx, workspace_id, user_ids, since=before, until=week_on),
        first=usage.first_days(tx, workspace_id, user_ids),
        moves=own_weeks.moves(
            tx,
            workspace_id,
            user_ids,
            since=periods.start_of(week_on, clock),
            until=periods.start_of(after, clock),
        ),
        available=own_weeks.accounts(tx, workspace_id, user_ids),
        expiries=own_weeks.next_expiries(tx, workspace_id, user_ids, now),
        turns=funds.turns(tx, workspace_id, [member_account(user_id) for user_id in user_ids]),
    )
    return {user_id: _week(user_id, read) for user_id in user_ids}


def _week(user_id: UserId, read: _Read) -> OwnWeek:
    by_date = read.days.get(user_id, {})
    since = pacing.window_start(read.today)
    lately = sum(tokens for day, tokens in by_date.items() if since <= day < read.today)
    pace = pacing.pace(lately, first_on=read.first.get(user_id), today=read.today)
    available = read.available.get(user_id, 0)
    lasts = pacing.lasts_until(available, pace, read.today)
    expires_at, expiring = read.expiries.get(user_id, (None, 0))
    expires_on = periods.day_of(expires_at, read.clock).isoformat() if expires_at else None
    turn = read.turns.get(member_account(user_id))
    return OwnWeek(
        zone=str(read.clock),
        week_on=read.week_on.isoformat(),
        days=weeks.days(by_date, read.week_on),
        days_before=weeks.days(by_date, read.week_on - _WEEK),
        models=weeks.parts(read.models.get(user_id, {}), read.models_before.get(user_id, {})),
        moves=read.moves.get(user_id, OwnMoves()),
        available=available,
        per_day=pace.per_day if pace else None,
        lasts_days=pacing.days_left(available, pace),
        lasts_on=lasts.isoformat() if lasts else None,
        expiring=expiring,
        expires_on=expires_on,
        next_on=periods.day_of(turn.next_at, read.clock).isoformat() if turn else None,
    )
