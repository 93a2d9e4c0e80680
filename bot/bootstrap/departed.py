"""Workspaces that let go of the bot, for whoever looks after it."""

from bot.services import departures
from bot.slack.identity import Identity
from bot.storage.database import Database


def lines(database: Database) -> list[str]:
    """A line for each: since when, what said so, what waits, and what to do."""
    return [
        f"{one.workspace_id} let go of the app ({one.why}, {one.left_at:%Y-%m-%d %H:%M} UTC): "
        f"nothing is sent there, {waiting} {'notice waits' if waiting == 1 else 'notices wait'}. "
        "Install the app again, put its new token into SLACK_BOT_TOKEN and restart tokenbot"
        for one, waiting in departures.every(database)
    ]


def state(database: Database, identity: Identity) -> str:
    """How it stands with Slack, in a word or two."""
    why = {one.workspace_id: one.why for one, _ in departures.every(database)}
    if identity.workspace_id in why:
        return f"let go of the app: {why[identity.workspace_id]}"
    return last_heard(identity)


def last_heard(identity: Identity) -> str:
    """The same, where no database can be asked."""
    return "reached" if identity.workspace_id else identity.trouble or "not reached yet"
