"""Usage from a file, by the command line."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO
from zoneinfo import ZoneInfo

from bot.adapters import ccusage, usage_fields, usage_files
from bot.adapters.ccusage import CcusageFile
from bot.adapters.usage_lines import FileRefused, Record, UsageFile
from bot.bootstrap import system_clock
from bot.bootstrap.admin import ACTOR, AdminRefused, opened, workspace_named
from bot.bootstrap.import_progress import Progress
from bot.bootstrap.import_words import Foretold, Told
from bot.config import Settings
from bot.domain.usage_events import SOURCE_MAX, SourceRole
from bot.services.usage_imports import BATCH, Import, Rejected, Unsaid
from bot.storage.database import DatabaseFault
from bot.storage.usage_imports import Repeats

#: Of one batch, in characters: a thousand lines of the longest would be a gigabyte.
_BATCH_SIZE_MAX = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed."""

    file: Path
    source: str | None
    role: str | None
    mapping: tuple[str, ...]
    zone: str | None
    user: str
    rejected: Path | None
    is_dry: bool


def import_usage(configured: Settings, workspace: str | None, wish: Wish) -> tuple[list[str], bool]:
    """Lines that say what was taken in, and whether all was.

    A batch is several commits. Whatever ends it early, the same command again goes on: what is
    there is known by its id. Raises `AdminRefused`, `DatabaseFault`.
    """
    with _refused(wish.file), _opened(wish.file) as stream:
        found = usage_files.reading(
            stream, wish.file.name, usage_fields.mapping_of(wish.mapping), user=wish.user
        )
        with opened(configured) as database, Repeats() as repeats:
            workspace_id = workspace_named(database, workspace)
            importing = Import(database, workspace_id, _unsaid(wish, found), repeats)
            progress = Progress(stream)
            if wish.is_dry:
                return _foretold(importing, found, wish, progress)
            with RejectedList(_rejected_path(wish, found), found) as rejected:
                return _taken(importing, found, wish, progress, rejected)


class RejectedList:
    """The file of what was not taken; begun with the first of it."""

    def __init__(self, path: Path, found: UsageFile) -> None:
        self.path = path
        self._found = found
        self._file: TextIO | None = None

    def __enter__(self) -> "RejectedList":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        try:
            with self._named(), self._file:
                self._file.write(self._found.rejected_tail())
        except OSError:
            if error is None:  # else it is told already what went wrong
                raise

    def add(self, rejected: list[Rejected]) -> None:
        """Write them down, so that they are there whatever comes."""
        if not rejected:
            return
        with self._named():
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                self._file.write(self._found.rejected_head())
            for one in rejected:
                self._file.write(self._found.rejected(one.record, one.error, one.made_id))
            self._file.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A full disk doesn't say which file it was for."""
        try:
            yield
        except OSError as fault:
            raise OSError(fault.errno, fault.strerror, str(self.path)) from None


def _taken(
    importing: Import, found: UsageFile, wish: Wish, progress: Progress, rejected: RejectedList
) -> tuple[list[str], bool]:
    told = Told(wish.file.name, rejected.path)
    role = SourceRole(wish.role or _usual_role(found))
    try:
        with progress:
            for batch in _batches(found):
                for done in importing.take_in(batch, role=role, actor=ACTOR, now=system_clock()):
                    told.add(done)
                    rejected.add(done.rejected)
                progress.at(batch[-1].line)
    except FileRefused as fault:
        raise AdminRefused(f"{wish.file}: {fault}; {told.so_far()}") from None
    except DatabaseFault as fault:
        raise AdminRefused(f"{fault}; {told.so_far()}") from None
    except OSError as fault:
        raise AdminRefused(f"{_said(fault, wish.file)}; {told.so_far()}") from None
    except KeyboardInterrupt:
        raise AdminRefused(f"stopped; {told.so_far()}") from None
    return told.lines(), not told.rejected


def _foretold(
    importing: Import, found: UsageFile, wish: Wish, progress: Progress
) -> tuple[list[str], bool]:
    told = Foretold(wish.file.name)
    with progress:
        for batch in _batches(found):
            told.add(importing.foresee(batch, system_clock()))
            progress.at(batch[-1].line)
    return told.lines(), not told.rejected


def _batches(found: UsageFile) -> Iterator[list[Record]]:
    """Records in pieces of bounded size; also those before the file breaks off."""
    batch: list[Record] = []
    size = 0
    try:
        for record in found.records():
            batch.append(record)
            size += record.size
            if len(batch) == BATCH or size > _BATCH_SIZE_MAX:
                yield batch
                batch, size = [], 0
    except FileRefused:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


@contextmanager
def _opened(file: Path) -> Iterator[io.BufferedReader]:
    with file.open("rb") as stream:
        yield stream


@contextmanager
def _refused(file: Path) -> Iterator[None]:
    try:
        yield
    except FileRefused as refused:
        raise AdminRefused(f"{file}: {refused}") from None
    except OSError as fault:
        raise AdminRefused(_said(fault, file)) from None


def _said(fault: OSError, file: Path) -> str:
    return f"{fault.filename or file}: {fault.strerror or fault}"


def _unsaid(wish: Wish, found: UsageFile) -> Unsaid:
    usual = ccusage.SOURCE if isinstance(found, CcusageFile) else usage_files.stem(wish.file.name)
    source = usual[:SOURCE_MAX] if wish.source is None else wish.source.strip()
    if not 0 < len(source) <= SOURCE_MAX:
        raise AdminRefused(f"--source is a name of at most {SOURCE_MAX} characters")
    return Unsaid(source=source, user=wish.user, zone=_zone(wish.zone))


def _usual_role(found: UsageFile) -> SourceRole:
    """ccusage sees what an agent's own telemetry sees; neither is in the request's path."""
    return SourceRole.TELEMETRY if isinstance(found, CcusageFile) else SourceRole.GATEWAY


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise AdminRefused(
            f"{name} is no time zone; write one as Europe/Warsaw, America/New_York or UTC"
        ) from None


def _rejected_path(wish: Wish, found: UsageFile) -> Path:
    path = wish.rejected or wish.file.with_name(wish.file.name + found.rejected_suffix)
    if path.exists() and path.samefile(wish.file):
        raise AdminRefused(f"--rejected {path} is the file that is imported; name another")
    return path
