"""What is owed to someone: facts, put into words when they are delivered."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import NewType

from bot.domain.allowances import AllowanceId
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import AccountId, EntryId, EntryKind, Receipt, account_owner
from bot.domain.stand_ins import Phase
from bot.domain.topups import Cause, TopUpId

NoticeId = NewType("NoticeId", str)

#: A notice that could not be delivered for so long would only puzzle whoever gets it.
GOOD_FOR = timedelta(days=7)
#: Slack takes posts to a response URL for 30 minutes.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where a message stands in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensReceived:
    """A grant or a transfer arrived."""

    recipient: UserId
    giver: UserId
    tokens: int
    note: str
    entry_id: EntryId
    is_transfer: bool
    #: Their first tokens ever: the message adds how to see them.
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReversed:
    """An entry that touched the recipient's account was taken back."""

    recipient: UserId
    actor: UserId
    entry_id: EntryId
    reversal_id: EntryId
    #: Positive: tokens came back to them; negative: tokens were taken from them.
    change: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpAsked:
    """An approver's copy of a request, with its buttons; the newest is the one that has them."""

    recipient: UserId
    topup_id: TopUpId
    cause: Cause = Cause.ASKED
    #: Those who were asked before an escalation.
    asked_before: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpCopyChanged:
    """That copy must show what became of the request. `message` names a copy nobody recorded."""

    recipient: UserId
    topup_id: TopUpId
    message: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpDecided:
    """The requester learns of the decision."""

    recipient: UserId
    topup_id: TopUpId
    #: Their first tokens ever: the message adds how to see them.
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceBegun:
    """A rule credited the recipient for the first time; later credits of it are not told."""

    recipient: UserId
    allowance_id: AllowanceId
    entry_id: EntryId
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceUnfunded:
    """The pool that pays a rule has too little for a period: nobody of the team was credited."""

    recipient: UserId
    allowance_id: AllowanceId
    #: The period's first day, as in 2026-03-01.
    period_on: str
    needed: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInTold:
    """Somebody is to stand in for an approver, does from now on, or does no longer."""

    recipient: UserId
    absent: UserId
    phase: Phase
    #: Seconds since 1970.
    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LowBalance:
    """An account passed a threshold (`domain.alerts`); told with the figures of that moment."""

    recipient: UserId
    account: AccountId
    threshold: int
    #: The first day of the period.
    period_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensExpire:
    """Tokens of the recipient expire on this day, in UTC, unless they are used before."""

    recipient: UserId
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeStale:
    """The recipient's Home tab has to be published again."""

    recipient: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadReported:
    """An admin learns what could not be delivered since the last report: how many, by reason."""

    recipient: UserId
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a click, already in words, for the response URL that came with it."""

    recipient: UserId
    response_url: str
    message: str
    replaces_original: bool


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
    | DeadReported
    | Reply
    | Digest
    | DigestPreview
    | DigestPlaced
    | OwnDigest
    | ChannelLost
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
        "dead_reported": DeadReported,
        "reply": Reply,
        "digest": Digest,
        "digest_preview": DigestPreview,
        "digest_placed": DigestPlaced,
        "own_digest": OwnDigest,
        "channel_lost": ChannelLost,
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
        fields["asked_before"] = tuple(fields["asked_before"])
    if kind == "stand_in_told":
        fields["phase"] = Phase(fields["phase"])
    return KINDS[kind](**fields)


def priority(notice: Notice) -> Priority:
    """What Slack gets first when more waits than it takes."""
    match notice:
        case Reply() | HomeStale():
            return Priority.AT_ONCE
        case (
            DeadReported()
            | AllowanceBegun()
            | AllowanceUnfunded()
            | LowBalance()
            | TokensExpire()
            | ChannelLost()
        ):
            return Priority.ALERT
        case Digest() | OwnDigest():
            return Priority.DIGEST
        case _:
            return Priority.DECISION


def queue(notice: Notice) -> str:
    """Notices of one queue are delivered in order; different queues don't wait for each other.

    Those of one priority, that is: within a queue, too, a lower one goes first. What is for a
    channel, and so has a `channel`, waits in that channel's queue.
    """
    match notice:
        case HomeStale():
            return f"home:{notice.recipient}"
        case Reply():
            return f"reply:{notice.response_url}"
        case _:
            return str(getattr(notice, "channel", notice.recipient))
