"""*Older* and *Newest* under a history."""

from datetime import datetime

from bot.domain.directory import UserId
from bot.domain.ledger import EntryId
from bot.services import history
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.storage.database import Database


def turn_page(database: Database, said: Click, _now: datetime) -> Answer:
    """The value is `subject:before`, or `subject:` for the newest entries."""
    subject, _, before = said.value.partition(":")
    page = history.page(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=UserId(subject),
        before=EntryId(before) if before else None,
    )
    return Show(messages.history(page), replaces_original=True, title="History")
