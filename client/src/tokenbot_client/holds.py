"""A hold from when it is made until its call is charged."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from tokenbot_client import counts, settling, threads
from tokenbot_client.counts import field
from tokenbot_client.exchange import Exchange, Made, Said
from tokenbot_client.problems import Limit, limit_of, moment_of
from tokenbot_client.reporter import event_of
from tokenbot_client.routes import Event

log = logging.getLogger("tokenbot_client")


@dataclass(frozen=True)
class Intended:
    """The call that a hold is for."""

    user: str
    project: str
    model: str
    provider: str
    source: str
    #: The client's own, the same on every retry.
    key: str


class Held:
    """What a hold tells of itself, as of tokenbot's last answer."""

    def __init__(self, exchange: Exchange, intended: Intended, made: Made) -> None:
        self._exchange = exchange
        self._intended = intended
        self._made = made
        self._said: Said = made.said or {}
        #: Whether what becomes of it has been decided, so that leaving its block changes nothing.
        self._is_over = False
        self._parts = 0
        self._counting = threading.Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id or 'away'} {self.state} of {self._intended.user}>"

    @property
    def id(self) -> str:
        """Its id; empty where tokenbot was away."""
        return str(self._said.get("id", ""))

    @property
    def is_away(self) -> bool:
        """Whether tokenbot was away, so that nothing is held and usage is reported later."""
        return self._made.said is None

    @property
    def state(self) -> str:
        """open, settled, voided or expired; away where tokenbot was."""
        return "away" if self.is_away else str(self._said.get("state", ""))

    @property
    def amount(self) -> int | None:
        """The tokens that were asked for, or what the estimate came to."""
        return self._whole("amount")

    @property
    def held(self) -> int | None:
        """What of them is held still."""
        return self._whole("held")

    @property
    def settled(self) -> int | None:
        """What it was charged so far."""
        return self._whole("settled")

    @property
    def available(self) -> int | None:
        """What the person has left besides; None where tokenbot was away."""
        return self._whole("available")

    @property
    def expires_at(self) -> datetime | None:
        """When it ends by itself."""
        return moment_of(self._said.get("expires_at"))

    @property
    def is_late(self) -> bool:
        """Whether it was settled after its end; it was charged all the same."""
        return self._said.get("late") is True

    @property
    def warning(self) -> Limit | None:
        """The limit that it did not fit into, where the policy let it pass all the same."""
        said = self._said.get("warning")
        return None if said is None else limit_of(said)

    def _whole(self, name: str) -> int | None:
        value = self._said.get(name)
        return value if isinstance(value, int) else None

    def _settle(self, usage: object, final: bool) -> None:  # noqa: FBT001 - of threads too
        self._is_over = self._is_over or final
        event = self._event(usage, is_final=final)
        self._exchange.wake()
        body = settling.body(event, is_final=final)
        if not self._is_told("settle", body):
            self._exchange.settle_later(self._made, lambda: event, is_final=final)

    def _void(self) -> None:
        self._is_over = True
        self._exchange.wake()
        if not self._is_told("void"):
            self._exchange.void_later(self._made)

    def _extend(self, seconds: int | None) -> None:
        if not self.is_away:
            self._learn(self._exchange.extended(self.id, seconds))

    def _leave(self, *, is_forgotten: bool) -> None:
        """Never waits and never raises: it must not stand before the block's own error."""
        if self._is_over:
            return
        self._is_over = True
        if is_forgotten and not self._parts:
            log.warning("tokenbot: %r was left without settle(): nothing is charged", self)
        self._exchange.void_later(self._made)

    def _is_told(self, act: str, body: Mapping[str, Any] | None = None) -> bool:
        said = None if self.is_away else self._exchange.told(self.id, act, body)
        self._learn(said)
        return said is not None

    def _learn(self, said: Said | None) -> None:
        self._said = said or self._said

    def _event(self, usage: object, *, is_final: bool) -> Event:
        """The usage event. The same again has the same id, so that it counts once."""
        whole = usage if field(usage, "usage") is not None else None
        counted = counts.of_any(usage if whole is None else field(whole, "usage"))
        name = self._intended.key
        if not is_final:
            with self._counting:
                self._parts += 1
                name = f"{name}-{self._parts}"
        intended = self._intended
        return event_of(
            intended.source,
            self._exchange.times.now(),
            intended.user,
            intended.project,
            lambda: {
                "id": field(whole, "id") or name,
                "model": field(whole, "model") or intended.model,
                "provider": intended.provider,
                **vars(counted),
            },
        )


class Hold(Held):
    """Tokens held for a call. Leaving its block without `settle` frees them."""

    def settle(self, usage: object, *, final: bool = True) -> None:
        """Charges what the call used: a response's `usage`, or the response itself.

        `final=False` charges a part of a long run and keeps the rest held. The same usage again
        counts once. While tokenbot is away it is told in the background. Raises `HoldEnded` for a
        hold that was voided, other `Problem`s, and `TypeError` for what tells of no tokens.
        """
        self._settle(usage, final)

    def void(self) -> None:
        """Frees it: its call was not made, and nothing is charged. Raises `HoldEnded`."""
        self._void()

    def extend(self, seconds: int | None = None) -> None:
        """Has it stand so many seconds from now. Raises `HoldEnded` and `NotValid`."""
        self._extend(seconds)

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave(is_forgotten=error is None)


class AsyncHold(Held):
    """The same, awaited."""

    async def settle(self, usage: object, *, final: bool = True) -> None:
        """As `Hold.settle`."""
        await threads.run(lambda: self._settle(usage, final))

    async def void(self) -> None:
        """As `Hold.void`."""
        await threads.run(self._void)

    async def extend(self, seconds: int | None = None) -> None:
        """As `Hold.extend`."""
        await threads.run(lambda: self._extend(seconds))

    def leave(self, *, is_forgotten: bool = False) -> None:
        """Frees it unless it was settled. Waits for nothing, for its task may be cancelled."""
        self._leave(is_forgotten=is_forgotten)
