"""What is owed to someone: facts, put into words when they are delivered."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import NewType

from bot.domain.directory import UserId
from bot.domain.ledger import EntryKind, Receipt, account_owner
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
from bot.domain.notices.messages import (
    HomeStale,
    MessageRef,
    PanelStale,
    Reply,
    UsageAsked,
)
from bot.domain.notices.receipts import (
    EntryReversed,
    TokensReceived,
)
from bot.domain.notices.requests import (
    StandInTold,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
)
from bot.domain.notices.sources import SourcesSilent
from bot.domain.notices.teams import (
    GroupLost,
    GroupRead,
    TeamNews,
    TeamTold,
)
from bot.domain.stand_ins import Phase
from bot.domain.topups import Cause

__all__ = [
    "GOOD_FOR",
    "KINDS",
    "REPLY_GOOD_FOR",
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
    "LowBalance",
    "MessageRef",
    "Notice",
    "NoticeId",
    "OwnDigest",
    "PanelStale",
    "Priority",
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
    "UsageAsked",
    "dump",
    "kind_of",
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


class Priority(IntEnum):
    """What is sent first, in a queue and where Slack limits us: the lowest."""

    #: Somebody looks at the screen and waits.
    AT_ONCE = 0
    #: Requests, what was decided on them, and news of tokens that came or went.
    DECISION = 1
    #: What somebody should look at today: alerts, reminders.
    ALERT = 2
    DIGEST = 3


Notice = (
    TokensReceived
    | EntryReversed
    | TopUpAsked
    | TopUpCopyChanged
    | TopUpDecided
    | AllowanceBegun
    | AllowanceUnfunded
    | StandInTold
    | LowBalance
    | TokensExpire
    | HomeStale
    | PanelStale
    | DeadReported
    | Reply
    | Digest
    | DigestPreview
    | DigestPlaced
    | OwnDigest
    | ChannelLost
    | TeamTold
    | GroupRead
    | GroupLost
    | UsageAsked
    | IdentityTold
    | IdentityClaimed
    | IdentitiesWait
    | SourcesSilent
)

KINDS: Mapping[str, type[Notice]] = MappingProxyType(
    {
        "tokens_received": TokensReceived,
        "entry_reversed": EntryReversed,
        "topup_asked": TopUpAsked,
        "topup_copy_changed": TopUpCopyChanged,
        "topup_decided": TopUpDecided,
        "allowance_begun": AllowanceBegun,
        "allowance_unfunded": AllowanceUnfunded,
        "stand_in_told": StandInTold,
        "low_balance": LowBalance,
        "tokens_expire": TokensExpire,
        "home_stale": HomeStale,
        "panel_stale": PanelStale,
        "dead_reported": DeadReported,
        "reply": Reply,
        "digest": Digest,
        "digest_preview": DigestPreview,
        "digest_placed": DigestPlaced,
        "own_digest": OwnDigest,
        "channel_lost": ChannelLost,
        "team_told": TeamTold,
        "group_read": GroupRead,
        "group_lost": GroupLost,
        "usage_asked": UsageAsked,
        "identity_told": IdentityTold,
        "identity_claimed": IdentityClaimed,
        "identities_wait": IdentitiesWait,
        "sources_silent": SourcesSilent,
    }
)
_NAMES = MappingProxyType({kind: name for name, kind in KINDS.items()})


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


def kind_of(notice: Notice) -> str:
    return _NAMES[type(notice)]


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


def dump(notice: Notice) -> str:
    """The notice as the outbox stores it."""
    fields = {name: getattr(notice, name) for name in notice.__dataclass_fields__}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=asdict)


def load(kind: str, payload: str) -> Notice:
    """The notice as it was added."""
    fields = json.loads(payload)
    if (message := fields.get("message")) and kind == "topup_copy_changed":
        fields["message"] = MessageRef(**message)
    if kind == "topup_asked" and "cause" in fields:  # an earlier version's has none
        fields["cause"] = Cause(fields["cause"])
    if kind == "stand_in_told":
        fields["phase"] = Phase(fields["phase"])
    if kind == "team_told":
        fields["news"] = TeamNews(fields["news"])
    if kind == "identity_told":
        fields["news"] = IdentityNews(fields["news"])
    # JSON knows no tuples.
    fields |= {name: tuple(fields[name]) for name in ("asked_before", "admins") if name in fields}
    if "expiring" in fields:
        fields["expiring"] = tuple((at, tokens) for at, tokens in fields["expiring"])
    return KINDS[kind](**fields)


def priority(notice: Notice) -> Priority:
    """What Slack gets first when more waits than it takes."""
    match notice:
        case Reply() | HomeStale() | PanelStale() | UsageAsked():
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
        case PanelStale():
            return f"panel:{notice.view_id}"
        case Reply():
            return f"reply:{notice.response_url}"
        case _:
            return notice.recipient
