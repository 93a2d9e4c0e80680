"""Usage events, by hand or from a metered client, on their way to tokenbot."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial

from tokenbot_client import access, clock, people
from tokenbot_client.counts import Counts
from tokenbot_client.routes import Event
from tokenbot_client.sender import sender_for


class Reporter:
    """Reports usage in the background: no method here waits for tokenbot but `flush`.

    Reporters with the same URL and API key share one queue and one thread.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        user: str | None = None,
        project: str = "",
        source: str = "python",
    ) -> None:
        """Left out, `url`, `api_key` and `user` come from `TOKENBOT_URL`, `…_API_KEY`, `…_USER`.

        Raises `ValueError` naming all that is missing, so that nothing goes unmetered unseen.
        """
        reached = access.found(url, api_key)
        self._user = access.user(user)
        self._project = project
        self.source = source
        self._sender = sender_for(reached)

    @property
    def dropped(self) -> int:
        """How many events were lost here: the queue was full, or tokenbot refused them."""
        return self._sender.dropped

    def report(
        self,
        *,
        model: str,
        provider: str = "",
        input_tokens: int = 0,
        cached_input_tokens: int = 0,
        cache_write_tokens: int = 0,
        output_tokens: int = 0,
        reasoning_tokens: int = 0,
        id: str | None = None,  # noqa: A002 - the event's own word
        at: datetime | None = None,
        user: str | None = None,
        project: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Tells tokenbot of one call to any provider.

        `input_tokens` is all input, cached and cache-write included; `output_tokens` all output,
        reasoning included. The same `id` again counts once.
        """
        counts = Counts(
            input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens
        )
        self.wake()
        self.add(
            at=at or clock.now(),
            user=user,
            project=project,
            told=lambda: {
                "id": id,
                "model": model,
                "provider": provider,
                **vars(counts),
                "metadata": {str(key): str(value) for key, value in (metadata or {}).items()},
            },
        )

    def wake(self) -> None:
        """Readies the thread that sends, before there is anything to send."""
        self._sender.wake()

    def add(
        self,
        *,
        at: datetime,
        told: Callable[[], Event],
        user: str | None = None,
        project: str | None = None,
    ) -> None:
        """Queues an event whose figures are worked out off the caller's path."""
        caller = self.caller()
        whose = caller.user if user is None else user
        what_for = caller.project if project is None else project
        self._sender.add(partial(event_of, self.source, at, whose, what_for, told))

    def caller(self) -> people.Caller:
        """Whose a call made now is: the innermost `acting_for`'s, else this reporter's own."""
        caller = people.current()
        return people.Caller(
            self._user if caller.user is None else caller.user,
            self._project if caller.project is None else caller.project,
        )

    def flush(self, seconds: float = 3.0) -> bool:
        """Sends what waits, for at most so long; whether nothing waits any more."""
        return self._sender.flush(seconds)


def event_of(
    source: str, at: datetime, user: str | None, project: str | None, told: Callable[[], Event]
) -> Event:
    """The event as the API takes it, without what is empty."""
    event = {
        "source": source,
        "at": at.astimezone(timezone.utc).isoformat(),
        "user": user,
        "project": project,
        **told(),
    }
    event["id"] = event.get("id") or str(uuid.uuid4())
    return {name: value for name, value in event.items() if value not in ("", None, {})}
