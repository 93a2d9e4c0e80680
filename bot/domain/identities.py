"""Who is who: how sources call people, and whose account that is."""

import re
from enum import StrEnum
from typing import NamedTuple, NewType

from bot.domain.directory import TeamId
from bot.domain.ledger import UNATTRIBUTED, AccountId

IdentityId = NewType("IdentityId", str)

#: The team of what belongs to nobody yet: no team of people, so that no digest counts it.
NO_TEAM = TeamId("unattributed")

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)


class MatchedBy(StrEnum):
    """How somebody was found."""

    SLACK_ID = "slack_id"
    EMAIL = "email"
    LINK = "link"


class Identity(NamedTuple):
    """How a source calls somebody; `account` is `unattributed` while nobody knows whose it is."""

    identity_id: IdentityId
    source: str
    name: str
    account: AccountId = UNATTRIBUTED
    matched_by: MatchedBy | None = None


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
