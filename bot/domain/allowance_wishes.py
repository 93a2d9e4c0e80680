"""What somebody wishes for as an allowance, and the rule it comes to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain import periods, permission
from bot.domain.allowances import (
    PARTS_MAX,
    Allowance,
    AllowanceId,
    Subject,
    SubjectKind,
    Terms,
    Vesting,
)
from bot.domain.directory import Member
from bot.domain.ledger import TREASURY, AccountId
from bot.domain.periods import ANCHOR, Period
from bot.domain.refusals import (
    AllowanceEndsTooSoon,
    AllowanceInPast,
    NotAllowed,
    SelfGrant,
    VestingRefused,
)
from bot.domain.roles import Deed
from bot.domain.teams import Team, pool_account

#: Credits that a preview shows.
PREVIEWED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceWish:
    """An allowance as somebody typed or chose it; what they left open is None."""

    subject: Subject
    tokens: int
    period: Period
    #: How much carries over; None for all of it.
    carry_max: int | None = 0
    starts_on: date | None = None
    #: The last day of it.
    until: date | None = None
    #: A day on which a period begins; the calendar's own where it is None.
    anchor_on: date | None = None
    is_prorated: bool = False
    returns_on_leaving: bool = False
    vesting: Vesting | None = None
    is_from_pool: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceDraft:
    """What somebody said of an allowance so far, before it is clear for whom it is."""

    tokens: int | None = None
    period: Period | None = None
    carry_max: int | None = 0
    starts_on: date | None = None
    until: date | None = None
    anchor_on: date | None = None
    is_prorated: bool = False
    returns_on_leaving: bool = False
    vesting: Vesting | None = None
    is_from_pool: bool | None = None
    note: str = ""

    def wish(self, subject: Subject) -> AllowanceWish | None:
        """The whole wish; None where the amount or the period is missing."""
        if self.tokens is None or self.period is None:
            return None
        return AllowanceWish(
            subject=subject,
            tokens=self.tokens,
            period=self.period,
            carry_max=self.carry_max,
            starts_on=self.starts_on,
            until=self.until,
            anchor_on=self.anchor_on,
            is_prorated=self.is_prorated,
            returns_on_leaving=self.returns_on_leaving,
            vesting=self.vesting,
            is_from_pool=self.is_from_pool,
            note=self.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Who gets what when by a rule."""

    allowance: Allowance
    #: How many people; 1 for a person or a pool.
    people: int
    #: First days of periods with what is credited then, for whoever is there from the start.
    credits: tuple[tuple[date, int], ...]
    #: The last day of the first period's tokens; None where they don't expire.
    good_until: date | None
    team: Team
    #: The day it is where the allowance runs.
    today: date

    @property
    def has_more(self) -> bool:
        """Whether more credits may follow than are shown."""
        return len(self.credits) == PREVIEWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A rule that was just set, with what it means; `is_new` is false for a wish heard before."""

    preview: Preview
    is_new: bool


def rule(
    wish: AllowanceWish,
    *,
    actor: Member,
    person: Member | None,
    team: Team,
    is_only_approver: bool,
    now: datetime,
    new_id: Callable[[datetime], str],
) -> Allowance:
    """The rule that the wish comes to. `team` is the subject's, in whose zone it runs.

    Raises `NotAllowed`, `SelfGrant`, `AllowanceInPast`, `AllowanceEndsTooSoon`, `VestingRefused`.
    """
    require(actor, wish.subject, team, person)
    if person is not None and person.user_id == actor.user_id and not is_only_approver:
        raise SelfGrant(Deed.ALLOW)
    today = periods.day_of(now, team.clock)
    starts_on = wish.starts_on or today
    if starts_on < today:
        raise AllowanceInPast(starts_on, today)
    _check_vesting(wish.vesting)
    allowance = Allowance(
        allowance_id=AllowanceId(new_id(now)),
        subject=wish.subject,
        team_id=team.team_id,
        source=_source(wish, actor, team),
        period=wish.period,
        anchor_on=wish.anchor_on or ANCHOR,
        starts_on=starts_on,
        ends_on=None if wish.until is None else date.fromordinal(wish.until.toordinal() + 1),
        is_prorated=wish.is_prorated,
        returns_on_leaving=wish.returns_on_leaving,
        vesting=wish.vesting,
        note=wish.note,
        created_by=actor.user_id,
        created_at=now,
        terms=(Terms(from_on=date.min, tokens=wish.tokens, carry_max=_carry(wish)),),
    )
    if not allowance.schedule(starts_on, 1):
        raise AllowanceEndsTooSoon(starts_on, wish.until or starts_on)
    return allowance


def require(actor: Member, subject: Subject, team: Team, person: Member | None) -> None:
    """Raises `NotAllowed` where the actor may set no allowance for the subject."""
    permission.require_for_someone(actor, Deed.ALLOW)
    if person is not None:
        permission.require(actor, Deed.ALLOW, person)
    elif not actor.is_admin and (
        subject.kind is SubjectKind.POOL or team.team_id not in actor.manages
    ):
        raise NotAllowed(Deed.ALLOW)


def preview(
    allowance: Allowance, *, people: int, team: Team, today: date, from_on: date | None = None
) -> Preview:
    """Who gets what when, from today or a later day on."""
    schedule = allowance.schedule(max(from_on or today, allowance.starts_on), PREVIEWED)
    until = schedule[0][1].expires_on if schedule else None
    return Preview(
        allowance=allowance,
        people=people,
        credits=tuple((day, credit.tokens) for day, credit in schedule),
        good_until=None if until is None else date.fromordinal(until.toordinal() - 1),
        team=team,
        today=today,
    )


def changes_on(allowance: Allowance, today: date) -> date:
    """The first day of the next period, from which other terms hold."""
    if allowance.starts_on > today:
        return allowance.starts_on
    return periods.span(today, allowance.period, allowance.anchor_on).end


def _source(wish: AllowanceWish, actor: Member, team: Team) -> AccountId:
    """A manager's comes from the team's pool, an admin's from the treasury unless they say pool."""
    if team.is_everyone or wish.subject.kind is SubjectKind.POOL:
        return TREASURY
    is_from_pool = wish.is_from_pool
    if is_from_pool is None:
        is_from_pool = not actor.is_admin
    if not is_from_pool and not actor.is_admin:
        raise NotAllowed(Deed.ALLOW)
    return pool_account(team.team_id) if is_from_pool else TREASURY


def _carry(wish: AllowanceWish) -> int | None:
    return None if wish.vesting is not None else wish.carry_max


def _check_vesting(vesting: Vesting | None) -> None:
    if vesting is None:
        return
    if not (1 <= vesting.parts <= PARTS_MAX and 0 <= vesting.cliff <= vesting.parts):
        raise VestingRefused(vesting.parts, vesting.cliff, PARTS_MAX)
