"""Allowances: rules that credit tokens every period, and packages that vest in parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import NewType
from zoneinfo import ZoneInfo

from bot.domain import periods
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import TREASURY, AccountId, AccountKind, account_kind
from bot.domain.periods import Period

AllowanceId = NewType("AllowanceId", str)

#: Parts of a package: ten years, monthly.
PARTS_MAX = 120


class AllowanceState(StrEnum):
    """Whether a rule credits. It leaves `ended` never."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class SubjectKind(StrEnum):
    """Whom a rule is for."""

    MEMBER = "member"
    #: Each member of a team.
    TEAM = "team"
    #: A team's pool.
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a rule is for: a person, each member of a team, or a team's pool."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        kind, _, identifier = text.partition(":")
        return cls(SubjectKind(kind), identifier)

    @property
    def account(self) -> AccountId | None:
        """The one account that it credits; a team's members have one each."""
        return None if self.kind is SubjectKind.TEAM else AccountId(str(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule credits in periods that begin on `from_on` or later."""

    from_on: date
    tokens: int
    #: How much of what is left carries over to the next period; None for all of it.
    carry_max: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vesting:
    """A package: the terms' tokens are a total that comes in `parts`, each at a period's end.

    The parts up to the cliff come together, when it is reached.
    """

    parts: int
    cliff: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What is due on the first day of a period: how much, until when, and when there is more."""

    tokens: int
    #: The day on which what is left of it expires, or is carried over; None for never.
    expires_on: date | None
    #: The first day that it does not cover.
    until: date
    #: The first day of the next period; None where there is none.
    next_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A rule as it stands, with all its terms so far, the oldest first."""

    allowance_id: AllowanceId
    subject: Subject
    #: In whose zone its periods begin.
    team_id: TeamId
    period: Period
    starts_on: date
    terms: tuple[Terms, ...]
    created_by: UserId
    created_at: datetime
    source: AccountId = TREASURY
    #: A day on which one of its periods begins.
    anchor_on: date = periods.ANCHOR
    #: The first day without it.
    ends_on: date | None = None
    #: Whoever comes in mid-period gets a part.
    is_prorated: bool = False
    #: What is unspent goes back to its source when somebody leaves the team.
    returns_on_leaving: bool = False
    vesting: Vesting | None = None
    note: str = ""
    state: AllowanceState = AllowanceState.ACTIVE

    @property
    def is_from_pool(self) -> bool:
        return account_kind(self.source) is AccountKind.POOL

    def is_of_other_team(self, other: "Allowance") -> bool:
        """Whether it and the other are for the members of two teams."""
        mine, theirs = self.subject, other.subject
        return mine.kind is theirs.kind is SubjectKind.TEAM and mine.id != theirs.id

    def terms_on(self, day: date) -> Terms:
        """The terms of a period that begins on this day."""
        valid = [terms for terms in self.terms if terms.from_on <= day]
        return valid[-1] if valid else self.terms[0]

    def first_on(self, joined_on: date, paid_until: date | None = None) -> date | None:
        """When the first credit is due to an account that comes in on this day, or comes back.

        Of a package the parts that vest from then on, and after the one that it was paid last.
        """
        if self.vesting is not None:
            numbers = range(max(self.vesting.cliff, 1), self.vesting.parts + 1)
            days = (periods.after(self.starts_on, self.period, number) for number in numbers)
            to_come = (day for day in days if day >= joined_on and day > (paid_until or date.min))
            day = next(to_come, None)
            return None if day is None else self._unless_ended(day)
        return self._unless_ended(max(self.starts_on, joined_on))

    def credit_on(self, day: date) -> Credit:
        """What is due on a day that began a period for an account."""
        if self.vesting is not None:
            return self._vested_on(day, self.vesting)
        terms, span = self.terms_on(day), periods.span(day, self.period, self.anchor_on)
        tokens = terms.tokens
        if self.is_prorated and day > span.start:
            tokens = tokens * (span.end - day).days // span.days
        return Credit(
            tokens=tokens if self.state is AllowanceState.ACTIVE else 0,
            expires_on=None if terms.carry_max is None else span.end,
            until=span.end,
            next_on=self._unless_ended(span.end),
        )

    def payable_until(self, day: date) -> date | None:
        """From when on what was due on a day is no longer made good; None for never.

        A part of a package covers no period: it waits for the next part, and the last for good.
        """
        credit = self.credit_on(day)
        return credit.until if self.vesting is None else credit.next_on

    def carry_max_on(self, day: date) -> int | None:
        """How much may be carried into the period that begins on this day.

        As the terms of the period that ends then say: tokens keep the terms they came with.
        """
        if self.state is AllowanceState.ENDED or self._unless_ended(day) is None:
            return 0
        return self.terms_on(day - timedelta(days=1)).carry_max

    def days_from(self, day: date) -> Iterator[date]:
        """The days of its credits from one of them on."""
        following: date | None = day
        while following is not None:
            yield following
            following = self.credit_on(following).next_on

    def next_after(self, today: date) -> date | None:
        """The day of the next credit after today's, for whoever is in from the start."""
        if self.vesting is None and self.starts_on <= today:
            return self._unless_ended(periods.span(today, self.period, self.anchor_on).end)
        first = self.first_on(self.starts_on)
        days = self.days_from(first) if first is not None else iter(())
        return next((day for day in days if day > today), None)

    def good_until(self, today: date) -> date | None:
        """The last day of what was credited by today; None where that doesn't expire."""
        day = max(today, self.starts_on)
        if self.vesting is not None or self.terms_on(day).carry_max is None:
            return None
        return periods.span(day, self.period, self.anchor_on).end - timedelta(days=1)

    def schedule(self, joined_on: date, count: int) -> list[tuple[date, Credit]]:
        """The first credits of an account that comes in on this day."""
        first = self.first_on(joined_on)
        days = islice(self.days_from(first), count) if first is not None else ()
        return [(day, self.credit_on(day)) for day in days]

    def _unless_ended(self, day: date) -> date | None:
        if self.state is AllowanceState.ENDED:
            return None
        return None if self.ends_on is not None and day >= self.ends_on else day

    def _vested_on(self, day: date, vesting: Vesting) -> Credit:
        """The part that vests on a day: what the rounding leaves over comes with later ones."""
        first = max(vesting.cliff, 1)
        part = next(
            number
            for number in range(first, vesting.parts + 1)
            if periods.after(self.starts_on, self.period, number) >= day
        )
        total, before = self.terms[0].tokens, part - 1 if part > first else 0
        tokens = total * part // vesting.parts - total * before // vesting.parts
        following = periods.after(self.starts_on, self.period, part + 1)
        return Credit(
            tokens=tokens if self.state is AllowanceState.ACTIVE else 0,
            expires_on=None,
            until=day,
            next_on=self._unless_ended(following) if part < vesting.parts else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An account that a rule credits, and when next."""

    allowance: Allowance
    account: AccountId
    zone: ZoneInfo
    joined_on: date
    next_on: date | None
    next_at: datetime | None
    #: The first day that no credit covers yet; None before the first.
    paid_until: date | None = None
    #: When whom it credits left the team that the rule is for.
    left_on: date | None = None
    #: Whether its holder takes part today; whoever has left is credited nothing.
    takes_part: bool = True

    def moved(
        self, *, next_on: date | None, next_at: datetime | None, paid_until: date | None
    ) -> "Turn":
        """The turn after a period began; at a midnight made for everybody, so without `replace`."""
        return Turn(
            allowance=self.allowance,
            account=self.account,
            zone=self.zone,
            joined_on=self.joined_on,
            next_on=next_on,
            next_at=next_at,
            paid_until=paid_until,
            left_on=self.left_on,
            takes_part=self.takes_part,
        )

    def is_due_by(self, now: datetime) -> bool:
        """Whether its next period has begun."""
        return self.next_at is not None and self.next_at <= now

    def is_due_on(self, day: date) -> bool:
        """Whether it is credited on a day, which may lie some periods ahead."""
        if self.next_on is None or self.next_on > day or not self.takes_part:
            return False
        return day in takewhile(lambda one: one <= day, self.allowance.days_from(self.next_on))

    def missed(self, day: date) -> bool:
        """Whether that day went by without its credit, which may still be made good.

        A period's day is its first, or whoever came in later has their own; whoever left has none.
        """
        if self.left_on is not None or not self._is_own_day(day):
            return False
        credit = self.allowance.credit_on(day)
        is_unpaid = self.paid_until is None or self.paid_until < credit.until
        went_by = self.next_on == credit.next_on
        return is_unpaid and went_by and self.joined_on <= day and self.takes_part

    def _is_own_day(self, day: date) -> bool:
        allowance = self.allowance
        if allowance.vesting is not None:
            return True
        begun = periods.span(day, allowance.period, allowance.anchor_on).start
        return day == max(begun, self.joined_on, allowance.starts_on)
