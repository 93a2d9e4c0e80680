"""Everything tokenbot refuses to do, as facts; `slack.errors` and `api.errors` put them into words.

Refusal
├── AmountRefused, NoteTooLong                       what was typed
├── MemberUnknown, MemberMissing, MemberDeactivated, MemberIsBot, MemberIsGuest,
│   MemberIsForeign, NotAPerson, TooManyRecipients   who was meant
├── NotAllowed, ToOneself, SelfGrant, OwnRequest     who asks
├── NotEnoughTokens, BalanceOutOfRange, KeyReused    the books
├── EntryUnknown, EntryAmbiguous, NotReversible, AlreadyReversed,
│   ReversalOverdraws, UndoTooLate, UndoSpent, NothingLeft   taking back
├── TopUpUnknown, TopUpClosed, TooManyOpen, NoApprover, DecisionRefused   top-up requests
├── NotASchedule, AllowanceInPast, AllowanceEndsTooSoon, AllowanceExists, AllowanceUnknown,
│   VestingRefused, SubjectUnknown                   allowances
├── AwayRefused                                      stand-ins
├── AlertsRefused, NoTeamToAlert                     alerts
├── LiftRefused                                      lifts of a block
├── WhichTeam, NotAChannel, NoChannelYet, DigestTimeUnclear   digests
├── TeamNameRefused, TeamNameTaken, ZoneUnknown, EveryoneStays, TeamEnded, NobodyNamed,
│   InAnotherTeam, NotInTeam, NotAManager, GroupDecides, GroupTaken, NotAGroup   teams
├── PoolShort, NoPool                                pools
├── AdvanceRefused                                   advances
├── PolicyRefused, PolicyUnclear, CapUnknown          policies
├── PeriodUnclear, CallUnknown, CallAmbiguous        usage
└── IdentityUnknown, IdentityAmbiguous, IdentityTaken, IdentityFree   who is who in a source
"""

from bot.domain.refusals.advances import AdvanceFault, AdvanceRefused
from bot.domain.refusals.alerts import AlertFault, AlertsRefused, NoTeamToAlert
from bot.domain.refusals.allowances import (
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    AllowanceUnknown,
    NotASchedule,
    SubjectUnknown,
    VestingRefused,
)
from bot.domain.refusals.askers import NotAllowed, OwnRequest, SelfGrant, ToOneself
from bot.domain.refusals.books import BalanceOutOfRange, KeyReused, NotEnoughTokens
from bot.domain.refusals.digests import DigestTimeUnclear, NoChannelYet, NotAChannel, WhichTeam
from bot.domain.refusals.identities import (
    IdentityAmbiguous,
    IdentityFree,
    IdentityTaken,
    IdentityUnknown,
)
from bot.domain.refusals.lifts import LiftFault, LiftRefused
from bot.domain.refusals.people import (
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    NotAPerson,
    TooManyRecipients,
)
from bot.domain.refusals.policies import CapUnknown, PolicyRefused, PolicyUnclear
from bot.domain.refusals.pools import NoPool, PoolShort
from bot.domain.refusals.refusal import Refusal
from bot.domain.refusals.reversals import (
    AlreadyReversed,
    EntryAmbiguous,
    EntryUnknown,
    NothingLeft,
    NotReversible,
    Overdraft,
    ReversalOverdraws,
    UndoSpent,
    UndoTooLate,
)
from bot.domain.refusals.stand_ins import AwayFault, AwayRefused
from bot.domain.refusals.teams import (
    EveryoneStays,
    GroupDecides,
    GroupTaken,
    InAnotherTeam,
    NameFault,
    NobodyNamed,
    NotAGroup,
    NotAManager,
    NotInTeam,
    TeamEnded,
    TeamNameRefused,
    TeamNameTaken,
    ZoneUnknown,
)
from bot.domain.refusals.topups import (
    DecisionRefused,
    NoApprover,
    TooManyOpen,
    TopUpClosed,
    TopUpUnknown,
)
from bot.domain.refusals.typed import AmountFault, AmountRefused, NoteTooLong
from bot.domain.refusals.usage import CallAmbiguous, CallUnknown, PeriodUnclear

