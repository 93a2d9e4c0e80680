"""Forms of a request, sent: ask, approve another amount, deny."""

from datetime import datetime

from bot.domain import amounts, notes
from bot.domain.notices import MessageRef
from bot.domain.refusals import PoolShort
from bot.domain.topups import TopUpId
from bot.services import decisions, topups
from bot.services.topups import ClickedCopy
from bot.slack import payloads
from bot.slack.answers import Answer, Errors, Nothing, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.slack.render import topups as topup_words
from bot.storage.database import Database


def request(database: Database, said: Submission, now: datetime) -> Answer:
    """Amount, reason, urgency."""
    asked = topups.ask(
        database,
        said.workspace_id,
        requester=said.user_id,
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        note=said.text(Field.REASON),
        urgency=said.urgency(),
        key=said.key,
        now=now,
    )
    return Show(messages.asked(asked))


def approve_other(database: Database, said: Submission, now: datetime) -> Answer:
    """Another amount than was asked, with a word to the requester."""
    topup_id, clicked = _from_metadata(said)
    try:
        decisions.approve(
            database,
            said.workspace_id,
            actor=said.user_id,
            topup_id=topup_id,
            tokens=amounts.parse(said.text(Field.AMOUNT)),
            note=said.text(Field.REASON),
            clicked=clicked,
            now=now,
        )
    except PoolShort as short:
        return Show(messages.pool_short(short, topup_id))
    return Nothing()


def deny(database: Database, said: Submission, now: datetime) -> Answer:
    """No, and why."""
    topup_id, clicked = _from_metadata(said)
    if not notes.clean(said.text(Field.REASON)):
        return Errors({Field.REASON: topup_words.REASON_NEEDED})
    decisions.deny(
        database,
        said.workspace_id,
        actor=said.user_id,
        topup_id=topup_id,
        note=said.text(Field.REASON),
        clicked=clicked,
        now=now,
    )
    return Nothing()


def _from_metadata(said: Submission) -> tuple[TopUpId, ClickedCopy | None]:
    carried = payloads.metadata(said.metadata)
    clicked = None
    if "ts" in carried:
        message = MessageRef(channel=carried["channel"], ts=carried["ts"])
        clicked = ClickedCopy(user_id=said.user_id, message=message)
    return TopUpId(carried["topup_id"]), clicked
