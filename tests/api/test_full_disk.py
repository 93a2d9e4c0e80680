"""The disk fills up in the middle of what was sent: 503, and sent again nothing counts twice."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from google.protobuf.message import Message

from bot.adapters.otlp import Encoding
from bot.domain.api_keys import Scope
from bot.domain.telemetry import Signal
from bot.services import books
from tests import disks
from tests import otlp_bodies as bodies
from tests.api.serving import Served, event, serving
from tests.disks import Room

EVENTS = 5_000
TOKENS = 1_250
FUNDS = 100_000_000
#: Growing figures come in 200 to a commit.
SESSIONS = 1_000
LATER = datetime(2026, 11, 29, 12, 1, tzinfo=UTC)


@pytest.fixture
def telling(database_url: str) -> Iterator[Served]:
    """At the time of which telemetry tells here."""
    with serving(database_url, clock=lambda: LATER) as served:
        yield served


def calls() -> Message:
    """1,240 tokens by each of many records."""
    whole = bodies.api_request(sequence=0)
    for nth in range(1, EVENTS):
        whole.MergeFrom(bodies.api_request(sequence=nth))
    return whole


def growing() -> Message:
    """Seven tokens of each of many sessions."""
    name, growth = "claude_code.token.usage", bodies.CUMULATIVE
    points = [one for nth in range(SESSIONS) for one in bodies.claude_points(f"s{nth}", input=7)]
    return bodies.sums(name, points, temporality=growth)


def assert_told_to_try_again(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == "urn:tokenbot:problem:database"
    assert said["detail"].startswith("Send the same again: what was kept already counts once.")
    assert len(said["reference"]) == 8


def test_a_batch_that_filled_the_disk_counts_once_when_it_is_sent_again(served: Served) -> None:
    ana = served.company.member("ana", available=FUNDS)
    batch = {"events": [event(id=f"e{nth}") for nth in range(EVENTS)]}

    with disks.full(served.handle.bot.database, Room(pages=250, events=2_500)):
        refused = served.client.post("/v1/usage", json=batch)
        kept = len(served.events())
        spent = FUNDS - served.company.available(ana)
        wrong_meanwhile = list(books.check(served.company.database))
    again = served.client.post("/v1/usage", json=batch)

    assert_told_to_try_again(refused)
    assert 0 < kept < EVENTS
    assert spent == kept * TOKENS
    assert wrong_meanwhile == []
    assert again.json() == {"accepted": EVENTS - kept, "duplicates": kept, "rejected": []}
    assert served.company.available(ana) == FUNDS - EVENTS * TOKENS
    assert list(books.check(served.company.database)) == []


@pytest.mark.parametrize(
    ("signal", "message", "room", "tokens"),
    [
        (Signal.LOGS, calls(), Room(pages=250, events=2_500), EVENTS * 1_240),
        (Signal.METRICS, growing(), Room(pages=150, events=600), SESSIONS * 7),
    ],
    ids=["calls", "growing figures"],
)
def test_an_exporter_that_filled_the_disk_is_told_to_send_it_again(
    telling: Served, signal: Signal, message: Message, room: Room, tokens: int
) -> None:
    ana = telling.company.member("ana", available=FUNDS)
    key = telling.made("laptop", Scope.USAGE_WRITE, user_id=ana)

    with telling.speaking(str(key.credential)) as exporter:
        body, headers = bodies.encoded(message), {"Content-Type": Encoding.PROTOBUF}
        with disks.full(telling.handle.bot.database, room):
            refused = exporter.post(f"/v1/{signal}", content=body, headers=headers)
            spent = FUNDS - telling.company.available(ana)
            wrong_meanwhile = list(books.check(telling.company.database))
        again = exporter.post(f"/v1/{signal}", content=body, headers=headers)

    assert_told_to_try_again(refused)
    assert 0 < spent < tokens
    assert wrong_meanwhile == []
    assert (again.status_code, again.content) == (200, b"")
    assert telling.company.available(ana) == FUNDS - tokens
    assert list(books.check(telling.company.database)) == []
