"""The form of a grant, sent."""

from datetime import datetime

from bot.domain import amounts
from bot.services import grants
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def grant(database: Database, said: Submission, now: datetime) -> Answer:
    """Recipients, amount, reason."""
    people = said.people(Field.RECIPIENTS)
    if not people:
        return Errors({Field.RECIPIENTS: "Choose who gets the tokens."})
    receipt = grants.grant(
        database,
        said.workspace_id,
        actor=said.user_id,
        recipients=people,
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        note=said.text(Field.REASON),
        key=said.key,
        now=now,
    )
    return Show(messages.grant_receipt(receipt))
