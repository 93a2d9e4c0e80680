"""Calls of a company's people, by the thousand, as usage events, as rows, and as JSON."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.worlds import BEGAN, MEMBERS, WORKSPACE, member
from bot.domain.counts import Counts
from bot.domain.usage_events import UsageEvent

BATCH = 1_000
#: Of each batch, this share was sent before.
REPEATED = 0.05
SOURCE = "litellm"
_MODELS = ("gpt-4o", "claude-sonnet-4-5", "gpt-4o-mini")
_PROJECTS = ("search", "ranking", "support")

Row = tuple[object, ...]


def batches(seed: int, *, now: datetime = BEGAN) -> Iterator[list[UsageEvent]]:
    """A thousand calls of the last day each time, some of them for the second time."""
    rnd = random.Random(seed)
    before: list[UsageEvent] = []
    while True:
        repeated = rnd.sample(before, int(BATCH * REPEATED)) if before else []
        before = [_call(rnd, now) for _ in range(BATCH - len(repeated))]
        yield before + repeated


def _call(rnd: random.Random, now: datetime) -> UsageEvent:
    return UsageEvent(
        source=SOURCE,
        external_id=f"{rnd.getrandbits(128):032x}",
        occurred_at=now - timedelta(seconds=rnd.randrange(36_000)),
        user=member(rnd.randrange(MEMBERS)),
        model=rnd.choice(_MODELS),
        provider="openai",
        counts=Counts(
            input_uncached=rnd.randrange(1, 5_000),
            cache_read=rnd.randrange(2_000),
            output=rnd.randrange(1, 500),
        ),
        project=rnd.choice(_PROJECTS),
    )


def rows(batch: Sequence[UsageEvent], entry_id: str) -> list[Row]:
    """What the limit writes of a batch: the columns that tell of a call, worked out beforehand."""
    return [
        (
            WORKSPACE,
            one.source,
            one.external_id,
            0,
            "gateway",
            f"member:{one.user}",
            "everyone",
            one.occurred_at.date().isoformat(),
            one.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
            BEGAN.isoformat(timespec="microseconds"),
            one.provider,
            one.model,
            one.project,
            one.counts.input_uncached,
            one.counts.cache_read,
            0,
            one.counts.output,
            0,
            one.counts.total,
            "raw",
            0,
            entry_id,
        )
        for one in batch
    ]


def body(batch: Sequence[UsageEvent]) -> bytes:
    """The same as a request of `POST /v1/usage`."""
    events = [
        {
            "source": one.source,
            "id": one.external_id,
            "at": one.occurred_at.isoformat(),
            "user": one.user,
            "model": one.model,
            "provider": one.provider,
            "input_tokens": one.counts.input,
            "cached_input_tokens": one.counts.cache_read,
            "output_tokens": one.counts.output,
            "project": one.project,
        }
        for one in batch
    ]
    return json.dumps({"events": events}).encode()
