"""What a whole wish for an allowance is answered with, whether it was typed or sent by a form."""

from datetime import datetime

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import AllowanceId, SubjectKind, Terms
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.refusals import AllowanceExists
from bot.services import allowances, previews
from bot.slack.answers import Show
from bot.slack.render import messages
from bot.storage.database import Database

#: Over a question that takes the place of a form: nothing is done yet.
ASKS = "Is this right?"


def wished(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    wish: AllowanceWish,
    key: IdempotencyKey,
    now: datetime,
) -> Show:
    """One person's is set at once; a team's or a pool's is shown first, with *Start it*."""
    try:
        if wish.subject.kind is SubjectKind.MEMBER:
            started = allowances.start(
                database, workspace_id, actor=actor, wish=wish, key=key, now=now
            )
            return Show(messages.allowance_started(started))
        preview = previews.preview(database, workspace_id, actor=actor, wish=wish, now=now)
    except AllowanceExists as exists:
        return differs(database, workspace_id, exists, wish, now)
    return Show(messages.allowance_preview(preview, wish, key), title=ASKS)


def differs(
    database: Database,
    workspace_id: WorkspaceId,
    exists: AllowanceExists,
    wish: AllowanceWish,
    now: datetime,
) -> Show:
    """The rule there is beside the one that was wished, and what can be done."""
    allowance_id = AllowanceId(exists.allowance_id)
    present = previews.preview_of(database, workspace_id, allowance_id, now)
    terms = Terms(from_on=exists.changes_on, tokens=wish.tokens, carry_max=wish.carry_max)
    return Show(messages.allowance_differs(present, terms, wish), title=ASKS)
