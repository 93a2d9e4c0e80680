"""OTLP bodies as agents send them, for tests: a record, a point and a span at a time."""

from collections.abc import Iterable, Mapping

from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from bot.adapters.otlp import Encoding

Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute]

#: 29 November 2026, 12:00:00 UTC.
NOON_NS = 1_795_953_600 * 10**9
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
UNSAID = AggregationTemporality.AGGREGATION_TEMPORALITY_UNSPECIFIED
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE

CLAUDE_CODE: Attributes = {"service.name": "claude-code", "service.version": "2.1.197"}
SERVICE: Attributes = {"service.name": "summaries", "service.instance.id": "one"}


def pairs(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Attribute) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)


def encoded(message: Message, encoding: Encoding = Encoding.PROTOBUF) -> bytes:
    if encoding is Encoding.PROTOBUF:
        return message.SerializeToString()
    return json_format.MessageToJson(message).encode()


def log(
    name: str,
    attributes: Attributes,
    *,
    at_ns: int = NOON_NS,
    resource: Attributes = CLAUDE_CODE,
    scope: str = "com.anthropic.claude_code.events",
) -> ExportLogsServiceRequest:
    """One record whose body is the event's name."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend(pairs(resource))
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name = scope
    record = scope_logs.log_records.add()
    record.body.string_value = name
    record.time_unix_nano = at_ns
    record.attributes.extend(pairs(attributes))
    return request


def api_request(
    *,
    sequence: int = 1,
    session: str = "s-1",
    at_ns: int = NOON_NS,
    resource: Attributes = CLAUDE_CODE,
    **attributes: Attribute,
) -> ExportLogsServiceRequest:
    """Claude Code's record of a call: 10 of input, 1,000 read, 200 written, 30 of output."""
    said: dict[str, Attribute] = {
        "event.name": "api_request",
        "event.sequence": sequence,
        "event.timestamp": f"2026-11-29T12:00:{sequence % 60:02}.000Z",
        "model": "claude-sonnet-4-5",
        "input_tokens": 10,
        "output_tokens": 30,
        "cache_read_tokens": 1_000,
        "cache_creation_tokens": 200,
        "cost_usd": 0.0015,
        "prompt.id": "p-1",
        "user.id": "device-hash",
        **({"session.id": session} if session else {}),
        **attributes,
    }
    return log("claude_code.api_request", said, at_ns=at_ns, resource=resource)


def sums(
    name: str,
    points: Iterable[tuple[Attributes, float]],
    *,
    at_ns: int = NOON_NS,
    start_ns: int = NOON_NS - 60 * 10**9,
    temporality: AggregationTemporality.ValueType = DELTA,
    resource: Attributes = CLAUDE_CODE,
    scope: str = "com.anthropic.claude_code",
) -> ExportMetricsServiceRequest:
    """One monotonic sum with these points."""
    request = ExportMetricsServiceRequest()
    metric = _metric(request, name, resource, scope)
    metric.sum.is_monotonic = True
    metric.sum.aggregation_temporality = temporality
    for attributes, value in points:
        metric.sum.data_points.add(
            attributes=pairs(attributes),
            start_time_unix_nano=start_ns,
            time_unix_nano=at_ns,
            as_double=value,
        )
    return request


def claude_points(
    session: str = "s-1", model: str = "claude-sonnet-4-5", /, **classes: float
) -> list[tuple[Attributes, float]]:
    """A point for each class: `claude_points(input=10, cacheRead=1_000)`."""
    own: dict[str, Attribute] = {"model": model, "user.id": "device-hash"}
    if session:
        own["session.id"] = session
    return [({**own, "type": kind}, value) for kind, value in classes.items()]


def histogram(
    points: Iterable[tuple[Attributes, float]],
    *,
    at_ns: int = NOON_NS,
    start_ns: int = NOON_NS - 60 * 10**9,
    temporality: AggregationTemporality.ValueType = DELTA,
    resource: Attributes = SERVICE,
) -> ExportMetricsServiceRequest:
    """`gen_ai.client.token.usage` with these points' sums, of two calls each."""
    request = ExportMetricsServiceRequest()
    metric = _metric(request, "gen_ai.client.token.usage", resource, "genai")
    metric.histogram.aggregation_temporality = temporality
    for attributes, total in points:
        metric.histogram.data_points.add(
            attributes=pairs(attributes),
            start_time_unix_nano=start_ns,
            time_unix_nano=at_ns,
            count=2,
            sum=total,
        )
    return request


def genai_points(**classes: float) -> list[tuple[Attributes, float]]:
    own: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
    }
    return [({**own, "gen_ai.token.type": kind}, total) for kind, total in classes.items()]


def span(
    attributes: Attributes,
    *,
    number: int = 1,
    at_ns: int = NOON_NS,
    resource: Attributes = SERVICE,
) -> ExportTraceServiceRequest:
    """One span of a call of a model."""
    said: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        **attributes,
    }
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(pairs(resource))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.spans.add(
        trace_id=number.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        start_time_unix_nano=at_ns - 10**9,
        end_time_unix_nano=at_ns,
        attributes=pairs(said),
    )
    return request


def _metric(
    request: ExportMetricsServiceRequest, name: str, resource: Attributes, scope: str
) -> Metric:
    resource_metrics = request.resource_metrics.add()
    resource_metrics.resource.attributes.extend(pairs(resource))
    scope_metrics = resource_metrics.scope_metrics.add()
    scope_metrics.scope.name = scope
    return scope_metrics.metrics.add(name=name)
