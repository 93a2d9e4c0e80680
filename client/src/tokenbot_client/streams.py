"""An SDK's stream with an eye on its usage: the same chunks, methods and errors."""

import logging
from collections.abc import Callable
from typing import Any

from tokenbot_client.counts import field

log = logging.getLogger("tokenbot_client")


class Sight:
    """What a stream's chunks told of its usage, handed on once, when the stream ends."""

    def __init__(self, report: Callable[["Sight"], None], *, hides_usage: bool) -> None:
        self.id: object = None
        self.model: object = None
        #: Usage as told first and last. Figures grow: those in between are parts of the last.
        self.told: list[object] = []
        #: Nothing came after the start of an Anthropic message, so that its output is unknown.
        self.is_cut_off = False
        self._report = report
        self._hides_usage = hides_usage
        self._is_done = False

    def look(self, chunk: object) -> bool:
        """Takes in a chunk; True when it only came because usage was asked for here."""
        try:
            return self._look(chunk)
        except Exception:  # a chunk of a shape unknown here is the caller's all the same
            log.warning("tokenbot: a chunk could not be read", exc_info=True)
            return False

    def _look(self, chunk: object) -> bool:
        whole = field(chunk, "response") or field(chunk, "message") or chunk
        self.id = field(whole, "id") or self.id
        self.model = field(whole, "model") or self.model
        usage = field(whole, "usage")
        if usage is None:
            return False
        self.told[1:] = [usage]
        self.is_cut_off = field(chunk, "message") is not None
        return self._hides_usage and field(chunk, "choices") == []

    def end(self) -> None:
        """Reports, the first time."""
        if not self._is_done:
            self._is_done = True
            self._report(self)


class Stream:
    """What the sync and the async stream share: they pass for the SDK's own."""

    def __init__(self, inner: Any, sight: Sight) -> None:
        self._inner = inner
        self._sight = sight

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_inner"], name)

    @property
    def __class__(self) -> Any:
        return type(self._inner)

    @__class__.setter
    def __class__(self, other: Any) -> None:
        raise TypeError("the class of a metered stream is its SDK's")

    def __del__(self) -> None:
        # A stream that was dropped half-read still used what it told of so far.
        if "_sight" in vars(self):
            self._sight.end()


class SyncStream(Stream):
    """For `for chunk in stream`, with or without `with`."""

    def __iter__(self) -> "SyncStream":
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._inner)
            while self._sight.look(chunk):
                chunk = next(self._inner)
        except BaseException:
            self._sight.end()
            raise
        return chunk

    def __enter__(self) -> "SyncStream":
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        try:
            return self._inner.__exit__(*error)
        finally:
            self._sight.end()

    def close(self) -> None:
        """Closes the connection; what was used until here is reported."""
        try:
            self._inner.close()
        finally:
            self._sight.end()


class AsyncStream(Stream):
    """For `async for chunk in stream`, with or without `async with`."""

    def __aiter__(self) -> "AsyncStream":
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._inner)
            while self._sight.look(chunk):
                chunk = await anext(self._inner)
        except BaseException:
            self._sight.end()
            raise
        return chunk

    async def __aenter__(self) -> "AsyncStream":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await self._inner.__aexit__(*error)
        finally:
            self._sight.end()

    async def close(self) -> None:
        """Closes the connection; what was used until here is reported."""
        try:
            await self._inner.close()
        finally:
            self._sight.end()
