"""Who was meant, and why they can't take part."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class MemberUnknown(Refusal):
    """The directory has not met this person; it has been asked to look them up."""

    user_id: UserId


@dataclass(eq=False)
class MemberMissing(Refusal):
    """Slack says that there is no such person."""

    user_id: UserId


@dataclass(eq=False)
class MemberDeactivated(Refusal):
    """The account was deactivated in Slack."""

    user_id: UserId


@dataclass(eq=False)
class MemberIsBot(Refusal):
    """Apps and bots hold no tokens."""

    user_id: UserId


@dataclass(eq=False)
class MemberIsGuest(Refusal):
    """Guests take part only where a setting says so."""

    user_id: UserId


@dataclass(eq=False)
class MemberIsForeign(Refusal):
    """Someone from another organisation, met in a shared channel."""

    user_id: UserId


@dataclass(eq=False)
class NotAPerson(Refusal):
    """`typed` stands where a mention of a person belongs."""

    typed: str


@dataclass(eq=False)
class TooManyRecipients(Refusal):
    """More people than one entry takes."""

    count: int
    limit: int
