"""The words after `/tokens policy`: a team's name, and what is to hold for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from bot.domain import amounts
from bot.domain.directory import EVERYONE
from bot.domain.limits import Measure
from bot.domain.policies import Cap, CapId, CapPeriod, Mode
from bot.domain.refusals import PolicyRefused, PolicyUnclear
from bot.slack import policy_figures, team_words
from bot.slack.payloads import as_typed
from bot.slack.wishes import looks_like_amount

_QUOTES = "\"'“”„"
_NONE = frozenset({"none", "off", "no"})
_EACH = frozenset({"a", "per", "every", "each"})
_PERIODS: Mapping[str, CapPeriod] = MappingProxyType(
    {
        **{str(one): one for one in CapPeriod},
        "daily": CapPeriod.DAY,
        "weekly": CapPeriod.WEEK,
        "monthly": CapPeriod.MONTH,
    }
)
_A_GRACE = "how far calls may go past the end: `soft 50k` or `soft 10%`"
_A_PERIOD = "`a day`, `a week` or `a month`"
_A_SHARE = "an amount like `200k`, a part of the period's funds like `20%`, or `none`"
_AN_AMOUNT = "an amount like `200k`, or `none`"
_A_MODEL = "a model's name, or `none`"
_A_CAP = "`cap gpt-4* 1M a week` or `cap project search 5M a month`"
_A_CAPS_NAME = "a cap's name: `uncap gpt-4*` or `uncap project search a month`"
_PARTS = (
    "`hard`, `warn`, `off`, `soft 50k`, `per-request 200k`, `a-day 20%`, `fallback gpt-4o-mini`, "
    "`advance 50k`, `cap gpt-4* 1M a week`, `uncap gpt-4*` or `default`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Fields of the policy that get other values."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCap:
    """The cap of this name holds no longer; with no period, the only one."""

    measure: Measure
    name: str
    period: CapPeriod | None


@dataclass(frozen=True, slots=True)
class AsEveryone:
    """The team has *Everyone*'s policy again."""


Wish = Changes | Cap | NoCap | AsEveryone


