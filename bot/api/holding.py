"""Work on holds over HTTP: who asks, what for, and then the ledger, all on one thread."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from pydantic_core import from_json
from starlette.requests import Request

from bot.api import bodies
from bot.api.auth import Doorkeeper
from bot.api.line import Line
from bot.api.refusals import BodyTooLarge, NotReadable
from bot.domain.api_keys import Caller, Scope
from bot.services.sizing import Sizes
from bot.storage.database import Database

#: At once on PostgreSQL, where writers don't wait for each other; on SQLite they stand in line.
AT_ONCE = 16
#: Of a body: a call is told by counts, or by its text.
BYTES_MAX = 2**20

T = TypeVar("T")

Work = Callable[[Database, Caller, Any], T]


class Desk:
    """Where holds are made, settled and looked at."""

    def __init__(
        self, database: Database, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
    ) -> None:
        self.clock = clock
        self.sizes = Sizes()
        self._database = database
        self._doorkeeper = doorkeeper
        self._line = Line(database)
        self._limiter = CapacityLimiter(AT_ONCE)

    async def answer(self, request: Request, work: Work[T], *, has_body: bool = True) -> T:
        """What `work` makes of the request's JSON, once it is committed. Raises a refusal."""
        body = await _received(request) if has_body else b""

        def worked(database: Database) -> T:
            caller = self._doorkeeper.caller_here(database, request, Scope.HOLDS)
            return work(database, caller, _parsed(body) if has_body else None)

        if self._database.dialect == "sqlite":
            return await self._line.done(worked)
        return await anyio.to_thread.run_sync(worked, self._database, limiter=self._limiter)


async def _received(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > BYTES_MAX:
        raise BodyTooLarge(BYTES_MAX)
    bodies.media_type(request, ("application/json",))
    body = await bodies.received(request)
    if len(body) > BYTES_MAX:
        raise BodyTooLarge(BYTES_MAX)
    return body


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise NotReadable(f"The body is no JSON: {error}.") from None
