"""Low-balance alerts: at which thresholds, and which of those passed is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.directory import UserId
from bot.domain.funds import Funds
from bot.domain.ledger import AccountId
from bot.domain.refusals import AlertFault, AlertsRefused

#: Per cent of the period's funds, out of the box.
DEFAULT = "20,5,0"
#: Nothing is left. It is told at any hour.
EXHAUSTED = 0
#: No percentage: at this pace the tokens run out early.
PACE = -1
#: No percentage: tokens expire on the day that stands in the place of the period.
EXPIRING = -2
#: More would be spam.
THRESHOLDS_MAX = 5
#: Running out a day before the next allowance is no news.
EARLY = timedelta(days=1)

_PER_CENT = 100
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A threshold that an account passed, told or not."""

    alert_id: str
    account: AccountId
    period_on: str
    threshold: int
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What a warning says, as things stand when it is delivered."""

    recipient: UserId
    funds: Funds
    #: The threshold that was passed.
    threshold: int
    now: datetime
    #: Who can add to a pool.
    admins: tuple[UserId, ...] = ()
    #: Whether the recipient is one of those.
    may_fill: bool = False
    #: Whether something can be taken in advance of the next allowance.
    has_advance: bool = False


def percentages(stored: str | None) -> tuple[int, ...]:
    """From `20,5,0`; empty for none."""
    text = DEFAULT if stored is None else stored
    return tuple(int(part) for part in text.split(",") if part)


def passed(thresholds: Sequence[int], funds: Funds, now: datetime) -> tuple[int, ...]:
    """Every threshold at or below which the account is; `PACE` only where it is above all."""
    below = tuple(one for one in thresholds if is_passed(one, funds, now))
    if below or not thresholds or not is_passed(PACE, funds, now):
        return below
    return (PACE,)


def is_passed(threshold: int, funds: Funds, now: datetime) -> bool:
    if threshold == PACE:
        return _runs_out_early(funds, now)
    return funds.available <= 0 or funds.available * _PER_CENT <= threshold * funds.total


def is_lifted(threshold: int, funds: Funds, now: datetime, *, is_credited: bool) -> bool:
    """Whether what was passed is armed again. A pace that slackens lifts nothing: only credit."""
    if threshold == PACE and not is_credited:
        return False
    return threshold != EXPIRING and not is_passed(threshold, funds, now)


def lowest(alerts: Iterable[Alert]) -> Alert:
    """The gravest of several: the lowest percentage, and pace only where it is alone."""
    return min(alerts, key=lambda one: one.threshold if one.threshold >= 0 else _PER_CENT + 1)


def read(words: Sequence[str]) -> str:
    """`30 10 0`, `30,10,0` or `30% 10% 0%` as it is stored. Raises `AlertsRefused`."""
    typed = " ".join(words)
    parts = typed.replace(",", " ").replace("%", " ").split()
    if not parts:
        raise AlertsRefused(typed, AlertFault.NO_NUMBER)
    found = {_percentage(part) for part in parts}
    if len(found) > THRESHOLDS_MAX:
        raise AlertsRefused(typed, AlertFault.TOO_MANY)
    return ",".join(str(one) for one in sorted(found, reverse=True))


def read_hours(typed: str) -> tuple[int, int]:
    """`20-8` or `20:00–08:00` as two hours. Raises `AlertsRefused`."""
    parts = typed.replace(" ", "").replace("–", "-").replace(":00", "").split("-")
    are_hours = len(parts) == 2 and all(p.isascii() and p.isdigit() for p in parts)  # noqa: PLR2004 (from and to)
    if not are_hours or any(len(p) > 2 or int(p) >= _HOURS for p in parts):  # noqa: PLR2004 (digits)
        raise AlertsRefused(typed, AlertFault.NO_HOURS)
    start, end = map(int, parts)
    if start == end:
        raise AlertsRefused(typed, AlertFault.SAME_HOUR)
    return start, end


def _percentage(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()):
        raise AlertsRefused(typed, AlertFault.NO_NUMBER)
    if len(typed) > len(str(_PER_CENT)) or int(typed) > _PER_CENT:
        raise AlertsRefused(typed, AlertFault.OUT_OF_RANGE)
    return int(typed)


def _runs_out_early(funds: Funds, now: datetime) -> bool:
    runs_out_at = funds.runs_out_at(now)
    if runs_out_at is None or funds.next_at is None or funds.available <= 0:
        return False
    return runs_out_at < funds.next_at - EARLY
