"""What `/tokens away` asks for: a stand-in and days, whole or a draft for the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain import leaves
from bot.domain.directory import UserId
from bot.domain.refusals import AwayFault, AwayRefused, NotAPerson
from bot.slack.payloads import as_typed, mention

#: Words that end what was named before.
BACK = frozenset({"off", "back"})

_FIRST = frozenset({"from"})
_LAST = frozenset({"to", "until", "till"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayWish:
    """A stand-in, the first and the last day; None where it is missing."""

    stand_in: UserId | None = None
    first: date | None = None
    last: date | None = None


def wish(words: Sequence[str]) -> AwayWish:
    """`@ben from 2026-12-01 to 2026-12-14`, or any part of it.

    Raises `NotAPerson` for a word that stands where a mention belongs, and `AwayRefused`.
    """
    if not words:
        return AwayWish()
    stand_in = mention(words[0])
    if stand_in is None:
        raise NotAPerson(as_typed(words[0]))
    days: dict[str, date] = {}
    rest = [as_typed(word) for word in words[1:]]
    for word, typed in zip(rest[::2], [*rest[1::2], ""], strict=False):
        which = _which(word)
        if which is None or which in days:
            raise AwayRefused(AwayFault.NOT_UNDERSTOOD, word)
        if typed:
            days[which] = leaves.day(typed)
    return AwayWish(stand_in=stand_in, first=days.get("first"), last=days.get("last"))


def _which(word: str) -> str | None:
    """Which of the two days the word announces."""
    if word.lower() in _FIRST:
        return "first"
    return "last" if word.lower() in _LAST else None
