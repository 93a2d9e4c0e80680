from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bot.storage import ids

TIMES = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    timezones=st.just(UTC),
)


@given(TIMES)
def test_an_id_is_a_uuid_of_version_7(now: datetime) -> None:
    made = UUID(ids.new(now))

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(now.timestamp()) * 1_000 + now.microsecond // 1_000


@given(TIMES, st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=9)))
def test_the_order_of_ids_is_the_order_of_their_times(now: datetime, later: timedelta) -> None:
    assert ids.new(now) < ids.new(now + later)


@given(TIMES)
def test_the_first_id_of_a_moment_is_before_all_others_of_it_and_after_all_earlier(
    now: datetime,
) -> None:
    assert ids.new(now - timedelta(microseconds=1)) < ids.first_at(now) <= ids.new(now)


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    assert len({ids.new(now) for _ in range(1_000)}) == 1_000


@given(TIMES)
def test_an_id_says_when_it_was_made(now: datetime) -> None:
    assert ids.is_of(ids.new(now), now)
    assert not ids.is_of(ids.new(now), now + timedelta(microseconds=1))
