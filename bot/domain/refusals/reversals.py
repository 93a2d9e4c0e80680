"""Why an entry is not taken back."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.ledger import EntryId, EntryKind
from bot.domain.refusals.refusal import Refusal


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
class NothingLeft(Refusal):
    """All that the entry credited has expired since, and what has expired is not taken back."""

    entry_id: EntryId
