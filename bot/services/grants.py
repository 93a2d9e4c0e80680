"""Approvers give tokens from the treasury."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import grants as rules
from bot.domain import notes
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt, member_account
from bot.domain.notices import TokensReceived
from bot.domain.refusals import Refusal
from bot.services import approvers, participants, replays
from bot.storage import directory, ledger, outbox
from bot.storage.database import Database


def grant(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    recipients: Sequence[UserId],
    tokens: int,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """The same amount for each recipient, as one entry: all of them or none."""
    try:
        return _grant(
            database,
            workspace_id,
            actor=actor,
            recipients=recipients,
            tokens=tokens,
            note=notes.clean(note),
            key=key,
            now=now,
        )
    except Refusal as refusal:
        return replays.receipt_or(database, workspace_id, refusal, actor=actor, key=key)


def _grant(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    recipients: Sequence[UserId],
    tokens: int,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    with database.writing() as tx:
        people = directory.members(tx, workspace_id, [actor, *recipients])
        takers = [people[user_id] for user_id in recipients]
        entry = rules.grant(
            people[actor],
            takers,
            tokens,
            is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
            note=note,
            key=key,
            now=now,
        )
        participants.refuse_absent(tx, workspace_id, *takers)
        receipt = ledger.record(tx, workspace_id, entry)
        if receipt.is_new:
            for user_id in receipt.recipients:
                if user_id == actor:
                    continue
                notice = TokensReceived(
                    recipient=user_id,
                    giver=actor,
                    tokens=tokens,
                    note=note,
                    entry_id=receipt.entry_id,
                    is_transfer=False,
                    is_first=member_account(user_id) in receipt.opened,
                )
                outbox.add(tx, workspace_id, notice, now)
    return receipt
