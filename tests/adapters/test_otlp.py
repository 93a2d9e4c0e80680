"""What of OpenTelemetry's bodies is usage, source by source, with the traps of counting twice."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters import otlp
from bot.adapters.otlp import BodyRefused, Encoding
from bot.domain.counts import Counts
from bot.domain.telemetry import Figure, Heard, Reading, Sighting, Signal
from tests import otlp_bodies as bodies
from tests.otlp_bodies import Attribute, Attributes

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CODEX = {"service.name": "codex_cli_rs"}
GEMINI = {"service.name": "gemini-cli"}
LOGS, METRICS, TRACES = Signal.LOGS, Signal.METRICS, Signal.TRACES


def read(
    signal: Signal,
    message: Message,
    *,
    encoding: Encoding = Encoding.PROTOBUF,
    sender: str = "UALICE",
) -> Reading:
    return otlp.read(signal, encoding, bodies.encoded(message, encoding), sender=sender)


def only(reading: Reading) -> Sighting:
    (sighting,) = reading.sightings
    return sighting


def codex(**attributes: Attribute) -> Message:
    said: Attributes = {
        "event.name": "codex.sse_event",
        "event.kind": "response.completed",
        "event.timestamp": "2026-11-29T12:00:00.123Z",
        "conversation.id": "c-1",
        "model": "gpt-5.1-codex",
        "input_token_count": "1200",
        "output_token_count": "50",
        "cached_token_count": 1_024,
        "reasoning_token_count": 20,
        "tool_token_count": "1250",
        **attributes,
    }
    return bodies.log("", said, resource=CODEX, scope="codex_otel")


def gemini(**attributes: Attribute) -> Message:
    said: Attributes = {
        "event.name": "gemini_cli.api_response",
        "model": "gemini-2.5-pro",
        "input_token_count": 1_000,
        "output_token_count": 50,
        "cached_content_token_count": 600,
        "thoughts_token_count": 30,
        "tool_token_count": 7,
        "prompt_id": "p-1",
        **attributes,
    }
    return bodies.log("", said, resource=GEMINI, scope="gemini-cli")


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_call_of_claude_code_is_read_from_its_log(encoding: Encoding) -> None:
    event = only(read(LOGS, bodies.api_request(), encoding=encoding)).event

    assert event.counts == Counts(input_uncached=10, cache_read=1_000, cache_write=200, output=30)
    assert (event.source, event.provider, event.model) == (
        "claude-code",
        "anthropic",
        "claude-sonnet-4-5",
    )
    assert (event.occurred_at, event.cost_nano, event.user) == (NOON, 1_500_000, "device-hash")
    assert not event.metadata


# What is counted into what, by source: the sums must be those of the provider.
CLAUDE = Counts(input_uncached=10, cache_read=1_000, cache_write=200, output=30)


@pytest.mark.parametrize(
    ("signal", "body", "expected"),
    [
        pytest.param(LOGS, bodies.api_request(), CLAUDE, id="Claude Code's input has no cache"),
        pytest.param(
            METRICS,
            bodies.sums(
                "claude_code.token.usage",
                bodies.claude_points(input=10, cacheRead=1_000, cacheCreation=200, output=30),
            ),
            CLAUDE,
            id="nor has its metric",
        ),
        pytest.param(
            LOGS,
            codex(),
            Counts(input_uncached=176, cache_read=1_024, output=50, reasoning=20),
            id="Codex counts cached into input, reasoning into output, and its tool count is all",
        ),
        pytest.param(
            LOGS,
            codex(cache_write_token_count="100"),
            Counts(input_uncached=76, cache_read=1_024, cache_write=100, output=50, reasoning=20),
            id="and what it writes to the cache",
        ),
        pytest.param(
            LOGS,
            gemini(total_token_count=1_087),
            Counts(input_uncached=407, cache_read=600, output=80, reasoning=30),
            id="Gemini's thoughts and tool use stand beside",
        ),
        pytest.param(
            LOGS,
            gemini(),
            Counts(input_uncached=407, cache_read=600, output=80, reasoning=30),
            id="also without a total",
        ),
        pytest.param(
            LOGS,
            gemini(total_token_count=1_050),
            Counts(input_uncached=400, cache_read=600, output=50, reasoning=30),
            id="unless its total says that they are inside",
        ),
        pytest.param(
            TRACES,
            bodies.span(
                {
                    "gen_ai.usage.input_tokens": 1_200,
                    "gen_ai.usage.cache_read.input_tokens": 1_000,
                    "gen_ai.usage.cache_creation.input_tokens": 50,
                    "gen_ai.usage.output_tokens": 80,
                    "gen_ai.usage.reasoning.output_tokens": 60,
                }
            ),
            Counts(input_uncached=150, cache_read=1_000, cache_write=50, output=80, reasoning=60),
            id="a span's input has the cache, its output the reasoning",
        ),
        pytest.param(
            TRACES,
            bodies.span(
                {"gen_ai.usage.prompt_tokens": 1_200, "gen_ai.usage.completion_tokens": 80}
            ),
            Counts(input_uncached=1_200, output=80),
            id="a span with the older names",
        ),
        pytest.param(
            TRACES,
            bodies.span(
                {
                    "gen_ai.usage.prompt_tokens": 1_200,
                    "gen_ai.usage.completion_tokens": 80,
                    "gen_ai.usage.input_tokens": 1_200,
                    "gen_ai.usage.output_tokens": 80,
                }
            ),
            Counts(input_uncached=1_200, output=80),
            id="a span with both",
        ),
        pytest.param(
            METRICS,
            bodies.histogram(bodies.genai_points(input=1_200, output=80)),
            Counts(input_uncached=1_200, output=80),
            id="a histogram's point is its sum, however many calls",
        ),
    ],
)
def test_the_classes_add_up_to_the_providers_total(
    signal: Signal, body: Message, expected: Counts
) -> None:
    assert only(read(signal, body)).event.counts == expected


CALL: Attributes = {"gen_ai.usage.input_tokens": 1_200, "gen_ai.usage.output_tokens": 80}


@pytest.mark.parametrize(
    ("signal", "body"),
    [
        pytest.param(
            LOGS, bodies.log("claude_code.user_prompt", {"prompt": "secret"}), id="prompt"
        ),
        pytest.param(
            LOGS,
            bodies.log("claude_code.assistant_response", {"output_tokens": 30}),
            id="an answer repeats what its request says",
        ),
        pytest.param(LOGS, codex(**{"event.kind": "response.created"}), id="Codex has just begun"),
        pytest.param(
            LOGS,
            bodies.log("gen_ai.client.inference.operation.details", CALL, resource=GEMINI),
            id="Gemini CLI says it again by another name",
        ),
        pytest.param(
            METRICS,
            bodies.histogram(bodies.genai_points(input=1_200), resource=GEMINI),
            id="and in a metric of the conventions",
        ),
        pytest.param(
            METRICS,
            bodies.sums("gemini_cli.token.usage", [({"type": "input"}, 5.0)], resource=GEMINI),
            id="and in one of its own",
        ),
        pytest.param(
            METRICS,
            bodies.sums("codex.turn.token_usage", [({"token_type": "input"}, 5.0)], resource=CODEX),
            id="Codex says it again in a metric",
        ),
        pytest.param(
            METRICS,
            bodies.sums("claude_code.cost.usage", [({"session.id": "s-1"}, 1.5)]),
            id="a cost without tokens",
        ),
        pytest.param(
            METRICS,
            bodies.sums("claude_code.token.usage", bodies.claude_points(input=0, output=0)),
            id="nothing used",
        ),
        pytest.param(
            TRACES,
            bodies.span({**CALL, "gen_ai.operation.name": "invoke_agent"}),
            id="an agent's span sums up the calls within",
        ),
        pytest.param(
            TRACES, bodies.span(CALL, resource=bodies.CLAUDE_CODE), id="Claude Code's own traces"
        ),
        pytest.param(TRACES, bodies.span({"http.method": "GET"}), id="a span of anything else"),
    ],
)
def test_what_is_no_usage_or_comes_by_itself_is_passed_over(signal: Signal, body: Message) -> None:
    reading = read(signal, body)

    assert (reading.sightings, reading.unread) == ((), ())


@pytest.mark.parametrize(
    ("signal", "body", "reason"),
    [
        (LOGS, bodies.api_request(input_tokens=-1), "input_uncached must be a whole number"),
        (LOGS, bodies.api_request(input_tokens=1.5), "input_tokens must be a whole number"),
        (LOGS, bodies.api_request(input_tokens="many"), "not many"),
        (LOGS, bodies.api_request(input_tokens=True), "not something else"),
        (LOGS, bodies.api_request(input_tokens=10**11), "from 0 to 10,000,000,000"),
        (LOGS, bodies.api_request(at_ns=0), "has no time"),
        (LOGS, bodies.api_request(at_ns=2**64 - 1), "has a time that can't be"),
        (LOGS, codex(cached_token_count=1_201), "are more than input_tokens"),
        (LOGS, codex(reasoning_token_count=51), "are more than output_tokens"),
        (
            LOGS,
            bodies.log("claude_code.api_request", {f"a{n}": 1 for n in range(201)}),
            "more than 200 attributes",
        ),
        (
            LOGS,
            bodies.api_request(resource={f"a{n}": 1 for n in range(201)}),
            "the resource has more than 200 attributes",
        ),
        (
            METRICS,
            bodies.sums("claude_code.token.usage", bodies.claude_points(input=1.5)),
            "must be a whole number",
        ),
        (
            METRICS,
            bodies.sums("claude_code.token.usage", bodies.claude_points(thoughts=5)),
            "type is none that is known: thoughts",
        ),
        (
            METRICS,
            bodies.sums("claude_code.token.usage", bodies.claude_points(input=-5)),
            "must be from 0 to",
        ),
        (
            METRICS,
            bodies.sums("claude_code.token.usage", bodies.claude_points("", input=5)),
            "OTEL_METRICS_INCLUDE_SESSION_ID",
        ),
        (
            METRICS,
            bodies.sums(
                "claude_code.token.usage", bodies.claude_points(input=5), temporality=bodies.UNSAID
            ),
            "delta or cumulative",
        ),
        (TRACES, bodies.span({"gen_ai.usage.input_tokens": -1}), "input_tokens must be"),
    ],
)
def test_usage_that_cannot_be_read_is_rejected_with_a_reason(
    signal: Signal, body: Message, reason: str
) -> None:
    reading = read(signal, body)

    assert reading.sightings == ()
    (unread,) = reading.unread
    assert unread.items == 1
    assert reason in unread.error


def test_one_bad_record_takes_no_other_with_it() -> None:
    both = bodies.api_request(input_tokens=-1)
    both.MergeFrom(bodies.api_request(sequence=2))

    reading = read(LOGS, both)

    assert (len(reading.sightings), len(reading.unread)) == (1, 1)


def test_points_of_one_moment_are_one_event_with_its_cost() -> None:
    body = bodies.sums("claude_code.token.usage", bodies.claude_points(input=10, output=30))
    cost = {"session.id": "s-1", "model": "claude-sonnet-4-5", "user.id": "device-hash"}
    body.MergeFrom(bodies.sums("claude_code.cost.usage", [(cost, 0.25)]))

    sighting = only(read(METRICS, body))

    assert sighting.event.counts == Counts(input_uncached=10, output=30)
    assert (sighting.event.cost_nano, sighting.items) == (250_000_000, 3)


def test_points_of_two_models_are_two_events() -> None:
    points = [
        *bodies.claude_points("s-1", "claude-sonnet-4-5[1m]", input=10),
        *bodies.claude_points("s-1", "claude-haiku-4-5", input=20),
    ]

    found = read(METRICS, bodies.sums("claude_code.token.usage", points)).sightings

    assert [(one.event.model, one.event.counts.input) for one in found] == [
        ("claude-sonnet-4-5", 10),
        ("claude-haiku-4-5", 20),
    ]
    assert len({one.event.external_id for one in found}) == 2


def test_a_growing_figure_says_what_it_grew_to_and_no_counts_yet() -> None:
    body = bodies.sums(
        "claude_code.token.usage", bodies.claude_points(input=10), temporality=bodies.CUMULATIVE
    )

    sighting = only(read(METRICS, body))

    assert sighting.event.counts == Counts()
    assert [(p.figure, p.value, p.at_ns) for p in sighting.growing] == [
        (Figure.INPUT, 10, bodies.NOON_NS)
    ]


def test_two_processes_with_one_name_do_not_hide_each_other() -> None:
    points = bodies.claude_points(input=10)
    body = bodies.sums("claude_code.token.usage", points, start_ns=1)
    body.MergeFrom(bodies.sums("claude_code.token.usage", points, start_ns=2))

    found = read(METRICS, body).sightings

    assert [one.event.counts.input for one in found] == [10, 10]
    assert len({one.event.external_id for one in found}) == 2


SENT = [
    (LOGS, bodies.api_request()),
    (LOGS, codex()),
    (LOGS, gemini()),
    (METRICS, bodies.sums("claude_code.token.usage", bodies.claude_points(input=1, output=2))),
    (METRICS, bodies.histogram(bodies.genai_points(input=1, output=2))),
    (TRACES, bodies.span(CALL)),
    (TRACES, bodies.span({**CALL, "gen_ai.response.id": "resp-1"})),
]


@pytest.mark.parametrize(("signal", "body"), SENT)
def test_the_same_sent_again_has_the_same_id_and_another_senders_another(
    signal: Signal, body: Message
) -> None:
    ids = [
        only(read(signal, body, sender=sender)).event.external_id
        for sender in ("UALICE", "UALICE", "UBOB")
    ]

    assert ids[0] == ids[1]
    assert ids[0] != ids[2]


@pytest.mark.parametrize(
    ("signal", "one", "other"),
    [
        (LOGS, bodies.api_request(), bodies.api_request(sequence=2)),
        (LOGS, bodies.api_request(), bodies.api_request(session="s-2")),
        (LOGS, codex(), codex(output_token_count="51")),
        (LOGS, codex(), codex(**{"conversation.id": "c-2"})),
        (LOGS, gemini(), gemini(prompt_id="p-2")),
        (TRACES, bodies.span(CALL), bodies.span(CALL, number=2)),
    ],
)
def test_two_calls_have_two_ids(signal: Signal, one: Message, other: Message) -> None:
    ids = {only(read(signal, body)).event.external_id for body in (one, other)}

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("signal", "one", "other"),
    [
        (
            LOGS,
            bodies.api_request(request_id="req-1"),
            bodies.api_request(request_id="req-1", session="resumed", sequence=9),
        ),
        (
            TRACES,
            bodies.span({**CALL, "gen_ai.response.id": "resp-1"}),
            bodies.span({**CALL, "gen_ai.response.id": "resp-1"}, number=2),
        ),
    ],
)
def test_one_call_told_by_two_is_one(signal: Signal, one: Message, other: Message) -> None:
    ids = {only(read(signal, body)).event.external_id for body in (one, other)}

    assert len(ids) == 1


def test_logs_and_metrics_of_a_session_know_that_they_are_of_one() -> None:
    metric = bodies.sums("claude_code.token.usage", bodies.claude_points(input=1))

    sessions = {
        only(read(LOGS, bodies.api_request())).session,
        only(read(METRICS, metric)).session,
    }
    elsewhere = only(read(LOGS, bodies.api_request(session="s-2"))).session

    assert len(sessions) == 1
    assert elsewhere not in sessions


def test_spans_and_metrics_of_a_process_know_that_they_are_of_one() -> None:
    metric = only(read(METRICS, bodies.histogram(bodies.genai_points(input=1))))
    here = only(read(TRACES, bodies.span(CALL)))
    there = only(read(TRACES, bodies.span(CALL, resource={"service.name": "other"})))

    assert metric.session == here.session
    assert metric.session != there.session


@pytest.mark.parametrize(
    ("named", "provider"),
    [
        ({"gen_ai.provider.name": "aws.bedrock"}, "aws"),
        ({"gen_ai.provider.name": "", "gen_ai.system": "az.ai.openai"}, "azure"),
        ({"gen_ai.provider.name": "gcp.vertex_ai"}, "google"),
        ({"gen_ai.provider.name": "Groq"}, "groq"),
    ],
)
def test_providers_are_named_as_everywhere_else(named: Attributes, provider: str) -> None:
    assert only(read(TRACES, bodies.span({**CALL, **named}))).event.provider == provider


def test_a_person_team_and_project_are_hints_that_the_sender_may_give() -> None:
    given: Attributes = {**bodies.CLAUDE_CODE, "team.id": "blue", "project": "apollo\x00\n"}
    said: Attributes = {"input_tokens": 5, "user.id": "device", "user.email": "alice@example.com"}

    event = only(read(LOGS, bodies.log("claude_code.api_request", said, resource=given))).event

    assert (event.user, event.team, event.project) == ("alice@example.com", "blue", "apollo")


def test_nothing_of_what_was_said_is_kept() -> None:
    body = bodies.api_request(prompt="the secret plan", response="so be it")

    assert "secret" not in repr(read(LOGS, body))
    assert "so be it" not in repr(read(LOGS, body))


def test_an_unknown_field_of_a_newer_protocol_is_let_pass() -> None:
    sent = json.loads(bodies.encoded(bodies.api_request(), Encoding.JSON))
    sent["resourceLogs"][0]["invention"] = {"of": "2027"}

    reading = otlp.read(LOGS, Encoding.JSON, json.dumps(sent).encode(), sender="UALICE")

    assert len(reading.sightings) == 1


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (Encoding.PROTOBUF, b"{}"),
        (Encoding.PROTOBUF, b"\xff" * 50),
        (Encoding.JSON, b""),
        (Encoding.JSON, b"\x0a\x00"),
        (Encoding.JSON, b"[]"),
        (Encoding.JSON, b'"resourceLogs"'),
        (Encoding.JSON, b'{"resourceLogs": 1, "resourceMetrics": 1, "resourceSpans": 1}'),
        (Encoding.JSON, b"\xff\xfe{}"),
        (Encoding.JSON, b'{"a": ' + b"9" * 5_000 + b"}"),
        (Encoding.JSON, b'{"a":' * 100_000),
        (Encoding.JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        (Encoding.JSON, b"[" * 100_000),
    ],
)
def test_a_body_that_is_something_else_is_refused(
    signal: Signal, encoding: Encoding, body: bytes
) -> None:
    with pytest.raises(BodyRefused):
        otlp.read(signal, encoding, body, sender="UALICE")


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize(("encoding", "body"), [(Encoding.PROTOBUF, b""), (Encoding.JSON, b"{}")])
def test_an_empty_request_tells_of_nothing(signal: Signal, encoding: Encoding, body: bytes) -> None:
    assert otlp.read(signal, encoding, body, sender="UALICE") == Reading(signal=signal)


@given(
    signal=st.sampled_from(list(Signal)),
    encoding=st.sampled_from(list(Encoding)),
    body=st.binary(max_size=400),
)
def test_no_bytes_do_more_than_be_refused(signal: Signal, encoding: Encoding, body: bytes) -> None:
    with contextlib.suppress(BodyRefused):
        otlp.read(signal, encoding, body, sender="UALICE")


@given(
    sent=st.sampled_from(SENT), place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255)
)
def test_no_broken_byte_does_more_than_be_refused(
    sent: tuple[Signal, Message], place: float, byte: int
) -> None:
    signal, message = sent
    for encoding in Encoding:
        body = bytearray(bodies.encoded(message, encoding))
        body[int(place * len(body))] = byte

        with contextlib.suppress(BodyRefused):
            otlp.read(signal, encoding, bytes(body), sender="UALICE")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(sent=st.sampled_from(SENT), place=st.integers(0), value=JSON_VALUES)
def test_no_json_does_more_than_be_refused(
    sent: tuple[Signal, Message], place: int, value: object
) -> None:
    signal, message = sent
    told = json.loads(bodies.encoded(message, Encoding.JSON))
    holders = list(containers(told))
    holder, key = holders[place % len(holders)]
    holder[key] = value

    with contextlib.suppress(BodyRefused):
        otlp.read(signal, Encoding.JSON, json.dumps(told).encode(), sender="UALICE")


def containers(told: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a JSON value, as what holds it and where."""
    for key, value in list(told.items()) if isinstance(told, dict) else list(enumerate(told)):
        yield told, key
        if isinstance(value, dict | list):
            yield from containers(value)


def test_all_went_well_is_an_empty_answer() -> None:
    fine = Heard(accepted=5, duplicates=3, elsewhere=1)

    assert {otlp.answer(signal, Encoding.PROTOBUF, fine) for signal in Signal} == {b""}
    assert {otlp.answer(signal, Encoding.JSON, fine) for signal in Signal} == {b"{}"}


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (LOGS, "rejectedLogRecords"),
        (METRICS, "rejectedDataPoints"),
        (TRACES, "rejectedSpans"),
    ],
)
def test_what_was_rejected_is_told_with_reasons(signal: Signal, name: str) -> None:
    heard = Heard(accepted=5, rejected=2, errors=("too old", "no time"))

    told = json.loads(otlp.answer(signal, Encoding.JSON, heard))

    assert told == {"partialSuccess": {name: "2", "errorMessage": "too old; no time"}}
