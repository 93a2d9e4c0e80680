"""`metered(…, enforce=True)`: what does not fit is not called, and every hold ends."""

import asyncio
import gc
from collections import deque
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
import shapes
from bank import problem
from conftest import async_anthropic, async_openai
from peers import Answer, Provider, Tokenbot, sse
from test_openai import Odd

from tokenbot_client import ApiKeyRefused, Away, LimitReached, Tokens, acting_for, metered

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
ASK: Any = {
    "model": "gpt-4o",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Say hello, and nothing else."}],
}
AWAY = Answer({}, 503)
GONE = Answer(is_gone=True)
Settings = dict[str, Any]
Told = Callable[[], Tokenbot]


@pytest.fixture
def enforced(settings: Settings) -> Settings:
    """For a client that holds, for one person."""
    return {**settings, "enforce": True, "user": "ana@example.com"}


@pytest.fixture
def told(settings: Settings, tokenbot: Tokenbot) -> Told:
    """tokenbot, once it was told of all that ended."""

    def flushed() -> Tokenbot:
        with Tokens(**settings) as tokens:
            assert tokens.flush(15)
        return tokenbot

    return flushed


def test_a_chat_is_held_for_and_charged_to_its_hold_alone(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat())
    client = metered(openai_client, project="search", **enforced)

    assert client.chat.completions.create(**ASK).id == "chatcmpl-1"

    holds = told().holds
    [asked], [settled] = holds.said("/holds"), holds.said("/settle")
    asked.pop("idempotency_key")
    assert asked == {
        "user": "ana@example.com",
        "model": "gpt-4o",
        "project": "search",
        "provider": "openai",
        "source": "python",
        "estimate": {"input_tokens": 12, "max_output_tokens": 100},
    }
    assert {name: settled[name] for name in shapes.COUNTS} == shapes.COUNTS
    assert (settled["source"], settled["id"], settled["final"]) == ("python", "chatcmpl-1", True)
    assert (holds.open, holds.available, told().events) == ([], 8_750, [])


def test_a_model_with_a_longer_name_than_tokenbot_takes_is_called_all_the_same(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat())
    client = metered(openai_client, **enforced)
    arn = f"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/{'x' * 60}"

    assert client.chat.completions.create(**{**ASK, "model": arn}).id == "chatcmpl-1"

    [asked] = told().holds.said("/holds")
    assert asked["model"] == arn[:100]


def test_what_does_not_fit_is_refused_before_it_is_called(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    tokenbot: Tokenbot,
    told: Told,
) -> None:
    tokenbot.holds.available = 111
    client = metered(openai_client, **enforced)

    with pytest.raises(LimitReached, match="needs 112 tokens, and 111 are available"):
        client.chat.completions.create(**ASK)

    assert provider.requests == []
    assert told().holds.paths() == ["holds"]


def test_streams_are_held_for_until_their_end(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, **enforced)

    stream = client.chat.completions.create(stream=True, **ASK)
    held = told().holds.open
    text = [chunk.choices[0].delta.content for chunk in stream]

    assert (held, text) == (["h1"], ["Hel", "lo", None])
    holds = told().holds
    assert (holds.paths(), holds.available) == (["holds", "settle h1"], 8_750)


@pytest.mark.parametrize("how", ["closed", "dropped", "failed", "unread"])
def test_a_chat_stream_that_told_of_nothing_is_freed(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told, how: str
) -> None:
    failing = sse(shapes.chat_chunk("Hel"), {"error": {"message": "Overloaded"}})
    provider.will(CHAT, Answer(chunks=failing) if how == "failed" else shapes.chat_stream())
    client = metered(openai_client, **enforced)

    stream = client.chat.completions.create(stream=True, **ASK)
    if how != "unread":
        next(stream)
    if how == "closed":
        stream.close()
    elif how == "failed":
        with pytest.raises(openai.APIError, match="Overloaded"):
            next(stream)
    stream.response.close()
    del stream
    gc.collect()

    holds = told().holds
    assert (holds.paths(), holds.available) == (["holds", "void h1"], 10_000)


def test_a_message_that_is_cut_off_is_charged_what_it_told(
    provider: Provider, anthropic_client: anthropic.Anthropic, enforced: Settings, told: Told
) -> None:
    provider.will(MESSAGES, shapes.message_stream(is_cut=True))
    client = metered(anthropic_client, **enforced)

    with pytest.raises(Exception, match="incomplete chunked read"):
        list(client.messages.create(stream=True, **ASK))

    [settled] = told().holds.said("/settle")
    assert (settled["input_tokens"], settled["output_tokens"]) == (1200, 1)
    assert settled["metadata"] == {"cut_off": "true"}
    assert told().holds.open == []


