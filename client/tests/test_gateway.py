"""A gateway's calls, from before they are made until tokenbot knows what they used."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_peer import HoldingTokenbot, problem
from waiting import until

from tokenbot_client import gateway
from tokenbot_client.counts import Counts
from tokenbot_client.courier import FREED
from tokenbot_client.gateway import Call, CallRefused, Gateway, Model, TokenbotAway
from tokenbot_client.gateway_settings import GatewaySettings, WhenAway
from tokenbot_client.litellm_payloads import Asked

ASKED = Asked(user="ana@example.com", project="search", input_tokens=120, max_output_tokens=500)
GPT = Model("gpt", "openai", "gpt-4o")
SMALL = Model("small", "openai", "gpt-4o-mini")
PAYLOAD = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "status": "success",
    "startTime": 1_764_000_000.5,
    "prompt_tokens": 100,
    "completion_tokens": 9,
    "metadata": {},
}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Proxy:
    """A process of a gateway."""

    def __init__(self, url: str, folder: Path) -> None:
        self._settings: dict[str, Any] = {"url": url, "api_key": "key", "outbox": folder}
        self.clock = Clock()
        self._loop = asyncio.new_event_loop()
        self._made: list[Gateway] = []

    def begin(self, **settings: Any) -> Gateway:
        made = Gateway(
            GatewaySettings(**{**self._settings, "timeout_ms": 10_000, **settings}),
            monotonic=self.clock,
        )
        self._made.append(made)
        return made

    def admit(self, at_work: Gateway, model: Model = GPT, known: Model | None = None) -> Call:
        return self._loop.run_until_complete(at_work.admit(ASKED, model, lambda _name: known))

    def end(self) -> None:
        """All of its processes."""
        while self._made:
            self._loop.run_until_complete(self._made.pop().stop())

    def close(self) -> None:
        self.end()
        self._loop.close()


@pytest.fixture
def bot() -> Iterator[HoldingTokenbot]:
    peer = HoldingTokenbot()
    with peer.serving():
        yield peer
        peer.is_awake.set()


@pytest.fixture
def proxy(bot: HoldingTokenbot, tmp_path: Path) -> Iterator[Proxy]:
    made = Proxy(bot.url, tmp_path)
    yield made
    made.close()


def note(proxy: Gateway, call: Call, used: Counts | None, *, has_ended: bool = True) -> None:
    proxy.note(call.key, used, response_id="chatcmpl-1", call_id="call-1", has_ended=has_ended)


def test_what_is_held_is_settled_with_the_payload(bot: HoldingTokenbot, proxy: Proxy) -> None:
    at_work = proxy.begin()
    at_work.start()

    call = proxy.admit(at_work)
    note(at_work, call, Counts(input_tokens=100, output_tokens=9))
    at_work.settle(call.key, PAYLOAD)
    until(lambda: bool(bot.settled))

    (intent,) = bot.held.values()
    assert intent["estimate"] == {"input_tokens": 120, "max_output_tokens": 500, "strict": False}
    assert (intent["user"], intent["model"], intent["provider"], intent["project"]) == (
        "ana@example.com",
        "gpt-4o",
        "openai",
        "search",
    )
    (payload,) = bot.settled.values()
    assert (payload["prompt_tokens"], payload["completion_tokens"]) == (100, 9)
    assert payload["metadata"]["user_api_key_user_email"] == "ana@example.com"
    assert bot.reported == []


def test_strict_is_passed_on(bot: HoldingTokenbot, proxy: Proxy) -> None:
    proxy.admit(proxy.begin(is_strict=True))

    (intent,) = bot.held.values()
    assert intent["estimate"]["strict"]


def test_a_call_that_failed_is_freed(bot: HoldingTokenbot, proxy: Proxy) -> None:
    at_work = proxy.begin()
    at_work.start()

    at_work.fail(proxy.admit(at_work).key)
    until(lambda: bool(bot.settled))

    assert list(bot.settled.values()) == [FREED["litellm"]]


def test_a_stream_that_broke_off_is_settled_by_what_is_known(
    bot: HoldingTokenbot, proxy: Proxy
) -> None:
    at_work = proxy.begin()
    at_work.start()
    call = proxy.admit(at_work)

    note(at_work, call, None, has_ended=False)
    at_work.fail(call.key)
    until(lambda: bool(bot.settled))

    (payload,) = bot.settled.values()
    assert (payload["status"], payload["prompt_tokens"]) == ("success", 120)
    assert payload["error_information"] == {"error_code": "499"}


def test_a_process_that_dies_leaves_what_it_noted_to_the_next(
    bot: HoldingTokenbot, proxy: Proxy
) -> None:
    dying = proxy.begin()
    call = proxy.admit(dying)
    note(dying, call, None, has_ended=False)
    note(dying, call, Counts(input_tokens=100, cached_input_tokens=40, output_tokens=9))
    proxy.end()

    proxy.begin().start()
    until(lambda: bool(bot.settled))

    payload = bot.settled[call.hold]
    assert payload["prompt_tokens"] == 100
    assert payload["metadata"]["usage_object"]["prompt_tokens_details"]["cached_tokens"] == 40
    assert "error_information" not in payload


def test_a_payload_that_never_comes_is_done_without_and_one_too_late_left_out(
    bot: HoldingTokenbot, proxy: Proxy
) -> None:
    at_work = proxy.begin()
    at_work.start()
    call, going_on = proxy.admit(at_work), proxy.admit(at_work)
    note(at_work, call, Counts(input_tokens=100, output_tokens=9))
    note(at_work, going_on, None, has_ended=False)

    proxy.clock.now += gateway.PAYLOAD_SECONDS + 1
    at_work.sweep()
    until(lambda: bool(bot.settled))
    at_work.settle(call.key, PAYLOAD)
    at_work.settle(going_on.key, PAYLOAD)
    until(lambda: len(bot.settled) == 2)

    assert set(bot.settled) == {call.hold, going_on.hold}
    assert bot.reported == []


def test_a_payload_that_is_none_is_done_without_at_once(bot: HoldingTokenbot, proxy: Proxy) -> None:
    at_work = proxy.begin()
    at_work.start()
    answered, unknown = proxy.admit(at_work), proxy.admit(at_work)
    note(at_work, answered, Counts(input_tokens=100, output_tokens=9))

    at_work.settle(answered.key, None)
    at_work.settle(unknown.key, None)
    until(lambda: len(bot.settled) == 2)

    assert bot.settled[answered.hold]["completion_tokens"] == 9
    assert bot.settled[unknown.hold] == FREED["litellm"]


def test_who_is_refused_hears_why(bot: HoldingTokenbot, proxy: Proxy) -> None:
    bot.says["/v1/holds"] = problem(402, "limit-reached")

    with pytest.raises(CallRefused, match="It is limit-reached"):
        proxy.admit(proxy.begin())


@pytest.mark.parametrize("known", [None, GPT], ids=["unknown", "the same"])
def test_a_fallback_that_is_none_is_not_tried(
    bot: HoldingTokenbot, proxy: Proxy, known: Model | None
) -> None:
    bot.says["/v1/holds"] = problem(402, "limit-reached", fallback_model="small")

    with pytest.raises(CallRefused):
        proxy.admit(proxy.begin(), known=known)

    assert len(bot.requests) == 1


def test_a_fallback_is_tried_once(bot: HoldingTokenbot, proxy: Proxy) -> None:
    bot.says["/v1/holds"] = problem(402, "limit-reached", fallback_model="small")

    with pytest.raises(CallRefused):
        proxy.admit(proxy.begin(), known=SMALL)

    assert [one.body["model"] for one in bot.requests] == ["gpt-4o", "gpt-4o-mini"]


class TestAway:
    def test_open_makes_the_call_and_reports_it_later_once(
        self, bot: HoldingTokenbot, proxy: Proxy
    ) -> None:
        bot.says["/v1/holds"] = problem(503, "busy")
        at_work = proxy.begin()

        call = proxy.admit(at_work)
        note(at_work, call, Counts(input_tokens=100, output_tokens=9))
        at_work.settle(call.key, PAYLOAD)
        bot.says.clear()
        at_work.start()
        until(lambda: bool(bot.reported) and bool(bot.settled))

        assert call.hold == ""
        assert [one["prompt_tokens"] for one in bot.reported] == [100]
        # What the failing tokenbot may have held all the same is free again.
        assert list(bot.settled.values()) == [FREED["litellm"]]

    def test_the_log_tells_once_of_its_absence_and_of_its_return(
        self, bot: HoldingTokenbot, proxy: Proxy, caplog: pytest.LogCaptureFixture
    ) -> None:
        at_work = proxy.begin()
        for weather in ({}, {"/v1/holds": problem(503, "busy")}, {}):
            bot.says = weather
            proxy.admit(at_work)
            proxy.admit(at_work)

        said = [record.message for record in caplog.records if record.name == "tokenbot_client"]
        assert ["can't be asked" in one for one in said] == [True, False]
        assert "can be asked again" in said[1]

    def test_closed_refuses(self, bot: HoldingTokenbot, proxy: Proxy) -> None:
        bot.says["/v1/holds"] = problem(503, "busy")

        with pytest.raises(TokenbotAway):
            proxy.admit(proxy.begin(when_away=WhenAway.CLOSED))

    def test_a_slow_one_is_waited_for_no_longer_than_said(
        self, bot: HoldingTokenbot, proxy: Proxy
    ) -> None:
        bot.is_awake.clear()

        assert proxy.admit(proxy.begin(timeout_ms=50)).hold == ""


def test_calls_of_which_nobody_hears_are_forgotten_in_the_end(
    bot: HoldingTokenbot, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "CALLS_MAX", 1)
    at_work = proxy.begin()
    at_work.start()
    first = proxy.admit(at_work)
    note(at_work, first, None, has_ended=False)

    proxy.admit(at_work)
    proxy.admit(at_work)
    proxy.end()
    proxy.begin().start()

    until(lambda: first.hold in bot.settled)


def test_a_call_that_nobody_asked_about_is_reported(bot: HoldingTokenbot, proxy: Proxy) -> None:
    """A health check of the proxy itself, or one whose stamp a client made up."""
    at_work = proxy.begin()
    at_work.start()

    at_work.settle("", PAYLOAD)
    at_work.settle("made-up", PAYLOAD)
    at_work.settle("made-up", None)
    at_work.fail("made-up")
    note(at_work, Call("made-up", "hold-x", "ana", GPT, 0.0, 1), Counts(input_tokens=5))
    until(lambda: len(bot.reported) == 2)

    assert bot.settled == {}


def test_no_prompt_is_in_the_file(bot: HoldingTokenbot, proxy: Proxy, tmp_path: Path) -> None:
    said = "the password is swordfish"
    at_work = proxy.begin()
    call = proxy.admit(at_work)
    note(at_work, call, Counts(input_tokens=100))
    at_work.settle(call.key, {**PAYLOAD, "messages": said, "response": {"text": said}})

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"chatcmpl-1" in written
    assert said.encode() not in written
    assert said not in json.dumps([one.body for one in bot.requests])
