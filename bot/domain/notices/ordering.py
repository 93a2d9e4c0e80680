"""In which order notices are sent."""

from enum import IntEnum

from bot.domain.notices.clock import (
    AllowanceBegun,
    AllowanceUnfunded,
    DeadReported,
    LowBalance,
    TokensExpire,
)
from bot.domain.notices.digests import ChannelLost, Digest, OwnDigest
from bot.domain.notices.identities import IdentitiesWait, IdentityTold
from bot.domain.notices.kinds import Notice
from bot.domain.notices.limits import LimitMet
from bot.domain.notices.messages import HomeStale, PanelStale, Reply, UsageAsked
from bot.domain.notices.requests import QueueStale
from bot.domain.notices.sources import SourcesSilent
from bot.domain.notices.teams import GroupLost, GroupRead, TeamTold


class Priority(IntEnum):
    """What is sent first, in a queue and where Slack limits us: the lowest."""

    #: Somebody looks at the screen and waits.
    AT_ONCE = 0
    #: Requests, what was decided on them, and news of tokens that came or went.
    DECISION = 1
    #: What somebody should look at today: alerts, reminders.
    ALERT = 2
    DIGEST = 3


def priority(notice: Notice) -> Priority:
    """What Slack gets first when more waits than it takes."""
    match notice:
        case HomeStale(is_refresh=True):
            return Priority.ALERT  # however many change at once, what people wait for goes first
        case Reply() | HomeStale() | PanelStale() | QueueStale() | UsageAsked():
            return Priority.AT_ONCE
        case (
            DeadReported()
            | AllowanceBegun()
            | AllowanceUnfunded()
            | LowBalance()
            | TokensExpire()
            | ChannelLost()
            | TeamTold()
            | GroupRead()
            | GroupLost()
            | IdentityTold()
            | IdentitiesWait()
            | SourcesSilent()
            | LimitMet()
        ):
            return Priority.ALERT
        case Digest() | OwnDigest():
            return Priority.DIGEST
        case _:
            return Priority.DECISION


def queue(notice: Notice) -> str:
    """Notices of one queue are delivered in order; different queues don't wait for each other.

    Those of one priority, that is: within a queue, too, a lower one goes first. What is for a
    channel has the channel as its recipient, and waits in that channel's queue.
    """
    match notice:
        case HomeStale():
            return f"home:{notice.recipient}"
        case PanelStale() | QueueStale():
            return f"panel:{notice.view_id}"
        case Reply():
            return f"reply:{notice.response_url}"
        case _:
            return notice.recipient
