"""What a gateway's plugin is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tokenbot_client import access

#: The longest that a call waits for tokenbot, and what it may be set to.
TIMEOUT_MS = 300
TIMEOUT_MS_MAX = 10_000


class WhenAway(Enum):
    """What happens to a call while tokenbot can't be asked."""

    #: It is made, and its usage reported later.
    OPEN = "open"
    #: It is refused.
    CLOSED = "closed"


@dataclass(frozen=True)
class GatewaySettings:
    """Where tokenbot is, and what to do when it isn't."""

    url: str
    api_key: str = field(repr=False)
    #: Where settlements wait until tokenbot has them.
    outbox: Path
    when_away: WhenAway = WhenAway.OPEN
    #: Hold a caller's whole output limit, whatever such calls use.
    is_strict: bool = False
    #: Aliases of keys whose `user` in the request says whose call it is: services' own.
    trusted_keys: frozenset[str] = frozenset()
    timeout_ms: int = TIMEOUT_MS


def of_environment(given: Mapping[str, str] | None = None) -> GatewaySettings:
    """Raises `ValueError` naming all that is missing or wrong: the gateway then doesn't start."""
    said = os.environ if given is None else given
    url = said.get("TOKENBOT_URL", "").strip().rstrip("/")
    api_key = said.get("TOKENBOT_API_KEY", "").strip()
    away = said.get("TOKENBOT_WHEN_AWAY", "").strip() or WhenAway.OPEN.value
    hold = said.get("TOKENBOT_HOLD", "").strip() or "usual"
    timeout = said.get("TOKENBOT_TIMEOUT_MS", "").strip() or str(TIMEOUT_MS)
    wrong = [
        *_wrong_address(url, api_key),
        *_wrong_choices(away=away, hold=hold, timeout=timeout),
    ]
    if wrong:
        raise ValueError("tokenbot's plugin can't start: " + "; ".join(wrong))
    trusted = said.get("TOKENBOT_TRUSTED_KEYS", "").split(",")
    return GatewaySettings(
        url=url,
        api_key=api_key,
        outbox=Path(said.get("TOKENBOT_OUTBOX", "").strip() or _folder()),
        when_away=WhenAway(away),
        is_strict=hold == "strict",
        trusted_keys=frozenset(name.strip() for name in trusted if name.strip()),
        timeout_ms=int(timeout),
    )


def _wrong_address(url: str, api_key: str) -> list[str]:
    wrong = []
    if not access.is_address(url):
        wrong.append("TOKENBOT_URL must be tokenbot's address, as http://tokenbot:3000")
    if not (api_key and api_key.isascii() and api_key.isprintable()):
        wrong.append(
            "TOKENBOT_API_KEY must be a key: tokenbot api-key create gateway "
            "--scope holds --scope usage:write"
        )
    return wrong


def _wrong_choices(*, away: str, hold: str, timeout: str) -> list[str]:
    wrong = []
    if away not in {one.value for one in WhenAway}:
        wrong.append(f"TOKENBOT_WHEN_AWAY must be open or closed, not {away!r}")
    if hold not in {"usual", "strict"}:
        wrong.append(f"TOKENBOT_HOLD must be usual or strict, not {hold!r}")
    is_number = timeout.isascii() and timeout.isdigit()
    if not (is_number and 1 <= int(timeout) <= TIMEOUT_MS_MAX):
        wrong.append(f"TOKENBOT_TIMEOUT_MS must be from 1 to {TIMEOUT_MS_MAX}, not {timeout!r}")
    return wrong


def _folder() -> Path:
    return Path.home() / ".local" / "state" / "tokenbot"
