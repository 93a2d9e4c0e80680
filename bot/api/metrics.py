"""`/metrics` for Prometheus: what came in, what was answered, what waits to be sent."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from bot.domain.usage_events import Rejection, Taken, UsageEvent

#: Sources that stand by their names; a sender that makes up one per event must not fill memory.
SOURCES_MAX = 50
_OTHER = "other"

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of this process since it started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._events = Counter(
            "tokenbot_usage_events",
            "Usage events over HTTP, by source and what became of them.",
            ("source", "outcome"),
            registry=self._registry,
        )
        self._requests = Counter(
            "tokenbot_http_requests",
            "Requests to the HTTP API, by route and status.",
            ("route", "status"),
            registry=self._registry,
        )
        self._outbox = Gauge(
            "tokenbot_outbox_notices",
            "Notices in the outbox, by state.",
            ("state",),
            registry=self._registry,
        )
        self._departed = Gauge(
            "tokenbot_workspaces_departed",
            "Workspaces that let go of the app: nothing is sent there.",
            registry=self._registry,
        )
        self._sources: set[str] = set()

    def count_request(self, route: str, status: int) -> None:
        """A request was answered."""
        self._requests.labels(route, str(status)).inc()

    def count_events(
        self, events: Sequence[UsageEvent], taken: Taken, rejected: Sequence[Rejection]
    ) -> None:
        """Events were taken in; of a body with several sources the first stands for all."""
        self.count_outcomes(
            events[0].source if events else "",
            accepted=taken.accepted,
            duplicates=taken.duplicates,
            rejected=len(rejected),
        )

    def count_outcomes(self, source: str, *, accepted: int, duplicates: int, rejected: int) -> None:
        """So many events of a source were taken in, known, or rejected."""
        name = self._source(source)
        for outcome, count in (
            ("accepted", accepted),
            ("duplicate", duplicates),
            ("rejected", rejected),
        ):
            if count:
                self._events.labels(name, outcome).inc(count)

    def text(self, outbox: Mapping[str, int], *, departed: int) -> bytes:
        """All figures as Prometheus reads them, with outbox and workspaces as they are now."""
        self._departed.set(departed)
        for state in ("waiting", "dead"):
            self._outbox.labels(state).set(outbox.get(state, 0))
        return generate_latest(self._registry)

    def _source(self, name: str) -> str:
        if name not in self._sources:
            if not name or len(self._sources) >= SOURCES_MAX:
                return _OTHER
            self._sources.add(name)
        return name
