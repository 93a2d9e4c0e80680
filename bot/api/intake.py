"""Usage over HTTP, whatever its form: who sends it, the body within bounds, then the one intake."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request

from bot.api import bodies
from bot.api.auth import Doorkeeper
from bot.api.metrics import Metrics
from bot.api.refusals import TooBusy
from bot.api.usage_bodies import Decoded, Received
from bot.domain.api_keys import Caller, Scope
from bot.domain.usage_events import Rejection, SourceRole, Taken, UsageEvent
from bot.services import usage
from bot.services.portions import Portions
from bot.storage.database import Database

#: Bodies worked on at once. Two keep SQLite's one writer busy, and leave the interpreter to people:
#: a backlog of intake must never be felt in Slack.
AT_ONCE = 2
#: Requests that may be in hand, each with its body; the next are told to come again.
IN_HAND_MAX = 64

T = TypeVar("T")

Decode = Callable[[Received], Decoded]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request's events, by their places in it, and fields that were ignored."""

    taken: Taken
    ignored: Mapping[str, int]


class Intake:
    """Takes usage in on a few threads of its own."""

    def __init__(
        self,
        database: Database,
        doorkeeper: Doorkeeper,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._metrics = metrics
        self._portions = Portions()
        self._limiter = CapacityLimiter(AT_ONCE)
        self._in_hand = 0

    async def answer(
        self,
        request: Request,
        *,
        media_types: tuple[str, ...],
        decode: Decode,
        role: SourceRole,
    ) -> Answer:
        """Take in what the request holds; `decode` runs on a thread.

        Raises a refusal when nothing of it can be read, and then nothing is kept.
        """
        work = partial(self._taken, decode=decode, role=role)
        return await self.worked(request, media_types=media_types, work=work)

    async def worked(
        self, request: Request, *, media_types: tuple[str, ...], work: Callable[[Received], T]
    ) -> T:
        """What `work` makes on a thread of a request, once its sender and body were let in."""
        bodies.check_size(request)
        caller = await self._doorkeeper.caller(request, Scope.USAGE_WRITE)
        media_type = bodies.media_type(request, media_types)
        is_packed = bodies.is_packed(request)
        with self._room():
            body = await bodies.received(request)
            received = Received(
                caller=caller, media_type=media_type, headers=request.headers, body=body
            )
            unpacking = partial(_unpacked, received, work) if is_packed else partial(work, received)
            return await anyio.to_thread.run_sync(unpacking, limiter=self._limiter)

    def _taken(self, received: Received, *, decode: Decode, role: SourceRole) -> Answer:
        made = decode(received)
        caller = received.caller
        taken = usage.take_in(
            self._database,
            caller.workspace_id,
            _by_owner(made.events, caller),
            role=_role(role, caller),
            owner=caller.user_id,
            actor=caller.actor,
            now=self._clock(),
            portions=self._portions,
            reach=caller.reach,
        )
        rejected = [*made.rejected, *(_placed(one, made) for one in taken.rejected)]
        rejected.sort(key=lambda one: one.index)
        self._metrics.count_events(made.events, taken, rejected)
        return Answer(replace(taken, rejected=tuple(rejected)), made.ignored)

    @contextmanager
    def _room(self) -> Iterator[None]:
        if self._in_hand >= IN_HAND_MAX:
            raise TooBusy
        self._in_hand += 1
        try:
            yield
        finally:
            self._in_hand -= 1


def _unpacked(received: Received, work: Callable[[Received], T]) -> T:
    return work(replace(received, body=bodies.unpacked(received.body)))


def _by_owner(events: list[UsageEvent], caller: Caller) -> list[UsageEvent]:
    """A person's own key can't take the ids of others: a gateway's call would count as known."""
    if caller.user_id is None:
        return events
    owner = caller.user_id
    return [replace(one, external_id=f"{owner}/{one.external_id}") for one in events]


def _role(role: SourceRole, caller: Caller) -> SourceRole:
    """Nor can it say that it is the gateway, and so be charged in place of what really is."""
    return role if caller.user_id is None else SourceRole.TELEMETRY


def _placed(rejection: Rejection, made: Decoded) -> Rejection:
    """With the place and the id that the sender knows."""
    event = made.events[rejection.index]
    return Rejection(made.places[rejection.index], event.external_id, rejection.error)
