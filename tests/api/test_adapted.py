"""Routes for what a source sends in its own words, with an adapter of this test's own."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot.adapters.usage_events import event_of
from bot.api import adapted, routing
from bot.api.auth import Doorkeeper
from bot.api.intake import Intake
from bot.api.metrics import Metrics
from bot.domain.usage_events import SourceRole, UsageEvent
from tests.api.serving import Served, event, lines
from tests.company import MORNING
from tests.waiting import until


def read(payload: object) -> UsageEvent | None:
    """An adapter: what failed used nothing."""
    failed = isinstance(payload, dict) and payload.get("status") == "failure"
    return None if failed else event_of(payload)


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    """Where a server takes such payloads, for the same workspace."""
    database = served.handle.bot.database
    doorkeeper, metrics = Doorkeeper(database, lambda: MORNING), Metrics()
    intake = Intake(database, doorkeeper, lambda: MORNING, metrics)
    web = FastAPI()
    web.include_router(
        adapted.routes(
            intake,
            routing.problem_route(doorkeeper, metrics),
            path="/v1/usage/source",
            event_of=read,
            role=SourceRole.GATEWAY,
        )
    )
    with serving_app(web) as address:
        yield f"{address}/v1/usage/source"


@contextmanager
def serving_app(web: FastAPI) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(web, log_config=None))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def post(
    served: Served, url: str, body: bytes, media_type: str = "application/json"
) -> httpx.Response:
    return served.client.post(url, content=body, headers={"content-type": media_type})


def test_an_array_lines_and_one_payload_are_taken_whatever_lines_are_called(
    served: Served, url: str
) -> None:
    array = json.dumps([event(id="a"), event(id="b")]).encode()

    said = [
        post(served, url, array),
        post(served, url, lines(event(id="c"), event(id="d"))),
        post(served, url, lines(event(id="e"), event(id="f")), "application/x-ndjson"),
        post(served, url, lines(event(id="g"))),
    ]

    assert [one.json()["accepted"] for one in said] == [2, 2, 2, 1]
    assert [external_id for _, external_id in served.events()] == list("abcdefg")


def test_payloads_of_calls_that_used_nothing_are_neither_kept_nor_rejected(
    served: Served, url: str
) -> None:
    given = [{"status": "failure"}, event(id="a", model=1), event(id="b"), event(at="x", id="c")]

    said = post(served, url, json.dumps(given).encode()).json()

    assert said["accepted"] == 1
    assert [(one["index"], one["id"]) for one in said["rejected"]] == [(1, "a"), (3, "c")]


def test_what_is_no_json_and_what_is_too_much_is_refused(served: Served, url: str) -> None:
    broken, half = post(served, url, b"{"), post(served, url, lines(event()) + b"\n{")
    many = post(served, url, b"[" + b"1," * 10_000 + b"1]")

    assert [one.status_code for one in (broken, half, many)] == [400, 400, 413]
    assert "Line 2" in half.json()["detail"]
    assert served.events() == []
