"""The one clock that asks the system."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now. Everything else gets the time as a parameter."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that asks the system
