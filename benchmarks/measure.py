"""Arms that take turns, and ratios between them: never an absolute figure from another day."""

import statistics
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic, perf_counter

#: An arm that can't be quiet around it within this time is measured all the same.
QUIET_SECONDS_MAX = 20.0
_QUIET = 0.85
_SLICES = 4
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What one arm did in one round."""

    seconds: float
    #: Seconds of each call, ascending.
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


Arm = Callable[[float], Sample]
Samples = Mapping[str, Sequence[Sample]]


class Bound(StrEnum):
    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A figure of every round, judged by its median against what is demanded."""

    name: str
    figures: Sequence[float]
    demanded: float
    bound: Bound = Bound.AT_LEAST
    unit: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def is_met(self) -> bool:
        if self.bound is Bound.AT_LEAST:
            return self.median >= self.demanded
        return self.median <= self.demanded


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure."""

    rounds: int
    seconds: float
    #: Where databases are made: a disk, not memory.
    folder: Path


def alternate(arms: Mapping[str, Arm], options: Options) -> Samples:
    """Every arm in every round, in slices that take turns: what disturbs, disturbs all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in arms}
    for name, arm in arms.items():
        say(f"warming up: {name}")
        arm(options.seconds / _SLICES)
    for number in range(options.rounds):
        wait_for_quiet()
        slices: dict[str, list[Sample]] = {name: [] for name in arms}
        for turn in range(_SLICES):
            for name in list(arms)[:: 1 if turn % 2 else -1]:
                slices[name].append(arms[name](options.seconds / _SLICES))
        for name, parts in slices.items():
            sample = _joined(parts)
            samples[name].append(sample)
            p50, p99 = (sample.quantile(share) * 1e3 for share in (0.5, 0.99))
            say(f"{number + 1} {name}: {sample.rate:,.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    return samples


def say(words: str) -> None:
    """How it goes, beside the table of ratios."""
    print(words, file=sys.stderr, flush=True)


def _joined(parts: Sequence[Sample]) -> Sample:
    latencies = sorted(latency for part in parts for latency in part.latencies)
    return Sample(sum(part.seconds for part in parts), latencies)


def rates(samples: Samples, arm: str, limit: str) -> list[float]:
    """The arm's rate over the limit's, of each round."""
    return [a.rate / b.rate for a, b in zip(samples[arm], samples[limit], strict=True)]


def tails(samples: Samples, arm: str, other: str) -> list[float]:
    """The arm's p99 over the other's, of each round."""
    pairs = zip(samples[arm], samples[other], strict=True)
    return [a.quantile(0.99) / b.quantile(0.99) for a, b in pairs]


def in_threads(callers: Sequence[Callable[[], object]], seconds: float) -> Sample:
    """Each caller again and again in a thread of its own, all at once."""
    barrier = threading.Barrier(len(callers) + 1)
    done: list[list[float]] = [[] for _ in callers]
    faults: list[BaseException] = []

    def call(number: int) -> None:
        mine, act = done[number], callers[number]
        barrier.wait()
        try:
            before = perf_counter()
            until = before + seconds
            while before < until:
                act()
                after = perf_counter()
                mine.append(after - before)
                before = after
        except BaseException as fault:  # noqa: BLE001 - raised again below, in the main thread
            faults.append(fault)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(len(callers))]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    took = perf_counter() - began
    if faults:
        raise faults[0]
    return Sample(took, sorted(latency for mine in done for latency in mine))


def wait_for_quiet(seconds_max: float = QUIET_SECONDS_MAX) -> None:
    """Until the machine has been mostly idle for a moment, or patience ends."""
    pause = threading.Event()
    until = monotonic() + seconds_max
    while monotonic() < until:
        idle, total = _processor_times()
        pause.wait(_LOOK_SECONDS)
        idle_now, total_now = _processor_times()
        if (idle_now - idle) / max(1, total_now - total) > _QUIET:
            return


def _processor_times() -> tuple[int, int]:
    stat = Path("/proc/stat")
    if not stat.exists():
        return 1, 1
    figures = [int(figure) for figure in stat.read_text().split("\n", 1)[0].split()[1:9]]
    return figures[3] + figures[4], sum(figures)
