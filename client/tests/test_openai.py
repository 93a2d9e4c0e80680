"""OpenAI's SDK, metered: each response's usage reaches tokenbot once, and nothing else changes."""

import asyncio
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import openai
import pytest
import shapes
from conftest import async_openai
from peers import Answer, Provider, sse

from tokenbot_client.openai import acting_for, metered

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
ASK: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
Reported = Callable[[], list[dict[str, Any]]]
Settings = dict[str, Any]


def counts(event: dict[str, Any]) -> dict[str, int]:
    return {name: event.get(name, 0) for name in shapes.COUNTS}


def test_a_chat_is_reported_with_its_person_and_project(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat())
    client = metered(openai_client, user="ana@example.com", project="search", **settings)

    answer = client.chat.completions.create(**ASK)

    assert answer.choices[0].message.content == "Hello"
    [event] = reported()
    assert event.pop("at").endswith("+00:00")
    assert event == {
        "source": "python",
        "id": "chatcmpl-1",
        "user": "ana@example.com",
        "project": "search",
        "model": "gpt-4o-2024-08-06",
        "provider": "openai",
        **shapes.COUNTS,
    }


def test_the_request_and_the_client_stay_what_they_were(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat())
    client = metered(openai_client, **settings)

    openai_client.chat.completions.create(**ASK)
    client.chat.completions.create(**ASK)

    assert isinstance(client, openai.OpenAI)
    assert provider.requests[0].body == provider.requests[1].body
    assert len(reported()) == 1


