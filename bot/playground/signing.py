"""Slack's v0 request signature."""

import hashlib
import hmac
import time
from collections.abc import Mapping


def machine_seconds() -> int:
    """Now, as the machine sees it: Bolt compares signatures with that, not with a story's clock."""
    return time.time_ns() // 1_000_000_000


def headers(secret: str, body: bytes, seconds: int) -> Mapping[str, str]:
    """The two headers that prove a body came from Slack at that second."""
    base = b"v0:%d:" % seconds + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": str(seconds),
        "X-Slack-Signature": f"v0={digest}",
    }
