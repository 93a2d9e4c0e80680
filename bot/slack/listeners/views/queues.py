"""The list of open requests, sent; and the forms over it that decide several."""

from datetime import datetime

from bot.domain import notes
from bot.domain.bulks import Kind
from bot.services import bulks
from bot.slack import lists
from bot.slack.answers import Answer, Errors, Push, Show
from bot.slack.ids import Field
from bot.slack.lists import Under
from bot.slack.payloads import Submission
from bot.slack.render import messages, views
from bot.slack.render import topups as topup_words
from bot.storage.database import Database

_NOTHING = "Select at least one request."


def review(database: Database, said: Submission, now: datetime) -> Answer:
    """*Approve…* on the list: what approving those that are ticked would do."""
    topup_ids = lists.ticked(said.fields)
    if not topup_ids:
        boxes = lists.first_boxes(said.fields)
        return Errors({boxes: _NOTHING}) if boxes else Push(views.problem(_NOTHING))
    found = bulks.preview(
        database,
        said.workspace_id,
        actor=said.user_id,
        topup_ids=topup_ids,
        kind=Kind.APPROVE,
        now=now,
    )
    below = Under(
        view_id=said.view_id,
        chosen=lists.dump(lists.chosen(said.fields)),
        drawn=lists.drawn(said.metadata),
    )
    return Push(views.bulk_approve_form(found, metadata=lists.carry(topup_ids, below)))


def approve(database: Database, said: Submission, now: datetime) -> Answer:
    """*Approve 12*"""
    return _decide(database, said, Kind.APPROVE, "", now)


def deny(database: Database, said: Submission, now: datetime) -> Answer:
    """*Deny 12*, with one reason for all."""
    if not notes.clean(said.text(Field.REASON)):
        return Errors({Field.REASON: topup_words.REASON_NEEDED})
    return _decide(database, said, Kind.DENY, said.text(Field.REASON), now)


def _decide(database: Database, said: Submission, kind: Kind, note: str, now: datetime) -> Answer:
    made = bulks.decide(
        database,
        said.workspace_id,
        actor=said.user_id,
        topup_ids=lists.carried(said.metadata),
        kind=kind,
        note=note,
        key=said.key,
        now=now,
    )
    below = lists.under(said.metadata)
    return Show(messages.bulk_decided(made), metadata=lists.carry_under(below) if below else "")
