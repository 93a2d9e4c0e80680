"""Holds tokens before your AI calls and tells tokenbot what they used."""

from tokenbot_client.counts import Counts
from tokenbot_client.desk import Balance, Permission
from tokenbot_client.holds import AsyncHold, Hold
from tokenbot_client.metering import metered
from tokenbot_client.people import acting_for
from tokenbot_client.problems import (
    ApiKeyRefused,
    Away,
    HoldEnded,
    HoldUnknown,
    KeyReused,
    Limit,
    LimitReached,
    NotValid,
    PersonUnknown,
    Problem,
    TokenbotError,
    TooManyHolds,
)
from tokenbot_client.reporter import Reporter
from tokenbot_client.retries import Patience
from tokenbot_client.tokens import AsyncTokens, Tokens

__all__ = [
    "ApiKeyRefused",
    "AsyncHold",
    "AsyncTokens",
    "Away",
    "Balance",
    "Counts",
    "Hold",
    "HoldEnded",
    "HoldUnknown",
    "KeyReused",
    "Limit",
    "LimitReached",
    "NotValid",
    "Patience",
    "Permission",
    "PersonUnknown",
    "Problem",
    "Reporter",
    "TokenbotError",
    "Tokens",
    "TooManyHolds",
    "acting_for",
    "metered",
]
