"""Buttons about allowances: start, change, pause, resume, end, turn the page."""

import json
from datetime import datetime

from bot.domain.allowance_lists import Listed
from bot.domain.allowances import AllowanceId, Subject
from bot.domain.ledger import IdempotencyKey
from bot.domain.refusals import AllowanceExists
from bot.services import allowance_lists, allowances, members, previews, subjects
from bot.slack import allowance_answers, carried
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.slack.render.blocks import Message
from bot.slack.render.views import AllowanceFormDraft
from bot.storage.database import Database

_EXAMPLE = "/tokens allowance @ana 2M weekly carry 500k"


def open_form(database: Database, said: Click, _now: datetime) -> Answer:
    """*New allowance…*"""
    members.require_allows(database, said.workspace_id, said.user_id)
    draft = AllowanceFormDraft(
        subject=Subject.parse(said.value) if said.value else None,
        teams=subjects.to_choose(database, said.workspace_id, said.user_id),
    )
    return Open(views.allowance_form(draft), _EXAMPLE)


def start(database: Database, said: Click, now: datetime) -> Answer:
    """*Start it* under a preview, whose own key makes two clicks one start."""
    wish, key = carried.wished(said.value)
    try:
        started = allowances.start(
            database,
            said.workspace_id,
            actor=said.user_id,
            wish=wish,
            key=IdempotencyKey(f"allowance:{key}"),
            now=now,
        )
    except AllowanceExists as exists:  # somebody else was faster
        answer = allowance_answers.differs(database, said.workspace_id, exists, wish, now)
        return Show(answer.message, replaces_original=True)
    return Show(messages.allowance_started(started), replaces_original=True)


def cancel(_database: Database, _said: Click, _now: datetime) -> Answer:
    """*Cancel* and *Keep it*: the question goes, nothing is changed."""
    return Show(messages.cancelled(), replaces_original=True)


def open_change(database: Database, said: Click, now: datetime) -> Answer:
    """*Change…*"""
    members.require_allows(database, said.workspace_id, said.user_id)
    allowance_id = AllowanceId(said.value)
    present = previews.preview_of(database, said.workspace_id, allowance_id, now)
    metadata = json.dumps({"allowance_id": allowance_id})
    return Open(views.change_form(present, metadata=metadata), _EXAMPLE)


def change(database: Database, said: Click, now: datetime) -> Answer:
    """*Change from Mon 30 Nov*"""
    allowance_id, tokens, carry_max = carried.changed(said.value)
    changed = allowances.change(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=allowance_id,
        tokens=tokens,
        carry_max=carry_max,
        now=now,
    )
    return Show(messages.allowance_changed(changed), replaces_original=True)


def pause(database: Database, said: Click, now: datetime) -> Answer:
    """*Pause*"""
    allowances.pause(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=AllowanceId(said.value),
        now=now,
    )
    return Show(messages.allowance_paused(_line(database, said, now)), replaces_original=True)


def resume(database: Database, said: Click, now: datetime) -> Answer:
    """*Resume*"""
    allowances.resume(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=AllowanceId(said.value),
        now=now,
    )
    return Show(messages.allowance_resumed(_line(database, said, now)), replaces_original=True)


def end(database: Database, said: Click, now: datetime) -> Answer:
    """*End…*, after the question."""
    allowances.end(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=AllowanceId(said.value),
        now=now,
    )
    return Show(messages.allowance_ended(_line(database, said, now)), replaces_original=True)


def turn_page(database: Database, said: Click, now: datetime) -> Answer:
    """*More*, whose value says how many come before; *First* and *All allowances*."""
    start = int(said.value) if said.value.isdecimal() else 0
    return Show(_listing(database, said, start, now), replaces_original=True)


def open_all(database: Database, said: Click, now: datetime) -> Answer:
    """*All allowances* of a team's panel, over it."""
    return Show(_listing(database, said, 0, now), title="Allowances")


def _listing(database: Database, said: Click, start: int, now: datetime) -> Message:
    listing = allowance_lists.all_settable(
        database, said.workspace_id, actor=said.user_id, now=now, start=start
    )
    return messages.allowances(listing)


def _line(database: Database, said: Click, now: datetime) -> Listed:
    return allowance_lists.one(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=AllowanceId(said.value),
        now=now,
    )
