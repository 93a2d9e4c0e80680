"""A gateway's calls from before they are made until tokenbot knows what they used.

Knows nothing of the gateway's own library, but how its payloads look.
"""

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tokenbot_client import clock, gate, litellm_payloads
from tokenbot_client.counts import Counts
from tokenbot_client.courier import FREED, Courier
from tokenbot_client.gate import Away, Gate, Held, Refused
from tokenbot_client.gateway_settings import GatewaySettings, WhenAway
from tokenbot_client.litellm_payloads import Asked
from tokenbot_client.outbox import Outbox

log = logging.getLogger("tokenbot_client")

#: Calls under way that are remembered; of the ones before, tokenbot hears from their payloads.
CALLS_MAX = 20_000
#: A call whose answer went out so long ago, and whose payload has not come, is settled without it.
PAYLOAD_SECONDS = 60.0
SOURCE = "litellm"


@dataclass(frozen=True)
class Model:
    """A model as the gateway calls it, and as its provider does."""

    name: str
    provider: str = ""
    provider_model: str = ""


@dataclass
class Call:
    """A call that may be made."""

    key: str
    #: Empty where tokenbot could not be asked.
    hold: str
    user: str
    model: Model
    began: float
    #: What its input was taken for.
    input_tokens: int
    #: The payload noted so far, and when its answer was complete.
    noted: dict[str, Any] | None = None
    ended: float | None = None
    #: Whether it was settled without its payload, which is late.
    is_told: bool = False


class CallRefused(Exception):
    """The call may not be made; the text is for whoever made it."""


class TokenbotAway(Exception):
    """tokenbot could not be asked, and calls that it does not know of are not made."""


