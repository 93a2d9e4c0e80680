"""`Tokens` and `AsyncTokens`: hold, ask and look, each as one call."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Any

from tokenbot_client import access, threads
from tokenbot_client.desk import Balance, Desk, Permission
from tokenbot_client.exchange import Exchange, WhenAway
from tokenbot_client.holds import AsyncHold, Hold
from tokenbot_client.retries import PATIENCE, TIMES, Patience, Times


class Tokens:
    """Holds tokens before calls and charges them after. Threads may share one."""

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        user: str | None = None,
        project: str = "",
        source: str = "python",
        when_away: WhenAway = "open",
        patience: Patience = PATIENCE,
        times: Times = TIMES,
    ) -> None:
        """Left out, `url`, `api_key` and `user` come from `TOKENBOT_URL`, `…_API_KEY`, `…_USER`.

        `when_away` says whether calls are made while tokenbot can't be reached. Raises `ValueError`
        naming all that is missing.
        """
        exchange = Exchange(
            access.found(url, api_key), when_away=when_away, patience=patience, times=times
        )
        self._desk = Desk(exchange, user=user, project=project, source=source)

    def hold(
        self,
        user: str | None = None,
        *,
        model: str = "",
        messages: Iterable[object] | None = None,
        tools: Iterable[object] | None = None,
        text: str | None = None,
        input_tokens: int | None = None,
        max_output_tokens: int | None = None,
        strict: bool = False,
        amount: int | None = None,
        ttl_seconds: int | None = None,
        project: str | None = None,
        provider: str = "",
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Hold:
        """Tokens held for a call: `with tokens.hold("ana@example.com", …) as hold: …`.

        How many follows from `messages` with `tools`, from `text` or from `input_tokens`, with
        `max_output_tokens`, or is said as `amount`. Raises `LimitReached` where they don't fit,
        another `Problem` where something is wrong, and `Away` when `when_away` is closed.
        """
        wish = self._desk.wish(
            user,
            model=model,
            messages=messages,
            tools=tools,
            text=text,
            input_tokens=input_tokens,
            max_output_tokens=max_output_tokens,
            strict=strict,
            amount=amount,
            ttl_seconds=ttl_seconds,
            project=project,
            provider=provider,
            metadata=metadata,
            idempotency_key=idempotency_key,
        )
        return self._desk.hold(wish)

    def may(
        self,
        user: str | None = None,
        *,
        model: str = "",
        messages: Iterable[object] | None = None,
        tools: Iterable[object] | None = None,
        text: str | None = None,
        input_tokens: int | None = None,
        max_output_tokens: int | None = None,
        strict: bool = False,
        amount: int | None = None,
        project: str | None = None,
        provider: str = "",
    ) -> Permission:
        """Whether such a call may be made: `if tokens.may("ana@example.com", amount=5_000): …`.

        Nothing is held: of two who ask at once, both hear yes. Raises as `hold` does, but for
        `LimitReached`, which the answer has as its `refusal`.
        """
        wish = self._desk.wish(
            user,
            model=model,
            messages=messages,
            tools=tools,
            text=text,
            input_tokens=input_tokens,
            max_output_tokens=max_output_tokens,
            strict=strict,
            amount=amount,
            project=project,
            provider=provider,
        )
        return self._desk.may(wish)

    def balance(self, user: str | None = None) -> Balance:
        """What a person has; the API key needs the scope `read`. Raises `PersonUnknown`, `Away`."""
        return self._desk.balance(user)

    def flush(self, seconds: float = 3.0) -> bool:
        """Tells what waits to be told in the background, for at most so long; whether all is."""
        return self._desk.exchange.flush(seconds)

    def close(self) -> None:
        """Closes its connections; what is told in the background still is."""
        self._desk.exchange.wire.close()

    def __enter__(self) -> "Tokens":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Holding:
    """A hold about to be made: `async with` it, or `await` it."""

    def __init__(self, make: Callable[[], Awaitable[AsyncHold]]) -> None:
        self._make = make
        self._hold: AsyncHold | None = None

    def __await__(self) -> Generator[Any, Any, AsyncHold]:
        return self._make().__await__()

    async def __aenter__(self) -> AsyncHold:
        self._hold = await self._make()
        return self._hold

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hold is not None:
            self._hold.leave(is_forgotten=error is None)


class AsyncTokens:
    """`Tokens` for async code. Several event loops may share one."""

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        user: str | None = None,
        project: str = "",
        source: str = "python",
        when_away: WhenAway = "open",
        patience: Patience = PATIENCE,
        times: Times = TIMES,
    ) -> None:
        """As `Tokens`."""
        exchange = Exchange(
            access.found(url, api_key), when_away=when_away, patience=patience, times=times
        )
        self._desk = Desk(exchange, user=user, project=project, source=source)

    def hold(
        self,
        user: str | None = None,
        *,
        model: str = "",
        messages: Iterable[object] | None = None,
        tools: Iterable[object] | None = None,
        text: str | None = None,
        input_tokens: int | None = None,
        max_output_tokens: int | None = None,
        strict: bool = False,
        amount: int | None = None,
        ttl_seconds: int | None = None,
        project: str | None = None,
        provider: str = "",
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Holding:
        """As `Tokens.hold`: `async with tokens.hold(…) as hold: …; await hold.settle(…)`."""
        wish = partial(
            self._desk.wish,
            user,
            model=model,
            messages=messages,
            tools=tools,
            text=text,
            input_tokens=input_tokens,
            max_output_tokens=max_output_tokens,
            strict=strict,
            amount=amount,
            ttl_seconds=ttl_seconds,
            project=project,
            provider=provider,
            metadata=metadata,
            idempotency_key=idempotency_key,
        )
        desk = self._desk
        return Holding(lambda: threads.run(lambda: desk.async_hold(wish()), undo=AsyncHold.leave))

    async def may(
        self,
        user: str | None = None,
        *,
        model: str = "",
        messages: Iterable[object] | None = None,
        tools: Iterable[object] | None = None,
        text: str | None = None,
        input_tokens: int | None = None,
        max_output_tokens: int | None = None,
        strict: bool = False,
        amount: int | None = None,
        project: str | None = None,
        provider: str = "",
    ) -> Permission:
        """As `Tokens.may`."""
        wish = partial(
            self._desk.wish,
            user,
            model=model,
            messages=messages,
            tools=tools,
            text=text,
            input_tokens=input_tokens,
            max_output_tokens=max_output_tokens,
            strict=strict,
            amount=amount,
            project=project,
            provider=provider,
        )
        return await threads.run(lambda: self._desk.may(wish()))

    async def balance(self, user: str | None = None) -> Balance:
        """As `Tokens.balance`."""
        return await threads.run(lambda: self._desk.balance(user))

    async def flush(self, seconds: float = 3.0) -> bool:
        """As `Tokens.flush`."""
        return await threads.run(lambda: self._desk.exchange.flush(seconds))

    async def close(self) -> None:
        """As `Tokens.close`."""
        self._desk.exchange.wire.close()

    async def __aenter__(self) -> "AsyncTokens":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
