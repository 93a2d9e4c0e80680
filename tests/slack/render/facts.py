"""Facts to render: a small company, and the longest and most hostile things that it can hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.domain import notes
from bot.domain.alerts import Warned
from bot.domain.balances import Balance, Coming, Use
from bot.domain.digests import Part
from bot.domain.directory import EVERYONE, Member, Standing, TeamId, UserId
from bot.domain.expiries import Expiring as SoonExpiring
from bot.domain.expiries import ExpiryTold
from bot.domain.funds import Funds, Usage
from bot.domain.history import Line, Page
from bot.domain.home import Asking, Glance, Home, Near, Week
from bot.domain.ledger import (
    RECIPIENTS_MAX,
    TOKENS_MAX,
    TREASURY,
    EntryId,
    EntryKind,
    Expiring,
    Posting,
    Receipt,
    member_account,
)
from bot.domain.pace import Pace
from bot.domain.periods import Span
from bot.domain.preferences import AlertChoice, Contact, Preferences
from bot.domain.teams import Team, pool_account
from bot.domain.topups import Dossier, TopUp, TopUpId, TopUpState, Urgency

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
#: Far enough into March for its tokens to run low.
LATER = datetime(2026, 3, 16, 14, 5, tzinfo=UTC)
ENTRY = EntryId("019cae4f-5a01-7000-8000-00009f3c21ab")
OTHER_ENTRY = EntryId("019cae4f-5a02-7000-8000-0000aa55bb66")
TOPUP_ID = TopUpId("019cae4f-5a03-7000-8000-0000c0ffee00")
TEAM = TeamId("search")

ANA = Member(user_id=UserId("U0000000ANA"), name="Ana", standing=Standing.ACTIVE, team_id=TEAM)
BEN = Member(user_id=UserId("U0000000BEN"), name="<!here>", standing=Standing.ACTIVE, team_id=TEAM)
MIA = Member(
    user_id=UserId("U0000000MIA"),
    name="*Mia*",
    standing=Standing.ACTIVE,
    manages=frozenset({TEAM}),
)
ADA = Member(user_id=UserId("U0000000ADA"), name="Ada", standing=Standing.ACTIVE, is_admin=True)
FAY = Member(user_id=UserId("U0000000FAY"), name="Fay", standing=Standing.ACTIVE, is_finance=True)
CROWD = tuple(UserId(f"U{n:010}") for n in range(RECIPIENTS_MAX))

#: What may come in a reason, cleaned as the services do before they store it.
HOSTILE = notes.clean(
    (
        "<!channel> <!date^0^{date}|x> <https://evil.example|click here> & *bold* _it_ ~gone~ "
        "`code` ```pre``` > quote\n:tada: 🎉👩\u200d🚀 שלום עולם \u202eevil\u202c\x00 " + "W" * 600
    )[: notes.NOTE_MAX]
)
HUGE = TOKENS_MAX


def receipt(
    *postings: Posting,
    kind: EntryKind = EntryKind.GRANT,
    actor: UserId = MIA.user_id,
    note: str = "for the demo",
    is_new: bool = True,
    is_self_approved: bool = False,
    available: int = 750_000,
) -> Receipt:
    """A receipt in which every member touched has the same left."""
    ends = [end for posting in postings for end in (posting.source, posting.destination)]
    members = sorted({end for end in ends if end.startswith("member:")})
    return Receipt(
        entry_id=ENTRY,
        kind=kind,
        actor=actor,
        postings=postings,
        note=note,
        recorded_at=NOW,
        is_new=is_new,
        is_self_approved=is_self_approved,
        available=dict.fromkeys(members, available),
    )


def grant(*takers: UserId, tokens: int = 1_000_000) -> tuple[Posting, ...]:
    return tuple(Posting(TREASURY, member_account(taker), tokens) for taker in takers)


def sent(tokens: int = 250_000) -> Posting:
    return Posting(member_account(ANA.user_id), member_account(BEN.user_id), tokens)


def balance(
    tokens: int, *, held: int = 0, viewer: Member = ANA, subject: Member | None = None
) -> Balance:
    return Balance(viewer=viewer, subject=subject or viewer, balance=tokens, held=held)


EXPIRING = (
    Expiring(datetime(2026, 3, 8, 23, tzinfo=UTC), 300_000),
    Expiring(datetime(2026, 3, 15, 23, tzinfo=UTC), 1),
    Expiring(datetime(2026, 3, 22, 23, tzinfo=UTC), 7),
    Expiring(datetime(2026, 3, 29, 22, tzinfo=UTC), 8),
)


def with_allowance(found: Balance, expiring: tuple[Expiring, ...] = EXPIRING) -> Balance:
    """The same of somebody with an allowance."""
    coming = Coming(date(2026, 3, 9), 2_000_000)
    return replace(found, expiring=expiring, coming=coming)


PACE = Pace(tokens=840_000, days=14)


def with_use(found: Balance, pace: Pace | None = PACE) -> Balance:
    """The same of somebody who used tokens."""
    used = Use(since=date(2026, 3, 1), tokens=250_000, pace=pace, today=NOW.date())
    return replace(found, use=used)


TOPUP = TopUp(
    topup_id=TOPUP_ID,
    requester=ANA.user_id,
    tokens=500_000,
    note="the evaluation run",
    urgency=Urgency.THIS_WEEK,
    state=TopUpState.OPEN,
    asked_at=NOW,
)
HOSTILE_TOPUP = replace(TOPUP, tokens=HUGE, note=HOSTILE, urgency=Urgency.TODAY)


def decided(
    state: TopUpState,
    *,
    by: UserId | None = MIA.user_id,
    tokens: int | None = None,
    note: str = "",
    topup: TopUp = TOPUP,
) -> TopUp:
    return replace(
        topup,
        state=state,
        decided_by=by,
        decided_at=NOW + timedelta(minutes=7),
        decided_tokens=tokens,
        decision_note=note,
    )


def dossier(topup: TopUp, *, available: int = 20_000) -> Dossier:
    return Dossier(topup=topup, available=available, got_lately=1_000_000, used_lately=980_000)


def line(kind: EntryKind, change: int, **other: object) -> Line:
    plain = Line(
        entry_id=ENTRY,
        kind=kind,
        recorded_at=NOW,
        change=change,
        actor=MIA.user_id,
        counterparty=None,
        note="",
        is_reversed=False,
        reverses=None,
        is_self_approved=False,
    )
    return replace(plain, **other)  # type: ignore[arg-type]


HOSTILE_LINES = tuple(
    line(
        EntryKind.TRANSFER,
        HUGE if n % 2 else -HUGE,
        counterparty=BEN.user_id,
        note=HOSTILE,
        is_reversed=True,
    )
    for n in range(8)
)
EVERY_KIND = (
    *(
        line(
            kind,
            -40_000 if n % 2 else 40_000,
            counterparty=BEN.user_id if kind is EntryKind.TRANSFER else None,
            reverses=OTHER_ENTRY if kind is EntryKind.REVERSAL else None,
            is_self_approved=kind is EntryKind.GRANT,
        )
        for n, kind in enumerate(EntryKind)
    ),
    line(EntryKind.ATTRIBUTION, -550),
)
ALLOWED = (
    line(EntryKind.ALLOWANCE, 1_700_000, period_on=date(2026, 3, 9), expired=300_000),
    line(EntryKind.ALLOWANCE, 2_000_000, period_on=date(2026, 3, 2)),
)


def page(
    *lines: Line,
    viewer: Member = ANA,
    subject: UserId = ANA.user_id,
    older: EntryId | None = None,
    is_newest: bool = True,
) -> Page:
    return Page(viewer=viewer, subject=subject, lines=lines, older=older, is_newest=is_newest)


def home(found: Balance, *lines: Line, topups: tuple[Asking, ...] = (), **other: Any) -> Home:
    shown = page(*lines, viewer=found.viewer, subject=found.viewer.user_id, older=ENTRY)
    return Home(
        **{"balance": found, "week": week(), "open_topups": topups, "history": shown, **other}
    )


def week(*parts: Part, used: int = 0) -> Week:
    """Seven days up to today, on each of which as much was used."""
    days = [NOW.date() - timedelta(days=back) for back in range(6, -1, -1)]
    return Week(days=days, by_day=dict.fromkeys(days, used), models=parts)


def glance(
    *, name: str = "Search", near: int = 2, used: int = 3_100_000, pool: int | None = 4_200_000
) -> Glance:
    """A team, so many of whose people are named as near their end, of ten times as many."""
    named = tuple(Near(UserId(f"U{n:010}"), n * 1_000) for n in range(near))
    team = Team(team_id=TEAM, name=name)
    return Glance(team=team, people=12, pool=pool, used=used, near=named, near_count=near * 10)


SEARCH = Team(team_id=TEAM, name="<!here> *Search*", zone="Europe/Berlin", thresholds="25,10,0")
EVERYONE_TEAM = Team(team_id=EVERYONE, name="Everyone")
POOL = pool_account(TEAM)
MARCH = Span(date(2026, 3, 1), date(2026, 4, 1))


def funds(balance: int, gone: int, **other: object) -> Funds:
    """March's, at 60k a day, with the next allowance on the first of April."""
    plain = Funds(
        account=member_account(ANA.user_id),
        team=SEARCH,
        balance=balance,
        held=0,
        gone=gone,
        span=MARCH,
        zone=SEARCH.clock,
        next_at=datetime(2026, 3, 31, 22, tzinfo=UTC),
        pace=Pace(tokens=840_000, days=14),
    )
    return replace(plain, **other)  # type: ignore[arg-type]


