"""Pulling a provider's own usage report: which day is read when, and what came of it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from bot.domain.usage_events import UsageEvent

#: How often what a provider has counted is read again.
EVERY = timedelta(hours=1)
#: How far back the first pull reads, today included; what is older than it is only compared.
FIRST_DAYS = 31
#: Days before the last one read that each pull reads again: providers still correct them.
OVERLAP = timedelta(days=3)
#: Nothing older is read, however long nobody pulled: intake takes 90 days.
OLDEST = timedelta(days=88)
#: How long one day may take before another worker may read it too.
LEASE = timedelta(minutes=10)
#: Waits after failures in a row: doubled from the first to the last.
BACK_OFF_MIN = timedelta(minutes=1)
BACK_OFF_MAX = timedelta(hours=1)
#: The longest wait that a provider can ask for.
ASKED_WAIT_MAX = timedelta(hours=6)
#: Of an error or remark that is kept.
WORDS_MAX = 500

_REVISIONS_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


class ProviderAway(Exception):
    """No usable answer, which may pass: time-out, overload, or an answer nobody can read.

    The message is for an admin, and names no key. `wait` is what the provider asked for.
    """

    def __init__(self, words: str, wait: timedelta | None = None) -> None:
        super().__init__(words)
        self.wait = wait


class ProviderRefused(Exception):
    """The provider said no, and will until somebody changes something; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A UTC day of a provider's report, as far as it is known by now."""

    events: tuple[UsageEvent, ...]
    #: What could not be read of it, in words.
    remarks: tuple[str, ...] = ()


class Provider(Protocol):
    """Whose report is pulled."""

    @property
    def name(self) -> str:
        """`openai`, `anthropic`."""

    def day(self, day: date, *, revision: int) -> Report:
        """What was used on a UTC day. Raises `ProviderAway` and `ProviderRefused`."""

    def close(self) -> None:
        """Give back its connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """How far a provider's report has been read, and how the last try went."""

    #: Not before: after a failure, between pulls, and while a worker reads.
    next_at: datetime | None = None
    #: The day that comes next, in the middle of a pull.
    next_day: date | None = None
    #: The last day of the last pull that ended.
    read_to: date | None = None
    #: When a pull last ended.
    succeeded_at: datetime | None = None
    #: Why the last try failed; empty since it succeeded.
    error: str = ""
    failures: int = 0
    #: Somebody has to do something: trying again soon helps nobody.
    is_refused: bool = False
    #: What the last pull could not take, in words, and the same of the pull under way.
    remark: str = ""
    remarking: str = ""
    #: The day on which the report was connected: nobody is charged for the days before.
    charged_from: date | None = None

    @property
    def charged_since(self) -> datetime | None:
        """When that day begins; None where all is charged."""
        if self.charged_from is None:
            return None
        return datetime.combine(self.charged_from, time(), tzinfo=UTC)


def revision(now: datetime) -> int:
    """A number that grows from pull to pull: figures read later replace those read before."""
    return int((now - _REVISIONS_BEGAN).total_seconds())


def moment_of(day: date) -> datetime:
    """When usage of a whole UTC day is said to have happened: at noon.

    That is the same date from UTC-12 to UTC+11, so it lands on the day that people mean. Midnight
    would be the evening before in all of America.
    """
    return datetime.combine(day, time(12), tzinfo=UTC)


def last_day(now: datetime) -> date:
    """The latest day to read: today from noon on, for nothing may be said of the future."""
    today = now.astimezone(UTC).date()
    return today if moment_of(today) <= now else today - timedelta(days=1)


def day_due(pull: Pull, now: datetime, *, is_start: bool = False) -> date | None:
    """The day to read now; None while there is nothing to do.

    What a provider refused is tried at a process's start: somebody may have set another key.
    """
    is_waiting = pull.next_at is not None and now < pull.next_at
    if is_waiting and not (is_start and pull.is_refused):
        return None
    last = last_day(now)
    if pull.next_day is not None:
        day = pull.next_day
    elif pull.read_to is not None:
        day = pull.read_to - OVERLAP
    else:
        day = last - timedelta(days=FIRST_DAYS - 1)
    return min(max(day, last - OLDEST), last)


def begun(pull: Pull, day: date, now: datetime) -> Pull:
    """A worker reads the day: nobody else, until the lease has run out.

    A report is connected with the first key that is not refused.
    """
    charged_from = pull.charged_from
    is_first = pull.next_day is None and charged_from is None
    if pull.read_to is None and (is_first or pull.is_refused):
        charged_from = now.astimezone(UTC).date()
    return replace(
        pull, next_at=now + LEASE, next_day=day, is_refused=False, charged_from=charged_from
    )


def after_day(pull: Pull, day: date, remarks: tuple[str, ...], now: datetime) -> Pull:
    """The day has been taken in: the next is due at once, or after the last, a pull has ended."""
    said = _shortened("; ".join(filter(None, (pull.remarking, *remarks))))
    well = replace(pull, error="", failures=0, is_refused=False, remarking=said)
    if day < last_day(now):
        return replace(well, next_at=now, next_day=day + timedelta(days=1))
    return replace(
        well,
        next_at=now + EVERY,
        next_day=None,
        read_to=day,
        succeeded_at=now,
        remark=said,
        remarking="",
    )


def after_failure(pull: Pull, failure: ProviderAway | ProviderRefused, now: datetime) -> Pull:
    """The same day again, later: sooner where it may pass, and never before the provider said."""
    failures = pull.failures + 1
    is_refused = isinstance(failure, ProviderRefused)
    wait = EVERY if is_refused else _back_off(failures)
    if isinstance(failure, ProviderAway) and failure.wait is not None:
        wait = min(max(failure.wait, timedelta(seconds=1)), ASKED_WAIT_MAX)
    return replace(
        pull,
        next_at=now + wait,
        error=_shortened(str(failure)),
        failures=failures,
        is_refused=is_refused,
    )


def _back_off(failures: int) -> timedelta:
    return min(BACK_OFF_MIN * (1 << min(failures - 1, 10)), BACK_OFF_MAX)


def _shortened(words: str) -> str:
    return words if len(words) <= WORDS_MAX else words[: WORDS_MAX - 1] + "…"
