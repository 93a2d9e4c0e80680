"""The form of an estimate, sent."""

from datetime import datetime

from bot.services import estimates
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database

#: Within Slack's three seconds, of which the database may need half.
_PATIENCE_SECONDS = 1.0


def estimate(database: Database, said: Submission, now: datetime) -> Answer:
    """A text, and perhaps a model."""
    text = said.text(Field.TEXT)
    if not text.strip():
        return Errors({Field.TEXT: "There is nothing in it to count. Paste a text."})
    if not estimates.is_ready(_PATIENCE_SECONDS):
        return Errors({Field.TEXT: "I'm still learning to count. Send it again in a moment."})
    found = estimates.estimate(
        database,
        said.workspace_id,
        user_id=said.user_id,
        text=text,
        model=said.choice(Field.MODEL),
        now=now,
    )
    return Show(messages.estimate(found), title="Estimate")
