"""OTLP over HTTP: what a body says of usage, and the answer to it.

Only what is named in the readers beside this module is looked at; prompts, answers and all else
that a sender may add are gone when `read` returns.
"""

import json
from enum import StrEnum
from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from bot.adapters import otlp_logs, otlp_metrics, otlp_traces
from bot.domain.telemetry import Heard, Reading, Signal

M = TypeVar("M", bound=Message)

#: Of the reasons for what was rejected, in an answer.
_MESSAGE_MAX = 1_000


class Encoding(StrEnum):
    """How a body is written, by its content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


class BodyRefused(ValueError):
    """A body that is not what its path and content type say; the message says how."""


def read(signal: Signal, encoding: Encoding, body: bytes, *, sender: str) -> Reading:
    """The usage in a body. `sender` names whose key it came by: ids of two senders never meet.

    Raises `BodyRefused` for a body that can't be read at all.
    """
    match signal:
        case Signal.LOGS:
            return otlp_logs.read(_parsed(logs.ExportLogsServiceRequest(), encoding, body), sender)
        case Signal.METRICS:
            request = _parsed(metrics.ExportMetricsServiceRequest(), encoding, body)
            return otlp_metrics.read(request, sender)
        case Signal.TRACES:
            spans = _parsed(traces.ExportTraceServiceRequest(), encoding, body)
            return otlp_traces.read(spans, sender)


def answer(signal: Signal, encoding: Encoding, heard: Heard) -> bytes:
    """What the sender is told: nothing, or how many of its items were rejected, and why."""
    made: Message
    why = "; ".join(heard.errors)[:_MESSAGE_MAX]
    match signal:
        case Signal.LOGS:
            made = logs.ExportLogsServiceResponse()
            if heard.rejected:
                made.partial_success.rejected_log_records = heard.rejected
                made.partial_success.error_message = why
        case Signal.METRICS:
            made = metrics.ExportMetricsServiceResponse()
            if heard.rejected:
                made.partial_success.rejected_data_points = heard.rejected
                made.partial_success.error_message = why
        case Signal.TRACES:
            made = traces.ExportTraceServiceResponse()
            if heard.rejected:
                made.partial_success.rejected_spans = heard.rejected
                made.partial_success.error_message = why
    if encoding is Encoding.PROTOBUF:
        return made.SerializeToString()
    return json_format.MessageToJson(made, indent=None).encode()


def _parsed(empty: M, encoding: Encoding, body: bytes) -> M:
    """The message in a body. Ids of traces and spans in JSON are read wrongly, but all alike."""
    try:
        if encoding is Encoding.PROTOBUF:
            empty.ParseFromString(body)
            return empty
        said = json.loads(body)
        if not isinstance(said, dict):
            raise BodyRefused("must be a JSON object")
        # Unknown fields are let pass: the protocol grows, and old receivers have to go on.
        return json_format.ParseDict(said, empty, ignore_unknown_fields=True)
    except RecursionError:
        raise BodyRefused("is nested too deeply") from None
    except (DecodeError, json_format.ParseError, ValueError) as error:
        what = f"is no {empty.DESCRIPTOR.name} as {encoding}"
        raise BodyRefused(f"{what}: {str(error)[:200]}") from None
