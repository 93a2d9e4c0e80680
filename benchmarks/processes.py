"""Callers that are processes: started once, then told when to begin, all at the same time."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Protocol, TypeAlias

from benchmarks.measure import Sample

_PATIENCE_SECONDS = 60.0


class Caller(Protocol):
    """What a process does over and over."""

    def call(self) -> None: ...

    def close(self) -> None: ...


Pipe: TypeAlias = "Connection[object, object]"


class Crew:
    """Processes that wait for work."""

    def __init__(self, pipes: Sequence[Pipe]) -> None:
        self._pipes = pipes
        self.done = 0

    def run(self, seconds: float) -> Sample:
        """What all of them did in this time."""
        for pipe in self._pipes:
            pipe.send(seconds)
        told = [_heard(pipe) for pipe in self._pipes]
        latencies = sorted(latency for _, own in told for latency in own)
        self.done += len(latencies)
        return Sample(max(took for took, _ in told), latencies)


@contextmanager
def crew(make: Callable[[str, int], Caller], uri: str, size: int) -> Iterator[Crew]:
    """So many processes, each with a caller made of the uri and its own number."""
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(size)]
    processes = [
        context.Process(target=_work, args=(theirs, make, uri, number), daemon=True)
        for number, (_, theirs) in enumerate(pairs)
    ]
    for process in processes:
        process.start()
    try:
        yield Crew([ours for ours, _ in pairs])
    finally:
        for ours, _ in pairs:
            ours.send(None)
        for process in processes:
            process.join(_PATIENCE_SECONDS)


def _work(pipe: Pipe, make: Callable[[str, int], Caller], uri: str, number: int) -> None:
    caller = make(uri, number)
    while isinstance(seconds := pipe.recv(), float):
        latencies = []
        began = before = perf_counter()
        while before < began + seconds:
            caller.call()
            after = perf_counter()
            latencies.append(after - before)
            before = after
        pipe.send((before - began, latencies))
    caller.close()


def _heard(pipe: Pipe) -> tuple[float, list[float]]:
    if not pipe.poll(_PATIENCE_SECONDS):
        raise RuntimeError("a process of the benchmark is silent")
    said = pipe.recv()
    if not isinstance(said, tuple):
        raise TypeError(f"a process of the benchmark said {said!r}")
    return said
