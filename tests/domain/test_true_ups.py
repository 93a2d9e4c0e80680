"""What a report's figures change of what was charged, and which days are looked at."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directory import UserId
from bot.domain.ledger import TOKENS_MAX, AccountId, EntryId
from bot.domain.true_ups import Change, Charged, Reported, days, differences, entry, hour

ANA = AccountId("member:UANA")
MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)


def exact(tokens: int) -> Reported:
    return Reported(least=tokens, most=tokens)


def calls(tokens: int, number: int = 1) -> Charged:
    return Charged(tokens=tokens, calls=number)


def test_the_last_ten_days_are_looked_at_once_they_are_settled() -> None:
    before_six = days(MIDNIGHT + timedelta(hours=5, minutes=59))
    from_six = days(MIDNIGHT + timedelta(hours=6))

    assert (before_six[0], before_six[-1]) == (date(2026, 3, 2), date(2026, 3, 10))
    assert (from_six[0], from_six[-1]) == (date(2026, 3, 2), date(2026, 3, 11))


def test_days_are_those_of_utc_wherever_one_asks() -> None:
    tokyo = MIDNIGHT.astimezone(ZoneInfo("Asia/Tokyo"))

    assert days(tokyo) == days(MIDNIGHT)
    assert hour(tokyo) == "2026-03-12T00"


def test_what_an_earlier_true_up_gave_is_taken_back_where_the_report_names_them_no_more() -> None:
    assert differences({}, {"gpt": calls(900)}, {"gpt": 100}, {}) == {"gpt": -100}


def test_a_name_of_the_report_alone_is_charged_less_what_was_charged_under_others() -> None:
    reported = {"a": exact(500), "b": exact(700)}

    assert differences(reported, {"c": calls(600)}, {}, {}) == {"b": 600}


def test_a_span_of_rates_leaves_all_within_it() -> None:
    span = {"gpt": Reported(least=500, most=1_000)}

    assert differences(span, {"gpt": calls(500)}, {}, {}) == {}
    assert differences(span, {"gpt": calls(1_000)}, {}, {}) == {}
    assert differences(span, {"gpt": calls(499)}, {}, {}) == {"gpt": 1}
    assert differences(span, {"gpt": calls(1_001)}, {}, {}) == {"gpt": -1}


def test_roundings_are_left_where_they_explain_the_difference_and_mended_where_not() -> None:
    rounded = {"gpt": Reported(least=1_000, most=1_000, rows=1)}

    assert differences(rounded, {"gpt": calls(1_005, 9)}, {}, {}) == {}
    assert differences(rounded, {"gpt": calls(995, 9)}, {}, {}) == {}
    assert differences(rounded, {"gpt": calls(1_006, 9)}, {}, {}) == {"gpt": -6}


def test_a_posting_is_split_where_it_would_be_too_large() -> None:
    change = Change(account=ANA, model="gpt", called="gpt", tokens=-(TOKENS_MAX + 5))

    found = entry(
        [change], provider="openai", day=date(2026, 3, 2), entry_id=EntryId("e"), now=MIDNIGHT
    )

    assert [(one.source, one.destination, one.tokens) for one in found.postings] == [
        ("consumed", ANA, TOKENS_MAX),
        ("consumed", ANA, 5),
    ]
    assert (found.note, found.actor) == (
        "True-up: openai's report for 2 Mar",
        UserId("provider:openai"),
    )


models = st.dictionaries(st.sampled_from("abc"), st.integers(0, 1_000))


@given(models, models, models, models)
def test_a_second_run_finds_nothing(
    reported: dict[str, int],
    charged: dict[str, int],
    trued: dict[str, int],
    nobodys: dict[str, int],
) -> None:
    figures = {model: exact(tokens) for model, tokens in reported.items()}
    paid = {model: calls(tokens) for model, tokens in charged.items()}

    found = differences(figures, paid, trued, nobodys)

    after = {model: trued.get(model, 0) + found.get(model, 0) for model in found.keys() | trued}
    assert differences(figures, paid, after, nobodys) == {}
