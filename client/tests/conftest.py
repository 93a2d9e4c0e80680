import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import openai
import pytest
from callers import Clock
from peers import Provider, Tokenbot

from tokenbot_client import Reporter, Tokens


@pytest.fixture
def provider() -> Iterator[Provider]:
    peer = Provider()
    with peer.serving():
        yield peer


@pytest.fixture
def tokenbot() -> Iterator[Tokenbot]:
    peer = Tokenbot()
    with peer.serving():
        yield peer
        peer.is_awake.set()


@pytest.fixture
def settings(tokenbot: Tokenbot) -> dict[str, Any]:
    """A tokenbot and an API key that no other test has: senders are shared by both."""
    return {"url": tokenbot.url, "api_key": f"key-{uuid.uuid4()}"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(settings: dict[str, Any], clock: Clock) -> Iterator[Tokens]:
    with Tokens(times=clock.times, **settings) as made:
        yield made


@pytest.fixture
def closed(settings: dict[str, Any], clock: Clock) -> Iterator[Tokens]:
    """One that makes no calls while tokenbot is away."""
    with Tokens(times=clock.times, when_away="closed", **settings) as made:
        yield made


@pytest.fixture
def reported(tokenbot: Tokenbot, settings: dict[str, Any]) -> Callable[[], list[dict[str, Any]]]:
    """The events that tokenbot has, once all are sent; none came twice."""

    def flushed() -> list[dict[str, Any]]:
        assert Reporter(**settings).flush(15)
        assert tokenbot.repeats == 0
        return tokenbot.events

    return flushed


@pytest.fixture
def openai_client(provider: Provider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(provider: Provider) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=provider.url, api_key="sk-test", max_retries=0) as client:
        yield client


@asynccontextmanager
async def async_openai(provider: Provider) -> AsyncIterator[openai.AsyncOpenAI]:
    url = f"{provider.url}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
        yield client


@asynccontextmanager
async def async_anthropic(provider: Provider) -> AsyncIterator[anthropic.AsyncAnthropic]:
    url = provider.url
    async with anthropic.AsyncAnthropic(base_url=url, api_key="sk-test", max_retries=0) as client:
        yield client
