"""A LiteLLM proxy that asks tokenbot before each call, beside the same proxy that asks nobody."""

import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic

from benchmarks import measure, serving
from benchmarks.measure import Bound, Options, Result, Sample
from benchmarks.serving import SERVE
from bot import bootstrap
from bot.domain.api_keys import Scope
from bot.domain.directory import WorkspaceId
from bot.services import api_keys
from bot.storage import opening

#: How many clients call at once.
CROWDS = (1, 16)
WITH, WITHOUT = "proxy with the plugin", "proxy without it"
_HERE = Path(__file__).parent
_CLIENT = _HERE.parent / "client" / "src"
_PATIENCE_SECONDS = 120.0
_numbers = count()
_BODY = json.dumps(
    {"model": "gpt", "messages": [{"role": "user", "content": "Say hello to all of us. " * 20}]}
)


def run(options: Options) -> Iterator[Result]:
    """A provider that answers in 50 ms, one worker, `tokenbot serve` on SQLite FULL.

    Nothing where LiteLLM is not installed.
    """
    program = Path(os.environ.get("GATEWAY_VENV", ".venv-gateway"), "bin", "litellm").absolute()
    if not program.exists():
        measure.say(f"skipped: {program} is missing; `make gateway`, or set GATEWAY_VENV")
        return
    found = _measured(str(program), options)
    for crowd, samples in found.items():
        clients = "1 client" if crowd == 1 else f"{crowd} clients"
        yield Result(
            name=f"proxy with the plugin / without it, {clients}",
            figures=measure.rates(samples, WITH, WITHOUT),
            demanded=0.8,
        )
    pairs = zip(found[1][WITH], found[1][WITHOUT], strict=True)
    yield Result(
        name="what the plugin adds to the median call, 1 client",
        figures=[(a.quantile(0.5) - b.quantile(0.5)) * 1_000 for a, b in pairs],
        demanded=10.0,
        bound=Bound.AT_MOST,
        unit=" ms",
    )


def _measured(program: str, options: Options) -> Mapping[int, measure.Samples]:
    books = options.folder / "gateway.db"
    url = f"sqlite:///{books}"
    shutil.copy(_HERE / "gateway_callers.py", options.folder)
    with ExitStack() as stack:
        slack = stack.enter_context(serving.company())
        bot = stack.enter_context(serving.server(SERVE, slack, url, options.folder))
        serving.fund(slack, bot.url)
        settings = {
            "TOKENBOT_URL": bot.url,
            "TOKENBOT_API_KEY": _key(url, slack.team_id),
            "TOKENBOT_OUTBOX": str(options.folder / "outbox"),
        }
        provider = stack.enter_context(_provider())
        callbacks = {"litellm_settings": {"callbacks": ["tokenbot_client.litellm.instance"]}}
        ports = {
            WITHOUT: stack.enter_context(_proxy(program, options.folder, provider, {}, {})),
            WITH: stack.enter_context(
                _proxy(program, options.folder, provider, callbacks, settings)
            ),
        }
        found = {
            crowd: measure.alternate(
                {name: partial(_call, port, crowd) for name, port in ports.items()}, options
            )
            for crowd in CROWDS
        }
        calls = sum(len(one.latencies) for samples in found.values() for one in samples[WITH])
        _until(lambda: _settled(books) >= calls)  # each was held for, and charged
    return found


def _settled(books: Path) -> int:
    with closing(sqlite3.connect(f"file:{books}?mode=ro", uri=True)) as reader:
        (row,) = reader.execute("SELECT count(*) FROM hold WHERE state = 'settled'")
    return int(row[0])


def _call(port: int, crowd: int, seconds: float) -> Sample:
    """So many people call, each on a connection that they keep."""
    with ExitStack() as stack:
        callers = [
            stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)))
            for _ in range(crowd)
        ]
        people = serving.people()[1:]
        return measure.in_threads(
            [
                partial(_ask, connection, people[number].id)
                for number, connection in enumerate(callers)
            ],
            seconds,
        )


def _ask(connection: http.client.HTTPConnection, user_id: str) -> None:
    headers = {"Authorization": f"Bearer sk-{user_id}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", _BODY, headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != http.client.OK:
        raise AssertionError(f"{answer.status} {said[:300]!r}")


def _key(url: str, team_id: str) -> str:
    with closing(opening.connect(url)) as database:
        made = api_keys.create(
            database,
            WorkspaceId(team_id),
            name="gateway",
            scopes=[Scope.HOLDS, Scope.USAGE_WRITE],
            user_id=None,
            actor="bench",
            now=bootstrap.system_clock(),
        )
    return str(made.credential)


@contextmanager
def _provider() -> Iterator[str]:
    """Its address."""
    command = [sys.executable, "-m", "benchmarks.gateway_provider"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _proxy(
    program: str,
    folder: Path,
    provider: str,
    config: Mapping[str, object],
    settings: Mapping[str, str],
) -> Iterator[int]:
    """Its port, once it answers."""
    model = {"model": "openai/gpt-4o", "api_key": "none", "api_base": provider}
    written = {
        **config,
        "general_settings": {"custom_auth": "gateway_callers.user_auth"},
        "model_list": [{"model_name": "gpt", "litellm_params": model}],
    }
    number, port = next(_numbers), _free_port()
    path = folder / f"proxy-{number}.yaml"
    path.write_text(json.dumps(written))  # JSON is YAML
    environment = {
        **os.environ,
        **settings,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": "sk-only-for-this-benchmark",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        "PYTHONPATH": f"{folder}:{_CLIENT}",
    }
    command = [program, "--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / f"proxy-{number}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - LiteLLM
    try:
        _until(lambda: process.poll() is not None or _is_alive(port))
        if process.poll() is not None:
            raise RuntimeError((folder / f"proxy-{number}.log").read_text()[-2_000:])
        yield port
    finally:
        process.kill()
        process.wait()


def _is_alive(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as asked:
            asked.request("GET", "/health/liveliness")
            return asked.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _until(is_so: Callable[[], bool]) -> None:
    pause, until = threading.Event(), monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if monotonic() > until:
            raise RuntimeError("the proxy gives no answer, or did not settle its calls")
        pause.wait(0.1)
