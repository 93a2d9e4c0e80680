"""The workspace let go of the bot."""

from datetime import datetime

from bot.services import departures
from bot.slack.payloads import Event
from bot.storage.database import Database


def app_uninstalled(database: Database, said: Event, now: datetime) -> None:
    """Nothing can be sent any more, and Slack's events end too. It may come twice."""
    departures.begin(database, said.workspace_id, why="app_uninstalled", now=now)


def tokens_revoked(database: Database, said: Event, now: datetime) -> None:
    """The same, where one of them is the bot's; it may come after `app_uninstalled`."""
    tokens = said.inner.get("tokens")
    if isinstance(tokens, dict) and tokens.get("bot"):
        departures.begin(database, said.workspace_id, why="tokens_revoked", now=now)
