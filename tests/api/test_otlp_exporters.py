"""OpenTelemetry's own exporters against the served bot: sums are exact, whatever restarts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.api import otlp_door
from tests.api.otlp_door import FUNDS

DELTA, CUMULATIVE = AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE
#: No export comes by itself while a test runs.
NEVER_MS = 3_600_000
CLASSES = ("input", "output", "cacheRead", "cacheCreation")

Add = Callable[[str, float], None]


class Repeating(OTLPMetricExporter):
    """Sends everything twice, as a sender does whose answer got lost."""

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        first = super().export(metrics_data, timeout_millis, **kwargs)
        assert first is MetricExportResult.SUCCESS
        return super().export(metrics_data, timeout_millis, **kwargs)


@contextmanager
def claude_code(
    url: str,
    key: str,
    temporality: AggregationTemporality,
    compression: Compression = Compression.NoCompression,
) -> Iterator[tuple[Add, MeterProvider]]:
    """A process of Claude Code's, as far as its metrics go; the last ones are sent as it ends."""
    exporter = Repeating(
        f"{url}/v1/metrics",
        headers={"Authorization": key},
        compression=compression,
        preferred_temporality={Counter: temporality, Histogram: temporality},
    )
    provider = MeterProvider(
        resource=Resource({"service.name": "claude-code"}),
        metric_readers=[PeriodicExportingMetricReader(exporter, NEVER_MS)],
        shutdown_on_exit=False,
    )
    meter = provider.get_meter("com.anthropic.claude_code", "2.1.197")
    tokens = meter.create_counter("claude_code.token.usage", "tokens")
    sessions = meter.create_counter("claude_code.session.count")

    def add(kind: str, number: float) -> None:
        sessions.add(1, {"session.id": "s-1"})
        about = {"session.id": "s-1", "model": "claude-sonnet-4-5", "user.id": "hash"}
        tokens.add(number, {**about, "type": kind})

    try:
        yield add, provider
    finally:
        provider.shutdown()


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_sum_of_a_metric_is_exact_through_restarts_of_both_sides(
    database_url: str, temporality: AggregationTemporality, compression: Compression
) -> None:
    used = 0
    with otlp_door.served(database_url) as door:
        alice = door.company.member("alice", available=FUNDS)
        key = otlp_door.key(door.company, alice)
    for _ in range(2):
        with otlp_door.served(database_url) as door:
            for restart in range(2):
                with claude_code(door.url, key, temporality, compression) as (add, provider):
                    for number, kind in enumerate(CLASSES * 2):
                        add(kind, float(100 + number + restart))
                        used += 100 + number + restart
                        assert provider.force_flush()
                    add("output", 7.0)
                    used += 7
            assert door.spent(alice) == used


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
def test_a_sender_that_outlives_the_bot_loses_nothing(
    database_url: str, temporality: AggregationTemporality
) -> None:
    with otlp_door.served(database_url) as door:
        alice = door.company.member("alice", available=FUNDS)
        key, url = otlp_door.key(door.company, alice), door.url
        sender = claude_code(url, key, temporality)
        add, provider = sender.__enter__()
        add("input", 500.0)
        assert provider.force_flush()

    add("input", 30.0)
    with otlp_door.served(database_url, port=int(url.rpartition(":")[2])) as door:
        assert provider.force_flush()
        add("output", 7.0)
        sender.__exit__(None, None, None)

        assert door.spent(alice) == 537


def test_logs_of_calls_are_exact(database_url: str) -> None:
    with otlp_door.served(database_url) as door:
        alice = door.company.member("alice", available=FUNDS)
        exporter = OTLPLogExporter(
            f"{door.url}/v1/logs", headers={"Authorization": otlp_door.key(door.company, alice)}
        )
        provider = LoggerProvider(Resource({"service.name": "claude-code"}), shutdown_on_exit=False)
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
        logger = provider.get_logger("com.anthropic.claude_code.events")

        for sequence in range(300):
            logger.emit(claude_record("user_prompt", sequence, {"prompt": "a secret"}))
            logger.emit(claude_record("api_request", sequence, {"input_tokens": sequence + 1}))
        provider.shutdown()

        assert door.spent(alice) == sum(range(1, 301))


def test_spans_and_the_metric_of_a_service_count_once(database_url: str) -> None:
    resource = Resource({"service.name": "summaries", "service.instance.id": "one"})
    about = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}
    with otlp_door.served(database_url) as door:
        alice = door.company.member("alice", available=FUNDS)
        headers = {"Authorization": otlp_door.key(door.company, alice)}
        tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
        spans = OTLPSpanExporter(f"{door.url}/v1/traces", headers=headers)
        tracing.add_span_processor(BatchSpanProcessor(spans))
        metering = MeterProvider(
            resource=resource,
            metric_readers=[
                PeriodicExportingMetricReader(
                    Repeating(f"{door.url}/v1/metrics", headers=headers), NEVER_MS
                )
            ],
            shutdown_on_exit=False,
        )
        tokens = metering.get_meter("genai").create_histogram("gen_ai.client.token.usage")
        for _ in range(5):
            with tracing.get_tracer("genai").start_as_current_span("chat gpt-4o") as span:
                span.set_attributes({**about, "gen_ai.usage.input_tokens": 100})
                tokens.record(100, {**about, "gen_ai.token.type": "input"})
            metering.force_flush()

        metering.shutdown()
        tracing.shutdown()

        assert door.spent(alice) == 500


def claude_record(name: str, sequence: int, more: Mapping[str, str | int]) -> LogRecord:
    return LogRecord(
        timestamp=None,
        severity_number=SeverityNumber.INFO,
        body=f"claude_code.{name}",
        attributes={
            "event.name": name,
            "event.sequence": sequence,
            "event.timestamp": f"2026-11-29T12:00:{sequence % 60:02}.000Z",
            "session.id": "s-1",
            "model": "claude-sonnet-4-5",
            **more,
        },
    )