__all__ = [
    "AdvanceFault",
    "AdvanceRefused",
    "AlertFault",
    "AlertsRefused",
    "AllowanceEndsTooSoon",
    "AllowanceExists",
    "AllowanceInPast",
    "AllowanceUnknown",
    "AlreadyReversed",
    "AmountFault",
    "AmountRefused",
    "AnyRefusal",
    "AwayFault",
    "AwayRefused",
    "BalanceOutOfRange",
    "CallAmbiguous",
    "CallUnknown",
    "CapUnknown",
    "DecisionRefused",
    "DigestTimeUnclear",
    "EntryAmbiguous",
    "EntryUnknown",
    "EveryoneStays",
    "GroupDecides",
    "GroupTaken",
    "IdentityAmbiguous",
    "IdentityFree",
    "IdentityTaken",
    "IdentityUnknown",
    "InAnotherTeam",
    "KeyReused",
    "LiftFault",
    "LiftRefused",
    "MemberDeactivated",
    "MemberIsBot",
    "MemberIsForeign",
    "MemberIsGuest",
    "MemberMissing",
    "MemberUnknown",
    "NameFault",
    "NoApprover",
    "NoChannelYet",
    "NoPool",
    "NoTeamToAlert",
    "NobodyNamed",
    "NotAChannel",
    "NotAGroup",
    "NotAManager",
    "NotAPerson",
    "NotASchedule",
    "NotAllowed",
    "NotEnoughTokens",
    "NotInTeam",
    "NotReversible",
    "NoteTooLong",
    "NothingLeft",
    "Overdraft",
    "OwnRequest",
    "PeriodUnclear",
    "PolicyRefused",
    "PolicyUnclear",
    "PoolShort",
    "Refusal",
    "ReversalOverdraws",
    "SelfGrant",
    "SubjectUnknown",
    "TeamEnded",
    "TeamNameRefused",
    "TeamNameTaken",
    "ToOneself",
    "TooManyOpen",
    "TooManyRecipients",
    "TopUpClosed",
    "TopUpUnknown",
    "UndoSpent",
    "UndoTooLate",
    "VestingRefused",
    "WhichTeam",
    "ZoneUnknown",
]

AnyRefusal = (
    AmountRefused
    | NoteTooLong
    | MemberUnknown
    | MemberMissing
    | MemberDeactivated
    | MemberIsBot
    | MemberIsGuest
    | MemberIsForeign
    | NotAPerson
    | TooManyRecipients
    | NotAllowed
    | ToOneself
    | SelfGrant
    | OwnRequest
    | NotEnoughTokens
    | BalanceOutOfRange
    | KeyReused
    | EntryUnknown
    | EntryAmbiguous
    | NotReversible
    | AlreadyReversed
    | ReversalOverdraws
    | UndoTooLate
    | UndoSpent
    | NothingLeft
    | TopUpUnknown
    | TopUpClosed
    | DecisionRefused
    | TooManyOpen
    | NoApprover
    | AllowanceEndsTooSoon
    | AllowanceExists
    | AllowanceInPast
    | AllowanceUnknown
    | NotASchedule
    | VestingRefused
    | AwayRefused
    | AlertsRefused
    | NoTeamToAlert
    | LiftRefused
    | WhichTeam
    | NotAChannel
    | NoChannelYet
    | DigestTimeUnclear
    | SubjectUnknown
    | TeamEnded
    | TeamNameRefused
    | TeamNameTaken
    | ZoneUnknown
    | EveryoneStays
    | NobodyNamed
    | InAnotherTeam
    | NotInTeam
    | NotAManager
    | GroupDecides
    | GroupTaken
    | NotAGroup
    | PoolShort
    | NoPool
    | AdvanceRefused
    | PolicyRefused
    | PolicyUnclear
    | CapUnknown
    | PeriodUnclear
    | CallUnknown
    | CallAmbiguous
    | IdentityUnknown
    | IdentityAmbiguous
    | IdentityTaken
    | IdentityFree
)
