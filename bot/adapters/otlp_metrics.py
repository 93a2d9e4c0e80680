"""Points of metrics that count tokens: Claude Code's sums and the GenAI conventions' histogram.

A class of tokens is a point of its own; those of one model, session and moment become one event.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1 import metrics_pb2 as proto
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from bot.adapters import otlp_genai as genai
from bot.adapters import otlp_values as values
from bot.adapters.otlp_values import Attributes, ItemRefused, Origin
from bot.domain import telemetry
from bot.domain.counts import Counts, CountsRefused
from bot.domain.telemetry import Figure, Point, Reading, Sighting, Signal, Unread
from bot.domain.usage_events import UsageEvent

_CLAUDE = "claude_code.token.usage"
_CLAUDE_COST = "claude_code.cost.usage"
_GENAI = "gen_ai.client.token.usage"
#: A growing figure can't be more than this: 10^15 tokens, or that many billionths of a dollar.
_VALUE_MAX = 10**15
_NEVER_RECORDED = proto.DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
_DELTA = proto.AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE = proto.AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
#: The attribute that tells the classes of a metric apart.
_TYPES: Mapping[str, str] = MappingProxyType(
    {_CLAUDE: "type", _CLAUDE_COST: "", _GENAI: "gen_ai.token.type"}
)
_FIGURES: Mapping[tuple[str, str], Figure] = MappingProxyType(
    {
        (_CLAUDE, "input"): Figure.INPUT,
        (_CLAUDE, "cacheRead"): Figure.CACHE_READ,
        (_CLAUDE, "cacheCreation"): Figure.CACHE_WRITE,
        (_CLAUDE, "output"): Figure.OUTPUT,
        (_CLAUDE_COST, ""): Figure.COST,
        (_GENAI, "input"): Figure.INPUT,
        (_GENAI, "output"): Figure.OUTPUT,
        (_GENAI, "completion"): Figure.OUTPUT,  # as older releases of the conventions call it
    }
)

_AnyPoint = proto.NumberDataPoint | proto.HistogramDataPoint | proto.ExponentialHistogramDataPoint


@dataclass(frozen=True, slots=True)
class _Stream:
    """A metric as one scope of a process reports it."""

    origin: Origin
    scope: str
    metric: str
    is_growing: bool

    def named(self, *parts: str | int) -> str:
        """An id of something in it, which nothing of another sender's has."""
        return values.digest(self.origin.sender, self.origin.resource_id, self.scope, *parts)


@dataclass(frozen=True, slots=True)
class _Group:
    """Points of one model, session and moment, as they are found."""

    stream: _Stream
    found: Attributes
    name: str
    at_ns: int
    points: dict[Figure, Point] = field(default_factory=dict)


def read(request: ExportMetricsServiceRequest, sender: str) -> Reading:
    """The usage in these metrics; any other metric is passed over."""
    groups: dict[str, _Group] = {}
    unread: list[Unread] = []
    for resource in request.resource_metrics:
        known = [
            (scope.scope.name, metric)
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name in _TYPES
        ]
        if known:
            _of_process(known, sender, resource.resource, groups, unread)
    sightings: list[Sighting] = []
    for group in groups.values():
        try:
            sightings += _usage(group)
        except (ItemRefused, CountsRefused) as refused:
            unread.append(Unread(len(group.points), f"{group.stream.metric}: {refused}"))
    return Reading(signal=Signal.METRICS, sightings=tuple(sightings), unread=tuple(unread))


def _of_process(
    known: Sequence[tuple[str, proto.Metric]],
    sender: str,
    resource: Resource,
    groups: dict[str, _Group],
    unread: list[Unread],
) -> None:
    """Sort all points of a process, each metric with its scope's name, into groups."""
    try:
        origin = values.origin(sender, resource)
    except ItemRefused as refused:
        unread.append(Unread(sum(_size(metric) for _, metric in known), str(refused)))
        return
    for scope, metric in known:
        try:
            stream = _Stream(origin, scope, metric.name, _is_growing(metric))
        except ItemRefused as refused:
            unread.append(Unread(_size(metric), f"{metric.name} {refused}"))
        else:
            _sort(metric, stream, groups, unread)


def _sort(
    metric: proto.Metric, stream: _Stream, groups: dict[str, _Group], unread: list[Unread]
) -> None:
    """Put each of the metric's points to those that it belongs with."""
    for point, value in _points(metric):
        try:
            found = values.attributes(point.attributes, stream.origin.resource)
            if metric.name == _GENAI and not genai.counts_here(found, stream.origin):
                continue
            figure = _figure(metric.name, found)
            made = _point(stream, figure, point, value)
            _put(made, _group(stream, point, found), groups)
        except ItemRefused as refused:
            unread.append(Unread(1, f"{metric.name}: {refused}"))


def _put(point: Point, group: _Group, groups: dict[str, _Group]) -> None:
    """Add a point to its group, unless it stands there already."""
    known = groups.setdefault(group.name, group).points.setdefault(point.figure, point)
    if known.series_id != point.series_id:
        # Another process that calls itself the same, or that was restarted in between.
        apart = values.digest(group.name, point.started_ns)
        group = groups.setdefault(apart, replace(group, name=apart, points={}))
        group.points.setdefault(point.figure, point)


