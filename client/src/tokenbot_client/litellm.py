"""A LiteLLM proxy's callback that holds tokens before each call and settles what it used.

    litellm_settings:
      callbacks: ["tokenbot_client.litellm.instance"]

It runs inside the proxy; its settings come from the environment (`gateway_settings`). Which hook
sees what, and when, is in docs/decisions/0014-litellm-hooks.md.
"""

import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from litellm import token_counter
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import ProxyException

from tokenbot_client import gateway_settings, litellm_models, litellm_payloads
from tokenbot_client.counts import field
from tokenbot_client.gateway import Call, CallRefused, Gateway, TokenbotAway
from tokenbot_client.gateway_settings import GatewaySettings

#: Where a call's key is kept in its metadata; what a client writes there is overwritten.
STAMP = "tokenbot_call"
#: The same for the model that is used in place of the one that was asked for.
FALLBACK = "tokenbot_fallback_model"
FALLBACK_HEADER = "x-tokenbot-fallback-model"
#: All models are counted by one encoding: it is an estimate, and downloads nothing.
_count = partial(token_counter, "gpt-4o")
#: Payment Required: OpenAI's and Anthropic's clients show its message and don't try again.
_REFUSED = 402
_UNAVAILABLE = 503
_AWAY = (
    "tokenbot, which says what may be used, can't be reached just now. Nothing was used; try again "
    "in a moment."
)
#: Words in the kinds of requests that use no tokens: they look after files and the like.
_NO_TOKENS = (
    "file",
    "retrieve",
    "list",
    "delete",
    "cancel",
    "get_",
    "container",
    "sandbox",
    "mcp",
    "vector_store",
    "fine_tuning",
)


class Holds(CustomLogger):
    """Asks before each call, and tells after it."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raises `OSError` where the outbox can't be made: the proxy then doesn't start."""
        super().__init__()
        self._settings = settings
        _count(text="The first count takes half a second, which no call should wait for.")
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """A fresh start; a forked child leaves to its parent what is owed, and the file."""
        self._left = getattr(self, "_gateway", None)  # kept: closing it would be the parent's
        self._gateway = Gateway(self._settings)
        self._gateway.start()

    # Before the call.

    async def async_pre_call_hook(
        self, user_api_key_dict: object, cache: object, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        """Once per request, before retries: what is raised here is the client's answer."""
        if any(word in call_type for word in _NO_TOKENS):
            return data
        model = litellm_models.named(str(data.get("model") or ""), _listing)
        try:
            call = await self._gateway.admit(
                litellm_payloads.asked(
                    user_api_key_dict,
                    data,
                    call_type,
                    trusted_keys=self._settings.trusted_keys,
                    count=lambda text: _count(text=text),
                ),
                model,
                lambda name: litellm_models.fallback(name, _listing, user_api_key_dict),
            )
        except CallRefused as refused:
            raise _problem(str(refused), "insufficient_quota", _REFUSED) from None
        except TokenbotAway:
            raise _problem(_AWAY, "service_unavailable", _UNAVAILABLE) from None
        is_other = call.model != model
        if is_other:
            data["model"] = call.model.name
        _stamp(data, call, call.model.name if is_other else "")
        return data

    # After it.

    async def async_post_call_response_headers_hook(
        self,
        data: dict[str, Any],
        user_api_key_dict: object,
        response: object,
        request_headers: Mapping[str, str] | None = None,
    ) -> dict[str, str] | None:
        """Tells the client of another model than it asked for."""
        model = _stamped(data, FALLBACK)
        return {FALLBACK_HEADER: model} if model else None

    async def async_post_call_success_hook(
        self, data: dict[str, Any], user_api_key_dict: object, response: object
    ) -> None:
        """Before the client has its answer: from here on its usage is not lost."""
        self._note(data, [response], has_ended=True)

    async def async_post_call_streaming_iterator_hook(
        self,
        user_api_key_dict: object,
        response: AsyncIterator[Any],
        request_data: dict[str, Any],
    ) -> AsyncIterator[Any]:
        """The same for a stream, once it begins and whenever a part tells of usage."""
        self._note(request_data, (), has_ended=False)
        told: list[object] = []
        try:
            async for chunk in response:
                parts = litellm_payloads.of_bytes(chunk) if isinstance(chunk, bytes) else [chunk]
                if found := [one for one in parts if litellm_payloads.usage_of([one])]:
                    told[1:] = found  # figures grow: those in between are parts of the last
                    self._note(request_data, told, has_ended=False)
                yield chunk
        finally:
            self._note(request_data, (), has_ended=True)

    async def async_log_success_event(
        self, kwargs: Mapping[str, Any], response_obj: object, start_time: object, end_time: object
    ) -> None:
        """Once, in the background, with all that is known of the call; kept, then sent."""
        stamp = _stamped(kwargs.get("litellm_params"), STAMP)
        self._gateway.settle(stamp, kwargs.get("standard_logging_object"))

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: object,
        traceback_str: str | None = None,
    ) -> None:
        """Once, when the client really gets an error; `async_log_failure_event` comes too early."""
        self._gateway.fail(_stamped(request_data, STAMP))

    def _note(self, data: Mapping[str, Any], told: Sequence[object], *, has_ended: bool) -> None:
        self._gateway.note(
            _stamped(data, STAMP),
            litellm_payloads.usage_of(told),
            response_id=str(next((i for one in told if (i := field(one, "id"))), "")),
            call_id=str(data.get("litellm_call_id") or uuid.uuid4()),
            has_ended=has_ended,
        )


def _listing(name: str | None) -> Sequence[Mapping[str, Any]]:
    from litellm.proxy import proxy_server  # noqa: PLC0415 - it is just importing this module

    router = proxy_server.llm_router
    return (router.get_model_list(model_name=name) or ()) if router is not None else ()


def _problem(message: str, kind: str, status: int) -> ProxyException:
    return ProxyException(message=message, type=kind, param=None, code=status)


def _stamp(data: dict[str, Any], call: Call, fallback: str) -> None:
    """In the metadata that comes back in the callbacks, of whichever of the two names it has."""
    name = "litellm_metadata" if "litellm_metadata" in data else "metadata"
    if not isinstance(data.get(name), dict):
        data[name] = {}
    for place in ("metadata", "litellm_metadata"):
        found = data.get(place)
        if isinstance(found, dict):
            found.pop(FALLBACK, None)
            found.pop(STAMP, None)
    data[name][STAMP] = call.key
    if fallback:
        data[name][FALLBACK] = fallback


def _stamped(data: object, what: str) -> str:
    for name in ("litellm_metadata", "metadata"):
        found = field(field(data, name), what)
        if isinstance(found, str) and found:
            return found
    return ""


instance = Holds(gateway_settings.of_environment())
