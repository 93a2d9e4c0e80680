"""`metered`: a client that reports what each response used."""

import inspect
from typing import Any, TypeVar

from tokenbot_client import access
from tokenbot_client.calls import Call, Meter, Post
from tokenbot_client.desk import Desk
from tokenbot_client.exchange import WhenAway, exchange_for
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
    enforce: bool = False,
    when_away: WhenAway = "open",
) -> C:
    """A copy of an OpenAI or Anthropic client, sync or async, that tells tokenbot of its usage.

    The client given stays as it is. Left out, `url`, `api_key` and `user` come from the environment
    (`TOKENBOT_URL`, `TOKENBOT_API_KEY`, `TOKENBOT_USER`), and `provider` from the client's class.
    With `enforce`, tokens are held before each call, and one that does not fit raises
    `LimitReached` instead of being made; `when_away` is "open" or "closed" for when tokenbot can't
    be reached. Raises `TypeError` for any other client, `ValueError` when URL or API key are
    nowhere.
    """
    maker = _maker(client)
    reporter = Reporter(url=url, api_key=api_key, user=user, project=project, source=source)
    desk = None
    if enforce:
        exchange = exchange_for(access.found(url, api_key), when_away)
        desk = Desk(exchange, user=user, project=project, source=source)
    meter = Meter(reporter, provider or _cloud(client) or maker, desk)
    # The class's own `copy`, so that metering a metered client again doesn't count twice.
    twin: C = type(client).copy(client)  # type: ignore[attr-defined]  # every SDK has it
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
        call.hold()
        try:
            result = plain(path, *args, **call.kwargs)
        except BaseException as error:
            if not call.must_ask_again(error):
                call.failed()
                raise
            result = again(path, *args, call=call, **kwargs)
        return call.answered(result)

    def again(path: str, *args: Any, call: Call, **kwargs: Any) -> Any:
        try:
            return plain(path, *args, **kwargs)
        except BaseException:
            call.failed()
            raise

    return post


def _async_post(plain: Post, meter: Meter) -> Post:
    async def post(path: str, *args: Any, **kwargs: Any) -> Any:
        call = meter.begin(path, kwargs)
        if call is None:
            return await plain(path, *args, **kwargs)
        await call.hold_async()
        try:
            result = await plain(path, *args, **call.kwargs)
        except BaseException as error:
            if not call.must_ask_again(error):
                call.failed()
                raise
            result = await again(path, *args, call=call, **kwargs)
        return call.answered(result)

    async def again(path: str, *args: Any, call: Call, **kwargs: Any) -> Any:
        try:
            return await plain(path, *args, **kwargs)
        except BaseException:
            call.failed()
            raise

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
