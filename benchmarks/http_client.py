"""Slack's side of the wire, in a process of its own: signed slash commands on kept connections.

Reads an `Errand` as JSON from standard input; answers with latencies and failures on standard
output.
"""

import asyncio
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from urllib.parse import urlencode, urlsplit

from benchmarks.measure import Sample

_PATIENCE_SECONDS = 60.0
_BUSY = "Busy: nothing was moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What to send, to whom, for how long."""

    url: str
    secret: str
    team_id: str
    user_ids: Sequence[str]
    command: str
    #: Sent in turn, each with what a good answer holds; `{other}` is the next user.
    texts: Sequence[Sequence[str]]
    connections: int
    seconds: float
    #: Begins the trigger ids, which are keys: never twice the same on one database.
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long each answer took, and what went wrong."""

    sample: Sample
    failures: Sequence[str]
    #: When each command was sent, and the seconds until its answer; by `perf_counter`, which all
    #: processes of a machine share.
    answers: Sequence[Sequence[float]]


def send(errand: Errand) -> Outcome:
    """Send it all from another process."""
    with sending(errand) as ended:
        return ended()


@contextmanager
def sending(errand: Errand, *, until_told: bool = False) -> Iterator[Callable[[], Outcome]]:
    """Send it while the block runs; the call waits for the end, or tells it to come."""
    client = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.http_client"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ended() -> Outcome:
        if until_told:
            client.terminate()
        told, _ = client.communicate(timeout=errand.seconds + _PATIENCE_SECONDS)
        if client.returncode:
            raise RuntimeError(f"the client ended with {client.returncode}")
        said = json.loads(told)
        answers = said["answers"]
        latencies = sorted(took for _, took in answers)
        return Outcome(Sample(said["seconds"], latencies), said["failures"], answers)

    with client:
        if client.stdin is not None:
            client.stdin.write(json.dumps(asdict(errand)) + "\n")
            client.stdin.flush()
        try:
            yield ended
        finally:
            client.kill()


def is_clean(outcome: Outcome) -> bool:
    """Whether nobody was told to try again. Raises if an answer was wrong."""
    wrong = [failure for failure in outcome.failures if _BUSY not in failure]
    if wrong:
        raise AssertionError(f"answers went wrong: {wrong}")
    return not outcome.failures


class _Caller:
    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._numbers = count()
        self.is_told_to_end = False
        self.answers: list[tuple[float, float]] = []
        self.failures: list[str] = []

    async def call_until(self, until: float) -> None:
        """One connection's commands, one after the other; one at the least."""
        address = urlsplit(self._errand.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while True:
            before = time.perf_counter()
            number = next(self._numbers)
            text, expected = self._errand.texts[number % len(self._errand.texts)]
            writer.write(self._request(address.netloc, self._body(number, text)))
            failure = _failure(*await _response(reader), expected)
            self.answers.append((before, time.perf_counter() - before))
            if failure:
                self.failures.append(failure)
            if self.is_told_to_end or time.perf_counter() >= until:
                break
        writer.close()
        await writer.wait_closed()

    def _request(self, host: str, body: str) -> bytes:
        stamp = str(time.time_ns() // 1_000_000_000)
        signed = hmac.new(
            self._errand.secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256
        )
        return (
            f"POST /slack/events HTTP/1.1\r\nHost: {host}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
            f"X-Slack-Signature: v0={signed.hexdigest()}\r\n\r\n{body}"
        ).encode()

    def _body(self, number: int, text: str) -> str:
        errand = self._errand
        users = errand.user_ids
        return urlencode(
            {
                "team_id": errand.team_id,
                "team_domain": "bench",
                "channel_id": "C0BENCH01",
                "channel_name": "general",
                "user_id": users[number % len(users)],
                "user_name": "someone",
                "command": errand.command,
                "text": text.format(other=users[(number + 1) % len(users)]),
                "api_app_id": "A0BENCH01",
                "is_enterprise_install": "false",
                "response_url": "http://127.0.0.1:9/response",
                "trigger_id": f"{errand.name}.{number}",
            }
        )


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next((f for f in fields if f.startswith(b"content-length:")), b":0")
    return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length.split(b":")[1]))


def _failure(status: int, body: bytes, expected: str) -> str:
    is_good = status == 200 and expected.encode() in body
    return "" if is_good else f"{status} {body[:300]!r}"


async def _run(errand: Errand) -> None:
    caller = _Caller(errand)

    def end() -> None:
        caller.is_told_to_end = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    began = time.perf_counter()
    until = began + errand.seconds
    await asyncio.gather(*(caller.call_until(until) for _ in range(errand.connections)))
    said = {
        "seconds": time.perf_counter() - began,
        "answers": caller.answers,
        "failures": caller.failures[:5],
    }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    asyncio.run(_run(Errand(**json.loads(sys.stdin.readline()))))
