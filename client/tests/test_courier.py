"""What is owed is brought to tokenbot once, whatever it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_peer import HoldingTokenbot, problem, told
from peers import Answer
from waiting import until

from tokenbot_client.courier import BATCH_MAX, FREED, Courier
from tokenbot_client.outbox import Outbox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bot() -> Iterator[HoldingTokenbot]:
    peer = HoldingTokenbot()
    with peer.serving():
        yield peer


@pytest.fixture
def courier(box: Outbox, bot: HoldingTokenbot) -> Iterator[Courier]:
    made = Courier(box, bot.url, "key")
    yield made
    made.stop()


def used(tokens: int) -> dict[str, object]:
    return {"litellm": {"status": "success", "prompt_tokens": tokens}}


def test_settlements_go_in_batches_with_the_key(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    for number in range(BATCH_MAX + 1):
        box.put(f"call-{number}", f"hold-{number}", used(number), is_ready=True)

    assert courier.deliver()

    assert len(bot.requests) == 2
    assert {request.headers["Authorization"] for request in bot.requests} == {"Bearer key"}
    assert bot.settled["hold-50"]["prompt_tokens"] == 50
    assert box.waiting(10) == []


def test_a_call_without_a_hold_is_reported(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    box.put("call", "", used(12), is_ready=True)

    assert courier.deliver()

    assert bot.reported == [used(12)["litellm"]]


@pytest.mark.parametrize(
    "refusal", [told(404, "hold-unknown"), told(409, "hold-ended", state="voided")]
)
def test_what_its_hold_does_not_take_is_reported_by_itself(
    box: Outbox, bot: HoldingTokenbot, courier: Courier, refusal: dict[str, object]
) -> None:
    bot.refuses["hold"] = refusal
    box.put("call", "hold", used(12), is_ready=True)

    assert courier.deliver()

    assert bot.reported == [used(12)["litellm"]]
    assert box.waiting(10) == []


def test_what_was_settled_before_is_not_reported_again(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    bot.refuses["hold"] = told(409, "hold-ended", state="settled")
    box.put("call", "hold", used(12), is_ready=True)

    assert courier.deliver()

    assert bot.reported == []
    assert box.waiting(10) == []


def test_a_freed_hold_that_is_gone_is_nobodys_usage(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    bot.refuses["hold"] = told(404, "hold-unknown")
    box.put("call", "hold", FREED, is_ready=True)

    assert courier.deliver()

    assert bot.reported == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer({}, 500),
        Answer({}, 503),
        problem(401, "unauthorized"),
        problem(403, "forbidden"),
        problem(404, "not-found"),
        Answer({"results": []}, 200),
        Answer("hello", 200),
    ],
    ids=["500", "503", "revoked", "scope", "old", "none", "other"],
)
def test_while_tokenbot_answers_nothing_all_waits(
    box: Outbox, bot: HoldingTokenbot, courier: Courier, answer: Answer
) -> None:
    bot.says = {"/v1/settlements": answer, "/v1/usage/litellm": answer}
    box.put("a", "hold", used(12), is_ready=True)
    box.put("b", "", used(13), is_ready=True)

    assert not courier.deliver()
    assert len(box.waiting(10)) == 2

    bot.says = {}
    assert courier.deliver()
    assert (len(bot.settled), len(bot.reported)) == (1, 1)


def test_one_that_can_not_be_read_keeps_no_other(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    bot.refuses["hold-1"] = told(422, "not-a-hold")
    for number in range(3):
        box.put(f"call-{number}", f"hold-{number}", used(number), is_ready=True)

    assert courier.deliver()

    assert sorted(bot.settled) == ["hold-0", "hold-2"]
    assert box.waiting(10) == []


def test_a_batch_that_can_not_be_read_goes_one_by_one_and_is_dropped(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    bot.says = {
        path: problem(413, "too-large") for path in ("/v1/settlements", "/v1/usage/litellm")
    }
    for number in range(2):
        box.put(f"call-{number}", f"hold-{number}", used(number), is_ready=True)
        box.put(f"other-{number}", "", used(number), is_ready=True)

    assert courier.deliver()

    assert len(bot.requests) == 6
    assert box.waiting(10) == []


def test_a_hold_of_which_nobody_heard_is_found_by_its_key_and_freed(
    box: Outbox, bot: HoldingTokenbot, courier: Courier
) -> None:
    intent = {"user": "ana", "idempotency_key": "k1", "amount": 1}
    box.put("k1", "", {"intent": intent}, is_ready=True)

    assert courier.deliver()

    assert bot.held == {"k1": intent}
    assert bot.settled == {"hold-k1": FREED["litellm"]}


def test_nobody_there(box: Outbox) -> None:
    courier = Courier(box, "http://127.0.0.1:1", "key")
    box.put("a", "hold", used(12), is_ready=True)

    assert not courier.deliver()

    assert len(box.waiting(10)) == 1
    courier.stop()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_it_goes_straight_whatever_way_the_proxys_own_calls_go(
    box: Outbox, bot: HoldingTokenbot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for one in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    courier = Courier(box, bot.url, "key")
    box.put("a", "hold", used(12), is_ready=True)

    assert courier.deliver()

    assert bot.settled["hold"]["prompt_tokens"] == 12
    courier.stop()


def test_the_thread_takes_over_and_delivers(tmp_path: Path, bot: HoldingTokenbot) -> None:
    dead = Outbox(tmp_path)
    dead.put("a", "hold-a", used(12), is_ready=False)
    dead.close()
    box = Outbox(tmp_path)
    courier = Courier(box, bot.url, "key")

    courier.start()
    box.put("b", "hold-b", used(13), is_ready=True)
    courier.wake()
    until(lambda: len(bot.settled) == 2)

    courier.stop()
    box.close()
