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

    def drain(self) -> None:
        """Takes it out of service: answers once nothing is in hand any more."""
        assert httpx.get(f"{self.url}/health/drain", timeout=60).status_code == 200

    def terminate(self) -> None:
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(_END_SECONDS)


@contextmanager
def started(
    folder: Path, *, endpoint: str, upstream: str, authorization: str, **settings: Any
) -> Iterator[Proxy]:
    """One that tells `endpoint` of its calls; `settings` go into `litellm_settings`."""
    port = free_port()
    config = folder / f"proxy-{port}.yaml"
    config.write_text(yaml.safe_dump(_config(endpoint, upstream, settings)))
    log = folder / f"proxy-{port}.log"
    command = [_program(), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as written:
        popen = subprocess.Popen(  # noqa: S603 (the program that the Makefile installed)
            command,
            cwd=folder,
            env=_environment(authorization),
            stdout=written,
            stderr=written,
        )
    proxy = Proxy(popen, f"http://127.0.0.1:{port}", log)
    try:
        until(lambda: _is_alive(proxy), seconds=_START_SECONDS)
        yield proxy
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.wait(_END_SECONDS)


def _program() -> str:
    venv = Path(os.environ.get("GATEWAY_VENV", ".venv-gateway"))
    program = (_ROOT / venv / "bin" / "litellm").absolute()
    assert program.exists(), f"{program} is missing: run `make gateway`"
    return str(program)


def _config(endpoint: str, upstream: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    config = manual.config()
    config["callback_settings"]["tokenbot"]["endpoint"] = endpoint
    config["litellm_settings"] |= settings
    config["general_settings"] = {"custom_auth": "callers.user_auth", "enable_drain_endpoint": True}
    config["model_list"] = [
        _model("gpt", "openai/gpt-4o", api_base=f"{upstream}/v1"),
        _model("claude", "anthropic/claude-sonnet-4-5", api_base=upstream),
        _model("made-up", "openai/made-up-model", api_base=f"{upstream}/v1"),
        _model("mock", "openai/gpt-4o", mock_response="hello from the mock"),
        _model("canned", "openai/gpt-4o", mock_response=_CANNED),
        _model("failing", "openai/gpt-4o", mock_response="litellm.InternalServerError"),
    ]
    return config


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


def _environment(authorization: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **manual.environment(),
        "TOKENBOT_AUTHORIZATION": authorization,
        # For the tests: no network, callers of our own, no `.env` of whoever runs them.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": "sk-only-for-these-tests",
        "LITELLM_MODE": "PRODUCTION",
        "PYTHONPATH": str(Path(__file__).parent),
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
