"""A real LiteLLM proxy as a process, configured as the manual says."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.gateway import manual
from tests.gateway.manual import METERING
from tests.gateway.wire import free_port, listens
from tests.waiting import until

_ROOT = Path(__file__).parent.parent.parent
#: Loading the proxy's code takes ten seconds on a machine that does nothing else.
_START_SECONDS = 90.0
_END_SECONDS = 30.0


@dataclass(slots=True)
class Proxy:
    """One that runs and answers."""

    popen: subprocess.Popen[bytes]
    url: str
    log: Path

    def wait(self) -> None:
        """Return once it answers."""
        until(lambda: _is_alive(self), seconds=_START_SECONDS)

    def drain(self) -> None:
        """Takes it out of service: answers once nothing is in hand any more."""
        assert httpx.get(f"{self.url}/health/drain", timeout=60).status_code == 200

    def terminate(self) -> None:
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(_END_SECONDS)

    @property
    def workers(self) -> list[int]:
        """The ids of the processes that answer, where there are several."""
        children = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text()
        return [pid for pid in map(int, children.split()) if _is_worker(pid)]

    def kill_worker(self) -> None:
        """At once, one of several; another is started in its place."""
        os.kill(self.workers[0], signal.SIGKILL)

    def kill(self) -> None:
        """At once, with its workers: nothing more happens in them."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(_END_SECONDS)


@contextmanager
def started(
    folder: Path, *, endpoint: str, upstream: str, authorization: str, **settings: Any
) -> Iterator[Proxy]:
    """One that tells `endpoint` of its calls; `settings` go into `litellm_settings`."""
    config = METERING.config()
    told = config["callback_settings"]["tokenbot"]
    assert told["endpoint"] == f"{manual.ADDRESS}/v1/usage/litellm"
    told["endpoint"] = endpoint
    config["litellm_settings"] |= settings
    variables = {**METERING.environment(), "TOKENBOT_AUTHORIZATION": authorization}
    with launched(folder, config, variables, upstream=upstream) as proxy:
        proxy.wait()
        yield proxy


@contextmanager
def launched(
    folder: Path,
    config: Mapping[str, Any],
    variables: Mapping[str, str],
    *arguments: str,
    upstream: str,
) -> Iterator[Proxy]:
    """One with this configuration, and models of a provider of ours, which begins to start."""
    port = free_port()
    path = folder / f"proxy-{port}.yaml"
    path.write_text(yaml.safe_dump({**config, **_of_tests(upstream)}))
    log = folder / f"proxy-{port}.log"
    command = [program("litellm"), "--config", str(path), "--host", "127.0.0.1"]
    with log.open("wb") as written:
        popen = subprocess.Popen(  # noqa: S603 (the program that the Makefile installed)
            [*command, "--port", str(port), *arguments],
            cwd=folder,
            env=environment(variables),
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    proxy = Proxy(popen, f"http://127.0.0.1:{port}", log)
    try:
        yield proxy
    finally:
        proxy.kill()


def program(name: str) -> str:
    """One of those that the Makefile installed."""
    venv = Path(os.environ.get("GATEWAY_VENV", ".venv-gateway"))
    found = (_ROOT / venv / "bin" / name).absolute()
    assert found.exists(), f"{found} is missing: run `make gateway`"
    return str(found)


def _of_tests(upstream: str) -> dict[str, Any]:
    """What the pages leave to whoever runs a proxy."""
    return {
        "general_settings": {"custom_auth": "callers.user_auth", "enable_drain_endpoint": True},
        "model_list": [
            _model("gpt", "openai/gpt-4o", api_base=f"{upstream}/v1"),
            _model("small", "openai/gpt-4o-mini", api_base=f"{upstream}/v1"),
            _model("claude", "anthropic/claude-sonnet-4-5", api_base=upstream),
            _model("made-up", "openai/made-up-model", api_base=f"{upstream}/v1"),
            _model("mock", "openai/gpt-4o", mock_response="hello from the mock"),
            _model("canned", "openai/gpt-4o", mock_response=_CANNED),
            _model("failing", "openai/gpt-4o", mock_response="litellm.InternalServerError"),
        ],
    }


def _model(name: str, model: str, **parameters: Any) -> dict[str, Any]:
    return {
        "model_name": name,
        "litellm_params": {"model": model, "api_key": "none", **parameters},
    }


_CANNED = {
    "id": "canned-1",
    "model": "gpt-4o",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}
    ],
    "usage": {
        "prompt_tokens": 1_200,
        "completion_tokens": 50,
        "total_tokens": 1_250,
        "prompt_tokens_details": {"cached_tokens": 1_024},
    },
}


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """What is given, and what a proxy of the tests needs besides."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **given,
        # For the tests: no network, callers of our own, no `.env` of whoever runs them, and the
        # client from here.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": "sk-only-for-these-tests",
        "LITELLM_MODE": "PRODUCTION",
        "PYTHONPATH": f"{Path(__file__).parent}:{_ROOT / 'client' / 'src'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _is_alive(proxy: Proxy) -> bool:
    assert proxy.popen.poll() is None, proxy.log.read_text(errors="replace")
    if not listens(httpx.URL(proxy.url).port or 0):
        return False
    try:
        return httpx.get(f"{proxy.url}/health/liveliness", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _is_worker(pid: int) -> bool:
    """Not the process that looks after what workers share."""
    return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
