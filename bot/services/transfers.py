"""Members give their own tokens to colleagues."""

from datetime import datetime

from bot.domain import notes, notices
from bot.domain import transfers as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt
from bot.domain.refusals import Refusal
from bot.services import dues, participants, replays
from bot.storage import directory, ledger, outbox
from bot.storage.database import Database


@dues.settled_first
def transfer(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    sender: UserId,
    recipient: UserId,
    tokens: int,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """Move a member's own tokens to a colleague, once for this key.

    A refusal leaves nothing behind: entry, balances and notice are one database transaction.
    """
    try:
        note = notes.clean(note)
        with database.writing() as tx:
            giver, taker = directory.pair(tx, workspace_id, sender, recipient)
            entry = rules.transfer(giver, taker, tokens, note=note, key=key, now=now)
            participants.refuse_absent(tx, workspace_id, giver, taker)
            receipt = ledger.record(tx, workspace_id, entry)
            for notice in notices.received(receipt):
                outbox.add(tx, workspace_id, notice, now)
    except Refusal as refusal:
        return replays.receipt_or(database, workspace_id, refusal, actor=sender, key=key)
    return receipt
