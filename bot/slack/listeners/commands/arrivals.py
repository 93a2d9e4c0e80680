"""`/tokens setup`: the first steps, at any time"""

from datetime import datetime

from bot.services import arrivals
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command
from bot.slack.render import messages
from bot.storage.database import Database


def setup(database: Database, said: Command, _now: datetime) -> Answer:
    """What is set up and what is not, each with its button, for admins."""
    return Show(messages.setup(arrivals.set_up(database, said.workspace_id, said.user_id)))
