"""What an admin is told when the bot is new."""

from dataclasses import dataclass

from bot.domain.directory import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminWelcomed:
    """The first admin who came learns what there is to set up; told with what is so then."""

    recipient: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeStale:
    """Something was set up since: the recipient's welcome has to be drawn again."""

    recipient: UserId
