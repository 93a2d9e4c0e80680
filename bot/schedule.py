"""When to look: the ticker wakes what is due by the clock. Rows decide what that is."""

from collections.abc import Callable
from datetime import datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.services import alerts, deadlines, dues, fundings, memberships, outbox, reports
from bot.storage.database import Database

_log = structlog.get_logger()

_TICK_SECONDS = 60


def tick(database: Database, now: datetime) -> None:
    """Do all that is due at this moment. Twice is as good as once."""
    memberships.catch_up(database, now)
    fundings.make_good(database, now)
    dues.settle_all(database, now)
    deadlines.do_due(database, now)
    outbox.forget_old(database, now)
    outbox.report_dead(database, now)
    alerts.do_due(database, now)
    reports.prepare_due_digests(database, now)


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
        except Exception:  # noqa: BLE001 - the ticker outlives what it meets; the log has it all
            _log.exception("tick_failed")
