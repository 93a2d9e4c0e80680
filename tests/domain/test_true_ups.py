"""What a report's figures change of what was charged, and which days are looked at."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directory import UserId
from bot.domain.ledger import TOKENS_MAX, AccountId, EntryId
from bot.domain.true_ups import (
    Change,
    Charged,
    Reported,
    Target,
    days,
    entry,
    hour,
    targets,
    within,
)

ANA, BEN, MIA = (AccountId(f"member:U{name}") for name in ("ANA", "BEN", "MIA"))
MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)


def exact(tokens: int) -> Reported:
    return Reported(least=tokens, most=tokens)


def calls(tokens: int, number: int = 1) -> Charged:
    return Charged(tokens=tokens, calls=number)


def differences(
    reported: Mapping[str, Reported],
    charged: Mapping[str, Charged],
    trued: Mapping[str, int],
    nobodys: Mapping[str, int],
) -> dict[str, int]:
    """What one account alone is charged more, or less, than it was by now."""
    found = targets(reported, charged, trued, nobodys)
    off = {model: one.tokens - trued.get(model, 0) for model, one in found.items()}
    return {model: tokens for model, tokens in off.items() if tokens}


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


# No more than the report has in all.


def missing(tokens: int) -> dict[str, Target]:
    return {"gpt": Target(tokens=tokens, missing=tokens)}


def allowed(wanted: dict[AccountId, dict[str, Target]], room: int) -> list[int]:
    """What each is trued up by, where the report has so much more than the calls were charged."""
    found = within(wanted, {"gpt": 1_000 + room}, {"gpt": 1_000})
    return [models["gpt"] for _, models in sorted(found.items())]


def test_all_is_charged_that_fits() -> None:
    assert allowed({ANA: missing(80), MIA: missing(1_000)}, 1_080) == [80, 1_000]


def test_the_least_goes_first_and_what_does_not_fit_stays() -> None:
    assert allowed({ANA: missing(1_000), MIA: missing(80)}, 100) == [20, 80]
    assert allowed({ANA: missing(1_000), MIA: missing(80)}, 0) == [0, 0]
    assert allowed({ANA: missing(1_000), MIA: missing(80)}, -1) == [0, 0]


def test_of_two_who_miss_the_same_the_first_id_goes_first() -> None:
    assert allowed({MIA: missing(80), ANA: missing(80), BEN: missing(80)}, 100) == [80, 20, 0]


def test_what_is_given_back_makes_room_and_is_never_held_back() -> None:
    back = {"gpt": Target(tokens=-300, missing=-300)}

    assert allowed({ANA: back, MIA: missing(1_000)}, 0) == [-300, 300]
    assert allowed({ANA: back, MIA: missing(1_000)}, -500) == [-300, 0]


def test_what_only_stands_goes_after_what_is_missing() -> None:
    stands = {"gpt": Target(tokens=100, missing=10)}

    assert allowed({ANA: stands, MIA: missing(500)}, 600) == [100, 500]
    assert allowed({ANA: stands, MIA: missing(500)}, 550) == [50, 500]


figures = st.fixed_dictionaries(
    {
        "reported": st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(0, 1)),
        "charged": st.tuples(st.integers(0, 90), st.integers(0, 30)),
        "trued": st.integers(-90, 90),
    }
)


@given(st.lists(figures, min_size=3, max_size=3), st.integers(0, 60), st.integers(0, 200))
def test_all_together_fit_and_a_second_look_finds_nothing(
    people: Sequence[dict[str, Any]], nobodys: int, others: int
) -> None:
    reported = {
        account: {"gpt": Reported(least=least, most=least + span, rows=rows)}
        for account, (least, span, rows) in zip(
            (ANA, BEN, MIA), [one["reported"] for one in people], strict=True
        )
    }
    charged = {
        account: {"gpt": calls(*one["charged"])}
        for account, one in zip((ANA, BEN, MIA), people, strict=True)
    }
    has = {"gpt": nobodys + sum(one["gpt"].most for one in reported.values())}
    paid = {"gpt": others + sum(one["gpt"].tokens for one in charged.values())}

    def look(trued: Mapping[AccountId, Mapping[str, int]]) -> dict[AccountId, dict[str, int]]:
        wanted = {
            account: targets(models, charged[account], trued[account], {"gpt": nobodys})
            for account, models in reported.items()
        }
        return within(wanted, has, paid)

    before = zip((ANA, BEN, MIA), people, strict=True)
    found = look({account: {"gpt": one["trued"]} for account, one in before})

    adds = any(models["gpt"] > 0 for models in found.values())
    in_all = paid["gpt"] + sum(models["gpt"] for models in found.values())
    assert not adds or in_all <= has["gpt"]
    assert look(found) == found