class Gateway:
    """What one process of a gateway does about tokenbot."""

    def __init__(
        self, settings: GatewaySettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._calls: OrderedDict[str, Call] = OrderedDict()
        #: The courier's thread looks at calls too.
        self._lock = threading.Lock()
        self._outbox = Outbox(settings.outbox)
        self._gate = Gate(
            settings.url,
            settings.api_key,
            timeout=settings.timeout_ms / 1_000,
            breaker=gate.Breaker(monotonic),
        )
        self._courier = Courier(self._outbox, settings.url, settings.api_key, look=self.sweep)
        self._is_away = False

    def start(self) -> None:
        self._courier.start()

    async def stop(self) -> None:
        """What is owed stays in the outbox's file."""
        await self._gate.close()
        self._courier.stop()
        self._outbox.close()

    # Before a call.

    async def admit(
        self, asked: Asked, model: Model, fallback: Callable[[str], Model | None]
    ) -> Call:
        """The call that may be made: of this model, or once of the cheaper one that tokenbot names.

        `fallback` finds a model that tokenbot names, if the caller may use it. Raises `CallRefused`
        and `TokenbotAway`.
        """
        found = await self._held(asked, model)
        if isinstance(found, Refused) and found.fallback_model:
            cheaper = fallback(found.fallback_model)
            if cheaper is not None and cheaper.name != model.name:
                other = await self._held(asked, cheaper)
                if isinstance(other, Held):
                    found, model = other, cheaper
        if isinstance(found, Refused):
            raise CallRefused(found.detail)
        self._say(found)
        if isinstance(found, Away) and self._settings.when_away is WhenAway.CLOSED:
            raise TokenbotAway
        return self._remember(asked, model, found.hold if isinstance(found, Held) else "")

    async def _held(self, asked: Asked, model: Model) -> Held | Refused | Away:
        key = uuid.uuid4().hex
        intent = {
            "user": asked.user,
            "source": SOURCE,
            "model": litellm_payloads.clean(model.provider_model or model.name, 100),
            "provider": litellm_payloads.clean(model.provider, 100),
            "project": asked.project,
            "idempotency_key": key,
            "estimate": {
                "input_tokens": asked.input_tokens,
                "max_output_tokens": asked.max_output_tokens,
                "strict": self._settings.is_strict,
            },
        }
        found = await self._gate.hold(intent)
        if isinstance(found, Away) and found.is_heard_perhaps:
            # What it may hold all the same would keep tokens from their owner until it expires.
            self._owe(key, "", {"intent": intent})
        return found

    def _remember(self, asked: Asked, model: Model, hold: str) -> Call:
        call = Call(
            key=uuid.uuid4().hex,
            hold=hold,
            user=asked.user,
            model=model,
            began=clock.now().timestamp(),
            input_tokens=asked.input_tokens,
        )
        with self._lock:
            self._calls[call.key] = call
            gone = self._calls.popitem(last=False)[1] if len(self._calls) > CALLS_MAX else None
        if gone is not None and gone.noted is not None and not gone.is_told:
            self._outbox.ready(gone.key)
        return call

    def _forget(self, key: str) -> Call | None:
        """A call that is over; None for one that is none of ours, or was settled before."""
        with self._lock:
            return self._calls.pop(key, None)

    def _say(self, found: Held | Away) -> None:
        """In the log when it begins and when it ends, not for each call."""
        if isinstance(found, Away) and not self._is_away:
            log.warning(
                "tokenbot can't be asked (%s): calls are %s",
                found.why,
                "made without a hold and reported later"
                if self._settings.when_away is WhenAway.OPEN
                else "refused",
            )
        if isinstance(found, Held) and self._is_away:
            log.warning("tokenbot can be asked again: calls are held for")
        self._is_away = isinstance(found, Away)

    # After it.

    def note(
        self, key: str, used: Counts | None, *, response_id: str, call_id: str, has_ended: bool
    ) -> None:
        """Before the client has its answer: from here on its usage is not lost with this process.

        Of a stream that has only begun nothing is known but its input.
        """
        call = self._calls.get(key)
        if call is None or call.is_told:
            return
        if has_ended:
            call.ended = self._monotonic()
        if used is None and call.noted is not None:
            return
        call.noted = litellm_payloads.provisional(
            response_id=response_id,
            call_id=call_id,
            began=call.began,
            model=call.model.provider_model or call.model.name,
            provider=call.model.provider,
            user=call.user,
            used=used or Counts(input_tokens=call.input_tokens),
            is_estimate=used is None,
        )
        self._outbox.put(key, call.hold, {"litellm": call.noted}, is_ready=False)

    def settle(self, key: str, payload: object) -> None:
        """All that the gateway knows of a call, once it is over; kept, then sent."""
        call = self._forget(key)
        if call is not None and call.is_told:
            log.warning("tokenbot: a call's payload came late and is left out: %s", call.key)
            return
        slim = litellm_payloads.slim(payload, call.user if call else "")
        if slim is None:
            log.error("tokenbot: a call came without a payload; its answer says what it used")
            if call is not None:
                self._end(call)
        elif call is None:
            self._owe(uuid.uuid4().hex, "", {"litellm": slim})
        else:
            self._owe(key, call.hold, {"litellm": slim})

    def fail(self, key: str) -> None:
        """The client got an error: what had gone out of a stream is settled, any other is freed."""
        call = self._forget(key)
        if call is not None and not call.is_told:
            self._end(call)

    def _end(self, call: Call) -> None:
        """By what is known of it without its payload."""
        if call.noted is not None:
            self._outbox.ready(call.key)
            self._courier.wake()
        elif call.hold:
            self._owe(call.key, call.hold, FREED)

    def sweep(self) -> None:
        """Settle calls whose payload does not come: a gateway's callbacks may be lost."""
        before = self._monotonic() - PAYLOAD_SECONDS
        with self._lock:
            late = [
                call
                for call in self._calls.values()
                if call.ended is not None and call.ended < before and not call.is_told
            ]
            for call in late:
                call.is_told = True
        for call in late:
            self._outbox.ready(call.key)
        if late:
            self._courier.wake()

    def _owe(self, key: str, hold: str, body: dict[str, Any]) -> None:
        self._outbox.put(key, hold, body, is_ready=True)
        self._courier.wake()
