"""`/tokens transfer @colleague 250k [for reason]`"""

from datetime import datetime

from bot.services import balances, transfers
from bot.slack import wishes
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command
from bot.slack.render import messages, views
from bot.slack.render.views import TransferDraft
from bot.storage.database import Database

_EXAMPLE = "/tokens transfer @ana 250k for the demo"


def transfer(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens transfer @ben 250k for the demo`; a form asks for what is missing."""
    wish = wishes.with_people(said.words)
    if wish.tokens is None or len(wish.people) != 1:
        own = balances.balance(
            database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
        )
        recipient = wish.people[0] if wish.people else None
        draft = TransferDraft(recipient, wish.typed_amount, wish.reason)
        several = "A transfer goes to one person. Who gets it?" if len(wish.people) > 1 else None
        form = views.transfer_form(draft, own=own, problem=several)
        return Open(form, _EXAMPLE)
    receipt = transfers.transfer(
        database,
        said.workspace_id,
        sender=said.user_id,
        recipient=wish.people[0],
        tokens=wish.tokens,
        note=wish.reason,
        key=said.key,
        now=now,
    )
    return Show(messages.transfer_receipt(receipt))
