"""`/tokens settings`: sources of usage, rates, and what is missing"""

from datetime import datetime

from bot.services import settings_views
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command
from bot.slack.render import messages
from bot.storage.database import Database


def settings(database: Database, said: Command, now: datetime) -> Answer:
    """How usage comes in and what it is charged, for those who look after it."""
    found = settings_views.view(database, said.workspace_id, viewer=said.user_id, now=now)
    return Show(messages.settings(found))
