"""Everything tokenbot refuses to do, as facts; `slack.errors` and `api.errors` put them into words.

Refusal
├── AmountRefused, NoteTooLong                       what was typed
├── MemberUnknown, MemberMissing, MemberDeactivated, MemberIsBot, MemberIsGuest,
│   MemberIsForeign, NotAPerson, TooManyRecipients   who was meant
├── NotAllowed, ToOneself, SelfGrant, OwnRequest     who asks
├── NotEnoughTokens, BalanceOutOfRange, KeyReused    the books
├── EntryUnknown, EntryAmbiguous, NotReversible, AlreadyReversed,
│   ReversalOverdraws, UndoTooLate, UndoSpent        taking back
└── TopUpUnknown, TopUpClosed, TooManyOpen, NoApprover   top-up requests
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.directory import UserId
from bot.domain.ledger import EntryId, EntryKind
from bot.domain.roles import Deed
from bot.domain.topups import TopUp


class Refusal(Exception):
    """A wish that the rules turn down; nothing was moved."""


class AmountFault(StrEnum):
    """Why an amount can't be read as a number of tokens."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    ZERO = "zero"
    NEGATIVE = "negative"
    FRACTION = "fraction"
    TOO_LARGE = "too_large"
    DECIMAL_COMMA = "decimal_comma"
    DOTTED_THOUSANDS = "dotted_thousands"
    EXPONENT = "exponent"
    FOREIGN_DIGITS = "foreign_digits"
    SPACED = "spaced"


@dataclass(eq=False)
class AmountRefused(Refusal):
    """`typed` is no amount; `nearest` is what was probably meant, in a form that would be read."""

    typed: str
    fault: AmountFault
    nearest: str | None = None


@dataclass(eq=False)
class NoteTooLong(Refusal):
    """A reason of `length` characters, where `limit` fit."""

    length: int
    limit: int


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


@dataclass(eq=False)
class NotAllowed(Refusal):
    """The actor's roles don't reach this deed for this subject."""

    deed: Deed
    subject: UserId | None = None


@dataclass(eq=False)
class ToOneself(Refusal):
    """A transfer whose two ends are one person."""


@dataclass(eq=False)
class SelfGrant(Refusal):
    """An approver who would credit themselves, by a grant or a reversal, while there are others."""

    deed: Deed


@dataclass(eq=False)
class OwnRequest(Refusal):
    """An approver who would decide their own request while there are others to ask."""


@dataclass(eq=False)
class NotEnoughTokens(Refusal):
    """`needed` is more than what `user_id` has available."""

    user_id: UserId
    needed: int
    available: int


@dataclass(eq=False)
class BalanceOutOfRange(Refusal):
    """A credit that would lift a balance above what the books can hold."""

    user_id: UserId
    tokens: int


@dataclass(eq=False)
class KeyReused(Refusal):
    """The idempotency key has been used for something else."""

    key: str


@dataclass(eq=False)
class EntryUnknown(Refusal):
    """No entry ends in what was typed."""

    typed: str


@dataclass(eq=False)
class EntryAmbiguous(Refusal):
    """Several entries end in what was typed."""

    typed: str
    candidates: tuple[EntryId, ...]


@dataclass(eq=False)
class NotReversible(Refusal):
    """Entries of this kind are not undone by a reversal."""

    entry_id: EntryId
    kind: EntryKind


@dataclass(eq=False)
class AlreadyReversed(Refusal):
    """An entry is reversed once."""

    entry_id: EntryId
    reversal_id: EntryId


@dataclass(frozen=True, slots=True)
class Overdraft:
    """What a reversal would leave a member with, below zero."""

    user_id: UserId
    available_after: int


@dataclass(eq=False)
class ReversalOverdraws(Refusal):
    """The reversal would take members below zero; it needs a confirmation that says so."""

    entry_id: EntryId
    note: str
    overdrafts: tuple[Overdraft, ...]


@dataclass(eq=False)
class UndoTooLate(Refusal):
    """Undo is offered for `seconds` after the entry, to the one who made it."""

    entry_id: EntryId
    seconds: int


@dataclass(eq=False)
class UndoSpent(Refusal):
    """`user_id` no longer has all of what the entry gave them."""

    entry_id: EntryId
    user_id: UserId


@dataclass(eq=False)
class TopUpUnknown(Refusal):
    """No such request, or nothing open to withdraw."""


@dataclass(eq=False)
class TopUpClosed(Refusal):
    """The request was decided, withdrawn or expired before."""

    topup: TopUp


@dataclass(eq=False)
class TooManyOpen(Refusal):
    """A member has at most `limit` open requests."""

    limit: int


@dataclass(eq=False)
class NoApprover(Refusal):
    """There is nobody who could decide a request."""


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
    | TopUpUnknown
    | TopUpClosed
    | TooManyOpen
    | NoApprover
)
