"""`/tokens estimate`: how large a text is before it is sent"""

from datetime import datetime

from bot.services import estimates
from bot.slack import estimating
from bot.slack.answers import Answer, Later, Open
from bot.slack.payloads import Command
from bot.slack.render import views
from bot.storage.database import Database


def estimate(database: Database, said: Command, now: datetime) -> Answer | Later:
    """`/tokens estimate Summarise this…`; alone it opens a form to paste into."""
    text = said.text
    if text:
        return estimating.told(database, said, text, now)
    estimates.is_ready()  # the ranks load while somebody pastes
    return Open(views.estimate_form(), estimating.INSTEAD)
