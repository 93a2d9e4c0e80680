"""The same holds from async code."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from peers import Answer, Tokenbot

from tokenbot_client import AsyncTokens, Away, LimitReached, acting_for

Settings = dict[str, Any]
ANA = "ana@example.com"
AWAY = Answer({}, 503)
USAGE = {"prompt_tokens": 400, "completion_tokens": 50}


@asynccontextmanager
async def made(settings: Settings, **more: Any) -> AsyncIterator[AsyncTokens]:
    async with AsyncTokens(**settings, **more) as tokens:
        yield tokens
        assert await tokens.flush(15)


def test_a_call_is_held_for_charged_extended_and_voided(
    settings: Settings, tokenbot: Tokenbot
) -> None:
    async def work() -> tuple[int | None, str]:
        async with made(settings) as tokens:
            async with tokens.hold(ANA, amount=600) as hold:
                await hold.extend(60)
                await hold.settle(USAGE)
            by_hand = await tokens.hold(ANA, amount=600)
            await by_hand.void()
            return hold.available, by_hand.state

    assert asyncio.run(work()) == (9_550, "voided")
    assert tokenbot.holds.paths() == ["holds", "extend h1", "settle h1", "holds", "void h2"]


def test_one_client_serves_several_event_loops(settings: Settings, tokenbot: Tokenbot) -> None:
    tokens = AsyncTokens(**settings)

    async def look() -> int:
        return (await tokens.balance(ANA)).available

    assert [asyncio.run(look()) for _ in range(2)] == [10_000] * 2
    asyncio.run(tokens.close())


def test_asking_and_refusals_are_as_in_sync_code(settings: Settings, tokenbot: Tokenbot) -> None:
    async def work() -> list[bool]:
        async with made(settings, user=ANA) as tokens:
            with pytest.raises(LimitReached, match="needs 10001"):
                async with tokens.hold(amount=10_001):
                    pytest.fail("the block of a call that may not be made")
            return [bool(await tokens.may(amount=amount)) for amount in (10_000, 10_001)]

    assert asyncio.run(work()) == [True, False]


def test_an_error_in_the_block_frees_it_and_passes(settings: Settings, tokenbot: Tokenbot) -> None:
    async def work() -> None:
        async with made(settings) as tokens:
            with pytest.raises(RuntimeError, match="overloaded"):
                async with tokens.hold(ANA, amount=600):
                    raise RuntimeError("overloaded")

    asyncio.run(work())
    assert tokenbot.holds.paths() == ["holds", "void h1"]


def test_a_task_that_is_cancelled_in_its_block_frees_it(
    settings: Settings, tokenbot: Tokenbot
) -> None:
    async def work() -> None:
        async with made(settings) as tokens:
            begun = asyncio.Event()

            async def call() -> None:
                async with tokens.hold(ANA, amount=600):
                    begun.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(call())
            await begun.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())
    assert tokenbot.holds.open == []


def test_a_task_that_is_cancelled_while_it_asks_holds_nothing(
    settings: Settings, tokenbot: Tokenbot
) -> None:
    tokenbot.is_awake.clear()

    async def work() -> None:
        async with made(settings) as tokens:
            task = asyncio.ensure_future(_awaited(tokens))
            await asyncio.to_thread(tokenbot.asked.wait, 15)
            task.cancel()
            tokenbot.is_awake.set()
            await asyncio.gather(task, return_exceptions=True)
            assert await asyncio.to_thread(tokenbot.holds.voided.wait, 15)

    asyncio.run(work())
    assert tokenbot.holds.open == []


async def _awaited(tokens: AsyncTokens) -> None:
    await tokens.hold(ANA, amount=600)


def test_calls_at_once_are_each_for_their_person(settings: Settings, tokenbot: Tokenbot) -> None:
    async def call(tokens: AsyncTokens, user: str) -> None:
        with acting_for(user):
            async with tokens.hold(amount=100) as hold:
                await hold.settle(USAGE)

    async def work() -> None:
        async with made(settings) as tokens:
            await asyncio.gather(*(call(tokens, f"u{number}") for number in range(10)))

    asyncio.run(work())
    users = {body["user"] for body in tokenbot.holds.said("/holds")}
    assert users == {f"u{number}" for number in range(10)}
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 5_500)


def test_while_tokenbot_is_away_the_setting_decides(settings: Settings, tokenbot: Tokenbot) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 6)

    async def work() -> bool:
        async with made(settings, when_away="closed") as tokens:
            with pytest.raises(Away):
                await tokens.hold(ANA, amount=600)
        async with made(settings) as tokens, tokens.hold(ANA, amount=600) as hold:
            await hold.settle(USAGE)
        return hold.is_away

    assert asyncio.run(work())
    assert [event["input_tokens"] for event in tokenbot.events] == [400]
