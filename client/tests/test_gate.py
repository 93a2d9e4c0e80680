"""Before a call tokenbot is asked once, and not waited for."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_peer import HoldingTokenbot, problem
from peers import Answer

from tokenbot_client.gate import FAILURES_MAX, REST_SECONDS, Away, Breaker, Gate, Held, Refused

INTENT = {"user": "ana", "idempotency_key": "k1", "amount": 100}


@pytest.fixture
def bot() -> Iterator[HoldingTokenbot]:
    peer = HoldingTokenbot()
    with peer.serving():
        yield peer
        peer.is_awake.set()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def ask(url: str, *, times: int = 1, breaker: Breaker | None = None, timeout: float = 5.0) -> Any:
    async def asking() -> Any:
        gate = Gate(url, "key", timeout=timeout, breaker=breaker or Breaker())
        found = [await gate.hold(INTENT) for _ in range(times)]
        await gate.close()
        return found[-1]

    return asyncio.run(asking())


def test_a_hold_is_made_in_one_request(bot: HoldingTokenbot) -> None:
    assert ask(bot.url) == Held("hold-k1")
    assert [(one.path, one.body) for one in bot.requests] == [("/v1/holds", INTENT)]
    assert bot.requests[0].headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (problem(402, "limit-reached"), Refused("It is limit-reached.")),
        (
            problem(402, "limit-reached", fallback_model="small"),
            Refused("It is limit-reached.", "small"),
        ),
        (problem(404, "person-unknown"), Refused("It is person-unknown.")),
        (problem(409, "too-many-holds"), Refused("It is too-many-holds.")),
        (problem(403, "not-for-this-key"), Refused("It is not-for-this-key.")),
    ],
)
def test_what_is_said_of_the_call_is_a_refusal(
    bot: HoldingTokenbot, answer: Answer, verdict: Refused
) -> None:
    bot.says["/v1/holds"] = answer

    assert ask(bot.url) == verdict


@pytest.mark.parametrize(
    ("answer", "is_heard_perhaps"),
    [
        (problem(401, "unauthorized"), False),
        (problem(403, "forbidden"), False),
        (problem(404, "not-found"), False),
        (problem(422, "not-a-hold"), False),
        (Answer("hello", 404), False),
        (Answer({"id": 7}, 201), True),
        (problem(500, "fault"), True),
        (problem(503, "busy"), True),
    ],
)
def test_what_is_said_of_tokenbot_is_none(
    bot: HoldingTokenbot, answer: Answer, *, is_heard_perhaps: bool
) -> None:
    bot.says["/v1/holds"] = answer

    found = ask(bot.url)

    assert isinstance(found, Away)
    assert found.is_heard_perhaps == is_heard_perhaps


def test_who_is_slow_is_not_waited_for(bot: HoldingTokenbot) -> None:
    bot.is_awake.clear()

    assert ask(bot.url, timeout=0.05) == Away("no answer in time", is_heard_perhaps=True)


def test_nobody_there_has_heard_nothing() -> None:
    assert ask("http://127.0.0.1:1") == Away("ConnectionRefusedError")


@pytest.mark.parametrize(
    "answer",
    [
        problem(402, "limit-reached"),
        problem(403, "not-for-this-key"),
        problem(409, "key-reused"),
        problem(422, "not-a-hold"),
    ],
)
def test_requests_that_can_not_be_keep_nobody_from_being_asked_for(
    bot: HoldingTokenbot, answer: Answer
) -> None:
    breaker = Breaker(Clock())
    bot.says["/v1/holds"] = answer
    ask(bot.url, times=FAILURES_MAX + 1, breaker=breaker)

    del bot.says["/v1/holds"]

    assert ask(bot.url, breaker=breaker) == Held("hold-k1")


@pytest.mark.parametrize("answer", [Answer("hello", 400), problem(401, "key"), Answer({}, 404)])
def test_who_is_no_tokenbot_or_knows_no_such_key_is_left_alone_for_a_while(
    bot: HoldingTokenbot, answer: Answer
) -> None:
    bot.says["/v1/holds"] = answer

    found = ask(bot.url, times=FAILURES_MAX + 1)

    assert found == Away("it did not answer lately")
    assert len(bot.requests) == FAILURES_MAX


def test_after_some_failures_nobody_is_asked_for_a_while_and_then_one(
    bot: HoldingTokenbot,
) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    bot.says["/v1/holds"] = problem(503, "busy")

    assert ask(bot.url, times=FAILURES_MAX + 3, breaker=breaker) == Away("it did not answer lately")
    assert len(bot.requests) == FAILURES_MAX

    clock.now += REST_SECONDS
    assert [breaker.lets_ask(), breaker.lets_ask()] == [True, False]
    breaker.failed()
    clock.now += REST_SECONDS - 0.1
    assert not breaker.lets_ask()

    clock.now += 0.1
    del bot.says["/v1/holds"]
    assert ask(bot.url, times=3, breaker=breaker) == Held("hold-k1")
    assert len(bot.requests) == FAILURES_MAX + 3
