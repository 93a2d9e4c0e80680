"""Both vendors on loopback, and the providers that read them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.providers import anthropic, openai
from bot.providers.anthropic import Anthropic
from bot.providers.openai import OpenAI
from bot.providers.vendor import Vendor
from tests.company import MORNING
from tests.providers import vendors as loopback
from tests.providers.vendors import KEY, Vendors


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with loopback.serving() as served:
        yield served


@pytest.fixture
def of_openai(vendors: Vendors) -> Iterator[OpenAI]:
    access = openai.access(key=KEY, url=vendors.url)
    with closing(OpenAI(Vendor(access, lambda: MORNING, read_seconds=2.0))) as provider:
        yield provider


@pytest.fixture
def of_anthropic(vendors: Vendors) -> Iterator[Anthropic]:
    access = anthropic.access(key=KEY, url=f"{vendors.url}/")
    with closing(Anthropic(Vendor(access, lambda: MORNING, read_seconds=2.0))) as provider:
        yield provider