def split(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """A team's name, in quotes where it has a word that says what to do, and the words after it."""
    typed = [as_typed(word) for word in words]
    is_quoted = bool(typed) and typed[0][:1] in _QUOTES
    for place, word in enumerate(typed):
        if is_quoted and word[-1:] in _QUOTES and (place or len(word) > 1):
            return team_words.name(typed[: place + 1]), typed[place + 1 :]
        if not is_quoted and word.lower() in _WORDS:
            return team_words.name(typed[:place]), typed[place:]
    return team_words.name(typed), ()


def wish(words: Sequence[str]) -> Wish:
    """What is to hold. Raises `PolicyUnclear`, `PolicyRefused` and `AmountRefused`."""
    first, rest = words[0].lower(), _Words(words[1:])
    match first:
        case "cap":
            found: Wish = _cap(rest)
        case "uncap":
            found = _no_cap(rest)
        case "default":
            found = AsEveryone()
        case _:
            rest = _Words(words)
            found = Changes(fields=_fields(rest))
    rest.end()
    return found


def misspelt(typed: str, teams: Sequence[str]) -> PolicyUnclear | None:
    """What was probably no name, where no team is called so: `search hrad`, `hrad`."""
    words = typed.split()
    named = {team.casefold() for team in teams}
    for place in range(len(words) - 1, 0, -1):
        if " ".join(words[:place]).casefold() in named:
            return _unclear(words[place])
    if not words or get_close_matches(typed.casefold(), named, n=1):
        return None
    return _unclear(words[0]) if _nearest(words[0]) else None


class _Words:
    """What was typed, on the way through it."""

    def __init__(self, words: Sequence[str]) -> None:
        self._left = list(words)

    def __bool__(self) -> bool:
        return bool(self._left)

    @property
    def first(self) -> str:
        """The next in small letters; empty at the end."""
        return self._left[0].lower() if self._left else ""

    def has_figure(self) -> bool:
        return looks_like_amount(self.first)

    def next(self, expected: str) -> str:
        if not self._left:
            raise PolicyUnclear("", expected)
        return self._left.pop(0)

    def amount(self, expected: str) -> int:
        """A number of tokens in one word, and no other figure after it."""
        if not self._left:
            raise PolicyUnclear("", expected)
        tokens, _ = amounts.read(self._left)
        self._left.pop(0)
        return tokens

    def figure(self, expected: str) -> str:
        """An amount or a percentage, which may be parted from its sign."""
        word = self.next(expected)
        return f"{word}{self.next(expected)}" if self.first == "%" else word

    def name(self, is_over: Callable[["_Words"], bool], expected: str = _A_CAP) -> str:
        """Words up to where it is over, or in quotes."""
        named = [self.next(expected)]
        is_quoted = named[0][:1] in _QUOTES
        while self:
            if is_quoted and named[-1][-1:] in _QUOTES and len("".join(named)) > 1:
                break
            if not is_quoted and is_over(self):
                break
            named.append(self._left.pop(0))
        return " ".join(named).strip(_QUOTES + " ")

    def end(self) -> None:
        """Raises `PolicyUnclear` for what is left over."""
        if self._left:
            raise _unclear(self._left[0])


def _fields(words: _Words) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    while words:
        word = words.first
        read = _FIELDS.get(word)
        if read is None:
            break  # left over, and told of so
        words.next(_PARTS)
        found |= read(word, words)
    return found


def _mode(word: str, words: _Words) -> Mapping[str, Any]:
    found: dict[str, Any] = {"mode": Mode(word), "grace_tokens": 0, "grace_percent": 0}
    if found["mode"] is not Mode.SOFT:
        return found
    if not words.has_figure():
        raise PolicyUnclear(words.first, _A_GRACE)
    typed = words.figure(_A_GRACE)
    if words.has_figure() and typed.endswith("%") != words.first.endswith("%"):
        raise PolicyRefused("grace_percent", "is in tokens or in percent, not in both")
    return {**found, **policy_figures.grace(typed)}


def _per_request(_word: str, words: _Words) -> Mapping[str, Any]:
    if words.first in _NONE:
        words.next(_AN_AMOUNT)
        return {"request_max": None}
    return {"request_max": words.amount(_AN_AMOUNT)}


def _a_day(_word: str, words: _Words) -> Mapping[str, Any]:
    typed = words.figure(_A_SHARE)
    if typed.lower() in _NONE:
        return {"day_tokens": None, "day_percent": None}
    return policy_figures.pace(typed)


def _fallback(_word: str, words: _Words) -> Mapping[str, Any]:
    return {"fallback_model": _model(words)}


def _advance(_word: str, words: _Words) -> Mapping[str, Any]:
    if words.first in _NONE:
        words.next(_AN_AMOUNT)
        return {"advance": 0}
    return {"advance": words.amount(_AN_AMOUNT)}


def _model(words: _Words) -> str:
    model = words.next(_A_MODEL)
    return "" if model.lower() in _NONE else model


_FIELDS: Mapping[str, Callable[[str, _Words], Mapping[str, Any]]] = MappingProxyType(
    {
        **{str(mode): _mode for mode in Mode},
        **dict.fromkeys(("per-request", "per-call"), _per_request),
        **dict.fromkeys(("a-day", "per-day", "daily"), _a_day),
        "fallback": _fallback,
        "advance": _advance,
    }
)
#: What a team's name ends before.
_WORDS = frozenset({*_FIELDS, "cap", "uncap", "default"})


def _cap(words: _Words) -> Cap:
    """`gpt-4* 1M a week`, `project search 5M a month fallback gpt-4o-mini`"""
    measure = _measure(words)
    name = words.name(_Words.has_figure)
    tokens = words.amount("an amount like `1M`")
    period = _period(words)
    if period is None:
        raise PolicyUnclear(words.first, _A_PERIOD)
    fallback = ""
    if words.first == "fallback":
        words.next(_A_MODEL)
        fallback = _model(words)
    return Cap(
        cap_id=CapId(""),
        team_id=EVERYONE,
        measure=measure,
        name=name,
        tokens=tokens,
        period=period,
        fallback_model=fallback,
    )


def _no_cap(words: _Words) -> NoCap:
    """`gpt-4*`, `gpt-4* a week`, `project search`"""
    measure = _measure(words)
    name = words.name(
        lambda left: left.first in _EACH or left.first in _PERIODS, expected=_A_CAPS_NAME
    )
    return NoCap(measure=measure, name=name, period=_period(words))


def _measure(words: _Words) -> Measure:
    if words.first in {Measure.MODEL, Measure.PROJECT}:
        return Measure(words.next(_A_CAP).lower())
    return Measure.MODEL


def _period(words: _Words) -> CapPeriod | None:
    """None where none is said."""
    if words.first in _EACH:
        words.next(_A_PERIOD)
        typed = words.next(_A_PERIOD)
        if typed.lower() not in _PERIODS:
            raise PolicyUnclear(typed, _A_PERIOD)
        return _PERIODS[typed.lower()]
    return _PERIODS[words.next(_A_PERIOD).lower()] if words.first in _PERIODS else None


def _unclear(word: str) -> PolicyUnclear:
    return PolicyUnclear(word, _PARTS, _nearest(word))


def _nearest(word: str) -> str | None:
    found = get_close_matches(word.lower(), sorted(_WORDS), n=1)
    return found[0] if found else None
