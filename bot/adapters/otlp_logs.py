"""Log records that tell of one call each: Claude Code's, Codex's and Gemini CLI's."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ScopeLogs

from bot.adapters import otlp_values as values
from bot.adapters.otlp_values import Attributes, ItemRefused, Origin
from bot.domain import counts
from bot.domain.counts import Counts, CountsRefused
from bot.domain.telemetry import Reading, Sighting, Signal, Unread
from bot.domain.usage_events import UsageEvent

#: What Claude Code's scopes are called; in its records the event's name may stand alone.
_CLAUDE_SCOPE = "com.anthropic.claude_code"


def read(request: ExportLogsServiceRequest, sender: str) -> Reading:
    """The calls in these logs; a record of anything else is passed over."""
    sightings: list[Sighting] = []
    unread: list[Unread] = []
    for resource in request.resource_logs:
        known = [
            (record, make)
            for scope in resource.scope_logs
            for record in scope.log_records
            if (make := _maker(record, scope))
        ]
        if not known:
            continue
        try:
            origin = values.origin(sender, resource.resource)
        except ItemRefused as refused:
            unread.append(Unread(len(known), str(refused)))
            continue
        for record, make in known:
            try:
                found = values.attributes(record.attributes, origin.resource)
                sightings += make(record, found, origin)
            except (ItemRefused, CountsRefused) as refused:
                unread.append(Unread(1, f"a log record: {refused}"))
    return Reading(signal=Signal.LOGS, sightings=tuple(sightings), unread=tuple(unread))


def _maker(record: LogRecord, scope: ScopeLogs) -> "_Make | None":
    """Who reads a record with this name; it may stand in three places."""
    name = next((p.value.string_value for p in record.attributes if p.key == "event.name"), "")
    if name == "api_request" and scope.scope.name.startswith(_CLAUDE_SCOPE):
        return _claude_code
    names = (record.event_name, record.body.string_value, name)
    return next((_MAKERS[name] for name in names if name in _MAKERS), None)


def _claude_code(record: LogRecord, found: Attributes, origin: Origin) -> list[Sighting]:
    """An `api_request`: its input excludes what was read from and written to the cache."""
    used = Counts(
        input_uncached=values.count(found, "input_tokens"),
        cache_read=values.count(found, "cache_read_tokens"),
        cache_write=values.count(found, "cache_creation_tokens"),
        output=values.count(found, "output_tokens"),
    )
    session = values.text(found, "session.id")
    request_id = values.text(found, "request_id")
    place = (request_id,) if request_id else (session, *_place(record, found, "event.sequence"))
    event = _event(
        record,
        found,
        source="claude-code",
        provider="anthropic",
        external_id=values.digest(origin.sender, "claude_code.api_request", *place),
        used=used,
        cost_nano=values.cost(found, dollars="cost_usd", millionths="cost_usd_micros"),
    )
    # Without a session's id its metric has none either, and is refused: nothing comes twice.
    key = values.digest(origin.sender, "claude-code", session) if session else ""
    return _told(event, session=key)


def _codex(record: LogRecord, found: Attributes, origin: Origin) -> list[Sighting]:
    """A `response.completed`: cached input is inside input, reasoning inside output."""
    if values.text(found, "event.kind") != "response.completed":
        return []
    used = counts.of_totals(
        input_tokens=values.count(found, "input_token_count"),
        output_tokens=values.count(found, "output_token_count"),
        cached_input_tokens=values.count(found, "cached_token_count"),
        cache_write_tokens=values.count(found, "cache_write_token_count"),
        reasoning_tokens=values.count(found, "reasoning_token_count"),
    )
    place = (values.text(found, "conversation.id"), *_place(record, found), *_figures(used))
    event = _event(
        record,
        found,
        source="codex",
        provider="openai",
        external_id=values.digest(origin.sender, "codex.sse_event", *place),
        used=used,
    )
    return _told(event)


def _gemini(record: LogRecord, found: Attributes, origin: Origin) -> list[Sighting]:
    """An `api_response`, whose total says which of its parts are inside which."""
    used, is_sure = _of_gemini(found)
    place = (
        values.text(found, "session.id"),
        values.text(found, "prompt_id"),
        *_place(record, found),
        *_figures(used),
    )
    event = _event(
        record,
        found,
        source="gemini-cli",
        provider="google",
        external_id=values.digest(origin.sender, "gemini_cli.api_response", *place),
        used=used,
        is_estimate=not is_sure,
    )
    return _told(event)


def _of_gemini(found: Attributes) -> tuple[Counts, bool]:
    """The counts, and whether they add up to the total that came with them.

    Google's total is prompt + tool use + candidates + thoughts, with cached inside the prompt;
    where a release counts thoughts or tool use into the others, the total tells.
    """
    prompt = values.count(found, "input_token_count")
    answer = values.count(found, "output_token_count")
    thoughts = values.count(found, "thoughts_token_count")
    tool_use = values.count(found, "tool_token_count")
    total = values.count(found, "total_token_count")
    ways = ((thoughts, tool_use), (thoughts, 0), (0, tool_use), (0, 0))
    fitting = [way for way in ways if prompt + answer + sum(way) == total]
    more_output, more_input = (fitting or ways)[0]
    used = counts.of_totals(
        input_tokens=prompt + more_input,
        output_tokens=answer + more_output,
        cached_input_tokens=values.count(found, "cached_content_token_count"),
        reasoning_tokens=thoughts,
    )
    return used, bool(fitting) or not total


def _event(
    record: LogRecord,
    found: Attributes,
    *,
    source: str,
    provider: str,
    external_id: str,
    used: Counts,
    cost_nano: int | None = None,
    is_estimate: bool = False,
) -> UsageEvent:
    return UsageEvent(
        source=source,
        external_id=external_id,
        occurred_at=values.moment(record.time_unix_nano, record.observed_time_unix_nano),
        user=values.person(found),
        model=values.model(found, "model"),
        provider=provider,
        counts=used,
        cost_nano=cost_nano,
        project=values.text(found, "project"),
        team=values.text(found, "team.id"),
        is_estimate=is_estimate,
    )


def _told(event: UsageEvent, *, session: str = "") -> list[Sighting]:
    """The event as it was seen; nothing where nothing was used."""
    return [Sighting(event=event, session=session)] if event.counts.total else []


def _place(record: LogRecord, found: Attributes, *counters: str) -> tuple[str | int, ...]:
    """What tells a record from others of its session, and is the same when it is sent again."""
    sequence = tuple(values.count(found, name) for name in counters)
    return (*sequence, values.text(found, "event.timestamp"), record.time_unix_nano)


def _figures(used: Counts) -> tuple[int, ...]:
    """For senders that number nothing: two calls of one millisecond rarely use the same."""
    return (used.input_uncached, used.cache_read, used.cache_write, used.output, used.reasoning)


_Make = Callable[[LogRecord, Attributes, Origin], list[Sighting]]

_MAKERS: Mapping[str, _Make] = MappingProxyType(
    {
        "claude_code.api_request": _claude_code,
        "codex.sse_event": _codex,
        "gemini_cli.api_response": _gemini,
    }
)
