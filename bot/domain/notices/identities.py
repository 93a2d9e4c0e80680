"""What people are told of who they are in a source."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.directory import UserId


class IdentityNews(StrEnum):
    """What became of how a source calls somebody."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    #: They had said that it is theirs.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTold:
    """Somebody decided for the recipient whose usage they are charged for."""

    recipient: UserId
    actor: str
    source: str
    name: str
    news: IdentityNews


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityClaimed:
    """An approver is asked whether the claimant is who a source calls so."""

    recipient: UserId
    claimant: UserId
    identity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitiesWait:
    """An admin's weekly word of usage that is nobody's, with the figures of when it is sent."""

    recipient: UserId
