"""Sending all that is due, for a tick that does not stay to see it through."""

import threading
from datetime import datetime, timedelta

from bot.bootstrap.clock import system_clock
from bot.config import Settings
from bot.services import fresh_homes
from bot.slack import delivery
from bot.slack.clients import Access
from bot.slack.delivery import Delivery
from bot.slack.identity import Identity
from bot.storage.database import Database

#: For how long a tick waits, in all, for what Slack puts off.
_PATIENCE = timedelta(seconds=10)


def access(settings: Settings) -> Access:
    return Access(settings.slack_api_url, settings.slack_bot_token.get_secret_value())


def deliver_all(settings: Settings, database: Database, at: datetime) -> None:
    """Send all that is due; what Slack puts off for longer than `_PATIENCE` is left waiting."""
    began = system_clock()

    def clock() -> datetime:
        """Goes on from then, so that what Slack puts off falls due."""
        return at + (system_clock() - began)

    fresh_homes.look(database, at)
    client = access(settings).client(seconds=delivery.CLIENT_SECONDS)
    Identity(database, settings.slack_bot_token.get_secret_value(), clock).ask_again(client)
    sender = Delivery(database, client, clock, spacing=timedelta(0))
    while True:
        sender.deliver_due()
        seconds = sender.due_in()
        if seconds is None or clock() + timedelta(seconds=seconds) > at + _PATIENCE:
            break
        threading.Event().wait(seconds)
    sender.close()
