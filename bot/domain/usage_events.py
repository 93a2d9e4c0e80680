"""Usage events: what one call used, as its source tells it, before anybody is charged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.counts import Counts

#: How old an event may be when it comes; the days before are closed.
LATE_MAX = timedelta(days=90)
#: How far a sender's clock may be ahead of ours.
AHEAD_MAX = timedelta(minutes=5)
#: Of a source's name, of its ids, and of how it calls people.
SOURCE_MAX = 60
ID_MAX = 200
USER_MAX = 200
#: Of what an event carries besides: pairs, and the length of a key or value.
METADATA_MAX = 16
METADATA_TEXT_MAX = 200
REVISION_MAX = 2**31 - 1
#: A cost that one event can have: a million dollars, in billionths.
COST_NANO_MAX = 10**15


#: Source and id: what makes a call count once.
EventKey = tuple[str, str]


class SourceRole(StrEnum):
    """How a source knows what was used, the surest in daily life first.

    Several may see the same call; which one is charged, `domain.metering` decides.
    """

    #: In the request's path, or the application itself: sees each call as it is made.
    GATEWAY = "gateway"
    #: An agent's telemetry: fast, and an estimate.
    TELEMETRY = "telemetry"
    #: The provider's own report: late, often without a person, and authoritative.
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One call; of a provider's report, one bucket."""

    #: Who tells of it: `litellm`, `claude-code`, an application's name.
    source: str
    #: Unique in the source: the same again is the same call.
    external_id: str
    occurred_at: datetime
    #: E-mail, Slack id, or what the source calls the person; empty where it doesn't say.
    user: str
    model: str
    provider: str
    counts: Counts
    #: What the source says it cost, in billionths of a dollar; None where it doesn't say.
    cost_nano: int | None = None
    project: str = ""
    #: The team as the source calls it; no account is chosen by it.
    team: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: A higher one replaces the figures of a lower one: the difference is charged.
    revision: int = 0
    #: A gateway answered from its own cache: nobody is charged.
    is_free: bool = False
    #: The source could only estimate the counts.
    is_estimate: bool = False


class EventRefused(ValueError):
    """An event that can't be taken; the message names the field and what to do."""


def check_time(event: UsageEvent, now: datetime) -> None:
    """Raises `EventRefused` for what is too old to be booked, or has not happened yet."""
    if event.occurred_at > now + AHEAD_MAX:
        raise EventRefused(
            f"at ({event.occurred_at.isoformat()}) is more than five minutes in the future; "
            "is the sender's clock right, and its zone given?"
        )
    if event.occurred_at < now - LATE_MAX:
        raise EventRefused(
            f"at ({event.occurred_at.isoformat()}) is more than {LATE_MAX.days} days ago; "
            "older usage is no longer taken"
        )


class FiguresDiffer(EventRefused):
    """The same source and id with other figures, which are not said to be later ones."""


def replaces(event: UsageEvent, *, revision: int, counts: Counts) -> bool:
    """Whether its figures replace those that stand for its id; false where they are the same.

    Raises `FiguresDiffer` where they are others and of no later revision.
    """
    if event.counts == counts:
        return False
    if event.revision > revision:
        return True
    raise FiguresDiffer(
        f"this id of {event.source} came before with other figures ({counts.input:,} in, "
        f"{counts.output:,} out), which stand; later figures need a revision above {revision}"
    )


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that was not taken: its place in what was given, its id, and why."""

    index: int
    external_id: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the events that were given."""

    accepted: int = 0
    #: Known before, with the same figures.
    duplicates: int = 0
    rejected: tuple[Rejection, ...] = ()
