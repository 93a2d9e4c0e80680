"""Asks tokenbot for a hold before a call: one request, within a deadline, or none at all."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tokenbot_client.connections import Answer, Connections, CutOff, Unreachable
from tokenbot_client.counts import field
from tokenbot_client.problems import URN

#: After so many failures one after the other nobody asks for a while.
FAILURES_MAX = 5
REST_SECONDS = 5.0
#: What is said of the call; anything else is said of tokenbot, or of how it is asked.
_VERDICTS = frozenset(
    f"{URN}{name}"
    for name in (
        "limit-reached",
        "not-for-this-key",
        "out-of-range",
        "person-unknown",
        "too-many-holds",
    )
)
_CREATED = 201
#: Said of one request: it can't be read, is in the way of another, or is too large.
_OF_THIS_ONE = frozenset({400, 409, 413, 422})
_FAULT = 500


@dataclass(frozen=True)
class Held:
    """The call may be made."""

    hold: str


@dataclass(frozen=True)
class Refused:
    """The call may not be made; `detail` is a sentence for whoever made it."""

    detail: str
    fallback_model: str | None = None


@dataclass(frozen=True)
class Away:
    """tokenbot did not answer in time, or not as it should."""

    why: str
    #: Whether it may hold something all the same.
    is_heard_perhaps: bool = False
    #: Whether it answers others as ever: it said what is wrong with this one request.
    is_here: bool = False


class Breaker:
    """Stops asking one who doesn't answer, and asks again after a rest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._rests_until = 0.0

    def lets_ask(self) -> bool:
        """Whether to ask now. After a rest one asks, and the others wait for how that goes."""
        if self._failures < FAILURES_MAX:
            return True
        now = self._clock()
        if now < self._rests_until:
            return False
        self._rests_until = now + REST_SECONDS
        return True

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self._rests_until = self._clock() + REST_SECONDS

    def answered(self) -> None:
        self._failures = 0


class Gate:
    """Holds for one tokenbot with one API key, on connections that are kept."""

    def __init__(self, url: str, api_key: str, *, timeout: float, breaker: Breaker) -> None:
        self._timeout = timeout
        self._breaker = breaker
        self._connections = Connections(
            url, {"Authorization": f"Bearer {api_key}", "User-Agent": "tokenbot-client"}
        )

    async def hold(self, intent: Mapping[str, Any]) -> Held | Refused | Away:
        """What tokenbot says. Never raises."""
        if not self._breaker.lets_ask():
            return Away("it did not answer lately")
        try:
            asked = self._connections.post("/v1/holds", json.dumps(intent).encode())
            found = _read(await asyncio.wait_for(asked, self._timeout))
        except asyncio.TimeoutError:
            found = Away("no answer in time", is_heard_perhaps=True)
        except Unreachable as error:
            found = Away(str(error))
        except CutOff as error:
            found = Away(str(error), is_heard_perhaps=True)
        if isinstance(found, Away) and not found.is_here:
            self._breaker.failed()
        else:
            self._breaker.answered()
        return found

    async def close(self) -> None:
        await self._connections.close()


def _read(answer: Answer) -> Held | Refused | Away:
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    hold = field(said, "id")
    if answer.status == _CREATED and isinstance(hold, str):
        return Held(hold)
    if field(said, "type") in _VERDICTS:
        model = field(said, "fallback_model")
        detail = field(said, "detail") or "tokenbot refused this call."
        return Refused(str(detail), model if isinstance(model, str) and model else None)
    return Away(
        f"status {answer.status}",
        is_heard_perhaps=answer.status == _CREATED or answer.status >= _FAULT,
        is_here=answer.status in _OF_THIS_ONE and str(field(said, "type")).startswith(URN),
    )
