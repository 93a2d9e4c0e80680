"""Intents: calls that somebody is about to make, as far as is known of them beforehand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

#: The most output that is held for where nobody says a limit and nothing is known of such calls.
OUTPUT_UNKNOWN = 1_000
#: From so many calls on, what they used says what the next will.
CALLS_LEAST = 20
#: How many of the latest calls are looked at.
CALLS_LOOKED_AT = 200
_PERCENT = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a call will use, before it is made."""

    input_tokens: int
    #: The caller's own limit; None where it has none.
    max_output_tokens: int | None = None
    #: Hold the full limit, whatever such calls have used.
    is_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A call that is to be made, and for how long its tokens are to be held."""

    #: E-mail, Slack id, or what the source calls the person.
    user: str
    source: str = ""
    provider: str = ""
    model: str = ""
    project: str = ""
    #: Tokens of the allowance; or else an estimate of what the call counts.
    amount: int | None = None
    estimate: Estimate | None = None
    ttl: timedelta
    #: The caller's own; empty where it has none, and then each is a hold of its own.
    key: str = ""
    #: What it says of everything else.
    fingerprint: str = ""
    #: A flat JSON object, or empty.
    details: str = ""


def output(estimate: Estimate, lately: Sequence[int]) -> int:
    """How much output to hold for: the caller's limit, or what such calls use, if that is less.

    `lately` is what each of the latest calls of this person to this model put out. A client that
    always asks for 32,000 must not lock itself out of a small allowance.
    """
    limit = estimate.max_output_tokens
    if estimate.is_strict and limit is not None:
        return limit
    usual = percentile(lately) if len(lately) >= CALLS_LEAST else OUTPUT_UNKNOWN
    return usual if limit is None else min(limit, usual)


def percentile(figures: Sequence[int]) -> int:
    """The least figure that 95 of 100 don't exceed; there is at least one."""
    ordered = sorted(figures)
    return ordered[math.ceil(len(ordered) * _PERCENT / 100) - 1]
