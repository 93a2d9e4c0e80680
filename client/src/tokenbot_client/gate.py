"""Asks tokenbot for a hold before a call: one request, within a deadline, or none at all."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tokenbot_client.counts import field

#: After so many failures one after the other nobody asks for a while.
FAILURES_MAX = 5
REST_SECONDS = 5.0
CONNECTIONS_MAX = 100
#: What is said of the call; anything else is said of tokenbot, or of how it is asked.
_VERDICTS = frozenset(
    f"urn:tokenbot:problem:{name}"
    for name in ("limit-reached", "person-unknown", "too-many-holds", "out-of-range")
)
#: Of these errors nobody knows whether tokenbot has heard: it may hold what nobody settles.
_HEARD_PERHAPS = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.RemoteProtocolError)


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
        self._url = f"{url}/v1/holds"
        self._timeout = timeout
        self._breaker = breaker
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "tokenbot-client"},
            timeout=timeout,
            limits=httpx.Limits(
                max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX
            ),
        )

    async def hold(self, intent: Mapping[str, Any]) -> Held | Refused | Away:
        """What tokenbot says. Never raises."""
        if not self._breaker.lets_ask():
            return Away("it did not answer lately")
        try:
            # httpx counts each of its steps by itself; this is for all of them.
            asked = self._http.post(self._url, json=intent)
            found = _read(await asyncio.wait_for(asked, self._timeout))
        except asyncio.TimeoutError:
            found = Away("no answer in time", is_heard_perhaps=True)
        except (httpx.HTTPError, ValueError) as error:
            found = Away(type(error).__name__, is_heard_perhaps=isinstance(error, _HEARD_PERHAPS))
        if isinstance(found, Away):
            self._breaker.failed()
        else:
            self._breaker.answered()
        return found

    async def close(self) -> None:
        await self._http.aclose()


def _read(answer: httpx.Response) -> Held | Refused | Away:
    if answer.status_code == httpx.codes.CREATED:
        hold = field(answer.json(), "id")
        return Held(hold) if isinstance(hold, str) else Away("an answer without a hold")
    if answer.is_client_error and field(said := answer.json(), "type") in _VERDICTS:
        model = field(said, "fallback_model")
        detail = field(said, "detail") or "tokenbot refused this call."
        return Refused(str(detail), model if isinstance(model, str) and model else None)
    return Away(f"status {answer.status_code}", is_heard_perhaps=answer.is_server_error)
