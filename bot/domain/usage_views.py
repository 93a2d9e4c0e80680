"""What was used in a stretch of days, as somebody looks at it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from bot.domain.allowances import Subject
from bot.domain.digests import Part
from bot.domain.directory import Member, TeamId, UserId
from bot.domain.periods import Period, after, span
from bot.domain.teams import Team

#: Models, projects and people that stand by their names; the rest are one line.
PARTS_MAX = 8

_DAY = timedelta(days=1)
#: So many days and more are nearer to thirty than to seven.
_NEARER_TO_MONTH = 19
_COUNTED = re.compile(r"[+-]?(\d{1,6})(?:\.\d+)?([a-z]*)", re.ASCII)


class Stretch(StrEnum):
    """How far back somebody looks, as it is typed."""

    TODAY = "today"
    WEEK = "7d"
    LAST_WEEK = "last week"
    THIRTY_DAYS = "30d"
    MONTH = "month"


#: How else people say it.
_CALLED: Mapping[str, Stretch] = MappingProxyType(
    {
        **{one.value: one for one in Stretch},
        "week": Stretch.WEEK,
        "this week": Stretch.WEEK,
        "7 days": Stretch.WEEK,
        "last 7 days": Stretch.WEEK,
        "30 days": Stretch.THIRTY_DAYS,
        "last 30 days": Stretch.THIRTY_DAYS,
        "this month": Stretch.MONTH,
    }
)
#: Words of the longest of them.
STRETCH_WORDS_MAX = 3
#: Those that are so many days up to today.
_LENGTHS: Mapping[Stretch, timedelta] = MappingProxyType(
    {
        Stretch.TODAY: timedelta(days=1),
        Stretch.WEEK: timedelta(days=7),
        Stretch.THIRTY_DAYS: timedelta(days=30),
    }
)


_DAYS_OF: Mapping[str, int] = MappingProxyType(
    {"d": 1, "day": 1, "w": 7, "week": 7, "m": 30, "month": 30, "q": 90, "y": 365, "year": 365}
)
_SPELT: Mapping[str, Stretch] = MappingProxyType(
    {
        "day": Stretch.TODAY,
        "daily": Stretch.WEEK,
        "today": Stretch.TODAY,
        "yesterday": Stretch.WEEK,
        "week": Stretch.WEEK,
        "weeks": Stretch.WEEK,
        "weekly": Stretch.WEEK,
        "days": Stretch.THIRTY_DAYS,
        "month": Stretch.MONTH,
        "months": Stretch.MONTH,
        "monthly": Stretch.MONTH,
        "last month": Stretch.MONTH,
        "quarter": Stretch.THIRTY_DAYS,
        "year": Stretch.THIRTY_DAYS,
    }
)


def stretch(words: str) -> Stretch | None:
    """The stretch that a word, or a few, name exactly."""
    return _CALLED.get(words.lower())


def nearest(word: str) -> Stretch | None:
    """What was probably meant by a word that names none; None where it is no period at all."""
    typed = word.lower().strip(".,")
    if found := _COUNTED.fullmatch(typed):
        unit = found[2].removesuffix("s")
        if not unit or unit in _DAYS_OF:
            days = int(found[1]) * _DAYS_OF.get(unit, 1)
            return Stretch.WEEK if days < _NEARER_TO_MONTH else Stretch.THIRTY_DAYS
    close = get_close_matches(typed, _SPELT, n=1, cutoff=0.75)
    return _SPELT[close[0]] if close else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days from `since` up to `until`, and as many before them from `before` up to `before_until`.

    The last of them is today, which is not over; but for *last week*, which is.
    """

    before: date
    before_until: date
    since: date
    until: date

    @property
    def count(self) -> int:
        return (self.until - self.since).days

    @property
    def each(self) -> list[date]:
        return [self.since + timedelta(days=nth) for nth in range(self.count)]

    @property
    def each_before(self) -> list[date | None]:
        """The day that stands beside each, where the time before had as many."""
        length = (self.before_until - self.before).days
        return [
            self.before + timedelta(days=nth) if nth < length else None for nth in range(self.count)
        ]


def days_of(chosen: Stretch, today: date) -> Days:
    """The days looked at, and those they are compared with: a month's with the same of the last."""
    until = today + _DAY
    if chosen is Stretch.MONTH:
        since = span(today, Period.MONTH).start
        before = after(since, Period.MONTH, -1)
        same = min(before + (until - since), since)
        return Days(before=before, before_until=same, since=since, until=until)
    if chosen is Stretch.LAST_WEEK:
        until = span(today, Period.WEEK).start
    length = _LENGTHS[Stretch.WEEK if chosen is Stretch.LAST_WEEK else chosen]
    since = until - length
    return Days(before=since - length, before_until=since, since=since, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Sums of calls that were charged."""

    tokens: int = 0
    calls: int = 0
    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    #: In billionths of a dollar, of the calls whose cost is known.
    cost_nano: int = 0
    unpriced: int = 0

    @property
    def input(self) -> int:
        return self.input_uncached + self.cache_read + self.cache_write

    @property
    def cached_percent(self) -> int | None:
        """Of all input, what was read from a cache; None without input."""
        return self.cache_read * 100 // self.input if self.input else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose usage: a person's, whichever team paid, or all that a team paid."""

    user_id: UserId | None = None
    team_id: TeamId | None = None
    #: A manager sees of a person what these teams paid; None for all.
    paid_by: frozenset[TeamId] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageView:
    """What a person or a team used in some days, and in as many before, as `viewer` may see it."""

    viewer: Member
    subject: Subject
    #: The person's, in whose zone the days are; or the one that is looked at.
    team: Team
    chosen: Stretch
    days: Days
    now: Figures
    before: Figures
    #: The largest, with what is left in `others`.
    models: tuple[Part, ...] = ()
    projects: tuple[Part, ...] = ()
    #: Of a team: its present members, by their ids.
    members: tuple[Part, ...] = ()
    by_day: Mapping[date, int]
    #: Whether a cost among them is an estimate; None where nobody looked.
    has_estimates: bool | None = None
    #: What nobody has been found for yet, for an admin.
    unattributed: int = 0
    #: Only what the viewer's teams paid.
    is_partial: bool = False

    @property
    def is_over(self) -> bool:
        """Whether today is not among these days."""
        return self.chosen is Stretch.LAST_WEEK

    @property
    def is_own(self) -> bool:
        return self.user_id == self.viewer.user_id

    @property
    def user_id(self) -> UserId | None:
        return UserId(self.subject.id) if self.subject.account else None

    @property
    def is_empty(self) -> bool:
        """A correction has tokens without a call, a free call has none."""
        both = (self.now, self.before)
        return not any(some.calls or some.tokens for some in both)

    def others(self, parts: tuple[Part, ...]) -> Part:
        """What the named ones leave of all."""
        return Part(
            name="others",
            tokens=self.now.tokens - sum(part.tokens for part in parts),
            before=self.before.tokens - sum(part.before for part in parts),
        )
