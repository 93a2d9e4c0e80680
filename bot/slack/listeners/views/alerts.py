"""The form of alerts, sent."""

from datetime import datetime

from bot.domain import alerts as rules
from bot.domain.refusals import AlertsRefused
from bot.services import preferences
from bot.slack import errors
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import NO, Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def alerts(database: Database, said: Submission, now: datetime) -> Answer:
    """Percentages, quiet hours, weekends. Empty percentages are none; empty hours too.

    Those that already held are not made one's own: the team's go on to hold when they change.
    """
    typed, hours = said.text(Field.THRESHOLDS).strip(), said.text(Field.QUIET_HOURS).strip()
    try:
        quiet_from, quiet_to = rules.read_hours(hours) if hours else (0, 0)
    except AlertsRefused as refusal:
        return Errors({Field.QUIET_HOURS: errors.plain_words_for(refusal)})
    try:
        thresholds: str | None = rules.read(typed.split()) if typed else ""
    except AlertsRefused as refusal:
        return Errors({Field.THRESHOLDS: errors.plain_words_for(refusal)})
    before = preferences.of(database, said.workspace_id, said.user_id)
    if thresholds == ",".join(map(str, rules.percentages(before.thresholds))):
        thresholds = before.person.preferences.thresholds
    choice = preferences.choose(
        database,
        said.workspace_id,
        user_id=said.user_id,
        now=now,
        changes={
            "thresholds": thresholds,
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "has_quiet_weekends": said.choice(Field.QUIET_WEEKENDS) != NO,
        },
    )
    return Show(messages.alert_choice(choice))
