"""Anthropic's SDK, metered: figures of a stream grow, and are taken once."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
import shapes
from conftest import async_anthropic
from peers import Answer, Provider

from tokenbot_client.anthropic import metered

MESSAGES = "/v1/messages"
ASK: Any = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hi"}],
}
Reported = Callable[[], list[dict[str, Any]]]
Settings = dict[str, Any]


def counts(event: dict[str, Any]) -> dict[str, int]:
    return {name: event.get(name, 0) for name in shapes.COUNTS}


def test_a_message_is_reported_with_cached_input_inside_the_input(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(MESSAGES, Answer(shapes.message()))
    client = metered(anthropic_client, user="U0ANA", **settings)

    answer = client.messages.create(**ASK)

    assert isinstance(client, anthropic.Anthropic)
    assert (answer.id, answer.usage.input_tokens) == ("msg_01", 76)
    [event] = reported()
    assert (event["id"], event["user"], event["provider"]) == ("msg_01", "U0ANA", "anthropic")
    assert (event["model"], counts(event)) == ("claude-sonnet-5-5", shapes.COUNTS)


def test_a_stream_is_reported_by_its_last_figures_never_by_their_sum(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(MESSAGES, shapes.message_stream())
    client = metered(anthropic_client, **settings)

    with client.messages.create(stream=True, **ASK) as stream:
        kinds = [event.type for event in stream]

    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_delta",
        "message_stop",
    ]
    [event] = reported()
    assert (event["id"], counts(event)) == ("msg_01", shapes.COUNTS)
    assert "metadata" not in event


def test_the_stream_helper_works_as_before_and_is_reported(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(MESSAGES, shapes.message_stream(), shapes.message_stream(message_id="msg_02"))
    client = metered(anthropic_client, **settings)

    with client.messages.stream(**ASK) as stream:
        assert "".join(stream.text_stream) == "Hello"
    with client.beta.messages.stream(**ASK) as again:
        assert again.get_final_message().usage.output_tokens == 50

    assert [(event["id"], counts(event)) for event in reported()] == [
        ("msg_01", shapes.COUNTS),
        ("msg_02", shapes.COUNTS),
    ]


@pytest.mark.parametrize("how", ["close", "leave", "forget"])
def test_a_stream_left_early_is_reported_as_far_as_it_told(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
    how: str,
) -> None:
    provider.will(MESSAGES, shapes.message_stream())
    client = metered(anthropic_client, **settings)

    stream = client.messages.create(stream=True, **ASK)
    if how == "leave":
        with stream:
            next(stream)
    else:
        next(stream)
        stream.close()
    if how == "forget":
        del stream
        gc.collect()

    [event] = reported()
    assert counts(event) == {**shapes.COUNTS, "output_tokens": 1}
    assert event["metadata"] == {"cut_off": "true"}


def test_a_stream_that_is_cut_raises_as_it_would_and_is_reported(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(MESSAGES, shapes.message_stream(is_cut=True))

    def how_it_ends(client: anthropic.Anthropic) -> str:
        with pytest.raises((anthropic.APIError, httpx2.HTTPError)) as error:
            list(client.messages.create(stream=True, **ASK))
        return repr(error.value)

    assert how_it_ends(metered(anthropic_client, **settings)) == how_it_ends(anthropic_client)
    assert [event["metadata"] for event in reported()] == [{"cut_off": "true"}]


def test_raw_responses_are_reported(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(MESSAGES, Answer(shapes.message()), shapes.message_stream(message_id="msg_02"))
    client = metered(anthropic_client, **settings)

    raw = client.messages.with_raw_response.create(**ASK)
    raw_stream = client.messages.with_raw_response.create(stream=True, **ASK)

    assert raw.parse().id == "msg_01"
    assert len(list(raw_stream.parse())) == 7
    assert [counts(event) for event in reported()] == [shapes.COUNTS] * 2


def test_provider_errors_pass_unchanged(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    said = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    provider.will(MESSAGES, Answer(said, status=529))
    client = metered(anthropic_client, **settings)

    with pytest.raises(anthropic.APIStatusError) as error:
        client.messages.create(**ASK)
    with (
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
        client.messages.stream(**ASK) as stream,
    ):
        list(stream)

    assert (error.value.status_code, error.value.body) == (529, said)
    assert reported() == []


def test_counting_tokens_costs_nothing(
    provider: Provider,
    anthropic_client: anthropic.Anthropic,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will("/v1/messages/count_tokens", Answer({"input_tokens": 9}))
    client = metered(anthropic_client, **settings)

    answer = client.messages.count_tokens(model=ASK["model"], messages=ASK["messages"])

    assert answer.input_tokens == 9
    assert reported() == []


def test_async_messages_streams_and_helpers_are_reported(
    provider: Provider, settings: Settings, reported: Reported
) -> None:
    provider.will(
        MESSAGES,
        Answer(shapes.message()),
        shapes.message_stream(message_id="msg_02"),
        shapes.message_stream(message_id="msg_03"),
        Answer(shapes.message(message_id="msg_04")),
    )

    async def ask() -> None:
        async with async_anthropic(provider) as plain:
            client = metered(plain, **settings)
            await client.messages.create(**ASK)
            async for _ in await client.messages.create(stream=True, **ASK):
                pass
            async with client.messages.stream(**ASK) as stream:
                assert [text async for text in stream.text_stream] == ["Hello"]
            async with client.messages.with_streaming_response.create(**ASK) as raw:
                assert (await raw.parse()).id == (await raw.parse()).id == "msg_04"

    asyncio.run(ask())

    assert [(event["id"], counts(event)) for event in reported()] == [
        (f"msg_0{number}", shapes.COUNTS) for number in (1, 2, 3, 4)
    ]
