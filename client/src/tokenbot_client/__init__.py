"""Tells tokenbot what your AI calls used, beside them and without delaying them."""

from tokenbot_client.metering import metered
from tokenbot_client.people import acting_for
from tokenbot_client.reporter import Reporter

__all__ = ["Reporter", "acting_for", "metered"]
