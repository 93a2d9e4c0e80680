"""A vendor that is slow, overloaded, or says what nobody can read ends in words, not in a storm."""

from datetime import date, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import pytest

from bot.domain.pulls import ProviderAway, ProviderRefused
from bot.providers import openai
from bot.providers.openai import OpenAI
from bot.providers.vendor import ANSWER_BYTES_MAX, PAGES_MAX, Vendor
from tests.company import MORNING
from tests.providers.vendors import KEY, Fault, Vendors, completion

DAY = date(2026, 3, 1)


def test_a_key_that_is_not_known_is_told_by_its_settings_name_and_never_itself(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.key = "another"

    with pytest.raises(ProviderRefused) as refused:
        of_openai.day(DAY, revision=1)

    assert "OPENAI_ADMIN_KEY" in str(refused.value)
    assert KEY not in str(refused.value)
    assert len(vendors.calls) == 1


def test_an_access_can_be_logged_without_its_key() -> None:
    assert KEY not in repr(openai.access(key=KEY, url="http://127.0.0.1"))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "may not read"),
        (404, "OPENAI_API_URL"),
        (400, "OPENAI_API_URL"),
        (302, "answered 302"),
    ],
)
def test_what_somebody_must_change_is_refused(
    vendors: Vendors, of_openai: OpenAI, status: int, words: str
) -> None:
    vendors.faults.append(Fault(status, headers={"Location": "http://127.0.0.1:9/steal"}))

    with pytest.raises(ProviderRefused, match=words):
        of_openai.day(DAY, revision=1)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("90", timedelta(seconds=90)),
        ("9" * 30, timedelta(days=1_157, seconds=35_200)),
        (format_datetime(MORNING + timedelta(minutes=3)), timedelta(minutes=3)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_an_overloaded_vendor_says_how_long_to_wait(
    vendors: Vendors, of_openai: OpenAI, retry_after: str, wait: timedelta | None
) -> None:
    vendors.faults.append(Fault(429, headers={"Retry-After": retry_after}))

    with pytest.raises(ProviderAway, match="429") as away:
        of_openai.day(DAY, revision=1)

    assert away.value.wait == wait or (wait and away.value.wait and wait.days > 1_000)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
def test_a_fault_of_the_vendors_passes(vendors: Vendors, of_openai: OpenAI, status: int) -> None:
    vendors.faults.append(Fault(status, b"<html>oops</html>"))

    with pytest.raises(ProviderAway, match=str(status)):
        of_openai.day(DAY, revision=1)


def test_a_vendor_that_does_not_answer_is_not_waited_for(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.faults.append(Fault(hangs=True))

    with pytest.raises(ProviderAway, match="did not answer in time"):
        of_openai.day(DAY, revision=1)


def test_an_answer_that_never_ends_is_given_up(vendors: Vendors) -> None:
    vendors.completions[DAY] = [completion(input_tokens=1)]
    minutes = count()

    def clock() -> datetime:
        return MORNING + timedelta(minutes=5 * next(minutes))

    slow = Vendor(openai.access(key=KEY, url=vendors.url), clock)

    with pytest.raises(ProviderAway, match="did not finish"):
        OpenAI(slow).day(DAY, revision=1)
    slow.close()


def test_a_vendor_that_is_not_there_is_told(vendors: Vendors) -> None:
    nowhere = Vendor(openai.access(key=KEY, url="http://127.0.0.1:1"), lambda: MORNING)

    with pytest.raises(ProviderAway, match="OPENAI_API_URL"):
        OpenAI(nowhere).day(DAY, revision=1)
    nowhere.close()


def test_a_connection_that_is_cut_off_is_tried_again_later(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.faults.append(Fault(body=b'{"data": [', headers={"Content-Encoding": "gzip"}))

    with pytest.raises(ProviderAway):
        of_openai.day(DAY, revision=1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"data": ',
        b"[]",
        b"null",
        b'{"data": 7}',
        b'{"data": [{"start_time": 1772323200, "results": null}]}',
        b"{}",
        b'{"data": [NaN]}',
        b'{"data": [1e99999999999999999999999]}',
        b'{"data": [' + b"9" * 5_000 + b"]}",
        b"\xff\xfe\xfa",
        b"[" * 100_000,
    ],
    ids=lambda body: str(body[:24]),
)
def test_an_answer_that_is_no_report_is_not_taken_for_one(
    vendors: Vendors, of_openai: OpenAI, body: bytes
) -> None:
    vendors.faults.append(Fault(body=body))

    with pytest.raises(ProviderAway):
        of_openai.day(DAY, revision=1)


def test_a_huge_answer_is_not_read_to_its_end(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.faults.append(Fault(body=b" " * (ANSWER_BYTES_MAX + 1)))

    with pytest.raises(ProviderAway, match="bytes at once"):
        of_openai.day(DAY, revision=1)


def test_pages_that_lead_in_a_circle_end(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.circles = True

    with pytest.raises(ProviderAway, match="leads to itself"):
        of_openai.day(DAY, revision=1)

    assert len(vendors.calls) == 2


def test_pages_without_end_end(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.rows_per_page = 1
    vendors.completions[DAY] = [
        completion(api_key_id=f"key_{n}", input_tokens=1) for n in range(PAGES_MAX + 5)
    ]

    with pytest.raises(ProviderAway, match="more than 200 pages"):
        of_openai.day(DAY, revision=1)

    assert len(vendors.calls) == PAGES_MAX


def test_a_list_of_users_without_end_ends(vendors: Vendors, of_openai: OpenAI) -> None:
    again = (
        b'{"data": [{"id": "user-x", "email": "x@example.com"}], "has_more": true, "last_id": "a"}'
    )
    vendors.faults_at["/v1/organization/users"] = Fault(body=again)
    vendors.completions[DAY] = [completion(user_id="user-ann", input_tokens=1)]

    with pytest.raises(ProviderAway, match="pages of users"):
        of_openai.day(DAY, revision=1)


def test_a_day_with_too_many_rows_is_refused_whole(
    vendors: Vendors, of_openai: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.providers.rows.ROWS_MAX", 2)
    vendors.completions[DAY] = [completion(api_key_id=f"key_{n}", input_tokens=1) for n in range(3)]

    with pytest.raises(ProviderAway, match="more than 2 rows"):
        of_openai.day(DAY, revision=1)
