"""The button of a word about sources: all of them, and how they are charged."""

from datetime import datetime

from bot.services import settings_views
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.storage.database import Database


def see(database: Database, said: Click, now: datetime) -> Answer:
    """*See all sources*: what `/tokens settings` shows."""
    found = settings_views.view(database, said.workspace_id, viewer=said.user_id, now=now)
    return Show(messages.settings(found))
