from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import alerts, expiries, funds
from bot.domain.alerts import PACE, Alert
from bot.domain.directory import TeamId
from bot.domain.expiries import Expiring, Lot
from bot.domain.funds import Funds, Turn
from bot.domain.ledger import AccountId
from bot.domain.pace import Pace
from bot.domain.periods import Period, Span
from bot.domain.refusals import AlertFault, AlertsRefused
from bot.domain.teams import Team

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
NEXT = datetime(2026, 4, 1, tzinfo=UTC)
ALICE = AccountId("member:UALICE")
DEFAULT = (20, 5, 0)
UNUSED = Funds(
    account=ALICE,
    team=Team(team_id=TeamId("search"), name="Search"),
    balance=1_000_000,
    held=0,
    gone=0,
    span=Span(date(2026, 3, 1), date(2026, 4, 1)),
    zone=ZoneInfo("UTC"),
    next_at=NEXT,
    pace=None,
)


def left(available: int, *, held: int = 0, of: int = 1_000_000, pace: int | None = None) -> Funds:
    balance = available + held
    paced = Pace(tokens=pace * 14, days=14) if pace is not None else None
    return replace(UNUSED, balance=balance, held=held, gone=of - balance, pace=paced)


@pytest.mark.parametrize(
    ("available", "passed"),
    [
        (200_001, ()),
        (200_000, (20,)),
        (50_001, (20,)),
        (50_000, (20, 5)),
        (1, (20, 5)),
        (0, (20, 5, 0)),
        (-7, (20, 5, 0)),
    ],
)
def test_a_threshold_is_passed_at_its_percentage_of_the_funds(
    available: int, passed: Sequence[int]
) -> None:
    assert alerts.passed(DEFAULT, left(available), NOW) == passed


def test_what_is_held_is_of_the_funds_but_not_available() -> None:
    assert alerts.passed(DEFAULT, left(150_000, held=300_000), NOW) == (20,)
    assert left(150_000, held=300_000).total == 1_000_000
    assert left(150_000).percent == 15


def test_debt_from_before_the_period_is_exhausted() -> None:
    assert alerts.passed((0,), left(-7, of=-7), NOW) == (0,)
    assert left(-7, of=-7).percent == 0


def test_pace_warns_where_the_rest_ends_more_than_a_day_before_the_next_allowance() -> None:
    # 19 days and 15 hours to go; a day less is 18.6.
    assert alerts.passed(DEFAULT, left(300_000, pace=20_000), NOW) == (PACE,)
    assert alerts.passed(DEFAULT, left(372_000, pace=20_000), NOW) == (PACE,)
    assert alerts.passed(DEFAULT, left(373_000, pace=20_000), NOW) == ()


def test_pace_says_nothing_without_a_next_allowance_or_below_a_threshold() -> None:
    assert alerts.passed(DEFAULT, replace(left(300_000, pace=20_000), next_at=None), NOW) == ()
    assert alerts.passed(DEFAULT, left(150_000, pace=20_000), NOW) == (20,)
    assert alerts.passed((), left(300_000, pace=20_000), NOW) == ()
    assert not alerts.is_passed(PACE, left(0, pace=20_000), NOW)


def test_only_credit_arms_a_pace_again() -> None:
    slower = left(300_000, pace=1_000)

    assert not alerts.is_lifted(PACE, slower, NOW, is_credited=False)
    assert alerts.is_lifted(PACE, slower, NOW, is_credited=True)
    assert alerts.is_lifted(20, left(200_001), NOW, is_credited=False)
    assert not alerts.is_lifted(20, left(200_000), NOW, is_credited=True)


@given(st.permutations([PACE, 20, 5, 0]), st.integers(1, 4))
def test_of_several_the_lowest_is_told_and_pace_only_alone(order: list[int], count: int) -> None:
    noted = [
        Alert(alert_id=str(n), account=ALICE, period_on="2026-03-01", threshold=n, told_at=None)
        for n in order[:count]
    ]

    found = alerts.lowest(noted).threshold

    percentages = [n for n in order[:count] if n != PACE]
    assert found == (min(percentages) if percentages else PACE)


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=5, unique=True),
    st.integers(-10, 10**15),
    st.integers(0, 10**15),
)
def test_whatever_is_lower_than_what_is_passed_by_more_is_passed_later(
    thresholds: list[int], available: int, gone: int
) -> None:
    mine = replace(UNUSED, balance=available, gone=gone)

    passed = set(alerts.passed(thresholds, mine, NOW))

    assert passed == {t for t in thresholds if passed and t >= min(passed)}


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        (["20", "5", "0"], "20,5,0"),
        (["0", "10", "30"], "30,10,0"),
        (["30,10,0"], "30,10,0"),
        (["30%,", "10", "%", "10"], "30,10"),
        (["100"], "100"),
    ],
)
def test_percentages_are_read_as_people_write_them(words: list[str], stored: str) -> None:
    assert alerts.read(words) == stored
    assert ",".join(map(str, alerts.percentages(stored))) == stored