def _is_growing(metric: proto.Metric) -> bool:
    """Whether its points count since the sender began; raises `ItemRefused` if they count nothing.

    What goes up and down counts nothing that was used.
    """
    kind = metric.WhichOneof("data")
    if kind not in {"sum", "histogram", "exponential_histogram"}:
        raise ItemRefused("must be a sum or a histogram")
    if kind == "sum" and not metric.sum.is_monotonic:
        raise ItemRefused("must be monotonic")
    temporality = getattr(metric, kind).aggregation_temporality
    if temporality not in {_DELTA, _CUMULATIVE}:
        raise ItemRefused("must say whether it is delta or cumulative")
    return bool(temporality == _CUMULATIVE)


def _points(metric: proto.Metric) -> Iterator[tuple[_AnyPoint, float]]:
    """Each point with its value; of a histogram that is the sum."""
    for number in metric.sum.data_points:
        if not number.flags & _NEVER_RECORDED and (kind := number.WhichOneof("value")):
            yield number, getattr(number, kind)
    histograms: tuple[proto.HistogramDataPoint | proto.ExponentialHistogramDataPoint, ...] = (
        *metric.histogram.data_points,
        *metric.exponential_histogram.data_points,
    )
    for histogram in histograms:
        if not histogram.flags & _NEVER_RECORDED and histogram.HasField("sum"):
            yield histogram, histogram.sum


def _size(metric: proto.Metric) -> int:
    """How many points it has, as a sender that is told of rejected ones counts them."""
    kind = metric.WhichOneof("data")
    return len(getattr(metric, kind).data_points) if kind else 1


def _figure(metric: str, found: Attributes) -> Figure:
    kind = values.text(found, _TYPES[metric])
    figure = _FIGURES.get((metric, kind))
    if figure is None:
        raise ItemRefused(f"{_TYPES[metric]} is none that is known: {kind}")
    return figure


def _point(stream: _Stream, figure: Figure, point: _AnyPoint, value: float) -> Point:
    if figure is Figure.COST:
        counted = values.billionths(float(value))
        if counted is None:
            raise ItemRefused("is no cost")
    else:
        counted = values.whole("its value", value)
    if not 0 <= counted <= _VALUE_MAX:
        raise ItemRefused(f"its value must be from 0 to {_VALUE_MAX:,}, not {counted}")
    start = point.start_time_unix_nano
    return Point(
        series_id=stream.named(stream.metric, values.named(point.attributes), start),
        figure=figure,
        started_ns=min(start, values.NANOSECONDS_MAX),
        at_ns=point.time_unix_nano,
        value=counted,
    )


def _group(stream: _Stream, point: _AnyPoint, found: Attributes) -> _Group:
    """The group that a point belongs to: all that names it but its class."""
    at_ns = point.time_unix_nano
    # Claude Code counts the cost in a metric of its own, with the same attributes otherwise.
    family = _CLAUDE if stream.metric == _CLAUDE_COST else stream.metric
    others = values.named(point.attributes, without=_TYPES[stream.metric])
    name = stream.named(family, others, int(stream.is_growing), at_ns)
    return _Group(stream=stream, found=found, name=name, at_ns=at_ns)


def _usage(group: _Group) -> list[Sighting]:
    """The group as one event; none of a cost by itself."""
    tokens = [p for p in group.points.values() if p.figure is not Figure.COST and p.value]
    if not tokens:
        return []
    if group.stream.is_growing:
        used, cost_nano = Counts(), None
    else:
        used, cost_nano = telemetry.counted(group.points.values())
    is_claude = group.stream.metric != _GENAI
    found = group.found
    starts = sorted((p.figure, p.started_ns) for p in tokens)
    event = UsageEvent(
        source="claude-code" if is_claude else genai.SOURCE,
        external_id=values.digest(group.name, *(part for start in starts for part in start)),
        occurred_at=values.moment(group.at_ns),
        user=values.person(found),
        model=values.model(found, "model") if is_claude else genai.model(found),
        provider="anthropic" if is_claude else genai.provider(found),
        counts=used,
        cost_nano=cost_nano,
        project=values.text(found, "project") if is_claude else genai.project(found),
        team=values.text(found, "team.id"),
    )
    return [
        Sighting(
            event=event,
            session=_session(group),
            items=len(group.points),
            growing=tuple(group.points.values()) if group.stream.is_growing else (),
        )
    ]


def _session(group: _Group) -> str:
    """Of what its logs may tell too."""
    if group.stream.metric == _GENAI:
        return group.stream.origin.session_of_process()
    session = values.text(group.found, "session.id")
    if not session:
        raise ItemRefused(
            "has no session.id, without which it can't be told whether logs count the same; "
            "set OTEL_METRICS_INCLUDE_SESSION_ID=true"
        )
    return values.digest(group.stream.origin.sender, "claude-code", session)
