"""Clients that send batches one after the other, each again until it is answered.

Each is a process, forked (`tests.forking`) so that whoever was killed is replaced at once. It says
of each batch what was answered; what it hadn't said when it died is sent once more.
"""

import gzip
import json
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import httpx

from tests.e2e.metering.calls import Story
from tests.forking import context
from tests.waiting import SECONDS

#: Between two tries, while nobody listens.
_PAUSE = 0.02
#: An answer takes no longer, even where four wait in line and the machine is busy.
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a batch, as its answer says."""

    number: int
    sent: int
    accepted: int
    duplicates: int
    #: Of which later figures were known by then.
    outdated: int


class Client:
    """One that runs, and where it is in its hand of batches."""

    def __init__(self, url: str, key: str, story: Story, hand: Sequence[int]) -> None:
        self._address, self._story = (url, key), story
        self.left = list(hand)
        self.answered: list[Answered] = []
        self._start()

    @property
    def is_done(self) -> bool:
        return not self.left

    def heard(self) -> int:
        """Take in what it has said; of how many batches that was."""
        before = len(self.answered)
        self._hear()
        assert self.is_done or self._process.is_alive(), f"a client gave up on {self.left[0]}"
        return len(self.answered) - before

    def kill(self) -> None:
        """SIGKILL, and another in its place."""
        self._process.kill()
        self._process.join(SECONDS)
        self._hear()
        self.said.close()
        if not self.is_done:
            self._start()

    def stop(self) -> None:
        self.said.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join(SECONDS)

    def _hear(self) -> None:
        try:
            while self.left and self.said.poll():
                answered = self.said.recv()
                assert answered.number == self.left.pop(0)
                self.answered.append(answered)
        except (EOFError, OSError):  # it was killed, perhaps while it spoke
            self._process.join(SECONDS)

    def _start(self) -> None:
        forking = context()
        self.said, theirs = forking.Pipe(duplex=False)
        self._process = forking.Process(
            target=_send, args=(*self._address, self._story, self.left, theirs), daemon=True
        )
        self._process.start()
        theirs.close()  # so that its death can be seen here


def _send(url: str, key: str, story: Story, hand: Sequence[int], said: Connection) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    # Reading all the world's certificates takes longer than a batch, and nobody needs one.
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pause = threading.Event()  # never set: its wait is a pause between tries
    with httpx.Client(
        base_url=url, headers=headers, timeout=_ANSWER_SECONDS, verify=plain
    ) as client:
        for number in hand:
            events = story.batch(number)
            body, form = _written(events, number)
            while (answer := _answer(client, body, form)) is None:
                pause.wait(_PAUSE)
            said.send(_answered(number, events, answer))


def _written(events: list[dict[str, object]], number: int) -> tuple[bytes, dict[str, str]]:
    """Now in this form, now in that."""
    if number % 3 == 0:
        lines = "\n".join(map(json.dumps, events))
        return lines.encode(), {"Content-Type": "application/x-ndjson"}
    body = json.dumps({"events": events}).encode()
    if number % 3 == 1:
        return body, {"Content-Type": "application/json"}
    packed = gzip.compress(body, compresslevel=1)
    return packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def _answer(client: httpx.Client, body: bytes, form: dict[str, str]) -> httpx.Response | None:
    """None where there is none, or it says to come again."""
    try:
        answer = client.post("/v1/usage", content=body, headers=form)
    except httpx.TransportError:
        return None
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return None
    assert answer.status_code in {200, 422}, answer.text
    return answer


def _answered(number: int, events: list[dict[str, object]], answer: httpx.Response) -> Answered:
    said = answer.json()
    assert "ignored_fields" not in said, said
    for one in said["rejected"]:
        assert "came before with other figures" in one["error"], one
    return Answered(
        number=number,
        sent=len(events),
        accepted=said["accepted"],
        duplicates=said["duplicates"],
        outdated=len(said["rejected"]),
    )
