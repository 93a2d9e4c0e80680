"""*Estimate tokens* in a message's menu."""

from datetime import datetime

from bot.services import estimates
from bot.slack import estimating
from bot.slack.answers import Answer, Later, Open
from bot.slack.render import views
from bot.slack.shortcuts import Chosen
from bot.storage.database import Database


def estimate(database: Database, said: Chosen, now: datetime) -> Answer | Later:
    """The message's text, or a form where it has none, as apps' messages of blocks alone."""
    if said.text.strip() and said.response_url:
        return estimating.told(database, said, said.text, now)
    estimates.is_ready()  # the ranks load while somebody pastes
    return Open(views.estimate_form(), estimating.INSTEAD)
