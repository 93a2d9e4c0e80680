"""What a member has."""

from dataclasses import dataclass
from datetime import date

from bot.domain.directory import Member
from bot.domain.ledger import Expiring
from bot.domain.pace import Pace


@dataclass(frozen=True, slots=True)
class Coming:
    """The next credits that are due by rules, all on one day."""

    on: date
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a member used since their period began, and how fast tokens went lately."""

    since: date
    tokens: int
    #: None while there is not enough to say.
    pace: Pace | None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A member's tokens, as `viewer` may see them, with all that is due by now counted."""

    viewer: Member
    subject: Member
    balance: int
    held: int
    #: What of it expires when, the soonest first.
    expiring: tuple[Expiring, ...] = ()
    coming: Coming | None = None
    #: Whether something can be taken in advance of the next allowance.
    has_advance: bool = False
    #: Where somebody asked for it, and anything was ever used.
    use: Use | None = None

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def is_own(self) -> bool:
        return self.viewer.user_id == self.subject.user_id
