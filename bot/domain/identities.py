"""Who is who: how sources call people, and whose account that is."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import UNATTRIBUTED, AccountId, AccountKind, account_kind, account_owner

IdentityId = NewType("IdentityId", str)

#: The team of what belongs to nobody yet: no team of people, so that no digest counts it.
NO_TEAM = TeamId("unattributed")

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)


class MatchedBy(StrEnum):
    """How somebody was found."""

    SLACK_ID = "slack_id"
    EMAIL = "email"
    LINK = "link"


def whose(account: AccountId) -> UserId | None:
    """The person whose account it is, if it is a person's."""
    is_member = account_kind(account) is AccountKind.MEMBER
    return UserId(account_owner(account)) if is_member else None


class Identity(NamedTuple):
    """How a source calls somebody; `account` is `unattributed` while nobody knows whose it is."""

    identity_id: IdentityId
    source: str
    name: str
    account: AccountId = UNATTRIBUTED
    matched_by: MatchedBy | None = None

    @property
    def user_id(self) -> UserId | None:
        """The person whose it is, if it is a person's."""
        return whose(self.account)

    @property
    def team_id(self) -> TeamId | None:
        """The team whose service it is, if it is one's."""
        is_pool = account_kind(self.account) is AccountKind.POOL
        return TeamId(account_owner(self.account)) if is_pool else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An identity of nobody, and what waits to be charged to whoever it is."""

    identity: Identity
    #: Of a provider's report, what it counted.
    tokens: int
    calls: int
    #: Its latest call; None where a file of names alone has named it.
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What there is to see of who is who."""

    subject: UserId
    is_own: bool
    #: How sources call the subject.
    identities: tuple[Identity, ...]
    #: Whether the viewer may link for the subject, and unlink.
    may_link: bool
    #: What waits, the largest first, for whoever links for everyone; and how many there are.
    waiting: tuple[Waiting, ...] = ()
    waiting_count: int = 0
    sees_waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What moved with an identity, and whether there is more that the clock moves."""

    tokens: int
    goes_on: bool = False
    #: A provider's report has rows of it, which stay: the next true-up goes by whose they are.
    is_reported: bool = False
    #: Where most of those rows' calls were charged already: the sources that told of them.
    charged_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An identity as it was before it was linked or unlinked, and what moved with it."""

    identity: Identity
    #: Whose it is now, or was until now.
    account: AccountId
    moved: Moved
    #: What the team is called, where it is one's.
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Somebody said that an identity is theirs; who is asked whether that is so."""

    identity: Identity
    asked: tuple[UserId, ...]


class Payer(NamedTuple):
    """An account that is charged, the team that it belongs to, and that team's zone."""

    account: AccountId
    #: Empty for a team's pool, and for nobody.
    user_id: str
    team_id: TeamId
    zone: str


def is_slack_id(name: str) -> bool:
    """Whether it has the form of a Slack user id."""
    return _SLACK_ID.fullmatch(name) is not None


def is_email(name: str) -> bool:
    """Whether it may be an e-mail address: enough to look for it in the directory."""
    local, at, host = name.partition("@")
    return bool(local and at and "." in host and " " not in name)
