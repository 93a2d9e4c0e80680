"""Usage events as senders write them: what each field may be, and what is said of the rest."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from bot.adapters import usage_events
from bot.domain.usage_events import EventRefused
from tests.api.serving import event


def refusal(fields: object) -> str:
    with pytest.raises(EventRefused) as refused:
        usage_events.event_of(fields)
    return str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source", None, "source is missing"),
        ("source", "", "source is missing"),
        ("source", "s" * 61, "source has 61 characters; at most 60 fit"),
        ("id", None, "id is missing"),
        ("id", 5, "id must be text, not 5"),
        ("id", "i" * 201, "at most 200"),
        ("id", "a\x00b", "id has control characters"),
        ("at", None, "at is missing"),
        ("at", 1_772_443_800, "RFC 3339"),
        ("at", "2026-03-02", "RFC 3339"),
        ("at", "2026-03-02T09:30:00", "no offset from UTC; add Z"),
        ("at", "2026-02-30T09:30:00Z", "no time that there is"),
        ("at", "2026-03-02T09:30:00+25:00", "no time that there is"),
        ("at", "٢026-03-02T09:30:00Z", "RFC 3339"),
        ("user", ["UANA"], "user must be text, not an array"),
        ("user", "u" * 201, "user has 201 characters"),
        ("user", "ana\u2028ben", "control characters"),
        ("model", {}, "model must be text, not an object"),
        ("project", "p" * 101, "project has 101 characters"),
        ("team", True, "team must be text, not true"),
        ("input_tokens", None, "input_tokens is missing; say 0"),
        ("output_tokens", None, "output_tokens is missing; say 0"),
        ("input_tokens", -1, "input_tokens must be a whole number from 0"),
        ("input_tokens", 1.5, "input_tokens must be a whole number, not 1.5"),
        ("input_tokens", float("nan"), "input_tokens must be a whole number"),
        ("input_tokens", float("inf"), "input_tokens must be a whole number"),
        ("input_tokens", -1.0, "input_tokens must be a whole number from 0"),
        ("output_tokens", 1e300, "output_tokens must be at most"),
        ("input_tokens", "12", 'input_tokens must be a whole number, not "12"'),
        ("input_tokens", True, "input_tokens must be a whole number, not true"),
        ("output_tokens", 10**10 + 1, "10,000,000,000"),
        ("output_tokens", 10**4_000, "output_tokens must be at most"),
        ("cached_input_tokens", 1_201, "more than input_tokens (1,200)"),
        ("cache_write_tokens", 177, "more than input_tokens (1,200)"),
        ("reasoning_tokens", 51, "more than output_tokens (50)"),
        ("cost_usd", -0.1, "not negative"),
        ("cost_usd", "1,5", "must be a decimal number"),
        ("cost_usd", "NaN", "must be a decimal number"),
        ("cost_usd", float("inf"), "must be a decimal number"),
        ("cost_usd", True, "must be a number or decimal text, not true"),
        ("cost_usd", [1], "must be a number or decimal text, not an array"),
        ("cost_usd", 10**6 + 1, "at most 1,000,000"),
        ("cost_usd", "1e300", "at most 1,000,000"),
        ("cost_usd", 10**4_000, "must be a decimal number"),
        ("metadata", [], "metadata must be a JSON object, not an array"),
        ("metadata", {"a": {"b": 1}}, 'metadata must be flat; "a" is an object'),
        ("metadata", {"a": "x" * 201}, "201 characters"),
        ("metadata", {"a" * 201: "x"}, "201 characters"),
        ("metadata", {"a": "\x1b[2J"}, "control characters"),
        ("metadata", {"a": 10**4_000}, "too large a number"),
        ("metadata", {str(n): n for n in range(17)}, "metadata has 17 fields; at most 16 fit"),
        ("revision", -1, "revision must be a whole number from 0"),
        ("revision", 2**31, "revision must be a whole number"),
        ("revision", "2", "revision must be a whole number"),
        ("revision", 2.5, "revision must be a whole number from 0 to 2,147,483,647, not 2.5"),
    ],
)
def test_a_field_that_cannot_be_is_named_with_the_reason(
    field: str, value: object, words: str
) -> None:
    assert words in refusal(event(**{field: value}))


def test_a_count_with_a_point_and_nothing_after_it_is_a_whole_number() -> None:
    """As Lua and others write it; in JSON it is the same number."""
    body = '{"input_tokens": 1200.0, "cached_input_tokens": 1.024e3, "output_tokens": -0.0}'
    written = from_json(body)

    found = usage_events.event_of(event(**written, revision=2.0))

    assert found == usage_events.event_of(
        event(input_tokens=1_200, cached_input_tokens=1_024, output_tokens=0, revision=2)
    )
    assert {type(found.counts.input), type(found.counts.output), type(found.revision)} == {int}


@pytest.mark.parametrize("given", [None, 7, "text", [], True])
def test_what_is_no_object_is_no_event(given: object) -> None:
    assert "an event is a JSON object" in refusal(given)


def test_words_never_repeat_a_page_of_what_was_sent() -> None:
    assert len(refusal(event(at="9" * 100_000))) < 200
    assert len(refusal(event(id=["x"] * 1_000))) < 200
    assert len(refusal(event(input_tokens="x" * 100_000))) < 200


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02t09:30:00z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02 09:30:00+05:30", datetime(2026, 3, 2, 4, tzinfo=UTC)),
        ("2026-03-02T09:30:00.5-00:00", datetime(2026, 3, 2, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T09:30:00.123456789Z", datetime(2026, 3, 2, 9, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_rfc_3339_says(at: str, utc: datetime) -> None:
    assert usage_events.event_of(event(at=at)).occurred_at == utc


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(-1_439, 1_439),
)
def test_every_time_with_an_offset_is_that_moment(naive: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"

    found = usage_events.event_of(event(at=f"{naive.isoformat()}{offset}")).occurred_at

    assert found == naive.replace(tzinfo=UTC) - timedelta(minutes=minutes)


@given(st.integers(0, 10**15))
def test_a_cost_is_exact_to_the_billionth_as_number_and_as_text(nano: int) -> None:
    text = f"{nano // 10**9}.{nano % 10**9:09d}"

    as_text = usage_events.event_of(event(cost_usd=text))
    as_number = usage_events.event_of(event(cost_usd=from_json(text)))

    assert as_text.cost_nano == as_number.cost_nano == nano


def test_a_source_need_not_say_who_or_what_it_cost() -> None:
    found = usage_events.event_of(event(user=None, provider=None, model=None))

    assert (found.user, found.provider, found.model, found.cost_nano) == ("", "", "", None)


def test_null_is_the_same_as_nothing() -> None:
    names = ("user", "model", "cost_usd", "metadata", "revision", "reasoning_tokens")

    found = usage_events.event_of({**event(), **dict.fromkeys(names)})

    assert (found.user, found.cost_nano, found.revision) == ("", None, 0)
    assert found.metadata == {}


def test_flat_metadata_is_kept_as_text() -> None:
    given = {"a": "b", "n": 1, "f": 0.5, "yes": True, "none": None}

    found = usage_events.event_of(event(metadata=given))

    assert found.metadata == {"a": "b", "n": "1", "f": "0.5", "yes": "true"}


def test_counts_are_kept_in_classes_that_add_up() -> None:
    used = usage_events.event_of(event(cache_write_tokens=76, reasoning_tokens=30)).counts

    assert (used.input_uncached, used.cache_read, used.cache_write) == (100, 1_024, 76)
    assert (used.input, used.output, used.reasoning, used.total) == (1_200, 50, 30, 1_250)


def test_ignored_fields_are_counted_by_name_within_bounds() -> None:
    ignored: Counter[str] = Counter()

    for number in range(100):
        usage_events.count_ignored({"colour": 1, f"x{number}\x00{'y' * 99}": 2}, ignored)

    assert ignored["colour"] == 100
    assert len(ignored) == usage_events.IGNORED_NAMES_MAX
    assert all(len(name) <= 60 and "\x00" not in name for name in ignored)


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(usage_events.KNOWN)), _ANY_JSON))
def test_whatever_the_fields_are_it_is_an_event_or_refused(changed: dict[str, object]) -> None:
    try:
        found = usage_events.event_of({**event(), **changed})
    except EventRefused as refused:
        said = str(refused)
    else:
        said = found.source

    assert 0 < len(said) < 400
