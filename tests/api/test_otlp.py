"""`/v1/logs`, `/v1/metrics` and `/v1/traces` on a socket: what senders get, and what is kept."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from bot.adapters.otlp import Encoding
from bot.domain.api_keys import Scope
from bot.domain.telemetry import Signal
from tests import otlp_bodies as bodies
from tests.api import otlp_door
from tests.api.otlp_door import FUNDS, Door
from tests.databases import Databases

LATER = datetime(2026, 11, 29, 12, 1, tzinfo=UTC)
PROTOBUF, JSON = Encoding.PROTOBUF, Encoding.JSON
MEBIBYTE = 2**20
SENT: dict[Signal, Message] = {
    Signal.LOGS: bodies.api_request(),
    Signal.METRICS: bodies.sums("claude_code.token.usage", bodies.claude_points("s-2", input=7)),
    Signal.TRACES: bodies.span({"gen_ai.usage.input_tokens": 7}),
}


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    with otlp_door.served(database_url, clock=lambda: LATER) as open_door:
        yield open_door


def send(
    door: Door,
    authorization: str,
    body: bytes,
    *,
    signal: Signal = Signal.LOGS,
    encoding: str = PROTOBUF,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    said = {"Authorization": authorization, "Content-Type": encoding, **(headers or {})}
    return door.client.post(f"/v1/{signal}", content=body, headers=said)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_each_signal_is_taken_in_and_answered_with_nothing(door: Door, encoding: Encoding) -> None:
    alice = door.company.member("alice", available=FUNDS)
    mine = otlp_door.key(door.company, alice)

    for signal, message in SENT.items():
        answer = send(
            door, mine, bodies.encoded(message, encoding), signal=signal, encoding=encoding
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"] == encoding
        assert answer.content == (b"" if encoding is PROTOBUF else b"{}")

    assert door.spent(alice) == 1_240 + 7 + 7


def test_a_body_may_be_packed_and_come_in_chunks(door: Door) -> None:
    alice = door.company.member("alice", available=FUNDS)
    mine = otlp_door.key(door.company, alice)
    packed = gzip.compress(bodies.encoded(bodies.api_request()))

    answer = door.client.post(
        "/v1/logs",
        content=(packed[at : at + 7] for at in range(0, len(packed), 7)),
        headers={"Authorization": mine, "Content-Type": PROTOBUF, "Content-Encoding": "gzip"},
    )

    assert answer.status_code == 200
    assert door.spent(alice) == 1_240


def test_what_is_rejected_is_told_and_the_rest_is_kept(door: Door) -> None:
    alice = door.company.member("alice", available=FUNDS)
    mine = otlp_door.key(door.company, alice)
    both = bodies.api_request(input_tokens=-1)
    both.MergeFrom(bodies.api_request(sequence=2))

    answer = send(door, mine, bodies.encoded(both))

    told = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert answer.status_code == 200
    assert told.rejected_log_records == 1
    assert "must be a whole number" in told.error_message
    assert door.spent(alice) == 1_240


def test_a_call_sent_by_log_and_metric_is_charged_once(door: Door) -> None:
    alice = door.company.member("alice", available=FUNDS)
    mine = otlp_door.key(door.company, alice)
    metric = bodies.sums("claude_code.token.usage", bodies.claude_points(input=1_240))

    send(door, mine, bodies.encoded(bodies.api_request()))
    answer = send(door, mine, bodies.encoded(metric), signal=Signal.METRICS)

    assert (answer.status_code, answer.content) == (200, b"")
    assert door.spent(alice) == 1_240


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, b"{}", {}),
        (400, b"\xff\xff", {}),
        (400, b"not gzip", {"Content-Encoding": "gzip"}),
        (400, gzip.compress(b"", mtime=0)[:-3], {"Content-Encoding": "gzip"}),
        (400, b'{"resourceLogs":' * 20_000, {"Content-Type": JSON}),
        (400, b"\xff\xfe", {"Content-Type": JSON}),
        (413, bytes(11 * MEBIBYTE), {}),
        (413, gzip.compress(bytes(11 * MEBIBYTE), mtime=0), {"Content-Encoding": "gzip"}),
        (415, b"{}", {"Content-Type": "text/plain"}),
        (415, b"", {"Content-Type": ""}),
        (415, b"", {"Content-Encoding": "br"}),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_as_a_problem(
    closed_door: tuple[Door, str], status: int, body: bytes, headers: dict[str, str]
) -> None:
    door, mine = closed_door

    answer = send(door, mine, body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == status


def test_more_calls_than_one_request_may_have_are_refused_whole(door: Door) -> None:
    alice = door.company.member("alice", available=FUNDS)
    mine = otlp_door.key(door.company, alice)
    body = bodies.api_request()
    records = body.resource_logs[0].scope_logs[0].log_records
    for number in range(10_000):
        record = records.add()
        record.CopyFrom(records[0])
        record.time_unix_nano += number

    answer = send(
        door,
        mine,
        gzip.compress(bodies.encoded(body), mtime=0),
        headers={"Content-Encoding": "gzip"},
    )

    assert answer.status_code == 413
    assert door.spent(alice) == 0


def test_who_has_no_key_or_one_for_something_else_is_not_let_in(door: Door) -> None:
    reads = otlp_door.key(door.company, None, scope=Scope.READ)
    body = bodies.encoded(bodies.api_request())

    statuses = [
        send(door, authorization, body).status_code
        for authorization in ("", "Bearer nonsense", "Basic QQ==", reads)
    ]

    assert statuses == [401, 401, 401, 403]
    assert not door.company.rows("SELECT * FROM usage_event WHERE workspace_id = :workspace_id")


@given(
    signal=st.sampled_from(list(Signal)),
    encoding=st.sampled_from(list(Encoding)),
    body=st.binary(max_size=200),
)
def test_no_bytes_are_answered_with_a_fault(
    closed_door: tuple[Door, str], signal: Signal, encoding: Encoding, body: bytes
) -> None:
    door, mine = closed_door

    answer = send(door, mine, body, signal=signal, encoding=encoding)

    assert answer.status_code in {200, 400}


@pytest.fixture(scope="module")
def closed_door(databases: Databases) -> Iterator[tuple[Door, str]]:
    """One for many requests of which none is kept."""
    with (
        databases.migrated("sqlite") as url,
        otlp_door.served(url, clock=lambda: LATER) as door,
    ):
        yield door, otlp_door.key(door.company, door.company.member("alice"))
