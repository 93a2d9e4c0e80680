"""Word of limits that calls met: to the person whose call it was, and seldom.

A refusal is told once in an hour, what is let pass once in a period. A row says that it was told,
so that several processes tell it once; and each process remembers it, so that a burst of refusals
costs no more than the answers to them.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain import periods
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.funds import span_of
from bot.domain.limits import Limit, LimitReached, Measure
from bot.domain.notices import Met, limit_met
from bot.domain.periods import Period, Span
from bot.domain.policies import Mode
from bot.services import advances
from bot.services.holders import Holder
from bot.services.holds import Standing, Wish
from bot.storage import funds, outbox, people, preferences, runs, workspaces
from bot.storage.database import Database, DatabaseFault, Transaction

_log = structlog.get_logger()

#: A refusal is told so often at most.
REFUSALS_EVERY = timedelta(hours=1)
#: People who are remembered; beyond, all are forgotten, and the rows say it again.
REMEMBERED_MAX = 10_000

#: Rows of `run`: a person, and the limit by which they were told that a call was refused last.
REFUSED_BY = "limit_refused_by"

_Key = tuple[WorkspaceId, UserId, Met]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A call that did not fit, the tightest limit that it met, and what became of it."""

    holder: Holder
    wish: Wish
    limit: Limit
    met: Met


class News:
    """Tells it, and remembers until when there is nothing to tell. Threads share it."""

    def __init__(self) -> None:
        self._quiet_until: dict[_Key, datetime] = {}
        #: What was told last at that time, perhaps in a turn whose commit is still to come.
        self._told_at: dict[_Key, datetime] = {}
        self._being_told: set[_Key] = set()
        self._app_ids: dict[WorkspaceId, str] = {}
        self._lock = threading.Lock()

    def tell(
        self, database: Database, workspace_id: WorkspaceId, meeting: Meeting, now: datetime
    ) -> None:
        """Owe the person word of it; whatever was begun for a refused call is undone by now."""
        user_id = meeting.holder.user_id
        if user_id is None:
            return  # a team's service, or nobody whom anybody knows
        key = (workspace_id, user_id, meeting.met)
        with self._lock:
            if key in self._being_told or now < self._quiet_until.get(key, now):
                return
            if self._told_at.get(key) == now:
                return  # by another call of the same turn
            self._being_told.add(key)
        try:
            with database.writing() as tx:
                told_until = _told_until(tx, workspace_id, meeting, now)
                if told_until is None:
                    _owe(tx, workspace_id, user_id, meeting, now)
        except DatabaseFault as fault:  # the call's own answer stands
            _log.warning("limit_not_told", reason=fault.reason)
            return
        finally:
            with self._lock:
                self._being_told.discard(key)
        # What was told just now may share a commit that is still to come: the row says it later.
        if told_until is None:
            self._remember(self._told_at, key, now)
        else:
            self._remember(self._quiet_until, key, told_until)

    def ask_at(self, database: Database, workspace_id: WorkspaceId) -> str:
        """The app's Home in Slack, whose first button asks for more; empty until it is known."""
        app_id = self._app_ids.get(workspace_id, "")
        if not app_id:
            try:
                with database.reading() as tx:
                    app_id = workspaces.app_id(tx, workspace_id)
            except DatabaseFault as fault:
                _log.warning("home_not_known", reason=fault.reason)
            self._app_ids[workspace_id] = app_id
        return f"slack://app?team={workspace_id}&id={app_id}&tab=home" if app_id else ""

    def _remember(self, known: dict[_Key, datetime], key: _Key, moment: datetime) -> None:
        with self._lock:
            if len(known) >= REMEMBERED_MAX:
                known.clear()
            known[key] = moment


def meeting_of(holder: Holder, wish: Wish, outcome: Standing | Exception) -> Meeting | None:
    """What there is to tell of a call: that it was refused, or passed although it does not fit."""
    if isinstance(outcome, LimitReached):
        return Meeting(holder, wish, outcome.limit, Met.REFUSED)
    if isinstance(outcome, Exception) or outcome.passed is None:
        return None
    met = Met.WARNED if holder.rules.mode is Mode.WARN else Met.GRACED
    return Meeting(holder, wish, outcome.passed, met)


def place(limit: Limit) -> str:
    """What it measures: of one kind and name there is one in a chain for each period."""
    return f"{limit.measure}:{limit.period}:{limit.name}"


def job_of(met: Met) -> str:
    """By which rows of `run` know that it was told."""
    return f"limit_{met}"


def _told_until(
    tx: Transaction, workspace_id: WorkspaceId, meeting: Meeting, now: datetime
) -> datetime | None:
    """Until when this was told already; None where it is ours to tell, and marked as told."""
    holder, met = meeting.holder, meeting.met
    job, subject = job_of(met), str(holder.user_id)
    if met is not Met.REFUSED:
        span, zone = _period(tx, workspace_id, holder, now)
        period = span.start.isoformat()
        is_ours = runs.claim_one(tx, workspace_id, job=job, subject=subject, period=period, now=now)
        return None if is_ours else periods.start_of(span.end, zone)
    # Two processes on both sides of a full hour would each find theirs untold.
    people.lock(tx, workspace_id, UserId(subject))
    last = runs.last(tx, workspace_id, job, subject)
    if last is not None and now < last[1] + REFUSALS_EVERY:
        return last[1] + REFUSALS_EVERY
    hour = now.replace(minute=0, second=0, microsecond=0)
    period = hour.isoformat()
    if not runs.claim_one(tx, workspace_id, job=job, subject=subject, period=period, now=now):
        return hour + REFUSALS_EVERY
    runs.put_only(tx, workspace_id, job, (subject, period), now)
    # By which, for whoever decides a request of theirs.
    runs.put_only(tx, workspace_id, REFUSED_BY, (subject, place(meeting.limit)), now)
    return None


def _period(
    tx: Transaction, workspace_id: WorkspaceId, holder: Holder, now: datetime
) -> tuple[Span, ZoneInfo]:
    """That of the allowance that comes next, else the month."""
    turn = funds.turns(tx, workspace_id, [holder.account]).get(holder.account)
    if turn is not None:
        return span_of(turn, now), turn.zone
    return periods.span(periods.day_of(now, holder.zone), Period.MONTH), holder.zone


def _owe(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, meeting: Meeting, now: datetime
) -> None:
    if preferences.contacts(tx, workspace_id, [user_id])[user_id].is_reachable:
        notice = limit_met(
            user_id,
            meeting.met,
            meeting.limit,
            needed=meeting.wish.tokens,
            model=meeting.wish.model,
            now=now,
            has_advance=_has_advance(tx, workspace_id, user_id, meeting, now),
        )
        outbox.add(tx, workspace_id, notice, now)


def _has_advance(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, meeting: Meeting, now: datetime
) -> bool:
    """It adds to what is available: no other limit rises by it."""
    is_for_want = meeting.met is Met.REFUSED and meeting.limit.measure is Measure.ALLOWANCE
    return is_for_want and advances.are_on_offer(tx, workspace_id, user_id, now)
