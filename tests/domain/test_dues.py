"""Any history of spending, looked at whenever, comes to what a patient calendar comes to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import dues, lots, periods
from bot.domain.account_states import AccountState, Due, Settled
from bot.domain.allowances import (
    Allowance,
    AllowanceId,
    AllowanceState,
    Subject,
    SubjectKind,
    Terms,
    Turn,
    Vesting,
)
from bot.domain.directory import TeamId, UserId
from bot.domain.holds import HoldId, OpenHold
from bot.domain.ledger import EXPIRED, AccountId, EntryId, EntryKind
from bot.domain.lots import Lot, LotId
from bot.domain.periods import Period
from tests.domain.naive_allowances import NaivePurse, NaiveRule

ANA = AccountId("member:UANA")
#: Ahead and behind, half hours, clocks that jump at midnight, at 02:00, by half an hour, never.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "UTC",
)
ANCHORS = (date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 29), date(2024, 8, 14))


class Purse:
    """An account in memory, settled whenever it is looked at."""

    def __init__(self, allowances: list[Allowance], zone: ZoneInfo, joined_on: date) -> None:
        self._numbers = count(1)
        self.dues: list[Due] = []
        self.zone = zone
        turns = tuple(turn(rule, zone, joined_on) for rule in allowances)
        self.state = AccountState(account=ANA, balance=0, held=0, turns=turns)

    def new_id(self, _now: datetime) -> str:
        return f"{next(self._numbers):08d}"

    def settle(self, now: datetime) -> Settled:
        settled = dues.settle(self.state, now, new_id=self.new_id, pays=lambda *_: True)
        self.state = replace(
            self.state, balance=settled.balance, lots=settled.lots, turns=settled.turns
        )
        self.dues += settled.dues
        return settled

    def change(self, tokens: int) -> None:
        if tokens < 0:
            taken = lots.take(self.state.lots, -tokens)
            left = tuple(lots.without(self.state.lots, taken))
            self.state = replace(self.state, lots=left)
        self.state = replace(self.state, balance=self.state.balance + tokens)

    @property
    def expiring(self) -> list[tuple[date, int]]:
        return [
            (lot.expires_at.astimezone(self.zone).date(), lot.remaining)
            for lot in lots.in_order(self.state.lots)
        ]

    @property
    def diary(self) -> list[tuple[date, str | None, int, int]]:
        return [
            (
                due.at.astimezone(self.zone).date(),
                due.credit[0] if due.credit else None,
                sum(p.tokens for p in due.entry.postings if p.destination == ANA),
                sum(p.tokens for p in due.entry.postings if p.destination == EXPIRED),
            )
            for due in self.dues
        ]


def allowance(rule: NaiveRule, *, state: AllowanceState = AllowanceState.ACTIVE) -> Allowance:
    return Allowance(
        allowance_id=AllowanceId(rule.name),
        subject=Subject(SubjectKind.MEMBER, "UANA"),
        team_id=TeamId("everyone"),
        period=Period(rule.period),
        anchor_on=rule.anchor,
        starts_on=rule.starts_on,
        ends_on=None if rule.last_on is None else rule.last_on + timedelta(days=1),
        is_prorated=rule.is_prorated,
        vesting=Vesting(parts=rule.parts, cliff=rule.cliff) if rule.parts else None,
        terms=(Terms(from_on=date.min, tokens=rule.tokens, carry_max=rule.carry),),
        created_by=UserId("UMIA"),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        state=state,
    )


def turn(rule: Allowance, zone: ZoneInfo, joined_on: date) -> Turn:
    first = rule.first_on(joined_on)
    return Turn(
        allowance=rule,
        account=ANA,
        zone=zone,
        joined_on=joined_on,
        next_on=first,
        next_at=None if first is None else periods.start_of(first, zone),
    )


@st.composite
def rules(draw: st.DrawFn, name: str, today: date) -> NaiveRule:
    starts_on = today + timedelta(days=draw(st.sampled_from((0, 0, 3, 17))))
    is_package = draw(st.integers(0, 4)) == 0
    lasts = draw(st.sampled_from((None, None, 9, 40)))
    parts = draw(st.integers(1, 7)) if is_package else 0
    return NaiveRule(
        name=name,
        tokens=draw(st.sampled_from((7, 1_000, 999_999))),
        period=draw(st.sampled_from(("week", "week", "month", "quarter", "year"))),
        anchor=draw(st.sampled_from(ANCHORS)),
        starts_on=starts_on,
        last_on=None if lasts is None else starts_on + timedelta(days=lasts),
        carry=None if is_package else draw(st.sampled_from((0, 0, None, 300, 10**9))),
        is_prorated=draw(st.booleans()),
        parts=parts,
        cliff=draw(st.integers(0, parts)) if parts else 0,
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[ZoneInfo, datetime, list[NaiveRule]]:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = date(2027, 11, 1) + timedelta(days=draw(st.integers(0, 400)))
    begun = datetime(day.year, day.month, day.day, draw(st.integers(0, 23)), tzinfo=UTC)
    today = begun.astimezone(zone).date()
    names = ("a", "b", "c")[: draw(st.integers(1, 3))]
    return zone, begun, [draw(rules(name, today)) for name in names]


steps = st.lists(
    st.tuples(
        st.sampled_from((1, 5, 23, 24 * 6, 24 * 8, 24 * 33)),
        st.sampled_from((0, 0, 250, -1, -400, -1_300, -2_000_000)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(histories(), steps)
def test_whoever_asks_late_is_told_what_the_calendar_tells(
    history: tuple[ZoneInfo, datetime, list[NaiveRule]], steps: list[tuple[int, int]]
) -> None:
    zone, now, naive_rules = history
    naive = NaivePurse(zone, now, naive_rules)
    today = now.astimezone(zone).date()
    purse = Purse([allowance(rule) for rule in naive_rules], zone, today)

    for hours, change in steps:
        now += timedelta(hours=hours)
        naive.wait_until(now)
        settled = purse.settle(now)
        assert (purse.state.balance, purse.expiring) == (naive.balance, naive.expiring)
        assert settled.next_due_at is None or settled.next_due_at > now
        purse.change(change)
        if change > 0:
            naive.put(change, None, None)
        else:
            naive.spend(-change)
        assert (purse.state.balance, purse.expiring) == (naive.balance, naive.expiring)

    assert purse.diary == naive.diary


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 24 * 100), st.lists(st.integers(1, 24 * 100), max_size=6))
def test_looking_more_often_changes_nothing(
    history: tuple[ZoneInfo, datetime, list[NaiveRule]], hours: int, looks: list[int]
) -> None:
    zone, now, naive_rules = history
    today = now.astimezone(zone).date()
    once = Purse([allowance(rule) for rule in naive_rules], zone, today)
    often = Purse([allowance(rule) for rule in naive_rules], zone, today)
    end = now + timedelta(hours=hours)

    once.settle(end)
    for look in sorted(looks):
        often.settle(min(now + timedelta(hours=look), end))
    often.settle(end)

    assert often.diary == once.diary
    assert often.state.balance == once.state.balance
    assert often.expiring == once.expiring
    assert {due.entry.key for due in often.dues} >= {
        due.entry.key for due in once.dues if due.entry.kind is EntryKind.ALLOWANCE
    }


WEEKLY = NaiveRule("a", 1_000, "week", date(2024, 1, 1), date(2026, 3, 23))
MARCH = datetime(2026, 3, 23, 8, tzinfo=UTC)


def lot(tokens: int, expires_at: datetime, *, rule: str | None = None) -> Lot:
    return Lot(
        lot_id=LotId(f"{tokens:08d}"),
        account=ANA,
        entry_id=EntryId("e"),
        remaining=tokens,
        expires_at=expires_at,
        allowance_id=rule,
    )


def settle(state: AccountState, now: datetime) -> Settled:
    numbers = count(1)
    new_id: Callable[[datetime], str] = lambda _: f"n{next(numbers)}"  # noqa: E731 (typed)
    return dues.settle(state, now, new_id=new_id, pays=lambda *_: True)


def test_a_lot_gives_up_only_what_no_open_hold_covers() -> None:
    state = AccountState(account=ANA, balance=100, held=70, lots=(lot(90, MARCH),))

    settled = settle(state, MARCH)

    assert settled.balance == 70
    assert [one.remaining for one in settled.lots] == [60]
    assert settled.next_due_at is None


def test_what_holds_covered_expires_when_they_end() -> None:
    state = AccountState(account=ANA, balance=70, held=0, lots=(lot(60, MARCH),))

    settled = settle(state, MARCH + timedelta(hours=3))

    assert settled.balance == 10
    assert settled.lots == ()


@pytest.mark.timeout(10)  # one that never ended would be looked at for ever
def test_a_hold_counts_until_the_instant_of_its_end_and_no_longer() -> None:
    call = OpenHold(HoldId("h"), 30, MARCH)
    state = AccountState(account=ANA, balance=100, held=30, holds=(call,))

    before, then = settle(state, MARCH - timedelta(microseconds=1)), settle(state, MARCH)

    assert (before.held, before.next_due_at, before.ended) == (30, MARCH, ())
    assert (then.held, then.next_due_at, then.ended) == (0, None, ("h",))


def test_expiry_and_the_next_credit_are_one_entry() -> None:
    zone = ZoneInfo("Europe/Berlin")
    purse = Purse([allowance(WEEKLY)], zone, date(2026, 3, 23))
    purse.settle(MARCH)

    settled = purse.settle(MARCH + timedelta(days=7))

    (due,) = settled.dues
    assert [(p.source, p.destination, p.tokens) for p in due.entry.postings] == [
        (ANA, "expired", 1_000),
        ("treasury", ANA, 1_000),
    ]
    assert due.entry.key == "allowance:a:member:UANA:2026-03-30"


def test_midnight_is_the_teams_own_also_when_its_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    purse = Purse([allowance(WEEKLY)], zone, date(2026, 3, 23))

    settled = purse.settle(MARCH)

    assert settled.next_due_at == datetime(2026, 3, 29, 22, tzinfo=UTC)  # summer time since 01:00


def test_a_debt_is_repaid_by_the_credit_and_the_lot_is_what_is_left() -> None:
    purse = Purse([allowance(WEEKLY)], ZoneInfo("UTC"), date(2026, 3, 23))
    purse.change(-300)

    settled = purse.settle(MARCH)

    assert settled.balance == 700
    assert [one.remaining for one in settled.lots] == [700]


def test_a_paused_rule_credits_nothing_and_its_periods_go_by() -> None:
    rule = allowance(replace(WEEKLY, carry=200), state=AllowanceState.PAUSED)
    state = AccountState(
        account=ANA,
        balance=500,
        held=0,
        lots=(lot(500, datetime(2026, 3, 30, tzinfo=UTC), rule="a"),),
        turns=(
            replace(
                turn(rule, ZoneInfo("UTC"), date(2026, 3, 23)),
                next_on=date(2026, 3, 30),
                next_at=datetime(2026, 3, 30, tzinfo=UTC),
            ),
        ),
    )

    settled = settle(state, datetime(2026, 3, 30, 1, tzinfo=UTC))

    assert settled.balance == 200
    assert [(one.remaining, one.expires_at.day) for one in settled.lots] == [(200, 6)]
    assert settled.turns[0].next_on == date(2026, 4, 6)


def test_what_a_source_cannot_pay_is_left_unpaid_and_the_period_goes_on() -> None:
    purse = Purse([allowance(WEEKLY)], ZoneInfo("UTC"), date(2026, 3, 23))

    settled = dues.settle(purse.state, MARCH, new_id=purse.new_id, pays=lambda *_: False)

    assert settled.balance == 0
    assert settled.unpaid == (("a", date(2026, 3, 23)),)
    assert settled.turns[0].next_on == date(2026, 3, 30)
    assert settled.turns[0].missed(date(2026, 3, 23))


@pytest.mark.parametrize(
    ("day", "period", "anchor", "start", "end"),
    [
        (date(2026, 2, 28), Period.MONTH, date(2024, 1, 31), date(2026, 2, 28), date(2026, 3, 31)),
        (date(2028, 2, 29), Period.MONTH, date(2024, 1, 31), date(2028, 2, 29), date(2028, 3, 31)),
        (date(2026, 3, 30), Period.MONTH, date(2024, 1, 31), date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 4, 30), Period.MONTH, date(2024, 1, 31), date(2026, 4, 30), date(2026, 5, 31)),
        (date(2027, 2, 28), Period.YEAR, date(2024, 2, 29), date(2027, 2, 28), date(2028, 2, 29)),
        (date(2026, 1, 1), Period.WEEK, date(2024, 1, 1), date(2025, 12, 29), date(2026, 1, 5)),
        (date(2026, 3, 1), Period.QUARTER, date(2024, 2, 1), date(2026, 2, 1), date(2026, 5, 1)),
        (date(2023, 5, 7), Period.QUARTER, date(2024, 1, 1), date(2023, 4, 1), date(2023, 7, 1)),
    ],
)
def test_the_period_in_which_a_day_lies(
    day: date, period: Period, anchor: date, start: date, end: date
) -> None:
    assert periods.span(day, period, anchor) == periods.Span(start, end)


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from(Period),
    st.sampled_from(ANCHORS),
)
def test_a_day_lies_in_its_period_and_the_next_begins_where_it_ends(
    day: date, period: Period, anchor: date
) -> None:
    span = periods.span(day, period, anchor)

    assert span.start <= day < span.end
    assert periods.span(span.start, period, anchor) == span
    assert periods.span(span.end, period, anchor).start == span.end


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC)),  # 00:00 skipped
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),  # 00:00 twice
    ],
)
def test_a_day_begins_once_also_where_midnight_is_skipped_or_comes_twice(
    zone: str, day: date, start: datetime
) -> None:
    assert periods.start_of(day, ZoneInfo(zone)) == start
    assert periods.day_of(start, ZoneInfo(zone)) == day
    assert periods.day_of(start - timedelta(seconds=1), ZoneInfo(zone)) < day


def test_an_allowance_credits_nothing_on_the_day_after_its_last() -> None:
    until_sunday = allowance(replace(WEEKLY, last_on=date(2026, 3, 29)))
    purse = Purse([until_sunday], ZoneInfo("UTC"), date(2026, 3, 23))
    purse.settle(MARCH)

    settled = purse.settle(MARCH + timedelta(days=7))

    assert settled.balance == 0
    assert settled.turns[0].next_on is None
