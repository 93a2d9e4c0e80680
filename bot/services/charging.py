"""What events are charged, and what they cost."""

from collections.abc import Sequence

from bot.domain.usage import Charge
from bot.domain.usage_events import UsageEvent

RAW = "raw"
#: Of what a gateway answered by itself.
FREE = "free"


def charge(events: Sequence[UsageEvent]) -> list[Charge]:
    """What each event is charged: one token is one token."""
    return [
        Charge(
            tokens=0 if event.is_free else event.counts.total,
            rate=FREE if event.is_free else RAW,
            cost_nano=event.cost_nano,
            cost_is_estimate=False,
        )
        for event in events
    ]
