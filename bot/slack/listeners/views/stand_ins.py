"""The form of a stand-in, sent."""

from datetime import datetime

from bot.domain import leaves
from bot.domain.leaves import Leave
from bot.services import stand_ins
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def away(database: Database, said: Submission, now: datetime) -> Answer:
    """Who stands in, from which day to which."""
    people, first, last = (
        said.people(Field.RECIPIENT),
        said.day(Field.FIRST_DAY),
        said.day(Field.LAST_DAY),
    )
    if not people:
        return Errors({Field.RECIPIENT: "Choose who stands in for you."})
    if not last:
        return Errors({Field.LAST_DAY: "Choose the last day that you are away."})
    named = stand_ins.name(
        database,
        said.workspace_id,
        actor=said.user_id,
        stand_in=people[0],
        leave=Leave(leaves.day(first) if first else None, leaves.day(last)),
        key=said.key,
        now=now,
    )
    return Show(messages.away([named]))
