"""Ids that sort by time: UUIDv7 (RFC 9562), which Python 3.11 does not make."""

import secrets
from datetime import datetime
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new(now: datetime) -> str:
    """A fresh id; the order of ids is the order of their times, to the microsecond."""
    rand_b = secrets.randbits(62)
    return str(UUID(int=_time_bits(now) | _VERSION_7 | _VARIANT | rand_b))


def first_at(moment: datetime) -> str:
    """The least id that can have been made at this time, to search by time in an index of ids."""
    return str(UUID(int=_time_bits(moment)))


def _time_bits(moment: datetime) -> int:
    """Milliseconds in the first 48 bits, and the microseconds within in `rand_a`'s twelve."""
    microseconds = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    milliseconds, rest = divmod(microseconds, 1_000)
    return (milliseconds & (1 << 48) - 1) << 80 | rest << 64
