"""Work on holds over HTTP: who asks, what for, and then the ledger, for all who wait at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from pydantic_core import from_json
from starlette.requests import Request

from bot import estimation
from bot.adapters import told_by_text
from bot.api import bodies
from bot.api.auth import Doorkeeper
from bot.api.line import Act, Line
from bot.api.refusals import BodyTooLarge, NotReadable
from bot.domain import estimates
from bot.domain.api_keys import Caller, Scope
from bot.services.limit_news import News
from bot.services.sizing import Sizes
from bot.storage.database import Database

#: Of a body: a call is told by counts, or by its text.
BYTES_MAX = 2**20
#: Texts counted at once: more would only take the processor from those who hold.
COUNTED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request says, and who sends it."""

    caller: Caller
    said: Any


#: An outcome for each, or the exception that its sender is told of.
Work = Callable[[Database, Sequence[Wanted]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    said: Any


class Desk:
    """Where holds are made, settled and looked at."""

    def __init__(
        self, database: Database, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
    ) -> None:
        self.clock = clock
        self.sizes = Sizes()
        self.news = News()
        self._doorkeeper = doorkeeper
        self._line = Line(database)
        self._counting = CapacityLimiter(COUNTED_AT_ONCE)

    async def counted(self, request: Request, body: Any) -> Any:
        """The body with figures in place of texts, counted before anybody waits in line for it."""
        if not told_by_text.is_told(body):
            return body
        await self._doorkeeper.caller(request, Scope.HOLDS)  # or nobody has us count
        return await anyio.to_thread.run_sync(
            told_by_text.counted, body, _tokens, limiter=self._counting
        )

    def together(self, work: Work) -> Act:
        """`work`, for requests in the line: of whom the key lets in."""

        def act(database: Database, waiting: Sequence[_Waiting]) -> list[Any]:
            requests = [one.request for one in waiting]
            callers = self._doorkeeper.callers_here(database, requests, Scope.HOLDS)
            wanted = [
                Wanted(caller, one.said)
                for caller, one in zip(callers, waiting, strict=True)
                if isinstance(caller, Caller)
            ]
            found = iter(work(database, wanted) if wanted else ())
            return [next(found) if isinstance(one, Caller) else one for one in callers]

        return act

    def alone(self, work: Callable[[Database, Caller, Any], object]) -> Act:
        """The same for what is done for each by itself."""

        def each(database: Database, wanted: Sequence[Wanted]) -> list[Any]:
            return [_tried(work, database, one) for one in wanted]

        return self.together(each)

    async def answer(self, request: Request, act: Act, said: Any, *, size: int = 1) -> Any:
        """What is made of a request that says so, once it is committed. Raises a refusal."""
        return await self._line.done(act, _Waiting(request, said), size=size)


async def body_of(request: Request) -> Any:
    """The request's JSON. Raises a refusal."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > BYTES_MAX:
        raise BodyTooLarge(BYTES_MAX)
    bodies.media_type(request, ("application/json",))
    body = await bodies.received(request)
    if len(body) > BYTES_MAX:
        raise BodyTooLarge(BYTES_MAX)
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise NotReadable(f"The body is no JSON: {error}.") from None


def _tokens(model: str, text: str) -> int:
    return estimation.count(text, estimates.family(model).encoding).tokens


def _tried(
    work: Callable[[Database, Caller, Any], object], database: Database, wanted: Wanted
) -> object:
    try:
        return work(database, wanted.caller, wanted.said)
    except Exception as refusal:  # noqa: BLE001 - its sender is told of it
        return refusal
