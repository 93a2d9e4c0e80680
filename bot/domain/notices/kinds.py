"""Every kind of notice by its name, and how the outbox stores it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from bot.domain.limits import Measure
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
from bot.domain.notices.limits import LiftTold, LimitMet, Met
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
from bot.domain.stand_ins import Phase
from bot.domain.topups import Cause

Notice = (
    TokensReceived
    | EntryReversed
    | TopUpAsked
    | TopUpCopyChanged
    | TopUpDecided
    | TopUpReopened
    | QueueStale
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
    | LimitMet
    | LiftTold
    | AdminWelcomed
    | WelcomeStale
)

KINDS: Mapping[str, type[Notice]] = MappingProxyType(
    {
        "tokens_received": TokensReceived,
        "entry_reversed": EntryReversed,
        "topup_asked": TopUpAsked,
        "topup_copy_changed": TopUpCopyChanged,
        "topup_decided": TopUpDecided,
        "topup_reopened": TopUpReopened,
        "queue_stale": QueueStale,
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
        "limit_met": LimitMet,
        "lift_told": LiftTold,
        "admin_welcomed": AdminWelcomed,
        "welcome_stale": WelcomeStale,
    }
)
#: Those whose `message` is where one stands; a reply has the message itself.
_WITH_PLACE = frozenset({"topup_copy_changed", "topup_reopened"})
_NAMES = MappingProxyType({kind: name for name, kind in KINDS.items()})


def kind_of(notice: Notice) -> str:
    return _NAMES[type(notice)]


def dump(notice: Notice) -> str:
    """The notice as the outbox stores it."""
    fields = {name: getattr(notice, name) for name in notice.__dataclass_fields__}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=asdict)


def load(kind: str, payload: str) -> Notice:
    """The notice as it was added."""
    fields = json.loads(payload)
    if (message := fields.get("message")) and kind in _WITH_PLACE:
        fields["message"] = MessageRef(**message)
    if kind == "topup_asked" and "cause" in fields:  # an earlier version's has none
        fields["cause"] = Cause(fields["cause"])
    if kind == "stand_in_told":
        fields["phase"] = Phase(fields["phase"])
    if kind == "team_told":
        fields["news"] = TeamNews(fields["news"])
    if kind == "identity_told":
        fields["news"] = IdentityNews(fields["news"])
    if kind == "limit_met":
        fields |= {"met": Met(fields["met"]), "measure": Measure(fields["measure"])}
    # JSON knows no tuples.
    fields |= {name: tuple(fields[name]) for name in ("asked_before", "admins") if name in fields}
    if "expiring" in fields:
        fields["expiring"] = tuple((at, tokens) for at, tokens in fields["expiring"])
    return KINDS[kind](**fields)
