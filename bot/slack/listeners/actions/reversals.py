"""*Undo* on a receipt, and *Reverse anyway* where a reversal would overdraw."""

import json
from datetime import datetime

from bot.domain.ledger import EntryId, IdempotencyKey
from bot.services import reversals
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.storage.database import Database


def undo(database: Database, said: Click, now: datetime) -> Answer:
    """*Undo* within a minute of one's own grant or transfer."""
    receipt = reversals.undo(
        database,
        said.workspace_id,
        actor=said.user_id,
        entry_id=EntryId(said.value),
        key=IdempotencyKey(f"undo:{said.value}"),
        now=now,
    )
    return Show(messages.undone(receipt), replaces_original=True)


def reverse_anyway(database: Database, said: Click, now: datetime) -> Answer:
    """*Reverse anyway*, after reading whom it takes below zero."""
    wish = json.loads(said.value)
    receipt = reversals.reverse(
        database,
        said.workspace_id,
        actor=said.user_id,
        typed_id=wish["entry_id"],
        note=wish["note"],
        is_confirmed=True,
        key=IdempotencyKey(f"reverse:{wish['entry_id']}"),
        now=now,
    )
    return Show(messages.reversal_receipt(receipt), replaces_original=True)


def keep(_database: Database, _said: Click, _now: datetime) -> Answer:
    """*Keep it*: the question goes, the entry stays."""
    return Show(messages.say("Kept. Nothing was moved."), replaces_original=True)
