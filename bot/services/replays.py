"""The same wish heard again in a changed world: it was done, and is not judged anew."""

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt
from bot.domain.refusals import KeyReused, Refusal
from bot.storage import entries, ledger
from bot.storage.database import Database


def receipt_or(
    database: Database,
    workspace_id: WorkspaceId,
    refusal: Refusal,
    *,
    actor: UserId,
    key: IdempotencyKey,
) -> Receipt:
    """The receipt of what this key did before, else the refusal, raised.

    After a crash between commit and answer Slack sends the wish again; the recipient may have been
    deactivated in between, and "nothing was moved" would not be true.
    """
    if not isinstance(refusal, KeyReused):
        with database.snapshot() as tx:
            done = entries.by_key(tx, workspace_id, key)
            if done is not None and done.actor == actor:
                return ledger.replay(tx, workspace_id, done)
    raise refusal
