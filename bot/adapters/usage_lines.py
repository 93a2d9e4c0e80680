"""Files of usage, read in pieces: lines, what each of them says, and what can't be read."""

import gzip
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

#: Of a line, in bytes: an event takes some hundreds.
LINE_MAX = 1_000_000

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class FileRefused(ValueError):
    """A file that can't be imported at all; the message says why and what to do."""


class Stream(Protocol):
    """Bytes that are read once, from the beginning."""

    def readline(self, size: int = -1, /) -> bytes: ...

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands in the file; `error` where it can't be read."""

    number: int
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one event of the file says; `error` where that can't be told."""

    line: int
    #: By the names of `POST /v1/usage`, as far as the file says them.
    fields: dict[str, object] = field(default_factory=dict)
    error: str = ""
    #: As the file has it, for the list of what was not taken.
    given: object = None
    #: Characters that were read for it.
    size: int = 0


class UsageFile(Protocol):
    """A file of one format, and how the same format says what was not taken."""

    #: What the list of rejected events is called: the file's name and this.
    rejected_suffix: str

    def records(self) -> Iterator[Record]:
        """Each event, in the file's order. Raises `FileRefused` where the file breaks off."""

    def rejected_head(self) -> str:
        """What the list begins with."""

    def rejected(self, record: Record, error: str, made_id: str) -> str:
        """The event as it was, with its line and what is wrong with it.

        The id that was made for it goes along: mended, it may say just what another line says.
        """

    def rejected_tail(self) -> str:
        """What the list ends with."""


class Lines:
    """The lines of a stream. Memory holds one of them, however many there are."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._again: deque[Line] = deque()
        #: Of the line that was read last.
        self.number = 0

    def next(self) -> Line | None:
        """The next line with its ending; None at the end. Raises `FileRefused`."""
        if self._again:
            return self._again.popleft()
        raw = _piece(self._stream, LINE_MAX + 1, after=self.number)
        if not raw:
            return None
        self.number += 1
        if self.number == 1:
            raw = _unmarked(raw)
        if len(raw) > LINE_MAX:
            return self._too_long(raw)
        try:
            return Line(self.number, raw.decode())
        except UnicodeDecodeError as error:
            words = f"byte {raw[error.start]:#04x} at place {error.start + 1} is not UTF-8"
            return Line(self.number, raw.decode(errors="replace"), words)

    def put_back(self, lines: list[Line]) -> None:
        """Read these once more."""
        self._again.extendleft(reversed(lines))

    def _too_long(self, piece: bytes) -> Line:
        while piece and not piece.endswith(b"\n"):
            piece = _piece(self._stream, LINE_MAX, after=self.number)
        return Line(self.number, "", f"the line has more than {LINE_MAX:,} bytes")


def document(stream: Stream, longest: int) -> bytes:
    """All of it, where it has to be read at once. Raises `FileRefused` where that is too much."""
    try:
        found = stream.read(longest + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        raise _broken(fault, after=0) from None
    if len(found) > longest:
        raise FileRefused(f"one JSON document of more than {longest:,} bytes; split it")
    return found.removeprefix(_BOM)


def _piece(stream: Stream, size: int, *, after: int) -> bytes:
    try:
        return stream.readline(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        raise _broken(fault, after=after) from None


def _broken(fault: Exception, *, after: int) -> FileRefused:
    return FileRefused(f"its gzip data are damaged or cut off after line {after:,} ({fault})")


def _unmarked(raw: bytes) -> bytes:
    if raw.startswith(_UTF16):
        raise FileRefused("it is UTF-16; save it as UTF-8")
    return raw.removeprefix(_BOM)
