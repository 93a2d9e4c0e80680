"""A real proxy tells of real calls: each event's counts are what the answer's usage said."""

import pytest

from bot.domain.counts import Counts
from bot.domain.usage_events import UsageEvent
from tests.gateway.calls import Caller, nonce
from tests.gateway.conftest import AUTHORIZATION
from tests.gateway.proxy import Proxy
from tests.gateway.sink import Sink
from tests.gateway.upstream import Prompt
from tests.waiting import until

pytestmark = pytest.mark.gateway


def told_of(sink: Sink, call_id: str) -> UsageEvent:
    """What the proxy told of a call, once it has."""
    until(lambda: bool(sink.of_call(call_id)))
    (event,) = sink.of_call(call_id)
    return event


def prompt(tokens: int = 1_200, *, cached: int = 0, written: int = 0, reasoning: int = 0) -> Prompt:
    """One that uses so many tokens of input, and 50 of output."""
    return Prompt(
        input=tokens, output=50, cached=cached, written=written, reasoning=reasoning, nonce=nonce()
    )


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
class TestEachRoute:
    def test_chat_completions(self, ana: Caller, sink: Sink, *, stream: bool) -> None:
        called = ana.chat(prompt(cached=1_024, reasoning=30), stream=stream)

        expected = Counts(input_uncached=176, cache_read=1_024, output=50, reasoning=30)
        assert told_of(sink, called.call_id).counts == called.counts == expected

    def test_messages(self, ana: Caller, sink: Sink, *, stream: bool) -> None:
        called = ana.messages(prompt(1_300, cached=1_000, written=200), stream=stream)

        expected = Counts(input_uncached=100, cache_read=1_000, cache_write=200, output=50)
        assert told_of(sink, called.call_id).counts == called.counts == expected

    def test_responses(self, ana: Caller, sink: Sink, *, stream: bool) -> None:
        called = ana.responses(prompt(cached=1_024, reasoning=30), stream=stream)

        expected = Counts(input_uncached=176, cache_read=1_024, output=50, reasoning=30)
        assert told_of(sink, called.call_id).counts == called.counts == expected

    def test_claude_behind_openais_route(self, ana: Caller, sink: Sink, *, stream: bool) -> None:
        asked = prompt(1_300, cached=1_000, written=200)

        called = ana.chat(asked, model="claude", stream=stream)

        expected = Counts(input_uncached=100, cache_read=1_000, cache_write=200, output=50)
        assert told_of(sink, called.call_id).counts == expected
        assert called.usage["prompt_tokens"] == expected.input

    def test_a_mock(self, ana: Caller, sink: Sink, *, stream: bool) -> None:
        called = ana.chat(f"Say hello, {nonce()}", model="mock", stream=stream)

        assert told_of(sink, called.call_id).counts == called.counts
        assert called.counts.total > 0


def test_a_canned_answer_with_cached_tokens(ana: Caller, sink: Sink) -> None:
    called = ana.chat(nonce(), model="canned")

    expected = Counts(input_uncached=176, cache_read=1_024, output=50)
    assert told_of(sink, called.call_id).counts == called.counts == expected


def test_person_team_model_cost_and_tag_arrive_and_what_was_said_does_not(
    ana: Caller, sink: Sink
) -> None:
    called = ana.chat(prompt(), metadata={"tags": ["project:search"]}, user="the-boss")

    event = told_of(sink, called.call_id)
    assert (event.user, event.team, event.project) == ("ana@example.com", "red", "search")
    assert (event.provider, event.model) == ("openai", "gpt-4o")
    assert event.cost_nano == 1_200 * 2_500 + 50 * 10_000
    assert "the-boss" not in repr(event)
    assert sink.authorizations == {AUTHORIZATION}


def test_prompts_and_answers_do_not_leave_the_proxy(ana: Caller, sink: Sink) -> None:
    secret = nonce()

    called = ana.chat(f"The password is {secret}", model="mock")

    told_of(sink, called.call_id)
    assert not any(secret.encode() in body for body in sink.bodies)
    assert any(b"redacted-by-litellm" in body for body in sink.bodies)


def test_a_stream_whose_client_leaves_is_told_as_an_estimate(ana: Caller, sink: Sink) -> None:
    asked = Prompt(input=1_200, output=50, is_endless=True, nonce=nonce())

    event = told_of(sink, ana.leave_stream(asked))

    assert event.is_estimate
    assert event.counts.total > 0


def test_the_same_question_again_is_answered_from_the_cache_for_free(
    ana: Caller, sink: Sink
) -> None:
    asked = prompt()
    first = told_of(sink, ana.chat(asked).call_id)

    again = told_of(sink, ana.chat(asked).call_id)

    assert (first.is_free, again.is_free) == (False, True)
    assert (again.counts, again.cost_nano) == (first.counts, 0)


def test_a_model_without_a_price_has_no_cost(ana: Caller, sink: Sink) -> None:
    event = told_of(sink, ana.chat(prompt(), model="made-up").call_id)

    assert (event.model, event.cost_nano) == ("made-up-model", None)


def test_failures_are_not_told(ana: Caller, sink: Sink) -> None:
    body = {"model": "failing", "messages": [{"role": "user", "content": nonce()}]}
    failed = ana.post("/v1/chat/completions", body)

    told_of(sink, ana.chat(prompt()).call_id)
    assert failed.status_code == 500
    assert sink.of_call(failed.headers["x-litellm-call-id"]) == []


def test_a_client_that_repeats_a_call_id_hides_nothing(ana: Caller, sink: Sink) -> None:
    """Both calls have the id that the client chose; they are two events all the same."""
    chosen = nonce()
    for asked in (prompt(), prompt()):
        body = {"model": "gpt", "messages": [{"role": "user", "content": asked.text}]}
        ana.post("/v1/chat/completions", body, **{"x-litellm-call-id": chosen}).raise_for_status()

    until(lambda: len(sink.of_call(chosen)) == 2)


def test_calls_that_end_while_the_sink_is_slow_are_told_all_the_same(
    gateway: Proxy, sink: Sink
) -> None:
    """What the manual's DEFAULT_BATCH_SIZE is for: by default these are lost."""
    asked = sink.asked
    sink.may_answer.clear()
    with Caller(gateway.url, "ben") as ben:
        called = [ben.chat(prompt())]
        until(lambda: sink.asked > asked)
        called += [ben.chat(prompt()) for _ in range(30)]
    sink.may_answer.set()

    assert {told_of(sink, one.call_id).user for one in called} == {"ben@example.com"}
