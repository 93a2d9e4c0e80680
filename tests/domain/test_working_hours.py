from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import working_hours

BERLIN, CAIRO, TEHRAN = (ZoneInfo(z) for z in ("Europe/Berlin", "Africa/Cairo", "Asia/Tehran"))
#: Clocks that are set on Sundays, on Fridays, at midnight, by half an hour, never; and a zone that
#: left out the whole of 30 December 2011, a Friday.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def naive(since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """Minute by minute: it counts if the calendar on the wall says Monday to Friday."""
    total, at = timedelta(), since
    while at < until:
        total += MINUTE if at.astimezone(zone).weekday() < 5 else timedelta()
        at += MINUTE
    return total


minutes = st.datetimes(
    min_value=datetime(2011, 12, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda at: at.replace(second=0, microsecond=0))


@example(datetime(2023, 4, 27, 12, tzinfo=UTC), 4 * 1440, "Africa/Cairo")  # a Friday of 23 hours
@example(datetime(2023, 10, 25, 12, tzinfo=UTC), 4 * 1440, "Africa/Cairo")  # a Thursday of 25
@example(datetime(2022, 3, 20, 12, tzinfo=UTC), 4 * 1440, "Asia/Tehran")  # a Tuesday of 23
@example(datetime(2022, 9, 20, 12, tzinfo=UTC), 4 * 1440, "Asia/Tehran")  # a Wednesday of 25
@example(datetime(2011, 12, 28, 12, tzinfo=UTC), 5 * 1440, "Pacific/Apia")  # no Friday at all
@example(datetime(2025, 3, 8, 12, tzinfo=UTC), 4 * 1440, "America/Havana")
@given(
    since=minutes, span=st.integers(min_value=-100, max_value=6 * 1440), zone=st.sampled_from(ZONES)
)
def test_working_hours_are_the_minutes_of_weekdays_on_the_wall(
    since: datetime, span: int, zone: str
) -> None:
    until, clock = since + span * MINUTE, ZoneInfo(zone)

    assert working_hours.passed(since, until, clock) == naive(since, until, clock)


@given(a=minutes, spans=st.tuples(*[st.timedeltas(timedelta(), timedelta(days=20))] * 2))
def test_working_hours_add_up(a: datetime, spans: tuple[timedelta, timedelta]) -> None:
    b, c = a + spans[0], a + spans[0] + spans[1]

    whole = working_hours.passed(a, c, CAIRO)

    assert whole == working_hours.passed(a, b, CAIRO) + working_hours.passed(b, c, CAIRO)


def local(zone: ZoneInfo, *when: int) -> datetime:
    year, month, day, hour = when
    return datetime(year, month, day, hour, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "asked", "due"),
    [
        (BERLIN, (2026, 3, 6, 15), (2026, 3, 9, 15)),  # Friday to Monday
        (BERLIN, (2026, 3, 27, 15), (2026, 3, 30, 15)),  # over a Sunday of 23 hours
        (BERLIN, (2026, 10, 23, 15), (2026, 10, 26, 15)),  # and one of 25
        (BERLIN, (2026, 3, 7, 11), (2026, 3, 10, 0)),  # asked on a Saturday: all of Monday
        (BERLIN, (2026, 3, 3, 15), (2026, 3, 4, 15)),
        (TEHRAN, (2022, 3, 21, 15), (2022, 3, 22, 16)),  # Tuesday has an hour less
    ],
)
def test_24_working_hours_are_a_full_weekdays_worth(
    zone: ZoneInfo, asked: tuple[int, ...], due: tuple[int, ...]
) -> None:
    since, then = local(zone, *asked), local(zone, *due)

    assert working_hours.passed(since, then, zone) == 24 * HOUR
    assert working_hours.passed(since, then - MINUTE, zone) < 24 * HOUR


def test_nothing_passes_backwards_and_on_weekends() -> None:
    friday, saturday, sunday = (local(BERLIN, 2026, 3, day, 12) for day in (6, 7, 8))

    assert working_hours.passed(sunday, saturday, BERLIN) == timedelta()
    assert working_hours.passed(saturday, sunday, BERLIN) == timedelta()
    assert working_hours.passed(sunday, friday, BERLIN) == timedelta()
