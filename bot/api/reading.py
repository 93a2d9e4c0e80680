"""Reads for dashboards: who asks, then the database on a thread."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request

from bot.api.auth import Doorkeeper
from bot.domain.api_keys import Caller, Scope
from bot.storage.database import Database

#: Reads at once; they share the interpreter with Slack's people.
AT_ONCE = 2

T = TypeVar("T")


class Reader:
    """Answers from the database, for keys with scope `read`."""

    def __init__(
        self, database: Database, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._limiter = CapacityLimiter(AT_ONCE)

    async def read(self, request: Request, look: Callable[[Database, Caller, datetime], T]) -> T:
        """What `look` finds for the caller, as of now. Raises a `KeyRefused`."""
        caller = await self._doorkeeper.caller(request, Scope.READ)
        return await anyio.to_thread.run_sync(
            look, self._database, caller, self._clock(), limiter=self._limiter
        )

    async def read_for_all(self, look: Callable[[Database], T]) -> T:
        """The same for what needs no key."""
        return await anyio.to_thread.run_sync(look, self._database, limiter=self._limiter)
