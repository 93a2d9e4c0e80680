"""Silences of sources: each is told once, and once more where it goes on for a week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.sources import SourceState

#: Who was told is reminded after so long, once.
REMINDED_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A source that is silent, and since when; what is to be told of it."""

    source: str
    heard_at: datetime
    is_reminder: bool

    @property
    def since(self) -> str:
        """When it was last heard, as it is stored: what makes it this silence and no other."""
        return self.heard_at.astimezone(UTC).isoformat(timespec="microseconds")

    @property
    def key(self) -> str:
        """What is told to each person once."""
        return f"{self.since} {'again' if self.is_reminder else 'first'} {self.source}"


def due(
    states: Sequence[SourceState],
    *,
    told: Mapping[str, datetime],
    reminded: Mapping[str, datetime],
    now: datetime,
) -> list[Silence]:
    """What is to be told of sources; `told` and `reminded` say when each was, last.

    What only one or two people send is left out: it may be a holiday, and is nobody else's to know.
    """
    found = []
    for one in states:
        if not one.is_companys:
            continue
        heard_at = one.last_received_at
        told_at = _after(told.get(one.source), heard_at)
        is_late = (
            told_at is not None
            and told_at <= now - REMINDED_AFTER
            and _after(reminded.get(one.source), heard_at) is None
        )
        if is_late or (told_at is None and one.is_silent):
            found.append(Silence(source=one.source, heard_at=heard_at, is_reminder=is_late))
    return found


def ongoing(states: Sequence[SourceState], since: Mapping[str, str]) -> list[SourceState]:
    """Those of which nothing was heard since they were found silent; `since` as it is stored."""
    return [
        one
        for one in states
        if one.source in since and one.last_received_at <= datetime.fromisoformat(since[one.source])
    ]


def _after(at: datetime | None, heard_at: datetime) -> datetime | None:
    """None where that was an earlier silence: the source was heard since."""
    return at if at is not None and at > heard_at else None
