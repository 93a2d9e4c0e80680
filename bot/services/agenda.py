"""What the clock finds to do."""

from datetime import datetime

from bot.domain.agenda import Agenda
from bot.services.identity_reminders import ALMOST_A_WEEK
from bot.services.outbox import EVENTS_KEPT, SENT_KEPT
from bot.services.telemetry import HEARD_KEPT
from bot.storage import agenda as asked
from bot.storage.database import Database


def agenda(database: Database, now: datetime) -> Agenda:
    """Which of the jobs that have most often nothing to do have something; one query."""
    with database.reading() as tx:
        return asked.agenda(
            tx,
            now,
            events_before=now - EVENTS_KEPT,
            sent_before=now - SENT_KEPT,
            told_before=now - ALMOST_A_WEEK,
            heard_before=now - HEARD_KEPT,
        )
