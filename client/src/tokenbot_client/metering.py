"""`metered`: a client that reports what each response used."""

import inspect
from typing import Any, TypeVar

from tokenbot_client.calls import Meter, Post
from tokenbot_client.reporter import Reporter

C = TypeVar("C")

#: A word in the client class's name, and who then serves the models.
CLOUDS = (
    ("Azure", "azure"),
    ("Foundry", "azure"),
    ("Bedrock", "aws"),
    ("AWS", "aws"),
    ("Vertex", "google"),
    ("GoogleCloud", "google"),
)


def metered(
    client: C,
    *,
    url: str | None = None,
    api_key: str | None = None,
    user: str | None = None,
    project: str = "",
    source: str = "python",
    provider: str | None = None,
) -> C:
    """A copy of an OpenAI or Anthropic client, sync or async, that tells tokenbot of its usage.

    The client given stays as it is. Left out, `url`, `api_key` and `user` come from the environment
    (`TOKENBOT_URL`, `TOKENBOT_API_KEY`, `TOKENBOT_USER`), and `provider` from the client's class.
    Raises `TypeError` for any other client, `ValueError` when URL or API key are nowhere.
    """
    maker = _maker(client)
    reporter = Reporter(url=url, api_key=api_key, user=user, project=project, source=source)
    meter = Meter(reporter, provider or _cloud(client) or maker)
    # The class's own `copy`, so that metering a metered client again doesn't count twice.
    twin: C = type(client).copy(client)  # type: ignore[attr-defined]
    return _instrument(twin, meter)


def _instrument(client: C, meter: Meter) -> C:
    """Puts the meter where all of the SDK's resources pass: `post`, which the SDKs document.

    `create`, `parse`, the stream helpers and raw responses all end there, and the client keeps
    its class. What is made of it by `copy` or `with_options` is metered too.
    """
    own: Any = client

    def copied(*args: Any, **kwargs: Any) -> Any:
        return _instrument(type(own).copy(own, *args, **kwargs), meter)

    is_async = inspect.iscoroutinefunction(own.post)
    post = _async_post(own.post, meter) if is_async else _sync_post(own.post, meter)
    vars(own).update(post=post, copy=copied, with_options=copied)
    return client


def _sync_post(plain: Post, meter: Meter) -> Post:
    def post(path: str, *args: Any, **kwargs: Any) -> Any:
        call = meter.begin(path, kwargs)
        if call is None:
            return plain(path, *args, **kwargs)
        try:
            result = plain(path, *args, **call.kwargs)
        except Exception as error:
            if not call.must_ask_again(error):
                raise
            result = plain(path, *args, **kwargs)
        return call.answered(result)

    return post


def _async_post(plain: Post, meter: Meter) -> Post:
    async def post(path: str, *args: Any, **kwargs: Any) -> Any:
        call = meter.begin(path, kwargs)
        if call is None:
            return await plain(path, *args, **kwargs)
        try:
            result = await plain(path, *args, **call.kwargs)
        except Exception as error:
            if not call.must_ask_again(error):
                raise
            result = await plain(path, *args, **kwargs)
        return call.answered(result)

    return post


def _maker(client: object) -> str:
    """Whose SDK it is of, by what it can do."""
    if callable(getattr(client, "post", None)) and callable(getattr(type(client), "copy", None)):
        chat = getattr(getattr(client, "chat", None), "completions", None)
        if callable(getattr(chat, "create", None)):
            return "openai"
        if callable(getattr(getattr(client, "messages", None), "create", None)):
            return "anthropic"
    raise TypeError(
        "metered() takes a client of the openai or anthropic package, "
        f"not {type(client).__name__}; for other providers there is tokenbot_client.Reporter"
    )


def _cloud(client: object) -> str | None:
    names = [kind.__name__ for kind in type(client).__mro__]
    return next((cloud for word, cloud in CLOUDS if any(word in name for name in names)), None)
