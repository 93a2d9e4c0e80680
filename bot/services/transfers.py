"""Members give their own tokens to colleagues."""

from datetime import datetime

from bot.domain import notes
from bot.domain import transfers as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt, member_account
from bot.domain.notices import TokensReceived
from bot.domain.refusals import Refusal
from bot.services import participants, replays
from bot.storage import directory, ledger, outbox
from bot.storage.database import Database


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
        return _transfer(
            database,
            workspace_id,
            sender=sender,
            recipient=recipient,
            tokens=tokens,
            note=notes.clean(note),
            key=key,
            now=now,
        )
    except Refusal as refusal:
        return replays.receipt_or(database, workspace_id, refusal, actor=sender, key=key)


def _transfer(
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
    with database.writing() as tx:
        giver, taker = directory.pair(tx, workspace_id, sender, recipient)
        entry = rules.transfer(giver, taker, tokens, note=note, key=key, now=now)
        participants.refuse_absent(tx, workspace_id, giver, taker)
        receipt = ledger.record(tx, workspace_id, entry)
        if receipt.is_new:  # the same key again must not tell the recipient twice
            notice = TokensReceived(
                recipient=recipient,
                giver=sender,
                tokens=tokens,
                note=note,
                entry_id=receipt.entry_id,
                is_transfer=True,
                is_first=member_account(recipient) in receipt.opened,
            )
            outbox.add(tx, workspace_id, notice, now)
    return receipt