@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_providers_error_frees_the_hold_and_passes_unchanged(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    told: Told,
    status: int,
) -> None:
    provider.will(CHAT, Answer({"error": {"message": "No."}}, status))
    client = metered(openai_client, **enforced)

    with pytest.raises(openai.APIStatusError, match=r"No\."):
        client.chat.completions.create(**ASK)

    assert told().holds.paths() == ["holds", "void h1"]


@pytest.mark.parametrize("second", [shapes.chat_stream(), Answer({}, 500)])
def test_a_server_that_is_asked_again_is_held_for_once(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    told: Told,
    second: Answer,
) -> None:
    refusal = {"error": {"message": "Unknown parameter: 'stream_options'.", "type": "invalid"}}
    provider.will(CHAT, Answer(refusal, status=400), second)
    client = metered(openai_client, **enforced)

    if second.status == 500:
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(stream=True, **ASK)
    else:
        list(client.chat.completions.create(stream=True, **ASK))

    assert told().holds.paths()[0] == "holds"
    assert (len(told().holds.paths()), told().holds.open) == (2, [])


def test_what_was_paid_for_is_charged_although_parse_fails(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    cut = shapes.chat()
    cut.body["choices"][0]["finish_reason"] = "length"
    provider.will(CHAT, cut)
    client = metered(openai_client, **enforced)

    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(**ASK)

    assert told().holds.paths() == ["holds", "settle h1"]


def test_a_response_without_usage_frees_its_hold(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat(usage=None))

    metered(openai_client, **enforced).chat.completions.create(**ASK)

    assert told().holds.paths() == ["holds", "void h1"]


def test_other_requests_are_not_held_for(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    result = {"flagged": False, "categories": {}, "category_scores": {}}
    provider.will("/v1/moderations", Answer({"id": "m", "model": "o", "results": [result]}))

    metered(openai_client, **enforced).moderations.create(input="Hi")

    assert told().holds.asked == []


def test_raw_responses_are_held_for_too(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat(), shapes.chat(response_id="chatcmpl-2"))
    client = metered(openai_client, **enforced)

    client.chat.completions.with_raw_response.create(**ASK)
    with client.chat.completions.with_streaming_response.create(**ASK) as streamed:
        streamed.parse()

    assert {body["id"] for body in told().holds.said("/settle")} == {"chatcmpl-1", "chatcmpl-2"}
    assert told().holds.open == []


def test_calls_that_fit_one_after_the_other_are_not_refused_for_the_ones_before(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, tokenbot: Tokenbot
) -> None:
    provider.will(
        CHAT, *(shapes.chat({"prompt_tokens": 1, "completion_tokens": 1}, str(n)) for n in range(9))
    )
    tokenbot.holds.available = 150
    tokenbot.holds.failures["/settle"] = deque([Answer({}, 503, {"retry-after": "0"})])
    client = metered(openai_client, **enforced)

    for _ in range(9):
        client.chat.completions.create(**ASK)

    assert len(provider.requests) == 9


def test_while_tokenbot_is_away_calls_are_made_and_reported_later(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    tokenbot: Tokenbot,
    told: Told,
) -> None:
    provider.will(CHAT, shapes.chat(), Answer({}, 500))
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)
    client = metered(openai_client, **enforced)

    client.chat.completions.create(**ASK)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**ASK)

    assert [(event["id"], event["user"]) for event in told().events] == [
        ("chatcmpl-1", "ana@example.com")
    ]
    assert told().holds.open == []


def test_a_call_whose_hold_was_lost_on_its_way_is_charged_to_it(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    tokenbot: Tokenbot,
    told: Told,
) -> None:
    provider.will(CHAT, shapes.chat())
    tokenbot.holds.losses["/holds"] = deque([GONE] * 3)

    metered(openai_client, **enforced).chat.completions.create(**ASK)

    holds = told().holds
    assert (holds.open, holds.available, told().events) == ([], 8_750, [])


def test_a_closed_client_makes_no_call_while_tokenbot_is_away(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)
    client = metered(openai_client, when_away="closed", **enforced)

    with pytest.raises(Away, match="gave no answer"):
        client.chat.completions.create(**ASK)

    assert provider.requests == []


