from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directory import UserId
from bot.slack.render import text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1,5M", "`1,5M`"),
        ("`rm`", "`'rm'`"),
        ("<!channel>", "`&lt;!channel&gt;`"),
        ("a & b", "`a &amp; b`"),
        ("one\ntwo\x00", "`one two`"),
        ("evil\u202etxt", "`eviltxt`"),
        ("x" * 61, f"`{'x' * 59}…`"),
        ("", "that"),
        ("\x00", "that"),
    ],
)
def test_what_was_typed_is_quoted_in_code_font(typed: str, shown: str) -> None:
    assert text.code(typed) == shown


@given(st.text(max_size=700))
def test_no_text_ends_the_code_font_it_is_quoted_in(typed: str) -> None:
    shown = text.code(typed)

    assert shown.count("`") in {0, 2}
    assert "<" not in shown
    assert ">" not in shown
    assert "\n" not in shown


@given(st.text(max_size=700))
def test_a_spoken_reason_is_short_and_safe(typed: str) -> None:
    shown = text.spoken(typed)

    assert "<" not in shown
    assert len(shown) <= 5 * text.SPOKEN_MAX + 3


def test_amounts_are_short_and_exact() -> None:
    assert text.tokens(1) == "*1* token"
    assert text.tokens(-1_500_000) == "*−1.5M (−1,500,000)* tokens"
    assert text.signed(250_000) == "*+250k (250,000)*"
    assert text.signed(-999) == "*−999*"


def test_lists_read_as_sentences() -> None:
    ana, ben, mia = UserId("UANA"), UserId("UBEN"), UserId("UMIA")

    assert text.people([ana]) == "<@UANA>"
    assert text.people([ana, ben, mia]) == "<@UANA>, <@UBEN> and <@UMIA>"
    assert text.listed(["`1k`", "`1M`"], "or") == "`1k` or `1M`"


def test_our_sentences_lose_marks_and_names_where_slack_draws_none() -> None:
    words = "<@UANA> is an app. Did you mean `a &lt; b`? <@UBEN> has *1M*."

    assert text.as_plain(words) == (
        "Someone chosen here is an app. Did you mean a < b? Someone chosen here has 1M."
    )


def test_a_near_day_needs_no_year_and_a_far_one_has_it() -> None:
    today = date(2026, 3, 16)

    assert text.near(date(2026, 4, 1), today) == "Wed 1 April"
    assert text.near(date(2026, 12, 31), today) == "Thu 31 December"
    assert text.near(date(2027, 1, 20), today) == "Wed 20 January 2027"


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (4_200_000, "$0.0042"),
        (64_987_500, "$0.065"),
        (999_999_999, "$1.00"),
        (12_345_000_000, "$12.35"),
        (10**15, "$1,000,000.00"),
    ],
)
def test_dollars_have_cents_and_small_sums_as_many_places_as_they_take(
    nano: int, shown: str
) -> None:
    assert text.dollars(nano) == shown
