"""A week, told to a channel or to one person."""

from dataclasses import dataclass

from bot.domain.directory import TeamId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A team's weekly digest, for everyone in its channel."""

    #: The channel.
    recipient: str
    team_id: TeamId
    week_on: str
    #: As `digests.dump` wrote them, so that the message says what was true then.
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPreview:
    """The same, for the one who wanted to see it first."""

    recipient: UserId
    team_id: TeamId
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlaced:
    """A channel learns that digests will come, which also tries whether they can."""

    #: The channel.
    recipient: str
    actor: UserId
    team_id: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDigest:
    """A member's own week, for whoever asked for it."""

    recipient: UserId
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLost:
    """A channel takes no digest any more; `week_on` is empty where none was due yet."""

    recipient: UserId
    team_id: TeamId
    channel: str
    #: Slack's code.
    why: str
    week_on: str