def test_where_another_answers_calls_are_made_and_charged_later(
    provider: Provider,
    openai_client: openai.OpenAI,
    enforced: Settings,
    tokenbot: Tokenbot,
    told: Told,
) -> None:
    provider.will(CHAT, shapes.chat())
    tokenbot.holds.failures["/holds"] = deque([Answer("<html>", 404)])

    metered(openai_client, **enforced).chat.completions.create(**ASK)

    assert [event["id"] for event in told().events] == ["chatcmpl-1"]
    assert told().holds.open == []


def test_a_refused_key_stops_calls_whatever_the_setting(
    provider: Provider, openai_client: openai.OpenAI, enforced: Settings, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/holds"] = deque([problem(401, "key-revoked", "It was revoked.")])

    with pytest.raises(ApiKeyRefused, match="It was revoked"):
        metered(openai_client, **enforced).chat.completions.create(**ASK)

    assert provider.requests == []


def test_async_calls_and_streams_are_held_for_each_for_their_person(
    provider: Provider, enforced: Settings, told: Told
) -> None:
    provider.will(CHAT, shapes.chat(), shapes.chat_stream(), Answer({}, 500))
    provider.will(MESSAGES, shapes.message_stream())

    async def ask() -> None:
        async with async_openai(provider) as plain, async_anthropic(provider) as other:
            client, claude = metered(plain, **enforced), metered(other, **enforced)
            with acting_for("ben@example.com"):
                await client.chat.completions.create(**ASK)
            stream = await client.chat.completions.create(stream=True, **ASK)
            assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(**ASK)
            async with claude.messages.stream(**ASK) as messages:
                assert await messages.get_final_text() == "Hello"

    asyncio.run(ask())

    holds = told().holds
    assert [body["user"].partition("@")[0] for body in holds.said("/holds")] == [
        "ben",
        "ana",
        "ana",
        "ana",
    ]
    assert sorted(body["id"] for body in holds.said("/settle")) == [
        "chatcmpl-1",
        "chatcmpl-2",
        "msg_01",
    ]
    assert (holds.said("/void"), holds.open) == ([{}], [])


def test_an_async_call_that_does_not_fit_is_not_made(
    provider: Provider, enforced: Settings, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.available = 0

    async def ask() -> None:
        async with async_openai(provider) as plain:
            with pytest.raises(LimitReached):
                await metered(plain, **enforced).chat.completions.create(**ASK)

    asyncio.run(ask())
    assert provider.requests == []


def test_a_task_that_is_cancelled_in_mid_call_frees_its_hold(
    provider: Provider, enforced: Settings, told: Told
) -> None:
    provider.is_awake.clear()
    provider.will(CHAT, shapes.chat())

    async def ask() -> None:
        async with async_openai(provider) as plain:
            client = metered(plain, **enforced)
            task = asyncio.ensure_future(client.chat.completions.create(**ASK))
            assert await asyncio.to_thread(provider.asked.wait, 15)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            provider.is_awake.set()

    asyncio.run(ask())
    assert told().holds.paths() == ["holds", "void h1"]


@pytest.mark.parametrize(
    ("request_body", "estimate"),
    [
        ({"input": "x" * 40, "max_output_tokens": 7}, {"input_tokens": 10, "max_output_tokens": 7}),
        ({"prompt": "x" * 41, "max_tokens": 7, "n": 3}, {"max_output_tokens": 21}),
        ({"prompt": "x" * 41, "max_tokens": 7, "n": -3}, {"max_output_tokens": 7}),
        ({"messages": None}, {"input_tokens": 0}),
        ({"messages": "żółw", "max_completion_tokens": 0}, {"input_tokens": 2}),
        ({"input": b"12", "max_tokens": "many"}, {"input_tokens": 0}),
        ({"system": ["x" * 8], "tools": [{"name": "x" * 8}]}, {"input_tokens": 8}),
        ({"messages": [{"url": "data:image/png;base64,AAAA"}]}, {"input_tokens": 1004}),
        ({"input": [{"type": "base64", "data": "A" * 9_999}]}, {"input_tokens": 1000}),
        ({"input": [{"format": "wav", "data": "A" * 9_999}]}, {"input_tokens": 1000}),
        (b"{}", {"input_tokens": 0}),
    ],
)
def test_what_a_request_may_use_is_measured_roughly_and_here(
    enforced: Settings, told: Told, request_body: Any, estimate: dict[str, int]
) -> None:
    client = metered(Odd(None), **enforced)

    client.post("/chat/completions", body=request_body)

    [asked] = told().holds.said("/holds")
    assert asked["estimate"].items() >= estimate.items()
    assert "messages" not in asked["estimate"]
