"""Allowances to render: a plain one, the largest and most hostile, and a package."""

from dataclasses import replace
from datetime import date

from bot.domain import allowance_wishes as rules
from bot.domain import notes
from bot.domain.allowance_lists import Listed, Listing
from bot.domain.allowance_wishes import AllowanceDraft, AllowanceWish, Preview
from bot.domain.allowances import (
    Allowance,
    AllowanceId,
    AllowanceState,
    Subject,
    SubjectKind,
    Terms,
    Vesting,
)
from bot.domain.directory import Member
from bot.domain.ledger import AccountId
from bot.domain.notices import AllowanceBegun, AllowanceUnfunded
from bot.domain.periods import Period
from bot.domain.subjects import Named
from bot.domain.teams import Team
from bot.slack.render.views import AllowanceFormDraft
from tests.slack.render.facts import ADA, ANA, ENTRY, HOSTILE, HUGE, MIA, NOW, TEAM

MONDAY = date(2026, 3, 2)
TEAMS = Named(
    subject=Subject(SubjectKind.TEAM, TEAM),
    person=None,
    team=Team(team_id=TEAM, name="<!here> search & find", zone="Europe/Berlin"),
    today=MONDAY,
)
MORE = Terms(from_on=date(2026, 3, 9), tokens=3_000_000, carry_max=500_000)
BEGUN = AllowanceBegun(
    recipient=ANA.user_id, allowance_id=AllowanceId("a1"), entry_id=ENTRY, tokens=2_000_000
)
UNFUNDED = AllowanceUnfunded(
    recipient=MIA.user_id,
    allowance_id=AllowanceId("a1"),
    period_on="2026-03-02",
    needed=6_000_000,
    available=500_000,
    admins=(ADA.user_id,),
)
HOSTILE_WISH = AllowanceWish(
    subject=TEAMS.subject,
    tokens=HUGE,
    period=Period.QUARTER,
    carry_max=HUGE,
    starts_on=MONDAY,
    until=date(2027, 3, 2),
    anchor_on=date(2024, 2, 29),
    is_prorated=True,
    returns_on_leaving=True,
    vesting=Vesting(parts=120, cliff=12),
    is_from_pool=True,
    note='"' * notes.NOTE_MAX,
)
HOSTILE_DRAFT = AllowanceFormDraft(
    terms=AllowanceDraft(
        tokens=HUGE,
        period=Period.YEAR,
        carry_max=HUGE,
        starts_on=MONDAY,
        until=MONDAY,
        anchor_on=MONDAY,
        is_prorated=True,
        returns_on_leaving=True,
        is_from_pool=True,
        note=HOSTILE * 9,
    ),
    subject=TEAMS.subject,
    teams=tuple(
        (Subject(SubjectKind.TEAM, TEAM if n == 1 else f"t{n}"), f"{n} {HOSTILE}")
        for n in range(150)
    ),
)


POOL_OF_TEAM = Subject(SubjectKind.POOL, TEAM)


def weekly() -> Preview:
    """Ana's 2M every week, of which nothing carries over."""
    return _preview(_rule(Subject(SubjectKind.MEMBER, ANA.user_id), note="your start"))


def pooled() -> Preview:
    """As much as there can be, for twelve people, from their pool, with a hostile note."""
    allowance = replace(
        _rule(TEAMS.subject, tokens=HUGE, carry_max=HUGE // 2, note=HOSTILE),
        period=Period.MONTH,
        source=AccountId(f"pool:{TEAM}"),
        ends_on=date(2026, 4, 15),
        is_prorated=True,
        returns_on_leaving=True,
    )
    return _preview(allowance, people=12)


def unfunded() -> Preview:
    """500k every week for each of twelve."""
    return _preview(_rule(TEAMS.subject, tokens=500_000), people=12)


def package(subject: Subject = POOL_OF_TEAM, *, people: int = 1) -> Preview:
    """12M over a year with a cliff, for a pool."""
    allowance = replace(
        _rule(subject, tokens=12_000_000, carry_max=None),
        period=Period.MONTH,
        vesting=Vesting(parts=12, cliff=3),
    )
    return _preview(allowance, people=people)


def listed(preview: Preview, *, state: AllowanceState = AllowanceState.ACTIVE) -> Listed:
    allowance = replace(preview.allowance, state=state)
    next_on = allowance.next_after(MONDAY)
    return Listed(
        allowance=allowance,
        team=preview.team,
        next_on=next_on,
        next_tokens=allowance.credit_on(next_on).tokens if next_on else 0,
        good_until=allowance.good_until(MONDAY),
        may_set=True,
    )


def listing(
    *previews: Preview,
    viewer: Member = MIA,
    of: Named | None = None,
    start: int = 0,
    has_more: bool = False,
) -> Listing:
    shown = tuple(listed(one) for one in previews)
    return Listing(viewer=viewer, of=of, rules=shown, start=start, has_more=has_more)


def changed(preview: Preview, terms: Terms) -> Preview:
    """The same from when other terms hold."""
    allowance = replace(preview.allowance, terms=(*preview.allowance.terms, terms))
    return rules.preview(allowance, people=1, team=TEAMS.team, today=MONDAY, from_on=terms.from_on)


def _rule(
    subject: Subject, *, tokens: int = 2_000_000, carry_max: int | None = 0, note: str = ""
) -> Allowance:
    return Allowance(
        allowance_id=AllowanceId("019cae4f-5a04-7000-8000-0000a110aace"),
        subject=subject,
        team_id=TEAM,
        period=Period.WEEK,
        starts_on=MONDAY,
        terms=(Terms(from_on=date.min, tokens=tokens, carry_max=carry_max),),
        created_by=MIA.user_id,
        created_at=NOW,
        note=note,
    )


def _preview(allowance: Allowance, *, people: int = 1) -> Preview:
    return rules.preview(allowance, people=people, team=TEAMS.team, today=MONDAY)
