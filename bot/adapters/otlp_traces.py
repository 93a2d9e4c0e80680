"""Spans that tell of one call of a model each, as the GenAI conventions name its usage."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.adapters import otlp_genai as genai
from bot.adapters import otlp_values as values
from bot.adapters.otlp_values import Attributes, ItemRefused, Origin
from bot.domain import counts
from bot.domain.counts import CountsRefused
from bot.domain.telemetry import Reading, Sighting, Signal, Unread
from bot.domain.usage_events import UsageEvent

#: The older name after the newer, which wins where both are there.
_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
_OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
_NAMES = frozenset((*_INPUT, *_OUTPUT))


def read(request: ExportTraceServiceRequest, sender: str) -> Reading:
    """The calls in these spans; one without usage is passed over."""
    sightings: list[Sighting] = []
    unread: list[Unread] = []
    for resource in request.resource_spans:
        known = [
            span
            for scope in resource.scope_spans
            for span in scope.spans
            if any(pair.key in _NAMES for pair in span.attributes)
        ]
        if not known:
            continue
        try:
            origin = values.origin(sender, resource.resource)
        except ItemRefused as refused:
            unread.append(Unread(len(known), str(refused)))
            continue
        for span in known:
            try:
                found = values.attributes(span.attributes, origin.resource)
                sightings += _call(span, found, origin)
            except (ItemRefused, CountsRefused) as refused:
                unread.append(Unread(1, f"a span: {refused}"))
    return Reading(signal=Signal.TRACES, sightings=tuple(sightings), unread=tuple(unread))


def _call(span: Span, found: Attributes, origin: Origin) -> list[Sighting]:
    if not genai.counts_here(found, origin):
        return []
    used = counts.of_totals(
        input_tokens=values.count(found, *_INPUT),
        output_tokens=values.count(found, *_OUTPUT),
        cached_input_tokens=values.count(found, "gen_ai.usage.cache_read.input_tokens"),
        cache_write_tokens=values.count(found, "gen_ai.usage.cache_creation.input_tokens"),
        reasoning_tokens=values.count(found, "gen_ai.usage.reasoning.output_tokens"),
    )
    if used.total == 0:
        return []
    event = UsageEvent(
        source=genai.SOURCE,
        external_id=_id(span, found, origin),
        occurred_at=values.moment(span.end_time_unix_nano, span.start_time_unix_nano),
        user=values.person(found),
        model=genai.model(found),
        provider=genai.provider(found),
        counts=used,
        project=genai.project(found),
        team=values.text(found, "team.id"),
    )
    return [Sighting(event=event, session=origin.session_of_process())]


def _id(span: Span, found: Attributes, origin: Origin) -> str:
    """The id of the provider's answer, for two libraries may make a span of it; else its own."""
    response = values.text(found, "gen_ai.response.id")
    if response:
        return values.digest(origin.sender, "gen_ai.response", response)
    times = (span.start_time_unix_nano, span.end_time_unix_nano)
    return values.digest(origin.sender, "span", span.trace_id, span.span_id, *times)
