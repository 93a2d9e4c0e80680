import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import amounts
from bot.domain.ledger import TOKENS_MAX
from bot.domain.refusals import AmountFault, AmountRefused

TOKENS = st.integers(min_value=1, max_value=TOKENS_MAX)


@pytest.mark.parametrize(
    ("typed", "tokens"),
    [
        ("1M", 1_000_000),
        ("250k", 250_000),
        ("250K", 250_000),
        ("1.5m", 1_500_000),
        ("1.250M", 1_250_000),
        ("0.5k", 500),
        ("2b", 2_000_000_000),
        ("2,000,000", 2_000_000),
        ("2_000_000", 2_000_000),
        ("1,500k", 1_500_000),
        ("1234567", 1_234_567),
        ("007", 7),
        ("1", 1),
        ("  1M ", 1_000_000),
        ("1000000b", TOKENS_MAX),
        ("1,000,000,000,000,000", TOKENS_MAX),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, tokens: int) -> None:
    assert amounts.parse(typed) == tokens


@pytest.mark.parametrize(
    ("typed", "fault", "nearest"),
    [
        ("", AmountFault.EMPTY, None),
        ("   ", AmountFault.EMPTY, None),
        ("lots", AmountFault.NOT_A_NUMBER, None),
        ("12 tokens", AmountFault.NOT_A_NUMBER, None),
        ("1M5", AmountFault.NOT_A_NUMBER, None),
        ("1_000,000", AmountFault.NOT_A_NUMBER, None),
        ("1M\x00", AmountFault.NOT_A_NUMBER, None),
        ("2million", AmountFault.NOT_A_NUMBER, "2M"),
        ("3bn", AmountFault.NOT_A_NUMBER, "3B"),
        (".5M", AmountFault.NOT_A_NUMBER, "0.5M"),
        ("0", AmountFault.ZERO, None),
        ("0k", AmountFault.ZERO, None),
        ("0.0", AmountFault.ZERO, None),
        ("-1M", AmountFault.NEGATIVE, "1M"),
        ("−250k", AmountFault.NEGATIVE, "250k"),
        ("– 5", AmountFault.NEGATIVE, "5"),
        ("-0", AmountFault.NEGATIVE, None),
        ("1.5", AmountFault.FRACTION, "1.5k or 1.5M"),
        ("1.2345", AmountFault.FRACTION, "1.2345M"),
        ("1.00000001", AmountFault.FRACTION, None),
        ("1.2345k", AmountFault.FRACTION, "1,234"),
        ("0.0001k", AmountFault.FRACTION, "1"),
        ("1000001b", AmountFault.TOO_LARGE, "1,000,000,000,000,000"),
        ("1000000000000001", AmountFault.TOO_LARGE, "1,000,000,000,000,000"),
        ("1,5M", AmountFault.DECIMAL_COMMA, "1.5M"),
        ("1,5", AmountFault.DECIMAL_COMMA, "1.5k or 1.5M"),
        ("0,250", AmountFault.DECIMAL_COMMA, "0.250k or 0.250M"),
        ("1.000.000", AmountFault.DOTTED_THOUSANDS, "1,000,000"),
        ("250.000", AmountFault.DOTTED_THOUSANDS, "250,000"),
        ("1e6", AmountFault.EXPONENT, "1,000,000"),
        ("1.5e3", AmountFault.EXPONENT, "1,500"),
        ("1e99", AmountFault.EXPONENT, None),
        ("١٢", AmountFault.FOREIGN_DIGITS, "12"),
        ("\uff11M", AmountFault.FOREIGN_DIGITS, "1M"),
        ("1²", AmountFault.FOREIGN_DIGITS, "12"),
        ("1 000 000", AmountFault.SPACED, "1,000,000"),
        ("1\u202f000\u202f000", AmountFault.SPACED, "1,000,000"),
        ("1 M", AmountFault.SPACED, "1M"),
        ("3 mio", AmountFault.SPACED, "3M"),
        ("9" * 41, AmountFault.NOT_A_NUMBER, None),
        ("9" * 5_000 + "e6", AmountFault.NOT_A_NUMBER, None),
    ],
)
def test_what_is_no_amount_is_refused_with_the_nearest_reading(
    typed: str, fault: AmountFault, nearest: str | None
) -> None:
    with pytest.raises(AmountRefused) as refused:
        amounts.parse(typed)

    assert (refused.value.typed, refused.value.fault, refused.value.nearest) == (
        typed,
        fault,
        nearest,
    )


@given(st.text(alphabet="0123456789.,_kKmMbBe+-− \u0663²", max_size=12))
@example("0.0005")
@example("1,5")
def test_a_nearest_reading_can_be_read(typed: str) -> None:
    try:
        amounts.parse(typed)
    except AmountRefused as refused:
        for reading in (refused.nearest or "1").split(" or "):
            assert 0 < amounts.parse(reading) <= TOKENS_MAX


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_amount_or_refused(typed: str) -> None:
    try:
        tokens = amounts.parse(typed)
    except AmountRefused:
        return

    assert 0 < tokens <= TOKENS_MAX


@given(TOKENS)
def test_the_exact_figure_reads_back(tokens: int) -> None:
    assert amounts.parse(amounts.exact(tokens)) == tokens
    assert amounts.parse(f"{tokens:_}") == tokens
    assert amounts.parse(str(tokens)) == tokens


@given(TOKENS)
@example(999_999)
@example(999_949_999)
@example(TOKENS_MAX)
def test_the_short_figure_reads_back_as_no_more_and_nearly_as_much(tokens: int) -> None:
    read_back = amounts.parse(amounts.short(tokens))

    assert read_back <= tokens
    assert tokens - read_back < max(tokens // 100, 1)


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (9_999, "9,999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (100_000, "100k"),
        (999_999, "999k"),
        (1_000_000, "1M"),
        (1_500_000, "1.5M"),
        (1_999_999, "1.99M"),
        (1_000_000_000, "1B"),
        (TOKENS_MAX, "1,000,000B"),
        (-250_000, "−250k"),
        (-12, "−12"),
    ],
)
def test_amounts_are_shown_short(tokens: int, shown: str) -> None:
    assert amounts.short(tokens) == shown


def test_where_it_is_decided_on_the_exact_figure_stands_beside_the_short_one() -> None:
    assert amounts.both(1_500_000) == "1.5M (1,500,000)"
    assert amounts.both(950) == "950"
    assert amounts.exact(-1_500_000) == "−1,500,000"


@pytest.mark.parametrize(
    ("words", "tokens", "reason"),
    [
        (["500k", "for", "the", "demo"], 500_000, ("the", "demo")),
        (["500k", "FOR", "fun"], 500_000, ("fun",)),
        (["500k", "the", "demo"], 500_000, ("the", "demo")),
        (["500k"], 500_000, ()),
        (["500k", "for"], 500_000, ()),
        (["500k", "for", "3", "days"], 500_000, ("3", "days")),
        (["1M", "mission"], 1_000_000, ("mission",)),
    ],
)
def test_what_follows_the_amount_is_the_reason(
    words: list[str], tokens: int, reason: tuple[str, ...]
) -> None:
    assert amounts.read(words) == (tokens, reason)


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["1", "000", "000"], "1,000,000"),
        (["1", "000", "000", "for", "2", "weeks"], "1,000,000"),
        (["1", "M"], "1M"),
        (["1", "k", "for", "fun"], "1k"),
        (["2", "million"], "2M"),
        (["500k", "3", "days"], None),
        (["1", "9" * 5_000], None),
    ],
)
def test_an_amount_in_pieces_is_never_read_as_its_first(
    words: list[str], nearest: str | None
) -> None:
    with pytest.raises(AmountRefused) as refused:
        amounts.read(words)

    assert (refused.value.fault, refused.value.nearest) == (AmountFault.SPACED, nearest)


def test_no_words_are_no_amount() -> None:
    with pytest.raises(AmountRefused) as refused:
        amounts.read([])

    assert refused.value.fault is AmountFault.EMPTY
