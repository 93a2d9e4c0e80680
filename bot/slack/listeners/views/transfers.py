"""The form of a transfer, sent."""

from datetime import datetime

from bot.domain import amounts
from bot.services import transfers
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def transfer(database: Database, said: Submission, now: datetime) -> Answer:
    """Recipient, amount, reason."""
    people = said.people(Field.RECIPIENT)
    if not people:
        return Errors({Field.RECIPIENT: "Choose who gets the tokens."})
    receipt = transfers.transfer(
        database,
        said.workspace_id,
        sender=said.user_id,
        recipient=people[0],
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        note=said.text(Field.REASON),
        key=said.key,
        now=now,
    )
    return Show(messages.transfer_receipt(receipt))
