"""Senders of telemetry, and a bot that is killed under them: nothing is lost, nothing twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot import bootstrap
from bot.domain.telemetry import Signal
from bot.services import books
from bot.storage import opening
from tests import otlp_bodies as bodies
from tests.api import otlp_door
from tests.company import Company
from tests.e2e import processes
from tests.threads import Running
from tests.waiting import until

FUNDS = 10_000_000
EXPORTS = 40
NANO = 10**9


class Sender:
    """Sends one export after the other, each again until it is answered."""

    def __init__(self, url: str, key: str, signal: Signal, exports: list[bytes]) -> None:
        self._url, self._signal, self._exports = f"{url}/v1/{signal}", signal, exports
        self._headers = {"Authorization": key, "Content-Type": "application/x-protobuf"}
        self._pause = threading.Event()  # never set: its wait is a pause between tries
        self.answered = 0

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=10) as client:
            for export in self._exports:
                while not self._is_taken(client, export):
                    self._pause.wait(0.02)
                self.answered += 1

    def _is_taken(self, client: httpx.Client, export: bytes) -> bool:
        try:
            answer = client.post(self._url, content=export)
        except httpx.TransportError:
            return False
        assert answer.status_code in {200, 503}, answer.text
        return answer.status_code == 200


def logs(now_ns: int) -> list[bytes]:
    """Three calls of 1,240 tokens in each."""
    made = []
    for number in range(EXPORTS):
        body = bodies.api_request(session="by logs", sequence=3 * number, at_ns=now_ns)
        for more in (1, 2):
            sequence = 3 * number + more
            body.MergeFrom(bodies.api_request(session="by logs", sequence=sequence, at_ns=now_ns))
        made.append(bodies.encoded(body))
    return made


def growing(now_ns: int) -> list[bytes]:
    """A metric that grows by 100 and 10 each second."""
    return [
        bodies.encoded(
            bodies.sums(
                "claude_code.token.usage",
                bodies.claude_points("by metric", input=100.0 * number, output=10.0 * number),
                at_ns=now_ns + number * NANO,
                start_ns=now_ns,
                temporality=bodies.CUMULATIVE,
            )
        )
        for number in range(1, EXPORTS + 1)
    ]


@contextmanager
def serving(folder: Path, database_url: str, port: str) -> Iterator[processes.Process]:
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
        "SLACK_API_URL": otlp_door.NOBODY,
        "DATABASE_URL": database_url,
        "PORT": port,
    }
    with processes.started(folder, "serve", "--no-jobs", **settings) as process:
        yield process


@pytest.fixture
def killed_company(database_url: str) -> Iterator[Company]:
    database = opening.connect(database_url)
    yield Company(database)
    database.close()


def test_what_was_answered_and_what_was_cut_off_counts_once(
    killed_company: Company, database_url: str, tmp_path: Path
) -> None:
    alice = killed_company.member("alice", available=FUNDS)
    key = otlp_door.key(killed_company, alice)
    now_ns = int(bootstrap.system_clock().timestamp() - 600) * NANO
    with serving(tmp_path, database_url, "0") as process:
        url = process.url
        senders = [
            Sender(url, key, Signal.LOGS, logs(now_ns)),
            Sender(url, key, Signal.METRICS, growing(now_ns)),
        ]
        running = [Running(sender.run) for sender in senders]
        until(lambda: all(one.answered >= EXPORTS // 4 for one in senders))
        process.kill()
    with serving(tmp_path, database_url, url.rpartition(":")[2]):
        for one in running:
            one.result()

    assert FUNDS - killed_company.available(alice) == EXPORTS * (3 * 1_240 + 110)
    assert [str(wrong) for wrong in books.check(killed_company.database)] == []