def warned(threshold: int, *, balance: int, gone: int, **other: object) -> Warned:
    mine = funds(balance, gone, **other)
    recipient = MIA.user_id if mine.is_pool else ANA.user_id
    return Warned(
        recipient=recipient, funds=mine, threshold=threshold, now=LATER, admins=(ADA.user_id,)
    )


def usage(*days: int, balance: int, gone: int, **other: object) -> Usage:
    on = [LATER.date() - timedelta(days=back) for back in range(len(days) - 1, -1, -1)]
    return Usage(
        viewer=ANA.user_id,
        funds=funds(balance, gone, **other),
        days=tuple(zip(on, days, strict=True)),
        now=LATER,
    )


EXPIRY = ExpiryTold(
    recipient=ANA.user_id,
    expiring=SoonExpiring(
        account=member_account(ANA.user_id),
        tokens=300_000,
        size=1_000_000,
        expires_at=datetime(2026, 3, 4, 23, tzinfo=UTC),
    ),
    available=750_000,
)


def alert_choice(**chosen: object) -> AlertChoice:
    preferences = replace(Preferences(), **chosen)  # type: ignore[arg-type]
    person = Contact(user_id=ANA.user_id, team_id=TEAM, preferences=preferences)
    return AlertChoice(person=person, team=replace(SEARCH, thresholds=None))
