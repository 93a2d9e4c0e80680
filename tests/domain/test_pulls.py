"""Which day of a provider's report is read when: first a month, then the last days, again."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import pulls
from bot.domain.pulls import ProviderAway, ProviderRefused, Pull
from bot.domain.usage_events import LATE_MAX

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()


def read_days(pull: Pull, now: datetime) -> tuple[list[date], Pull]:
    """All days that a worker reads in one go, and how it stands then."""
    days = []
    while (day := pulls.day_due(pull, now)) is not None:
        days.append(day)
        pull = pulls.after_day(pulls.begun(pull, day, now), day, (), now)
    return days, pull


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_the_first_pull_reads_a_month() -> None:
    days, pull = read_days(Pull(), NOON)

    assert days == span(date(2026, 1, 31), TODAY)
    assert len(days) == 31
    assert (pull.read_to, pull.next_day, pull.succeeded_at) == (TODAY, None, NOON)


def test_every_hour_the_last_days_are_read_again() -> None:
    _, pull = read_days(Pull(), NOON)

    soon, _ = read_days(pull, NOON + timedelta(minutes=59))
    later, _ = read_days(pull, NOON + timedelta(hours=1))

    assert soon == []
    assert later == span(date(2026, 2, 27), TODAY)


def test_days_that_nobody_read_are_made_good() -> None:
    _, pull = read_days(Pull(), NOON)

    days, _ = read_days(pull, NOON + timedelta(days=20))

    assert days == span(date(2026, 2, 27), TODAY + timedelta(days=20))


def test_nothing_is_read_that_intake_would_find_too_old() -> None:
    _, pull = read_days(Pull(), NOON)
    much_later = NOON + timedelta(days=400)

    days, _ = read_days(pull, much_later)

    assert much_later - pulls.moment_of(days[0]) < LATE_MAX
    assert days[-1] == much_later.date()


def test_a_day_is_read_from_its_noon_on_so_that_nothing_is_of_the_future() -> None:
    assert pulls.last_day(NOON - timedelta(seconds=1)) == date(2026, 3, 1)
    assert pulls.last_day(NOON) == TODAY


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "America/St_Johns", "Europe/Berlin"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 7, 1)])
def test_a_days_usage_lands_on_its_date_across_the_world(zone: str, day: date) -> None:
    assert pulls.moment_of(day).astimezone(ZoneInfo(zone)).date() == day


def test_while_one_worker_reads_a_day_no_other_does() -> None:
    reading = pulls.begun(Pull(), TODAY, NOON)

    assert pulls.day_due(reading, NOON + timedelta(minutes=9)) is None
    assert pulls.day_due(reading, NOON + timedelta(minutes=10)) == TODAY


def test_after_failures_it_waits_longer_and_longer_and_reads_the_same_day() -> None:
    pull, waits = pulls.begun(Pull(), date(2026, 2, 10), NOON), []
    for _ in range(9):
        pull = pulls.after_failure(pull, ProviderAway("no answer"), NOON)
        assert pull.next_at is not None
        waits.append((pull.next_at - NOON).total_seconds() / 60)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (pull.error, pull.failures) == ("no answer", 9)
    assert pulls.day_due(pull, NOON + timedelta(hours=1)) == date(2026, 2, 10)


def test_a_success_forgets_the_failures_before_it() -> None:
    failed = pulls.after_failure(pulls.begun(Pull(), TODAY, NOON), ProviderRefused("no"), NOON)

    pull = pulls.after_day(failed, TODAY, (), NOON)

    assert (pull.error, pull.failures, pull.is_refused) == ("", 0, False)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(seconds=90), timedelta(seconds=90)),
        (timedelta(seconds=-30), timedelta(seconds=1)),
        (timedelta(days=1_157), timedelta(hours=6)),
    ],
)
def test_a_provider_is_given_the_time_it_asks_for_within_reason(
    asked: timedelta, wait: timedelta
) -> None:
    pull = pulls.after_failure(Pull(), ProviderAway("answered 429", asked), NOON)

    assert pull.next_at == NOON + wait


def test_a_refusal_waits_an_hour_but_is_tried_when_the_bot_starts() -> None:
    pull = pulls.after_failure(pulls.begun(Pull(), TODAY, NOON), ProviderRefused("bad key"), NOON)
    soon = NOON + timedelta(minutes=5)

    assert pulls.day_due(pull, soon) is None
    assert pulls.day_due(pull, soon, is_start=True) == TODAY


def test_a_start_does_not_hurry_what_will_pass_or_another_worker_reads() -> None:
    away = pulls.after_failure(Pull(), ProviderAway("no answer"), NOON)
    refused = pulls.after_failure(Pull(), ProviderRefused("bad key"), NOON)
    read_by_another = pulls.begun(refused, TODAY, NOON)

    assert pulls.day_due(away, NOON, is_start=True) is None
    assert pulls.day_due(read_by_another, NOON, is_start=True) is None


def test_what_a_pull_could_not_take_is_kept_until_the_next_one_ends() -> None:
    yesterday = TODAY - timedelta(days=1)

    midway = pulls.after_day(pulls.begun(Pull(), yesterday, NOON), yesterday, ("a row",), NOON)
    ended = pulls.after_day(midway, TODAY, ("another", "x" * 900), NOON)
    clean = pulls.after_day(ended, TODAY, (), NOON)

    assert (midway.remark, midway.next_day) == ("", TODAY)
    assert ended.remark.startswith("a row; another; x")
    assert len(ended.remark) == pulls.WORDS_MAX
    assert clean.remark == ""


def test_a_later_pull_has_a_higher_revision_that_fits_its_column() -> None:
    assert pulls.revision(NOON + timedelta(seconds=1)) > pulls.revision(NOON) > 0
    assert pulls.revision(datetime(2088, 1, 1, tzinfo=UTC)) < 2**31


@given(start=st.integers(0, 48), waits=st.lists(st.integers(0, 400), max_size=8))
def test_every_day_is_read_once_more_after_it_is_over(start: int, waits: list[int]) -> None:
    """However irregularly somebody pulls, no closed day is passed over."""
    now, pull = NOON, Pull()
    read: dict[date, datetime] = {}
    for hours in (start, *waits, 30):
        now += timedelta(hours=hours)
        days, pull = read_days(pull, now)
        read |= dict.fromkeys(days, now)

    for day in span(min(read), now.date() - timedelta(days=2)):
        assert read[day] >= pulls.moment_of(day) + timedelta(hours=12)


def test_the_day_of_connecting_stays_whenever_the_report_is_read() -> None:
    first = pulls.begun(Pull(), TODAY - timedelta(days=30), NOON)
    failed = pulls.after_failure(first, ProviderAway("no answer"), NOON)

    again = pulls.begun(failed, TODAY - timedelta(days=30), NOON + timedelta(days=2))

    assert again.charged_from == TODAY
    assert again.charged_since == datetime.combine(TODAY, time(), tzinfo=UTC)


def test_a_key_that_was_refused_connected_nothing() -> None:
    first = pulls.begun(Pull(), TODAY - timedelta(days=30), NOON)
    refused = pulls.after_failure(first, ProviderRefused("no admin key"), NOON)

    mended = pulls.begun(refused, TODAY - timedelta(days=30), NOON + timedelta(days=12))

    assert mended.charged_from == TODAY + timedelta(days=12)


def test_a_key_that_is_refused_later_changes_no_day_of_connecting() -> None:
    _, read = read_days(Pull(), NOON)
    refused = pulls.after_failure(read, ProviderRefused("revoked"), NOON + timedelta(days=3))

    mended = pulls.begun(refused, TODAY, NOON + timedelta(days=12))

    assert mended.charged_from == TODAY


def test_a_report_that_was_read_before_there_was_such_a_day_is_charged_whole() -> None:
    read = pulls.begun(Pull(read_to=TODAY - timedelta(days=1)), TODAY, NOON)

    assert read.charged_since is None
