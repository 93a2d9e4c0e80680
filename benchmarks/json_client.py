"""A program's side of the wire, in a process of its own: JSON posted on kept connections.

Reads a `Load` as JSON from standard input; answers with latencies and failures on standard output.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from urllib.parse import urlsplit

from benchmarks.measure import Sample

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to post, where, for how long."""

    url: str
    key: str
    #: `{id}` is the next of the ids, and `{n}` in the body a number that never comes twice.
    path: str
    body: str
    #: Of whom each post is, in turn: `{user}`.
    users: Sequence[str]
    ids: Sequence[str] = field(default_factory=list)
    connections: int
    seconds: float
    #: Of every good answer.
    status: int
    #: Begins the numbers, so that those of one run are not another's.
    name: str


def send(load: Load) -> Sample:
    """Send it all from another process. Raises where an answer was wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.json_client"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=load.seconds + _PATIENCE_SECONDS,
        check=True,
    )
    said = json.loads(done.stdout)
    if said["failures"]:
        raise AssertionError(f"answers went wrong: {said['failures']}")
    return Sample(said["seconds"], sorted(said["latencies"]))


class _Poster:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._address = urlsplit(load.url)
        self._numbers = count()
        self._ids = iter(load.ids)
        self.latencies: list[float] = []
        self.failures: list[str] = []

    async def post_until(self, until: float) -> None:
        """One connection's posts, one after the other; one at the least."""
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        while not self.failures:
            request = self._request()
            before = time.perf_counter()
            writer.write(request)
            status, answer = await _response(reader)
            after = time.perf_counter()
            self.latencies.append(after - before)
            if status != self._load.status:
                self.failures.append(f"{status} {answer[:300]!r}")
            if after >= until:
                break
        writer.close()
        await writer.wait_closed()

    def _request(self) -> bytes:
        load, number = self._load, next(self._numbers)
        path = load.path.replace("{id}", next(self._ids)) if load.ids else load.path
        user = load.users[number % len(load.users)]
        body = load.body.replace("{n}", f"{load.name}.{number}").replace("{user}", user)
        return (
            f"POST {path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {load.key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next((f for f in fields if f.startswith(b"content-length:")), b":0")
    return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length.split(b":")[1]))


async def _run(load: Load) -> None:
    poster = _Poster(load)
    began = time.perf_counter()
    until = began + load.seconds
    await asyncio.gather(*(poster.post_until(until) for _ in range(load.connections)))
    said = {
        "seconds": time.perf_counter() - began,
        "latencies": poster.latencies,
        "failures": poster.failures[:5],
    }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    asyncio.run(_run(Load(**json.loads(sys.stdin.read()))))