def test_a_response_and_its_parse_are_reported(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(
        RESPONSES, Answer(shapes.response()), Answer({**shapes.response(), "id": "resp_2"})
    )
    client = metered(openai_client, **settings)

    client.responses.create(model="gpt-5", input="Hi")
    client.responses.parse(model="gpt-5", input="Hi")

    assert [(event["id"], counts(event)) for event in reported()] == [
        ("resp_1", shapes.COUNTS),
        ("resp_2", shapes.COUNTS),
    ]


def test_embeddings_have_no_id_and_get_one_each(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will("/v1/embeddings", shapes.embeddings())
    client = metered(openai_client, **settings)

    for _ in range(2):
        client.embeddings.create(model="text-embedding-3-small", input="Hi")

    first, second = reported()
    assert first["id"] != second["id"]
    assert (first["input_tokens"], first["output_tokens"]) == (8, 0)


def test_a_stream_is_asked_for_its_usage_and_the_caller_never_sees_it(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, **settings)

    stream = client.chat.completions.create(stream=True, **ASK)
    text = [chunk.choices[0].delta.content for chunk in stream]

    assert isinstance(stream, openai.Stream)
    assert stream.response.status_code == 200
    assert text == ["Hel", "lo", None]
    assert provider.requests[0].body["stream_options"] == {"include_usage": True}
    [event] = reported()
    assert (event["id"], counts(event)) == ("chatcmpl-2", shapes.COUNTS)


def test_whoever_asks_for_usage_themselves_gets_it(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, **settings)

    asked = {"include_usage": True}
    with client.chat.completions.create(stream=True, stream_options=asked, **ASK) as stream:  # type: ignore[call-overload]
        chunks = list(stream)

    assert [chunk.usage is None for chunk in chunks] == [True, True, True, False]
    assert len(reported()) == 1


@pytest.mark.parametrize("how", ["argument", "extra_body"])
def test_whoever_refuses_usage_is_not_overruled(
    provider: Provider,
    openai_client: openai.OpenAI,
    settings: Settings,
    reported: Reported,
    how: str,
) -> None:
    provider.will(CHAT, shapes.chat_stream(usage=None))
    client = metered(openai_client, **settings)
    refusal: Any = {"stream_options": {"include_usage": False}}

    more = refusal if how == "argument" else {"extra_body": refusal}
    chunks = list(client.chat.completions.create(stream=True, **ASK, **more))

    assert len(chunks) == 3
    assert provider.requests[0].body["stream_options"] == {"include_usage": False}
    assert reported() == []


def test_a_server_that_knows_no_stream_options_is_asked_again_without(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    refusal = {"error": {"message": "Unknown parameter: 'stream_options'.", "type": "invalid"}}
    provider.will(CHAT, Answer(refusal, status=400), shapes.chat_stream(usage=None))
    client = metered(openai_client, **settings)

    for _ in range(2):
        assert len(list(client.chat.completions.create(stream=True, **ASK))) == 3

    assert ["stream_options" in request.body for request in provider.requests] == [
        True,
        False,
        False,
    ]
    assert reported() == []


@pytest.mark.parametrize("end", ["completed", "incomplete", "failed"])
def test_a_stream_of_responses_is_reported_from_its_end(
    provider: Provider,
    openai_client: openai.OpenAI,
    settings: Settings,
    reported: Reported,
    end: str,
) -> None:
    provider.will(RESPONSES, shapes.response_stream(end))
    client = metered(openai_client, **settings)

    kinds = [one.type for one in client.responses.create(model="gpt-5", input="Hi", stream=True)]

    assert kinds == ["response.created", "response.in_progress", f"response.{end}"]
    [event] = reported()
    assert (event["id"], event["model"], counts(event)) == ("resp_1", "gpt-5", shapes.COUNTS)


def test_the_stream_helpers_are_metered_like_the_streams_they_read(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    provider.will(RESPONSES, shapes.response_stream())
    client = metered(openai_client, **settings)

    with client.chat.completions.stream(**ASK) as chat:
        chunks = [event.chunk for event in chat if event.type == "chunk"]
        assert chat.get_final_completion().choices[0].message.content == "Hello"
    with client.responses.stream(model="gpt-5", input="Hi") as stream:
        assert stream.get_final_response().output_text == "Hello"

    assert all(chunk.choices for chunk in chunks)
    assert sorted(event["id"] for event in reported()) == ["chatcmpl-2", "resp_1"]


def test_raw_responses_are_what_they_were_and_are_reported(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat(), shapes.chat_stream(), shapes.chat(response_id="chatcmpl-3"))
    client = metered(openai_client, **settings)

    raw = client.chat.completions.with_raw_response.create(**ASK)
    raw_stream = client.chat.completions.with_raw_response.create(stream=True, **ASK)
    assert len(list(raw_stream.parse())) == 3
    with client.chat.completions.with_streaming_response.create(**ASK) as streamed:
        assert streamed.parse().id == "chatcmpl-3"

    assert (raw.status_code, raw.parse().id) == (200, "chatcmpl-1")
    assert [counts(event) for event in reported()] == [shapes.COUNTS] * 3


def test_what_was_paid_for_is_reported_although_parse_fails(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    cut = shapes.chat()
    cut.body["choices"][0]["finish_reason"] = "length"
    provider.will(CHAT, cut)
    client = metered(openai_client, **settings)

    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(**ASK)

    assert [event["id"] for event in reported()] == ["chatcmpl-1"]


def test_a_provider_error_passes_unchanged_and_is_no_usage(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    said = {"error": {"message": "Slow down", "type": "rate_limit", "param": None, "code": "429"}}
    provider.will(CHAT, Answer(said, status=429, headers={"retry-after": "7"}))
    client = metered(openai_client, **settings)

    with pytest.raises(openai.RateLimitError) as bare:
        openai_client.chat.completions.create(**ASK)
    with pytest.raises(openai.RateLimitError) as ours:
        client.chat.completions.create(**ASK)

    assert str(ours.value) == str(bare.value)
    assert (ours.value.body, ours.value.response.headers["retry-after"]) == (bare.value.body, "7")
    assert ours.value.__cause__ is bare.value.__cause__ is None
    assert reported() == []


def test_a_stream_that_fails_raises_the_same_error(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    failing = sse(shapes.chat_chunk("Hel"), {"error": {"message": "Overloaded"}})
    provider.will(CHAT, Answer(chunks=failing))
    client = metered(openai_client, **settings)

    stream = client.chat.completions.create(stream=True, **ASK)

    assert next(stream).choices[0].delta.content == "Hel"
    with pytest.raises(openai.APIError, match="Overloaded"):
        next(stream)
    assert reported() == []


def test_a_stream_left_early_is_closed(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, **settings)

    stream = client.chat.completions.create(stream=True, **ASK)
    next(stream)
    stream.close()
    with client.chat.completions.create(stream=True, **ASK) as left:
        next(left)

    assert stream.response.is_closed
    assert left.response.is_closed
    assert reported() == []


def test_a_response_without_usage_is_no_event(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat(usage=None))
    provider.will(RESPONSES, Answer(shapes.response("queued", None)))
    client = metered(openai_client, **settings)

    client.chat.completions.create(**ASK)
    client.responses.create(model="gpt-5", input="Hi", background=True)

    assert reported() == []


def test_other_requests_pass_untouched(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    result = {"flagged": False, "categories": {}, "category_scores": {}}
    provider.will("/v1/moderations", Answer({"id": "m", "model": "o", "results": [result]}))
    client = metered(openai_client, **settings)

    assert client.moderations.create(input="Hi").id == "m"

    assert reported() == []


def test_a_client_made_of_a_metered_one_is_metered_once(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will("/v1/embeddings", shapes.embeddings())
    twice = metered(metered(openai_client, **settings), user="ana@example.com", **settings)

    twice.embeddings.create(model="e", input="Hi")
    twice.with_options(timeout=5).embeddings.create(model="e", input="Hi")
    twice.copy().with_options(timeout=5).embeddings.create(model="e", input="Hi")

    assert [event["user"] for event in reported()] == ["ana@example.com"] * 3


def test_a_call_is_whose_it_was_when_it_was_made(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, user="service", project="web", **settings)

    with acting_for("ana@example.com", project="search"), acting_for("ben@example.com"):
        stream = client.chat.completions.create(stream=True, **ASK)
    with acting_for("cy@example.com"):
        list(stream)

    assert [(event["user"], event["project"]) for event in reported()] == [
        ("ben@example.com", "search")
    ]


def test_an_azure_client_is_azures(
    provider: Provider, settings: Settings, reported: Reported
) -> None:
    provider.will("/openai/deployments/gpt-4o/chat/completions", shapes.chat())
    with openai.AzureOpenAI(
        azure_endpoint=provider.url, api_key="k", api_version="2024-10-21"
    ) as azure:
        metered(azure, **settings).chat.completions.create(**ASK)

    assert [event["provider"] for event in reported()] == ["azure"]


def test_async_calls_and_streams_are_reported_each_for_their_person(
    provider: Provider, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat(), shapes.chat_stream())
    provider.will(RESPONSES, shapes.response_stream())

    async def ask() -> None:
        async with async_openai(provider) as plain:
            client = metered(plain, **settings)
            with acting_for("ana@example.com"):
                await client.chat.completions.create(**ASK)
            with acting_for("ben@example.com"):
                async with await client.chat.completions.create(stream=True, **ASK) as stream:
                    assert isinstance(stream, openai.AsyncStream)
                    assert [c.choices[0].delta.content async for c in stream] == ["Hel", "lo", None]
            async with client.responses.stream(model="gpt-5", input="Hi") as events:
                assert (await events.get_final_response()).output_text == "Hello"

    asyncio.run(ask())

    assert sorted((event["id"], event.get("user", "")) for event in reported()) == [
        ("chatcmpl-1", "ana@example.com"),
        ("chatcmpl-2", "ben@example.com"),
        ("resp_1", ""),
    ]


def test_async_streams_left_early_and_async_errors_pass(
    provider: Provider, settings: Settings, reported: Reported
) -> None:
    refusal = {"error": {"message": "Unknown parameter: 'stream_options'."}}
    provider.will(
        CHAT, shapes.chat_stream(), Answer({}, status=500), Answer(refusal, status=400),
        shapes.chat_stream(usage=None),
    )  # fmt: skip

    async def ask() -> None:
        async with async_openai(provider) as plain:
            client = metered(plain, **settings)
            stream = await client.chat.completions.create(stream=True, **ASK)
            await anext(stream)
            await stream.close()
            assert stream.response.is_closed
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(**ASK)
            again = await client.chat.completions.create(stream=True, **ASK)
            assert len([chunk async for chunk in again]) == 3

    asyncio.run(ask())

    assert reported() == []


def test_a_stream_nobody_reads_to_its_end_leaves_nothing_behind(
    provider: Provider, openai_client: openai.OpenAI, settings: Settings, reported: Reported
) -> None:
    provider.will(CHAT, shapes.chat_stream())
    client = metered(openai_client, **settings)

    stream = client.chat.completions.create(stream=True, **ASK)
    for _ in range(3):
        next(stream)
    next(stream, None)
    del stream
    gc.collect()

    assert [event["id"] for event in reported()] == ["chatcmpl-2"]


class Odd:
    """A client as ours is found, whose answers are like nobody's."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=print))

    def copy(self) -> "Odd":
        return Odd(self.answer)

    def post(self, path: str, **request: Any) -> Any:
        return self.answer


class Prickly:
    """Says no to whoever looks at it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("make", [Prickly, None, 42, {"usage": "much"}, {"usage": {}}])
def test_an_answer_of_any_shape_is_passed_on(
    make: Any, settings: Settings, reported: Reported
) -> None:
    answer = make() if make is Prickly else make
    client = metered(Odd(answer), **settings)

    assert client.post("/chat/completions", body=Prickly()) is answer
    assert client.post("/chat/completions", body={}, stream=True) is answer
    assert client.post("/chat/completions", body=b"{}") is answer

    assert all(counts(event)["input_tokens"] == 0 for event in reported())


def test_chunks_of_any_shape_are_passed_on(settings: Settings, reported: Reported) -> None:
    chunks = [Prickly(), None, 42, {"usage": {"prompt_tokens": 7}}]
    client = metered(Odd(iter(chunks)), **settings)

    assert list(client.post("/chat/completions", body={"model": "m"}, stream=True)) == chunks

    assert [event["input_tokens"] for event in reported()] == [7]
