"""One metered call, from its request to the usage in its answer.

Nothing here raises into the call but the refusal of a hold: what can't be understood is passed on
as it is, and logged.
"""

import inspect
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from tokenbot_client import clock, counts, enforcing, threads
from tokenbot_client.counts import Counts, field
from tokenbot_client.desk import Desk
from tokenbot_client.enforcing import Ticket
from tokenbot_client.people import Caller
from tokenbot_client.reporter import Reporter, event_of
from tokenbot_client.routes import Event
from tokenbot_client.streams import AsyncStream, Sight, SyncStream

log = logging.getLogger("tokenbot_client")

Post = Callable[..., Any]
Counting = Callable[[Sequence[object]], Counts]

#: The requests that use tokens, and how each tells of them.
COUNTED: Mapping[str, Counting] = {
    "/chat/completions": counts.of_openai,
    "/completions": counts.of_openai,
    "/responses": counts.of_openai,
    "/responses/compact": counts.of_openai,
    "/embeddings": counts.of_openai,
    "/v1/messages": counts.of_anthropic,
}
#: Whose streams tell of usage only when asked.
ASKED = frozenset({"/chat/completions", "/completions"})


class Meter:
    """What the calls of one client share."""

    def __init__(self, reporter: Reporter, provider: str, desk: Desk | None = None) -> None:
        self.reporter = reporter
        self.provider = provider
        #: Where calls are held for; None where they are only metered.
        self.desk = desk
        #: False once the server refused to be asked for a stream's usage.
        self.may_ask = True

    def begin(self, path: str, kwargs: dict[str, Any]) -> "Call | None":
        """A call about to be made; None when it uses no tokens."""
        count = COUNTED.get(path.partition("?")[0])
        if count is None:
            return None
        try:
            self.reporter.wake()
            return Call(self, path, kwargs, count, at=clock.now(), caller=self.reporter.caller())
        except Exception:  # a request of a shape unknown here is still made
            log.warning("tokenbot: a call could not be metered", exc_info=True)
            return None


class Call:
    """A call under way, its time and person fixed when it was made."""

    def __init__(
        self,
        meter: Meter,
        path: str,
        kwargs: dict[str, Any],
        count: Counting,
        *,
        at: datetime,
        caller: Caller,
    ) -> None:
        self._meter = meter
        self._count = count
        self._at = at
        self._caller = caller
        self._ticket: Ticket | None = None
        self._model = field(kwargs.get("body"), "model")
        self._is_stream = bool(kwargs.get("stream"))
        asking = self._is_stream and path in ASKED and meter.may_ask
        body = _with_usage_asked(kwargs) if asking else None
        self._asks = body is not None
        #: The request's arguments, to be passed on instead of the caller's.
        self.kwargs = kwargs if body is None else {**kwargs, "body": body}

    def hold(self) -> None:
        """Holds tokens for the call. Raises `LimitReached` before it is made."""
        if self._meter.desk is not None:
            self._ticket = self._held(self._meter.desk)

    async def hold_async(self) -> None:
        """The same in async code."""
        desk = self._meter.desk
        if desk is not None:
            self._ticket = await threads.run(lambda: self._held(desk), undo=Ticket.free)

    def _held(self, desk: Desk) -> Ticket:
        return enforcing.ticket(desk, self._caller, self._meter.provider, self.kwargs)

    def failed(self) -> None:
        """Frees what was held for a call that came to nothing."""
        if self._ticket is not None:
            self._ticket.free()

    def must_ask_again(self, error: BaseException) -> bool:
        """Whether the server failed on `stream_options`, which the caller never wrote."""
        is_ours = (
            self._asks
            and getattr(error, "status_code", None) in (400, 422)
            and "stream_options" in str(error)
        )
        if is_ours:
            self._asks = self._meter.may_ask = False
            log.warning("tokenbot: this provider's streams don't tell of usage; not metered")
        elif (partial_answer := getattr(error, "completion", None)) is not None:
            # `parse` of what was cut at the length limit: an error, and paid for.
            self.answered(partial_answer)
        return is_ours

    def answered(self, result: Any) -> Any:
        """The answer as the caller gets it; a stream is passed on with an eye on it."""
        try:
            return self._answered(result)
        except Exception:  # the caller has an answer, whatever became of its usage
            log.warning("tokenbot: a response could not be metered", exc_info=True)
            self.failed()
            return result

    def _answered(self, result: Any) -> Any:
        if hasattr(result, "__anext__"):
            return AsyncStream(result, Sight(self._ended, hides_usage=self._asks))
        if hasattr(result, "__next__"):
            return SyncStream(result, Sight(self._ended, hides_usage=self._asks))
        raw = field(result, "http_response")
        if raw is None:
            self._report([field(result, "usage")], field(result, "id"), field(result, "model"))
        elif self._is_stream or not getattr(raw, "is_stream_consumed", False):
            self._watch_parse(result)
        else:
            self._add(partial(self._of_body, raw))
        return result

    def _watch_parse(self, raw: Any) -> None:
        """Of a raw response whose body is still to come, usage is seen once it is parsed."""
        parse = raw.parse
        first: list[Any] = []

        def parsed(*args: Any, **kwargs: Any) -> Any:
            value = parse(*args, **kwargs)
            return later(value) if inspect.isawaitable(value) else seen(value)

        async def later(value: Any) -> Any:
            return seen(await value)

        def seen(value: Any) -> Any:
            # The SDK remembers what it parsed: the same again is no second call.
            if not first:
                first.extend((value, self.answered(value)))
            return first[1] if value is first[0] else value

        raw.parse = parsed

    def _ended(self, sight: Sight) -> None:
        try:
            cut_off = {"cut_off": "true"} if sight.is_cut_off else {}
            self._report(sight.told, sight.id, sight.model, cut_off)
        except Exception:  # the stream's end is the caller's
            log.warning("tokenbot: a stream could not be metered", exc_info=True)
            self.failed()

    def _report(
        self,
        told: Sequence[object],
        response_id: object,
        model: object,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        if any(usage is not None for usage in told):
            self._add(partial(self._event, told, response_id, model, metadata))
        else:
            log.info("tokenbot: a response told of no usage (%s)", self._model)
            self.failed()

    def _of_body(self, raw: Any) -> Event:
        body = json.loads(raw.content)
        return self._event([field(body, "usage")], field(body, "id"), field(body, "model"))

    def _event(
        self,
        told: Sequence[object],
        response_id: object,
        model: object,
        metadata: Mapping[str, str] | None = None,
    ) -> Event:
        return {
            "id": response_id,
            "model": model or self._model,
            "provider": self._meter.provider,
            **vars(self._count(told)),
            "metadata": metadata,
        }

    def _add(self, told: Callable[[], Event]) -> None:
        reporter, caller = self._meter.reporter, self._caller
        if self._ticket is None:
            reporter.add(at=self._at, user=caller.user, project=caller.project, told=told)
        else:
            whose = (reporter.source, self._at, caller.user, caller.project)
            self._ticket.settle(partial(event_of, *whose, told))


def _with_usage_asked(kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request's body with usage asked for; None when the caller decided that already."""
    body = kwargs.get("body")
    extra = field(kwargs.get("options"), "extra_json")
    if not isinstance(body, Mapping) or (isinstance(extra, Mapping) and "stream_options" in extra):
        return None
    options = body.get("stream_options")
    # What was left out may stand there as the SDK's own sign for it.
    options = options if isinstance(options, Mapping) else {}
    if "include_usage" in options:
        return None
    return {**body, "stream_options": {**options, "include_usage": True}}
