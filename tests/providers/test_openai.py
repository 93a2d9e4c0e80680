"""What OpenAI's report says becomes usage events, each row once, under the right person."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.counts import Counts
from bot.domain.pulls import Report
from bot.domain.usage_events import UsageEvent
from bot.providers.openai import OpenAI
from tests.providers.vendors import Fault, Vendors, completion

DAY = date(2026, 3, 1)


def by_user(report: Report) -> dict[str, int]:
    totals: dict[str, int] = {}
    for event in report.events:
        totals[event.user] = totals.get(event.user, 0) + event.counts.total
    return totals


def only(report: Report) -> UsageEvent:
    (event,) = report.events
    return event


def test_a_row_is_an_event_whose_classes_add_up_to_what_openai_counted(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.openai_users = {"user-ann": "ann@example.com"}
    vendors.completions[DAY] = [
        completion(
            user_id="user-ann",
            input_tokens=1_000,
            input_cached_tokens=600,
            input_cache_write_tokens=150,
            output_tokens=70,
        )
    ]

    event = only(of_openai.day(DAY, revision=7))

    assert event.counts == Counts(input_uncached=250, cache_read=600, cache_write=150, output=70)
    assert event.counts.total == 1_070
    assert (event.source, event.provider, event.model) == ("openai", "openai", "gpt-5")
    assert (event.user, event.project) == ("ann@example.com", "proj_1")
    assert event.metadata == {"api_key_id": "key_1"}
    assert event.occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event.revision == 7


def test_all_pages_are_read_and_sum_up_exactly(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.openai_users = {f"user-{n}": f"p{n}@example.com" for n in range(5)}
    vendors.completions[DAY] = [
        completion(user_id=f"user-{n}", input_tokens=10**n, output_tokens=n) for n in range(5)
    ]
    vendors.embeddings[DAY] = [
        {"input_tokens": 500_000, "num_model_requests": 2, "user_id": "user-3", "model": "embed-3"}
    ]

    report = of_openai.day(DAY, revision=1)

    assert by_user(report) == {
        "p0@example.com": 1,
        "p1@example.com": 11,
        "p2@example.com": 102,
        "p3@example.com": 501_003,
        "p4@example.com": 10_004,
    }
    pages = [call for call in vendors.calls if call.path.endswith("/completions")]
    assert [call.asked.get("page") for call in pages] == [None, ["1"], ["2"]]
    assert {tuple(sorted(call.asked["group_by[]"])) for call in pages} == {
        ("api_key_id", "model", "project_id", "user_id")
    }
    assert vendors.calls[0].agent == "tokenbot"


def test_a_page_that_comes_twice_is_counted_once(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.repeats_pages = True
    vendors.completions[DAY] = [
        completion(api_key_id=f"key_{n}", input_tokens=100 + n) for n in range(3)
    ]

    report = of_openai.day(DAY, revision=1)

    assert by_user(report) == {"api_key:key_0": 100, "api_key:key_1": 101, "api_key:key_2": 102}


def test_a_row_that_grew_between_two_pages_counts_as_the_larger(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.completions[DAY] = [
        completion(input_tokens=900),
        completion(input_tokens=1_200),
        completion(input_tokens=1_100),
    ]

    assert only(of_openai.day(DAY, revision=1)).counts.total == 1_200


def test_the_same_row_has_the_same_id_in_any_order_and_company(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    rows = [completion(model=f"gpt-{n}", input_tokens=n) for n in range(4)]
    vendors.completions[DAY] = rows
    first = of_openai.day(DAY, revision=1)
    vendors.completions[DAY] = [
        completion(user_id="user-new", input_tokens=9),
        *({**row, "input_tokens": 50} for row in reversed(rows)),
    ]

    again = of_openai.day(DAY, revision=2)

    ids = {event.model: event.external_id for event in first.events}
    assert all(
        ids[event.model] == event.external_id
        for event in again.events
        if not event.user.startswith("user-")
    )
    assert len({event.external_id for event in again.events}) == 5


def test_days_and_kinds_never_share_an_id(vendors: Vendors, of_openai: OpenAI) -> None:
    other = date(2026, 3, 2)
    for day in (DAY, other):
        vendors.completions[day] = [completion(input_tokens=1)]
        vendors.embeddings[day] = [completion(input_tokens=1)]

    ids = {
        event.external_id for day in (DAY, other) for event in of_openai.day(day, revision=1).events
    }

    assert len(ids) == 4


@pytest.mark.parametrize(
    ("fields", "user"),
    [
        ({"user_id": "user-ann"}, "ann@example.com"),
        ({"user_id": "user-gone"}, "user-gone"),
        ({"user_id": "user-without"}, "user-without"),
        ({"user_id": "user-odd"}, "user-odd"),
        ({"user_id": None, "api_key_id": "key_7"}, "api_key:key_7"),
        ({"user_id": None, "api_key_id": None, "project_id": None, "model": None}, ""),
    ],
)
def test_a_person_is_named_as_well_as_it_is_known(
    vendors: Vendors, of_openai: OpenAI, fields: dict[str, Any], user: str
) -> None:
    vendors.openai_users = {
        "user-ann": "ann@example.com",
        "user-without": None,
        "user-odd": "odd\ud800@example.com",
    }
    vendors.completions[DAY] = [completion(input_tokens=5, **fields)]

    assert only(of_openai.day(DAY, revision=1)).user == user


def test_users_are_listed_once_for_those_who_have_left_too(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.openai_users = {"user-ann": "ann@example.com"}
    vendors.completions[DAY] = [
        completion(user_id="user-ann", input_tokens=1),
        completion(user_id="user-gone", input_tokens=1),
    ]

    for revision in range(3):
        of_openai.day(DAY, revision=revision)

    assert sum(call.path.endswith("/users") for call in vendors.calls) == 1


def test_a_key_that_may_not_list_users_still_reads_the_figures(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.faults_at["/v1/organization/users"] = Fault(403)
    vendors.completions[DAY] = [completion(user_id="user-ann", input_tokens=42)]

    report = of_openai.day(DAY, revision=1)

    assert by_user(report) == {"user-ann": 42}
    assert "people appear by their ids" in report.remarks[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"input_tokens": None}, "input_tokens is missing"),
        ({"output_tokens": -1}, "output_tokens (-1) is not from 0"),
        ({"input_tokens": 10**400}, "is not from 0"),
        ({"input_tokens": 1.5}, "input_tokens is no whole number"),
        ({"input_tokens": "12"}, "input_tokens is no whole number"),
        ({"input_tokens": True}, "input_tokens is no whole number"),
        ({"input_tokens": 5, "input_cached_tokens": 6}, "are more than input_tokens"),
        ({"model": {"name": "gpt"}}, "model is no short text"),
        ({"user_id": "u" * 201}, "user_id is no short text"),
        ({"user_id": "a\x00b"}, "user_id is no short text"),
        ({"model": "gpt-\ud800"}, "model is no short text"),
    ],
)
def test_a_row_that_makes_no_sense_is_left_out_and_told(
    vendors: Vendors, of_openai: OpenAI, fields: dict[str, Any], words: str
) -> None:
    vendors.completions[DAY] = [
        completion(**{"input_tokens": 1, **fields}),
        completion(api_key_id="key_good", input_tokens=77),
    ]

    report = of_openai.day(DAY, revision=1)

    assert by_user(report) == {"api_key:key_good": 77}
    assert words in report.remarks[0]


def test_many_rows_that_make_no_sense_are_told_in_few_words(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.completions[DAY] = [completion(input_tokens=-n) for n in range(1, 1_001)]
    vendors.rows_per_page = 1_000

    report = of_openai.day(DAY, revision=1)

    assert len(report.remarks) == 4
    assert report.remarks[-1] == "2026-03-01: and 997 more"


def test_counts_written_with_a_point_are_whole_numbers(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.completions[DAY] = [completion(input_tokens=12.0)]

    assert only(of_openai.day(DAY, revision=1)).counts.total == 12


def test_a_bucket_of_another_day_is_not_this_days(vendors: Vendors, of_openai: OpenAI) -> None:
    stray = b'{"data": [{"start_time": 0, "results": [{"input_tokens": 1, "output_tokens": 1}]}]}'
    vendors.faults.append(Fault(body=stray))

    assert of_openai.day(DAY, revision=1).events == ()


def test_a_list_of_users_that_is_no_list_leaves_people_by_their_ids(
    vendors: Vendors, of_openai: OpenAI
) -> None:
    vendors.faults_at["/v1/organization/users"] = Fault(body=b'{"data": {"a": 1}, "last_id": 3}')
    vendors.completions[DAY] = [completion(user_id="user-ann", input_tokens=42)]

    assert by_user(of_openai.day(DAY, revision=1)) == {"user-ann": 42}


def test_a_row_that_is_no_object_is_left_out(vendors: Vendors, of_openai: OpenAI) -> None:
    vendors.completions[DAY] = [["no", "object"], completion(input_tokens=3)]  # type: ignore[list-item]

    report = of_openai.day(DAY, revision=1)

    assert only(report).counts.total == 3
    assert len(report.remarks) == 1
