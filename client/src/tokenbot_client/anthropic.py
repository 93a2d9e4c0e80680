"""`metered` for a client of Anthropic's SDK, sync or async."""

from tokenbot_client.metering import metered
from tokenbot_client.people import acting_for

__all__ = ["acting_for", "metered"]
