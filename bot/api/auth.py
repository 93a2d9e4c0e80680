"""Who calls: the key in the `Authorization` header, looked up once per request."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.api_keys import USE_COARSE, Caller, KeyId, KeyRefused, Scope, ScopeMissing
from bot.domain.directory import WorkspaceId
from bot.services import api_keys
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

#: Look-ups at once: one is a read of a row by its key.
AT_ONCE = 4


class Doorkeeper:
    """Lets callers in by their keys, and writes down when a key was used last."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._limiter = CapacityLimiter(AT_ONCE)
        #: When each key's use was last handed on to be written: of many requests at once, one does.
        self._noted: dict[tuple[WorkspaceId, KeyId], datetime] = {}

    async def caller(self, request: Request, scope: Scope) -> Caller:
        """Who sends the request. Raises a `KeyRefused`."""
        return await self.caller_by(request, request.headers.get("authorization"), scope)

    async def caller_by(self, request: Request, header: str | None, scope: Scope) -> Caller:
        """The same for a header from elsewhere, as a link's `?key=`."""
        now = self._clock()
        caller = await anyio.to_thread.run_sync(
            api_keys.authenticate, self._database, header, now, limiter=self._limiter
        )
        return self._let_in(request, caller, scope, now)

    def callers_here(
        self, database: Database, requests: Sequence[Request], scope: Scope
    ) -> list[Caller | Exception]:
        """The same for many, or what each is refused with; for whoever is on a thread already."""
        now = self._clock()
        known: dict[str | None, Caller | Exception] = {}
        for request in requests:
            header = request.headers.get("authorization")
            if header not in known:
                known[header] = _authenticated(database, header, now)
        return [self._let_in_or_not(request, known, scope, now) for request in requests]

    def finish(self, request: Request, response: Response) -> None:
        """Have a use written once the response is sent: its commit is on nobody's way."""
        caller = getattr(request.state, "used", None)
        if caller is not None and response.background is None:
            response.background = BackgroundTask(self._mark, caller, self._clock())

    def _let_in_or_not(
        self,
        request: Request,
        known: Mapping[str | None, Caller | Exception],
        scope: Scope,
        now: datetime,
    ) -> Caller | Exception:
        found = known[request.headers.get("authorization")]
        if isinstance(found, Exception):
            return found
        try:
            return self._let_in(request, found, scope, now)
        except ScopeMissing as refusal:
            return refusal

    def _let_in(self, request: Request, caller: Caller, scope: Scope, now: datetime) -> Caller:
        if caller.is_use_due and self._is_new(caller, now):
            request.state.used = caller
        api_keys.require(caller, scope)
        return caller

    def _is_new(self, caller: Caller, now: datetime) -> bool:
        key = (caller.workspace_id, caller.key_id)
        if key in self._noted and now - self._noted[key] < USE_COARSE:
            return False
        self._noted[key] = now
        return True

    def _mark(self, caller: Caller, now: datetime) -> None:
        try:
            api_keys.mark_used(self._database, caller, now)
        except DatabaseFault as fault:  # the next minute's use is written instead
            _log.warning("key_use_not_written", key_id=caller.key_id, reason=fault.reason)


def _authenticated(database: Database, header: str | None, now: datetime) -> Caller | Exception:
    try:
        return api_keys.authenticate(database, header, now)
    except KeyRefused as refusal:
        return refusal
