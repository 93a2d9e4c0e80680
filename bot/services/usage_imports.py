"""Files of usage: their records made whole, and taken in as any other events."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.adapters import usage_events, usage_fields
from bot.adapters.usage_fields import WHOLE_NUMBERS
from bot.adapters.usage_lines import Record
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.usage_events import EventRefused, SourceRole, UsageEvent, check_time
from bot.services import usage
from bot.services.placing import Sender
from bot.services.portions import Portions
from bot.storage import identities, usage_imports
from bot.storage.database import Database
from bot.storage.usage_imports import Repeats

#: Records that are read before they are taken in.
BATCH = 1_000
#: What a made id is made of; `text` is all there is of what could not be read.
_IDENTIFYING = usage_fields.FIELDS | {"text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """What holds for each record that doesn't say it."""

    source: str
    user: str
    zone: ZoneInfo | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was not taken, and why."""

    record: Record
    error: str
    #: The id that was made for it: mended, it is known by that. Empty where it says its own.
    made_id: str = ""


@dataclass(slots=True, kw_only=True)
class Imported:
    """What became of records."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(slots=True)
class Use:
    """What would be taken from one user of a source."""

    events: int = 0
    counted: int = 0


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """What would become of records; nothing was written."""

    #: By source and user, as the records say them, with the account they are charged to.
    users: dict[tuple[str, str], tuple[AccountId, Use]] = field(default_factory=dict)
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Import:
    """One file's way into a workspace, a batch of records at a time.

    A record without an id gets one from what it says and how often the file said that before, so
    that the same file again is the same events.
    """

    def __init__(
        self, database: Database, workspace_id: WorkspaceId, unsaid: Unsaid, repeats: Repeats
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._unsaid = unsaid
        self._repeats = repeats
        self._portions = Portions()

    def take_in(
        self, records: Sequence[Record], *, role: SourceRole, actor: str, now: datetime
    ) -> Iterator[Imported]:
        """Take them in, at most `BATCH`: told after each commit, and last all that was rejected.

        Raises as `usage.taken_in` does, and what was told until then stands.
        """
        found, rejected = self._events(records, now)
        for taken in usage.taken_in(
            self._database,
            self._workspace_id,
            [event for _, event in found],
            sender=Sender(role=role, owner=None, actor=actor),
            now=now,
            portions=self._portions,
        ):
            for one in taken.rejected:
                record, event = found[one.index]
                made_id = event.external_id if _is_unsaid(record.fields.get("id")) else ""
                rejected.append(Rejected(record, one.error, made_id))
            yield Imported(accepted=taken.accepted, duplicates=taken.duplicates)
        yield Imported(rejected=sorted(rejected, key=_line))

    def foresee(self, records: Sequence[Record], now: datetime) -> Foreseen:
        """Say what would be taken, and from whom."""
        found, rejected = self._events(records, now)
        foreseen = Foreseen(rejected=rejected)
        fresh: dict[str, dict[str, UsageEvent]] = {}
        for record, event in found:
            try:
                check_time(event, now)
            except EventRefused as refused:
                rejected.append(Rejected(record, str(refused)))
                continue
            # Its own ids apart from those that are made: each kind is counted by itself.
            key = hashlib.sha256(f"{event.source}\0{event.external_id}\0id".encode()).digest()
            if self._repeats.before(key):
                foreseen.duplicates += 1
            else:
                fresh.setdefault(event.source, {})[event.external_id] = event
        rejected.sort(key=_line)
        self._add_new(foreseen, fresh)
        return foreseen

    def _add_new(self, foreseen: Foreseen, fresh: dict[str, dict[str, UsageEvent]]) -> None:
        with self._database.reading() as tx:
            for source, by_id in fresh.items():
                known = usage_imports.standing(tx, self._workspace_id, source, by_id)
                foreseen.duplicates += len(known)
                new = [event for key, event in by_id.items() if key not in known]
                users = {event.user for event in new}
                accounts = identities.foreseen(tx, self._workspace_id, source, users)
                for event in new:
                    account = accounts[event.user]
                    _, use = foreseen.users.setdefault((source, event.user), (account, Use()))
                    use.events += 1
                    use.counted += event.counts.total

    def _events(
        self, records: Sequence[Record], now: datetime
    ) -> tuple[list[tuple[Record, UsageEvent]], list[Rejected]]:
        found: list[tuple[Record, UsageEvent]] = []
        rejected: list[Rejected] = []
        for record in records:
            said = {"text": record.given} if record.error else record.fields
            made_id = self._made_id(said) if _is_unsaid(said.get("id")) else ""
            if record.error:
                rejected.append(Rejected(record, record.error, made_id))
                continue
            try:
                found.append((record, self._event(said, made_id, now)))
            except ValueError as refused:  # an event's or its counts'
                rejected.append(Rejected(record, str(refused), made_id))
        return found, rejected

    def _event(self, said: Mapping[str, object], made_id: str, now: datetime) -> UsageEvent:
        """The event of what a record says, completed. Raises `EventRefused`."""
        fields = dict(said)
        if made_id:
            fields["id"] = made_id
        if _is_unsaid(fields.get("source")):
            fields["source"] = self._unsaid.source
        if _is_unsaid(fields.get("user")):
            fields["user"] = self._unsaid.user
        at = fields.get("at")
        if isinstance(at, str):
            fields["at"] = usage_fields.with_zone(at, self._unsaid.zone, now)
        return usage_events.event_of(usage_fields.summed(fields))

    def _made_id(self, said: Mapping[str, object]) -> str:
        """From the source and what the record itself says, not from what was said for it."""
        named = {
            name: usage_events.without_point(value) if name in WHOLE_NUMBERS else value
            for name, value in said.items()
            if name in _IDENTIFYING and not _is_unsaid(value)
        }
        text = json.dumps([self._unsaid.source, named], sort_keys=True)
        digest = hashlib.sha256(text.encode())
        times = self._repeats.before(digest.digest())
        return f"{digest.hexdigest()}-{times}" if times else digest.hexdigest()


def _is_unsaid(value: object) -> bool:
    return value is None or value == ""


def _line(rejected: Rejected) -> int:
    return rejected.record.line
