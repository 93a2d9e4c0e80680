"""The one clock that asks the system."""

from datetime import datetime, timezone


def now() -> datetime:
    """The time, aware and in UTC. Everything else gets the time as a parameter."""
    return datetime.now(timezone.utc)  # noqa: TID251 - the one place that asks the system
