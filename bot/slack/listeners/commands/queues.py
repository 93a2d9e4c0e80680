"""`/tokens requests`"""

from datetime import datetime

from bot.domain.refusals import NotAllowed
from bot.services import queues, topups
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command
from bot.slack.render import messages, views
from bot.storage.database import Database


def requests(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens requests`: those to decide; for who decides none, their own open ones."""
    try:
        queue = queues.look(database, said.workspace_id, actor=said.user_id, chosen=None, now=now)
    except NotAllowed:
        mine = topups.open_of(database, said.workspace_id, said.user_id)
        return Show(messages.open_requests(mine))
    return Open(views.requests_list(queue), "the buttons of each request's message")
