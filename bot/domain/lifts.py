"""Lifts as they are typed: for how many hours, or to end one."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.policies import LIFT, LIFT_MAX
from bot.domain.refusals import LiftFault, LiftRefused

_HOUR = timedelta(hours=1)
_UNITS = ("hours", "hour", "hrs", "h")
#: Longer numbers are no hours, however they are read.
_DIGITS_MAX = 9

#: What ends a lift.
OFF = frozenset({"off", "end", "stop"})


def read(words: Sequence[str]) -> timedelta:
    """`8`, `8h`, `for 8 hours`; four hours where nothing is typed, none for `off`.

    Raises `LiftRefused`.
    """
    typed = " ".join(words)
    said = typed.lower().removeprefix("for ").replace(" ", "")
    if not said:
        return LIFT
    if said in OFF:
        return timedelta(0)
    unit = next((one for one in _UNITS if said.endswith(one)), "")
    number = said.removesuffix(unit)
    digits = number.removeprefix("-").removeprefix("−")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS_MAX:
        raise LiftRefused(typed, LiftFault.NOT_HOURS)
    if int(digits) == 0:
        raise LiftRefused(typed, LiftFault.ZERO)
    if digits != number:
        raise LiftRefused(typed, LiftFault.NEGATIVE)
    if int(digits) > LIFT_MAX // _HOUR:
        raise LiftRefused(typed, LiftFault.TOO_LONG)
    return int(digits) * _HOUR
