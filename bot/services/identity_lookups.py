"""E-mail addresses of nobody, which Slack is asked about in the background."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from bot.domain.directory import Person, WorkspaceId
from bot.domain.identities import Identity, MatchedBy
from bot.domain.ledger import member_account
from bot.domain.refusals import IdentityTaken
from bot.services import attributions
from bot.storage import directory, identity_lists
from bot.storage.database import Database

#: In one step of the roster, of which there is one a minute: Slack allows some fifty.
LOOKUPS_MAX = 20
#: Nobody is asked about twice in a day.
ASKED_AGAIN_AFTER = timedelta(days=1)


def due(database: Database, workspace_id: WorkspaceId, now: datetime) -> Sequence[Identity]:
    """Whom to ask Slack about now: those never asked about first."""
    asked_before = now - ASKED_AGAIN_AFTER
    with database.reading() as tx:
        return identity_lists.to_ask(tx, workspace_id, asked_before=asked_before, limit=LOOKUPS_MAX)


def missing(database: Database, workspace_id: WorkspaceId, found: Identity, now: datetime) -> None:
    """Slack knows nobody with this address."""
    with database.writing() as tx:
        identity_lists.mark_asked(tx, workspace_id, found.identity_id, now)


def found(
    database: Database, workspace_id: WorkspaceId, asked: Identity, person: Person, now: datetime
) -> None:
    """Slack says whose address it is: it is linked to them, with all that waited."""
    with database.writing() as tx:
        directory.learn(tx, workspace_id, [person], now)
        identity_lists.mark_asked(tx, workspace_id, asked.identity_id, now)
    with suppress(IdentityTaken):  # by somebody who was quicker
        attributions.link(
            database,
            workspace_id,
            asked.identity_id,
            member_account(person.user_id),
            actor=attributions.BOT,
            now=now,
            matched_by=MatchedBy.EMAIL,
        )
