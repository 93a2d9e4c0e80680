from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage import moments
from tests.company import Company

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    timezones=ZONES,
)


@given(TIMES)
def test_a_time_comes_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    back = moments.as_moment(moments.as_text(moment))

    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC


@given(TIMES, TIMES)
def test_the_order_of_texts_is_the_order_of_times(one: datetime, other: datetime) -> None:
    assert (moments.as_text(one) < moments.as_text(other)) == (one < other)


@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_a_database_gives_back_the_very_time_that_it_was_given(
    company: Company, microseconds: int
) -> None:
    berlin = timezone(timedelta(hours=1))
    asked_at = datetime(2026, 3, 2, 10, 30, 15, microseconds, tzinfo=berlin)
    company.admin("leo")
    alice = company.member("alice")
    company.now = asked_at

    topup = company.ask(alice, 500_000)

    company.now = asked_at.astimezone(UTC) + timedelta(days=1)
    denied = company.deny(company.approver("mia"), topup.topup_id).topup
    assert denied.asked_at == asked_at
    assert denied.asked_at.tzinfo is UTC


def test_no_time_is_no_time() -> None:
    assert moments.as_moment(None) is None
