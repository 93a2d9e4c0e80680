"""What is owed to someone: facts, put into words when they are delivered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from bot.domain.directory import UserId
from bot.domain.ledger import EntryKind, Receipt, account_owner
from bot.domain.notices.arrivals import AdminWelcomed, WelcomeStale
from bot.domain.notices.clock import (
    AllowanceBegun,
    AllowanceUnfunded,
    DeadReported,
    LowBalance,
    TokensExpire,
)
from bot.domain.notices.digests import (
    ChannelLost,
    Digest,
    DigestPlaced,
    DigestPreview,
    OwnDigest,
)
from bot.domain.notices.identities import (
    IdentitiesWait,
    IdentityClaimed,
    IdentityNews,
    IdentityTold,
)
from bot.domain.notices.kinds import KINDS, Notice, dump, kind_of, load
from bot.domain.notices.limits import LiftTold, LimitMet, Met, limit_met
from bot.domain.notices.messages import (
    HomeStale,
    MessageRef,
    PanelStale,
    Reply,
    UsageAsked,
)
from bot.domain.notices.ordering import Priority, priority, queue
from bot.domain.notices.receipts import (
    EntryReversed,
    TokensReceived,
)
from bot.domain.notices.requests import (
    QueueStale,
    StandInTold,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
    TopUpReopened,
)
from bot.domain.notices.sources import SourcesSilent
from bot.domain.notices.teams import (
    GroupLost,
    GroupRead,
    TeamNews,
    TeamTold,
)

__all__ = [
    "GOOD_FOR",
    "KINDS",
    "REPLY_GOOD_FOR",
    "AdminWelcomed",
    "AllowanceBegun",
    "AllowanceUnfunded",
    "ChannelLost",
    "Claimed",
    "DeadReported",
    "Digest",
    "DigestPlaced",
    "DigestPreview",
    "EntryReversed",
    "GroupLost",
    "GroupRead",
    "HomeStale",
    "IdentitiesWait",
    "IdentityClaimed",
    "IdentityNews",
    "IdentityTold",
    "LiftTold",
    "LimitMet",
    "LowBalance",
    "MessageRef",
    "Met",
    "Notice",
    "NoticeId",
    "OwnDigest",
    "PanelStale",
    "Priority",
    "QueueStale",
    "Reply",
    "SourcesSilent",
    "StandInTold",
    "TeamNews",
    "TeamTold",
    "TokensExpire",
    "TokensReceived",
    "TopUpAsked",
    "TopUpCopyChanged",
    "TopUpDecided",
    "TopUpReopened",
    "UsageAsked",
    "WelcomeStale",
    "dump",
    "kind_of",
    "limit_met",
    "load",
    "priority",
    "queue",
    "received",
]

NoticeId = NewType("NoticeId", str)

#: A notice that could not be delivered for so long would only puzzle whoever gets it.
GOOD_FOR = timedelta(days=7)
#: Slack takes posts to a response URL for 30 minutes; nobody leaves a panel open for longer.
REPLY_GOOD_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notice that this process is to deliver, as it is stored, and how often that was tried."""

    notice_id: NoticeId
    workspace_id: str
    kind: str
    payload: str
    attempts: int
    good_until: datetime

    @property
    def notice(self) -> Notice:
        """What it says; raises when another version wrote it in a way that this one can't read."""
        return load(self.kind, self.payload)


def received(receipt: Receipt) -> list[TokensReceived]:
    """For all whom a grant or transfer credited, but its actor; none where it was heard before."""
    if not receipt.is_new:
        return []
    return [
        TokensReceived(
            recipient=recipient,
            giver=receipt.actor,
            tokens=posting.tokens,
            note=receipt.note,
            entry_id=receipt.entry_id,
            is_transfer=receipt.kind is EntryKind.TRANSFER,
            is_first=posting.destination in receipt.opened,
            expiring=tuple(
                (one.expires_at.isoformat(), one.tokens)
                for one in receipt.expiring.get(posting.destination, ())
            ),
        )
        for posting in receipt.postings
        if (recipient := UserId(account_owner(posting.destination))) != receipt.actor
    ]