def test_none_chosen_is_what_comes_out_of_the_box_and_empty_is_none() -> None:
    assert alerts.percentages(None) == DEFAULT
    assert alerts.percentages("") == ()


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", AlertFault.NO_NUMBER),
        ("low", AlertFault.NO_NUMBER),
        ("-5", AlertFault.NO_NUMBER),
        ("2.5", AlertFault.NO_NUMBER),
        ("٢٠", AlertFault.NO_NUMBER),
        ("101", AlertFault.OUT_OF_RANGE),
        ("9" * 5_000, AlertFault.OUT_OF_RANGE),
        ("1 2 3 4 5 6", AlertFault.TOO_MANY),
    ],
)
def test_other_percentages_are_refused(typed: str, fault: AlertFault) -> None:
    with pytest.raises(AlertsRefused) as caught:
        alerts.read(typed.split())

    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("20-8", (20, 8)), ("20:00–08:00", (20, 8)), ("0 - 23", (0, 23)), ("22 - 07", (22, 7))],
)
def test_hours_are_read_as_people_write_them(typed: str, hours: tuple[int, int]) -> None:
    assert alerts.read_hours(typed) == hours


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", AlertFault.NO_HOURS),
        ("20", AlertFault.NO_HOURS),
        ("20-24", AlertFault.NO_HOURS),
        ("-1-8", AlertFault.NO_HOURS),
        ("20:30-8", AlertFault.NO_HOURS),
        ("8pm-8am", AlertFault.NO_HOURS),
        ("9" * 5_000 + "-8", AlertFault.NO_HOURS),
        ("8-8", AlertFault.SAME_HOUR),
    ],
)
def test_other_hours_are_refused(typed: str, fault: AlertFault) -> None:
    with pytest.raises(AlertsRefused) as caught:
        alerts.read_hours(typed)

    assert caught.value.fault is fault


def test_the_period_is_that_of_the_next_allowance_else_the_month_in_the_teams_zone() -> None:
    team = Team(team_id=TeamId("search"), name="Search", zone="Asia/Tokyo")
    late = datetime(2026, 3, 31, 16, tzinfo=UTC)  # April began in Tokyo
    turn = Turn(period=Period.WEEK, anchor_on="2024-01-03", zone=ZoneInfo("UTC"), next_at=NEXT)

    assert funds.current_span(None, team, late)[0] == Span(date(2026, 4, 1), date(2026, 5, 1))
    assert funds.current_span(turn, team, late) == (
        Span(date(2026, 3, 25), date(2026, 4, 1)),
        ZoneInfo("UTC"),
    )


def lot(remaining: int, **other: object) -> Lot:
    plain = Lot(account=ALICE, tokens=1_000_000, remaining=remaining, expires_at=NEXT)
    return replace(plain, **other)  # type: ignore[arg-type]


def test_what_expires_is_what_carries_over_nowhere() -> None:
    rule = {"allowance_id": "a1", "period": Period.MONTH}

    assert expiries.expiring([lot(300_000, **rule, carry_max=100_000)]) == Expiring(
        account=ALICE, tokens=200_000, size=1_000_000, expires_at=NEXT
    )
    assert expiries.expiring([lot(300_000, **rule, carry_max=None)]) is None
    assert expiries.expiring([lot(300_000, **rule, carry_max=300_000)]) is None
    gift = lot(50_000, expires_at=NEXT - timedelta(hours=1))
    both = expiries.expiring([gift, lot(300_000, **rule, carry_max=100_000)])
    assert both is not None
    assert (both.tokens, both.expires_at) == (250_000, NEXT - timedelta(hours=1))


def test_a_weekly_allowance_that_comes_again_expires_without_a_word() -> None:
    assert expiries.expiring([lot(900_000, allowance_id="a1", period=Period.WEEK)]) is None


@pytest.mark.parametrize(
    ("tokens", "available", "is_told"),
    [(200_000, 9_000_000, True), (199_999, 9_000_000, False), (199_999, 1_000_000, True)],
)
def test_a_fifth_of_the_lots_or_a_tenth_of_all_is_worth_a_message(
    tokens: int, available: int, *, is_told: bool
) -> None:
    found = Expiring(account=ALICE, tokens=tokens, size=1_000_000, expires_at=NEXT)

    assert expiries.is_worth_telling(found, available) is is_told
