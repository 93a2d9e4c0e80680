"""*All requests…*, and the filters and buttons of the list that it opens."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.bulks import Kind
from bot.domain.ledger import IdempotencyKey
from bot.domain.queues import Filter, Queue
from bot.domain.topups import TopUpId
from bot.services import bulks, queues, undoing
from bot.slack import lists
from bot.slack.answers import Answer, Open, Show
from bot.slack.lists import Under
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.storage.database import Database

INSTEAD = "/tokens requests"


def open_list(database: Database, said: Click, now: datetime) -> Answer:
    """*All requests…*"""
    return Open(views.requests_list(_look(database, said, None, now)), INSTEAD)


def narrow(database: Database, said: Click, now: datetime) -> Answer:
    """Another line of one of the menus; what stays in sight stays ticked."""
    queue = _look(database, said, lists.chosen(said.fields), now)
    return _drawn_anew(said, queue, lists.ticked(said.fields))


def clear(database: Database, said: Click, now: datetime) -> Answer:
    """*Clear filters*"""
    whose = lists.chosen(said.fields).whose
    queue = _look(database, said, Filter(whose=whose), now)
    return _drawn_anew(said, queue, lists.ticked(said.fields))


def turn_page(database: Database, said: Click, now: datetime) -> Answer:
    """*Next page*, *Page before*"""
    chosen = lists.chosen(said.fields, page=lists.page(said.value))
    return _drawn_anew(said, _look(database, said, chosen, now), ())


def tick(database: Database, said: Click, now: datetime) -> Answer:
    """*Select all*: all that are in sight."""
    chosen = lists.chosen(said.fields, page=lists.page(said.value))
    queue = _look(database, said, chosen, now)
    return _drawn_anew(said, queue, [line.topup.topup_id for line in queue.lines])


def untick(database: Database, said: Click, now: datetime) -> Answer:
    """*Select none*"""
    chosen = lists.chosen(said.fields, page=lists.page(said.value))
    return _drawn_anew(said, _look(database, said, chosen, now), ())


def deny(database: Database, said: Click, now: datetime) -> Answer:
    """*Deny selected…* opens a form for the reason."""
    topup_ids = lists.ticked(said.fields)
    if not topup_ids:
        return Open(views.problem("Select at least one request."), INSTEAD)
    found = bulks.preview(
        database,
        said.workspace_id,
        actor=said.user_id,
        topup_ids=topup_ids,
        kind=Kind.DENY,
        now=now,
    )
    below = Under(
        view_id=said.modal_id or "",
        chosen=lists.dump(lists.chosen(said.fields)),
        drawn=lists.drawn(said.metadata),
    )
    form = views.bulk_deny_form(found, metadata=lists.carry(topup_ids, below))
    return Open(form, INSTEAD)


def undo_all(database: Database, said: Click, now: datetime) -> Answer:
    """*Undo all 12*, within a minute of the decision."""
    undone = undoing.undo_all(
        database, said.workspace_id, actor=said.user_id, key=IdempotencyKey(said.value), now=now
    )
    below = lists.under(said.metadata)
    metadata = lists.carry_under(below) if below else ""
    message = messages.bulk_undone(undone.items)
    return Show(message, replaces_original=True, metadata=metadata)


def _look(database: Database, said: Click, chosen: Filter | None, now: datetime) -> Queue:
    return queues.look(database, said.workspace_id, actor=said.user_id, chosen=chosen, now=now)


def _drawn_anew(said: Click, queue: Queue, ticked: Iterable[TopUpId]) -> Answer:
    drawn = lists.drawn(said.metadata) + 1
    view = views.requests_list(queue, ticked=ticked, drawn=drawn)
    return Open(view, INSTEAD, replaces_view=True)
