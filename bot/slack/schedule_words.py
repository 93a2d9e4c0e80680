"""Days and spans of time as people type them in a schedule."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

from bot.domain.periods import ANCHOR, Period
from bot.domain.refusals import NotASchedule

#: What could stand where a day is expected.
A_DAY = "`today`, `tomorrow` or a day like `2026-12-01`"

UNITS: Mapping[str, Period] = MappingProxyType(
    {f"{period}{ending}": period for period in Period for ending in ("", "s")}
)
_ONE = frozenset({"a", "an", "one"})
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_WEEKDAY = 3
_DAYS_A_MONTH = 31
#: How many months, or weeks, a period has; a quarter and a year are counted in either.
_MONTHS: Mapping[Period, int] = MappingProxyType(
    {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
)
_WEEKS: Mapping[Period, int] = MappingProxyType(
    {Period.WEEK: 1, Period.QUARTER: 13, Period.YEAR: 52}
)
#: A number of units longer than any package.
_COUNT_DIGITS_MAX = 4


def day(typed: str, today: date) -> date:
    """`today`, `tomorrow` or `2026-12-01`. Raises `NotASchedule`."""
    match typed.lower():
        case "today":
            return today
        case "tomorrow":
            return today + timedelta(days=1)
        case _:
            return _iso(typed, A_DAY)


def anchor(typed: str, period: Period | None) -> date:
    """A day on which a period begins, for `friday`, `15` or `2026-02-01`. Raises `NotASchedule`."""
    word = typed.lower()
    if "-" in word:
        return _iso(typed, "a weekday, a day of the month, or a day like `2026-12-01`")
    if period is Period.WEEK:
        for number, name in enumerate(_WEEKDAYS):
            if len(word) >= _SHORTEST_WEEKDAY and name.startswith(word):
                return ANCHOR + timedelta(days=number)
        raise NotASchedule(typed, "a weekday, as `friday`")
    expected = f"a day of the month, 1 to {_DAYS_A_MONTH}"
    number = count(typed, typed, expected)
    if not 1 <= number <= _DAYS_A_MONTH:
        raise NotASchedule(typed, expected)
    return ANCHOR.replace(day=number)


def _iso(typed: str, expected: str) -> date:
    is_written_so = [part.isascii() and part.isdigit() for part in typed.split("-")] == [True] * 3
    try:
        if is_written_so:
            return date.fromisoformat(typed)
    except ValueError:
        pass
    raise NotASchedule(typed, expected)


def count(word: str, typed: str, expected: str) -> int:
    if word.lower() in _ONE:
        return 1
    if not (word.isascii() and word.isdigit() and len(word) <= _COUNT_DIGITS_MAX):
        raise NotASchedule(typed, expected)
    return int(word)


def parts(typed: str, count: int, unit: Period, period: Period) -> int:
    """How many periods so many units are."""
    sizes = _WEEKS if Period.WEEK in {unit, period} else _MONTHS
    parts, rest = divmod(count * sizes.get(unit, 0), sizes.get(period, 1))
    if rest or unit not in sizes or period not in sizes:
        raise NotASchedule(typed, f"a whole number of {period}s")
    return parts
