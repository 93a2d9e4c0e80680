"""`/tokens reverse ID [reason]`"""

from datetime import datetime

from bot.domain.refusals import EntryUnknown
from bot.services import reversals
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages
from bot.storage.database import Database


def reverse(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens reverse 9f3c21ab granted to the wrong Ana`"""
    if not said.words:
        raise EntryUnknown("")
    words = [as_typed(word) for word in said.words[1:]]
    receipt = reversals.reverse(
        database,
        said.workspace_id,
        actor=said.user_id,
        typed_id=as_typed(said.words[0]),
        note=" ".join(words[1:] if words and words[0].lower() == "for" else words),
        is_confirmed=False,
        key=said.key,
        now=now,
    )
    return Show(messages.reversal_receipt(receipt))
