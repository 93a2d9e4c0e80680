"""What the books and the outbox were given lately, for whoever watches the bot at work."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.ledger import RecordedEntry
from bot.domain.notices import NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedNotice:
    """A notice, and what has become of it so far."""

    notice_id: NoticeId
    kind: str
    queue: str
    #: `waiting`, `sent`, `dead` or `stale`.
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    error: str
    #: What it tells, as JSON; empty once it was sent.
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happenings:
    """Entries and notices of some time, each the oldest first."""

    entries: tuple[RecordedEntry, ...]
    notices: tuple[OwedNotice, ...]
