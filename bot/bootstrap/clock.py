"""The one clock that asks the system, and how the command line prints what it says."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now. Everything else gets the time as a parameter."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that asks the system


def shown(moment: datetime) -> str:
    """A time as the command line prints it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
