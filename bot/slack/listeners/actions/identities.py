"""Buttons of who is who: *Link…*, *Unlink*, and an approver's word on somebody's claim."""

from datetime import datetime

from bot.domain.directory import UserId
from bot.domain.identities import IdentityId
from bot.services import identities, identity_claims
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click, metadata
from bot.slack.render import messages, views
from bot.storage.database import Database

_EXAMPLE = "/tokens link @ana build-bot"


def open_form(database: Database, said: Click, _now: datetime) -> Answer:
    """*Link…*: a person, or a team."""
    found, teams = identities.to_link(
        database, said.workspace_id, actor=said.user_id, identity_id=IdentityId(said.value)
    )
    return Open(views.identity_form(found, teams), _EXAMPLE)


def unlink(database: Database, said: Click, now: datetime) -> Answer:
    """*Unlink*, once it was confirmed."""
    done = identities.unlink(
        database,
        said.workspace_id,
        actor=said.user_id,
        identity_id=IdentityId(said.value),
        now=now,
    )
    return Show(messages.identity_unlinked(done))


def confirm(database: Database, said: Click, now: datetime) -> Answer:
    """*Yes, link it*: what somebody said of themselves is so."""
    carried = metadata(said.value)
    done = identities.link(
        database,
        said.workspace_id,
        actor=said.user_id,
        identity_id=IdentityId(carried["identity"]),
        user_id=UserId(carried["user"]),
        now=now,
    )
    return Show(messages.identity_linked(done), replaces_original=True)


def refuse(database: Database, said: Click, now: datetime) -> Answer:
    """*No*: it is not."""
    carried = metadata(said.value)
    claimant = UserId(carried["user"])
    found = identity_claims.refuse(
        database,
        said.workspace_id,
        actor=said.user_id,
        identity_id=IdentityId(carried["identity"]),
        claimant=claimant,
        now=now,
    )
    return Show(messages.identity_claim_refused(found, claimant), replaces_original=True)
