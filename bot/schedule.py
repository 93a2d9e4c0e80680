"""When to look: the ticker wakes what is due by the clock. Rows decide what that is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.domain import pulls as pull_rules
from bot.domain.agenda import Agenda
from bot.domain.pulls import Provider, ProviderAway, ProviderRefused
from bot.services import (
    agenda,
    alerts,
    attributions,
    deadlines,
    departures,
    dues,
    fundings,
    identity_reminders,
    memberships,
    outbox,
    pulls,
    reports,
    retention,
    silences,
    telemetry,
    true_ups,
)
from bot.services.pulls import NobodyToCharge
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

_TICK_SECONDS = 60
_PULL_SECONDS = 60.0


Job = Callable[[Database, datetime], object]


def tick(database: Database, now: datetime, *, is_ahead: bool = False) -> None:
    """Do all that is due at this moment. Twice is as good as once.

    A job that fails leaves the others theirs; the first failure is raised when all had their turn.
    Where the moment is ahead of the clock, nothing is deleted that is still needed when it comes.
    """
    failures = keep_accounts(database, now, is_ahead=is_ahead) + _in_turn(_JOBS, database, now)
    if failures:
        raise failures[0]


def keep_accounts(database: Database, now: datetime, *, is_ahead: bool = False) -> list[Exception]:
    """What rules credit, what expires, what reports correct, and old rows; what failed."""
    found: list[Agenda] = []
    failures = _in_turn(
        [lambda database, now: found.append(agenda.agenda(database, now))], database, now
    )
    jobs = [job for one in found for job in _of(one) if not (is_ahead and job in _DELETING)]
    return failures + _in_turn(jobs, database, now)


def _of(found: Agenda) -> Iterator[Job]:
    """What there is to do, in its order: what is due comes before what a pool owes or lets go."""
    if found.has_memberships:
        yield memberships.catch_up
    if found.has_dues or found.has_memberships:
        yield dues.settle_all
    if found.has_fundings:
        yield fundings.make_good
        yield dues.settle_all
    if found.has_identities:
        yield attributions.do_due
    yield from _words_to_admins(found)
    if found.has_true_ups:  # of what belongs to somebody by now
        yield true_ups.do_due
    yield from _forgetting(found)


def _forgetting(found: Agenda) -> Iterator[Job]:
    """What nobody asks for any more, or waits for in vain."""
    if found.has_stale:
        yield departures.end_stale
    if found.has_old:
        yield outbox.forget_old
        yield telemetry.forget_old
    if found.has_old_usage:
        yield retention.forget_old


def _words_to_admins(found: Agenda) -> Iterator[Job]:
    if found.has_waiting:
        yield identity_reminders.do_due
    if found.has_silence:
        yield silences.do_due


def _in_turn(jobs: Iterable[Job], database: Database, now: datetime) -> list[Exception]:
    failures: list[Exception] = []
    for job in jobs:
        try:
            job(database, now)
        except DatabaseFault as fault:
            _log.error("database_fault", job=job.__module__, reason=fault.reason)
            failures.append(fault)
        except Exception as failure:  # noqa: BLE001 - raised by `tick`
            _log.exception("job_failed", job=job.__module__)
            failures.append(failure)
    return failures


#: What these delete is needed until then, and nothing brings it back: calls, by which one that
#: comes again is known, and how far growing figures were charged.
_DELETING: tuple[Job, ...] = (retention.forget_old, telemetry.forget_old)
#: In this order: an alert is of balances that are settled, a digest of all that came before.
_JOBS: tuple[Job, ...] = (
    deadlines.do_due,
    outbox.report_dead,
    alerts.do_due,
    reports.prepare_due_digests,
)


class Ticker:
    """Calls `tick` every minute until it is stopped."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        self._scheduler.add_job(
            self._tick, "interval", seconds=_TICK_SECONDS, coalesce=True, max_instances=1
        )
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        try:
            tick(self._database, self._clock())
        except DatabaseFault:
            return  # said by each job that met it; the next minute tries again
        except Exception:  # noqa: BLE001 - the ticker outlives what it meets; the log has it all
            _log.exception("tick_failed")


class Puller:
    """Pulls one provider's usage report, a day at each step; has a loop of its own.

    So a provider that is slow or away delays no tick, and no other provider.
    """

    def __init__(
        self,
        database: Database,
        provider: Provider,
        clock: Callable[[], datetime],
        *,
        workspace: str = "",
    ) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._workspace = workspace
        self._is_start = True
        self._said = ""

    @property
    def name(self) -> str:
        return f"pull-{self._provider.name}"

    def close(self) -> None:
        self._provider.close()

    def step(self) -> float:
        """Read the day that is due, if any; how many seconds to wait for the next look."""
        try:
            workspace_id = pulls.payer(self._database, self._workspace)
        except NobodyToCharge as why:
            if str(why) != self._said:
                _log.warning("usage_pull_waits", provider=self._provider.name, reason=str(why))
            self._said = str(why)
            return _PULL_SECONDS
        now, name = self._clock(), self._provider.name
        is_start, self._is_start = self._is_start, False
        work = pulls.begin(self._database, workspace_id, name, now, is_start=is_start)
        if work is None:
            return _PULL_SECONDS
        try:
            report = self._provider.day(work.day, revision=pull_rules.revision(now))
        except (ProviderAway, ProviderRefused) as failure:
            pulls.put_off(self._database, work, failure, self._clock())
        else:
            pulls.take_in(self._database, work, report, self._clock())
        return 0.0  # there may be more
