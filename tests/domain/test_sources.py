"""When a source is silent: what its own last week says of it, then what others say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import sources as rules
from bot.domain.sources import Told
from bot.domain.usage_events import SourceRole

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: 18:00 on the Friday of week 10, when work ends.
FRIDAY = datetime(2026, 3, 6, 18, tzinfo=UTC)
_TOLD = Told(
    source="litellm",
    provider="openai",
    day=FRIDAY.date(),
    role=SourceRole.GATEWAY,
    events=10,
    counted=1_000,
    tokens=1_000,
    last_occurred_at=FRIDAY,
    last_received_at=FRIDAY,
    people=None,
)


def heard(at: datetime, source: str = "litellm", came: datetime | None = None) -> Told:
    """Last of all that day."""
    came = came or at + timedelta(minutes=1)
    return replace(_TOLD, source=source, day=at.date(), last_occurred_at=at, last_received_at=came)


def weekdays(until: datetime, days: int, source: str = "litellm") -> list[Told]:
    """At the same hour of each working day of so many, the last one included."""
    found = [until - number * DAY for number in range(days)]
    return [heard(at, source) for at in found if at.weekday() < 5]


def silent(told: Sequence[Told], now: datetime) -> set[str]:
    return {one.source for one in rules.states(told, [], {}, now) if one.is_silent}


def test_a_gateway_of_working_days_may_rest_on_the_weekend() -> None:
    told = weekdays(FRIDAY, 19)

    for hours in range(1, 72, 3):  # until late on Monday, when it is heard again
        others = [heard(FRIDAY + hours * HOUR, "nightly-jobs")]
        assert silent([*told, *others], FRIDAY + (hours + 1) * HOUR) == set()


def test_its_monday_is_missed_once_it_is_later_than_a_week_before() -> None:
    told = weekdays(FRIDAY, 19)
    monday = FRIDAY + 3 * DAY

    assert silent(told, monday + 3 * HOUR) == set()
    assert silent(told, monday + 3 * HOUR + timedelta(minutes=1)) == {"litellm"}


def test_one_that_stops_on_a_working_day_is_missed_on_the_next() -> None:
    tuesday = FRIDAY - 3 * DAY
    told = [*weekdays(tuesday - DAY, 16), heard(tuesday - 3 * HOUR)]

    assert silent(told, tuesday + DAY - HOUR) == set()
    assert silent(told, tuesday + DAY + 4 * HOUR) == {"litellm"}


def test_it_stays_silent_until_it_is_heard_or_forgotten() -> None:
    told = weekdays(FRIDAY, 19)

    for days in range(4, 13):
        looked_at = rules.first_day(FRIDAY + days * DAY, rules.LOOKED_AT)
        seen = [one for one in told if one.day >= looked_at]
        assert silent(seen, FRIDAY + days * DAY) == {"litellm"}, days
    assert silent(told, FRIDAY + 14 * DAY) == set()
    assert silent([*told, heard(FRIDAY + 5 * DAY)], FRIDAY + 5 * DAY + HOUR) == set()


@pytest.mark.parametrize("days", [1, 4])
def test_a_new_one_is_missed_after_a_day_in_which_another_was_heard(days: int) -> None:
    told = [heard(FRIDAY - number * DAY) for number in range(days)]
    now = FRIDAY + DAY + HOUR

    assert silent(told, now) == set()
    assert silent([*told, heard(now - HOUR, "app")], now) == {"litellm"}
    assert silent([*told, heard(now - HOUR, "app")], FRIDAY + DAY) == set()


def test_a_file_that_was_read_in_is_not_expected_again() -> None:
    came = FRIDAY + HOUR
    file = [heard(FRIDAY - number * DAY, "march", came) for number in range(20)]

    for days in range(1, 14):
        now = came + days * DAY + HOUR
        looked_at = rules.first_day(now, rules.LOOKED_AT)
        told = [one for one in [*file, heard(now - HOUR, "app")] if one.day >= looked_at]
        assert silent(told, now) == set(), days


def test_one_that_is_heard_now_and_then_is_not_expected_on_a_day() -> None:
    told = [heard(FRIDAY - 15 * DAY), heard(FRIDAY - 9 * DAY), heard(FRIDAY)]

    for days in range(2, 13):
        now = FRIDAY + days * DAY
        assert silent([*told, heard(now - HOUR, "app")], now) == set(), days


def companys(told: Sequence[Told]) -> bool:
    (found,) = rules.states(told, [], {}, FRIDAY + 2 * DAY)
    return found.is_companys


def by(days_ago: int, *people: str) -> Told:
    return replace(heard(FRIDAY - days_ago * DAY), people=frozenset(people))


def test_a_source_is_the_companys_from_its_second_day_on() -> None:
    once = heard(FRIDAY)

    assert not companys([once])
    assert not companys([once, replace(once, provider="anthropic")])
    assert companys([once, heard(FRIDAY - 13 * DAY)])


def test_what_personal_keys_send_is_the_companys_where_three_people_do_in_a_week() -> None:
    assert not companys([by(0, "UANA"), by(1, "UANA"), by(2, "UANA")])
    assert not companys([by(0, "UANA"), by(6, "UBEN")])
    assert companys([by(0, "UANA"), by(5, "UANA", "UBEN"), by(6, "UEVA")])
    assert not companys([by(0, "UANA"), by(6, "UANA", "UBEN"), by(7, "UANA", "UBEN", "UEVA")])


def test_what_another_key_sends_too_is_the_companys_while_it_does() -> None:
    assert companys([by(0, "UANA"), heard(FRIDAY - 6 * DAY)])
    assert not companys([by(0, "UANA"), heard(FRIDAY - 7 * DAY)])
