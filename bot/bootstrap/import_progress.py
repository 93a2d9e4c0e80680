"""How far an import has come, on standard error."""

import io
import os
import stat
import sys
from contextlib import ExitStack
from time import monotonic
from types import TracebackType

import typer

#: Between lines, where standard error is no terminal.
_EVERY_SECONDS = 10


class Progress:
    """A bar on a terminal, else a line from time to time."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        status = os.fstat(stream.fileno())
        #: Of a pipe, nobody knows.
        self._size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        self._open = ExitStack()
        self._seen = 0
        self._next_at = monotonic() + _EVERY_SECONDS
        self._bar = None
        if self._size and sys.stderr.isatty():
            self._bar = typer.progressbar(length=self._size, label="Importing", file=sys.stderr)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._open.enter_context(self._bar)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def at(self, line: int) -> None:
        """So far it is done."""
        place = self._stream.tell() if self._size else 0
        if self._bar is not None:
            self._bar.update(place - self._seen)
            self._seen = place
        elif monotonic() >= self._next_at:
            part = f" ({100 * place // self._size} %)" if self._size else ""
            typer.echo(f"line {line:,}{part}", err=True)
            self._next_at = monotonic() + _EVERY_SECONDS
