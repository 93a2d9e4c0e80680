"""One proxy for all tests that only look at what it tells; it takes ten seconds to start."""

from collections.abc import Iterator

import pytest

from tests.gateway import proxy, upstream
from tests.gateway.calls import Caller
from tests.gateway.proxy import Proxy
from tests.gateway.sink import Sink
from tests.gateway.wire import serving

AUTHORIZATION = "Bearer the-secret-of-a-test"


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    with serving(upstream.server()) as url:
        yield url


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    made = Sink()
    with serving(made):
        yield made


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory, provider: str, sink: Sink) -> Iterator[Proxy]:
    """Remembers answers too, as some gateways do; prompts of tests differ unless they say so."""
    with proxy.started(
        tmp_path_factory.mktemp("gateway"),
        endpoint=f"http://127.0.0.1:{sink.server_port}/v1/usage/litellm",
        upstream=provider,
        authorization=AUTHORIZATION,
        cache=True,
        cache_params={"type": "local"},
    ) as started:
        yield started


@pytest.fixture
def ana(gateway: Proxy) -> Iterator[Caller]:
    with Caller(gateway.url, "ana") as caller:
        yield caller
