"""`/tokens balance [@user]`"""

from datetime import datetime

from bot.domain.directory import Standing
from bot.domain.refusals import NotAPerson
from bot.services import balances, directory
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed, mention
from bot.slack.render import messages
from bot.storage.database import Database


def balance(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens balance` or `/tokens balance @ana`"""
    subject = mention(said.words[0]) if said.words else said.user_id
    if subject is None:
        raise NotAPerson(as_typed(said.words[0]))
    found = balances.with_use(
        database, said.workspace_id, viewer=said.user_id, subject=subject, now=now
    )
    unseen = {m.user_id for m in (found.viewer, found.subject) if m.standing is Standing.UNSEEN}
    if unseen:
        directory.want(database, said.workspace_id, unseen)
    return Show(messages.balance(found))
