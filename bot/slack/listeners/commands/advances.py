"""`/tokens advance`: some tokens now, repaid from the next allowance"""

from datetime import datetime

from bot.services import advances
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command
from bot.slack.render import messages
from bot.storage.database import Database


def advance(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens advance` shows what is on offer, and what it means for the next allowance."""
    found = advances.look(database, said.workspace_id, actor=said.user_id, now=now)
    return Show(messages.advance(found))
