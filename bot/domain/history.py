"""What happened on a member's account, line by line."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.directory import Member, UserId
from bot.domain.ledger import EntryId, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry as it concerns one account; other people's parts of it are not in here."""

    entry_id: EntryId
    kind: EntryKind
    recorded_at: datetime
    #: What the account gained, or lost when negative.
    change: int
    actor: UserId
    #: The member at the other end, if there is one.
    counterparty: UserId | None
    note: str
    is_reversed: bool
    reverses: EntryId | None
    is_self_approved: bool
    #: The first day of the period that an allowance is for, what expired as it came.
    period_on: date | None = None
    expired: int = 0
    #: What an allowance took back of an advance.
    repaid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some lines of a history; `older` leads to the next page, if there is one."""

    viewer: Member
    subject: UserId
    lines: tuple[Line, ...]
    older: EntryId | None
    is_newest: bool
