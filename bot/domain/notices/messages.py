"""Where a message stands, and answers that go there."""

from dataclasses import dataclass

from bot.domain.directory import TeamId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where a message stands in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStale:
    """The recipient's Home tab has to be published again."""

    recipient: UserId
    #: Nobody asked for it: something that it shows has changed.
    is_refresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelStale:
    """A panel of teams that the recipient has open has to be drawn again."""

    recipient: UserId
    view_id: str
    #: Empty where it lists all teams.
    team_id: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a click, already in words, for the response URL that came with it."""

    recipient: UserId
    response_url: str
    message: str
    replaces_original: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAsked:
    """Somebody wants usage as a message with charts; its figures are those of when it is sent."""

    recipient: UserId
    #: Whose, as in `member:U024BE7LH` or `team:design`.
    subject: str
    #: As it is typed: `7d`.
    stretch: str
