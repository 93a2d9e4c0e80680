"""Amounts of tokens, as people type and read them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType

from bot.domain.ledger import TOKENS_MAX
from bot.domain.refusals import AmountFault, AmountRefused

_ZEROS: Mapping[str, int] = MappingProxyType({"": 0, "k": 3, "m": 6, "b": 9})
_LARGEST_FIRST = (("b", 10**9), ("m", 10**6), ("k", 10**3))
#: Below this the exact figure is as short.
_SHORTENED_FROM = 10_000
_FIGURES_AND_POINT = 4
_READABLE = re.compile(
    r"(\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:_\d{3})+)(?:\.(\d+))?([kmb]?)", re.ASCII
)
_DECIMAL_COMMA = re.compile(r"(\d+),(\d+)([kmb]?)", re.ASCII)
#: `250.000` too: where people write thousands so, it must not be read as 250.
_DOTTED = re.compile(r"[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_EXPONENT = re.compile(r"(\d+(?:\.\d+)?)e\+?(\d{1,2})", re.ASCII)
_SPELT = MappingProxyType(
    {
        "thousand": "k",
        "million": "m",
        "millions": "m",
        "mio": "m",
        "mn": "m",
        "billion": "b",
        "bn": "b",
    }
)
_LONGEST = 40


def parse(typed: str) -> int:
    """The number of tokens meant by `1M`, `250k`, `1.5m`, `2b`, `2,000,000` or `2_000_000`.

    Raises `AmountRefused` with the nearest reading for anything else: an amount is never guessed.
    """
    text = typed.strip().lower()
    found = _READABLE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or _DOTTED.fullmatch(text):
        raise _refused(typed, text)
    whole, fraction, unit = found[1].replace(",", "").replace("_", ""), found[2] or "", found[3]
    scaled = int(whole + fraction + "0" * _ZEROS[unit])
    divisor: int = 10 ** len(fraction)
    tokens, rest = divmod(scaled, divisor)
    if rest:
        nearest = exact(max(tokens, 1)) if unit else _with_unit(text)
        raise AmountRefused(typed, AmountFault.FRACTION, nearest)
    if tokens == 0:
        raise AmountRefused(typed, AmountFault.ZERO)
    if tokens > TOKENS_MAX:
        raise AmountRefused(typed, AmountFault.TOO_LARGE, exact(TOKENS_MAX))
    return tokens


def read(words: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """The amount that begins `words`, and the words of the reason after it, without its `for`.

    `1 000 000` and `1 M` are refused rather than read as 1.
    """
    if not words:
        raise AmountRefused("", AmountFault.EMPTY)
    first, rest = words[0], tuple(words[1:])
    if _is_spaced(words):
        typed = " ".join([first, *takewhile(lambda word: _goes_on(word.lower()), rest)])
        raise AmountRefused(typed, AmountFault.SPACED, _joined(words))
    return parse(first), rest[1:] if rest and rest[0].lower() == "for" else rest


def short(tokens: int) -> str:
    """`1.5M`: three figures, cut and never rounded up, so that nobody is shown what they lack."""
    size = abs(tokens)
    if size < _SHORTENED_FROM:
        return exact(tokens)
    sign = "−" if tokens < 0 else ""
    letter, unit = next((u.upper(), n) for u, n in _LARGEST_FIRST if size >= n)
    whole, hundredths = divmod(size * 100 // unit, 100)
    shown = f"{whole}.{hundredths:02d}"[:_FIGURES_AND_POINT].rstrip("0").removesuffix(".")
    return f"{sign}{shown if size < 1_000 * unit else f'{whole:,}'}{letter.replace('K', 'k')}"


def exact(tokens: int) -> str:
    """`1,500,000`, with a true minus sign."""
    return f"{tokens:,}".replace("-", "−")


def both(tokens: int) -> str:
    """`1.5M (1,500,000)`; small amounts once. For wherever something is decided on."""
    brief, full = short(tokens), exact(tokens)
    return full if brief == full else f"{brief} ({full})"


def _refused(typed: str, text: str) -> AmountRefused:
    """The first fault that explains why the text is no amount."""
    if len(text) > _LONGEST:
        return AmountRefused(typed, AmountFault.NOT_A_NUMBER)
    for find in (
        _spaced,
        _odd_digits,
        _negative,
        _comma,
        _dots,
        _exponent,
        _bare_fraction,
        _spelt_unit,
    ):
        if (refusal := find(typed, text)) is not None:
            return refusal
    return AmountRefused(typed, AmountFault.NOT_A_NUMBER if text else AmountFault.EMPTY)


def _nearest(text: str) -> str | None:
    """The text as it would be said back, or else what is nearest to it and can be read."""
    try:
        parse(text)
    except AmountRefused as refused:
        return refused.nearest
    return text.upper().replace("K", "k")


def _with_unit(text: str) -> str | None:
    """What `1.5` may have been meant to be."""
    found = [_nearest(text + unit) for unit in "km" if _is_amount(text + unit)]
    return " or ".join(filter(None, found)) or None


def _is_amount(text: str) -> bool:
    try:
        parse(text)
    except AmountRefused:
        return False
    return True


def _spaced(typed: str, text: str) -> AmountRefused | None:
    words = text.split()
    return AmountRefused(typed, AmountFault.SPACED, _joined(words)) if _is_spaced(words) else None


def _odd_digits(typed: str, text: str) -> AmountRefused | None:
    if not any(c.isdigit() and not c.isascii() for c in text):
        return None
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(str(unicodedata.digit(c, c)) for c in plain)
    return AmountRefused(typed, AmountFault.FOREIGN_DIGITS, _nearest(plain))


def _negative(typed: str, text: str) -> AmountRefused | None:
    if not text.startswith(("-", "−", "–")):
        return None
    return AmountRefused(typed, AmountFault.NEGATIVE, _nearest(text[1:].strip()))


def _comma(typed: str, text: str) -> AmountRefused | None:
    found = _DECIMAL_COMMA.fullmatch(text)
    if found is None:
        return None
    return AmountRefused(
        typed, AmountFault.DECIMAL_COMMA, _nearest(f"{found[1]}.{found[2]}{found[3]}")
    )


def _dots(typed: str, text: str) -> AmountRefused | None:
    if not _DOTTED.fullmatch(text):
        return None
    return AmountRefused(typed, AmountFault.DOTTED_THOUSANDS, text.replace(".", ","))


def _exponent(typed: str, text: str) -> AmountRefused | None:
    found = _EXPONENT.fullmatch(text)
    if found is None:
        return None
    whole, _, fraction = found[1].partition(".")
    zeros = int(found[2]) - len(fraction)
    tokens = int(whole + fraction) * 10**zeros if zeros >= 0 else 0
    nearest = exact(tokens) if 0 < tokens <= TOKENS_MAX else None
    return AmountRefused(typed, AmountFault.EXPONENT, nearest)


def _bare_fraction(typed: str, text: str) -> AmountRefused | None:
    nearest = _nearest(f"0{text}") if text.startswith(".") else None
    return AmountRefused(typed, AmountFault.NOT_A_NUMBER, nearest) if nearest else None


def _spelt_unit(typed: str, text: str) -> AmountRefused | None:
    for word, unit in _SPELT.items():
        if text.endswith(word) and (nearest := _nearest(text.removesuffix(word) + unit)):
            return AmountRefused(typed, AmountFault.NOT_A_NUMBER, nearest)
    return None


def _is_spaced(words: Sequence[str]) -> bool:
    """Whether an amount goes on after its first word, as in `1 000 000` and `1 M`."""
    return len(words) > 1 and words[0][:1].isdigit() and _goes_on(words[1].lower())


def _goes_on(word: str) -> bool:
    return word[:1].isdigit() or word in _ZEROS or word in _SPELT


def _joined(words: Sequence[str]) -> str | None:
    """What `1 000 000` or `1 M` was meant to be."""
    more = takewhile(_goes_on, (word.lower() for word in words[1:]))
    nearest = _nearest("".join([words[0].lower(), *(_SPELT.get(word, word) for word in more)]))
    return exact(int(nearest)) if nearest and nearest.isdigit() else nearest
