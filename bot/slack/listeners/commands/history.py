"""`/tokens history [@user]`"""

from datetime import datetime

from bot.domain.refusals import NotAPerson
from bot.services import history as service
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed, mention
from bot.slack.render import messages
from bot.storage.database import Database


def history(database: Database, said: Command, _now: datetime) -> Answer:
    """`/tokens history` or `/tokens history @ana`"""
    subject = mention(said.words[0]) if said.words else said.user_id
    if subject is None:
        raise NotAPerson(as_typed(said.words[0]))
    page = service.page(database, said.workspace_id, viewer=said.user_id, subject=subject)
    return Show(messages.history(page))
