"""What a member has."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import funds as spans
from bot.domain import lots, pace, periods, permission
from bot.domain.allowances import Turn
from bot.domain.balances import Balance, Coming, Use
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.roles import Deed
from bot.services import advances, dues
from bot.storage import balances, directory, funds
from bot.storage.database import Database

#: Far enough back for a month, and for the days of the pace, in any zone.
_LOOKED_BACK = timedelta(days=33)
_ONE_ZONE = timedelta(days=1)


def balance(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    now: datetime,
) -> Balance:
    """One's own balance, or that of somebody whose approver one is. Raises `NotAllowed`.

    Whoever has nothing that expires and no allowance costs one statement.
    """
    with database.reading() as tx:
        person, tokens, held, next_due_at = directory.member_with_account(tx, workspace_id, subject)
        who = person if viewer == subject else directory.member(tx, workspace_id, viewer)
    permission.require(who, Deed.SEE_BALANCE, person)
    plain = Balance(viewer=who, subject=person, balance=tokens, held=held)
    return plain if next_due_at is None else _as_of(database, workspace_id, plain, now)


def with_use(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    now: datetime,
) -> Balance:
    """The same with what was used of it lately, on the days on which it was used.

    Whoever has nothing that expires and no allowance costs one statement here too.
    """
    since = now.date() - _LOOKED_BACK
    with database.reading() as tx:
        stored = balances.with_use(tx, workspace_id, subject, since=since)
        person = stored.person
        who = person if viewer == subject else directory.member(tx, workspace_id, viewer)
    permission.require(who, Deed.SEE_BALANCE, person)
    found = Balance(viewer=who, subject=person, balance=stored.balance, held=stored.held)
    begun = None
    if stored.next_due_at is not None:
        found = _as_of(database, workspace_id, found, now)
        begun = _period_start(database, workspace_id, found, now)
        if begun is not None and begun - _ONE_ZONE < since:
            with database.reading() as tx:
                since = begun - _ONE_ZONE
                stored = balances.with_use(tx, workspace_id, subject, since=since)
    if stored.first_on is None:
        return found
    today = periods.day_of(now, ZoneInfo(stored.zone))
    month = periods.span(today, periods.Period.MONTH)
    return replace(found, use=_use(stored.days, begun or month.start, today, stored.first_on))


def _period_start(
    database: Database, workspace_id: WorkspaceId, found: Balance, now: datetime
) -> date | None:
    """The first day of the period of the allowance that comes next, where one does."""
    if found.coming is None:
        return None
    account = member_account(found.subject.user_id)
    with database.reading() as tx:
        turn = funds.turns(tx, workspace_id, [account]).get(account)
    return spans.span_of(turn, now).start if turn else None


def _use(days: Mapping[date, int], since: date, today: date, first_on: date) -> Use:
    window = pace.window_start(today)
    lately = sum(tokens for day, tokens in days.items() if window <= day < today)
    return Use(
        since=since,
        tokens=sum(tokens for day, tokens in days.items() if day >= since),
        pace=pace.pace(lately, first_on=first_on, today=today),
        today=today,
    )


def _as_of(database: Database, workspace_id: WorkspaceId, plain: Balance, now: datetime) -> Balance:
    """With what is due counted, whether or not the clock has come round to it."""
    account = member_account(plain.subject.user_id)
    with database.snapshot() as tx:
        settled = dues.as_of(tx, workspace_id, account, now)
        if settled is None:
            return plain
        has_advance = plain.is_own and advances.is_on_offer(
            tx, workspace_id, plain.subject, settled.turns, settled.advances
        )
    return Balance(
        viewer=plain.viewer,
        subject=plain.subject,
        balance=settled.balance,
        held=settled.held,
        expiring=lots.by_moment(settled.lots),
        coming=_coming(settled.turns),
        has_advance=has_advance,
    )


def _coming(turns: Iterable[Turn]) -> Coming | None:
    """What several rules credit on the same day is one sum."""
    due = [
        (turn.next_on, tokens)
        for turn in turns
        if turn.next_on is not None
        and turn.takes_part
        and (tokens := turn.allowance.credit_on(turn.next_on).tokens)
    ]
    if not due:
        return None
    soonest = min(day for day, _ in due)
    return Coming(soonest, sum(tokens for day, tokens in due if day == soonest))
