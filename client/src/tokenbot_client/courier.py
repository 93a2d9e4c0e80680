"""Brings what an outbox owes to tokenbot, in the order in which it came."""

import json
import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import httpx

from tokenbot_client import answers
from tokenbot_client.counts import field
from tokenbot_client.outbox import Outbox, Owed

log = logging.getLogger("tokenbot_client")

#: Settlements in one request, and how long the first of them waits for company.
BATCH_MAX = 50
LINGER_SECONDS = 0.2
#: How often to look whether a process that shares the folder has gone.
LOOK_SECONDS = 15.0
FIRST_WAIT_SECONDS = 0.5
LAST_WAIT_SECONDS = 15.0
_TIMEOUT = httpx.Timeout(10.0, connect=2.0)
#: The way that holds go too: not by what `HTTP_PROXY` names for the calls to providers.
_STRAIGHT: Mapping[str, None] = MappingProxyType({"http://": None, "https://": None})
_ENDED = "urn:tokenbot:problem:hold-ended"
_UNKNOWN = "urn:tokenbot:problem:hold-unknown"
#: Of one who answers, that the request itself is wrong: by no waiting will it be taken.
_UNREADABLE = frozenset({400, 413, 422})
#: A call that was not made: what is held for it is freed.
FREED = {"litellm": {"status": "failure"}}


class Courier:
    """A thread that sends what is owed until it is taken."""

    def __init__(
        self, outbox: Outbox, url: str, api_key: str, *, look: Callable[[], object] = lambda: None
    ) -> None:
        """`look` is called every now and then, on the thread."""
        self._outbox = outbox
        self._url = url
        self._look = look
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {api_key}",
                "Content-Type": "application/json",
                "User-Agent": "tokenbot-client",
            },
            timeout=_TIMEOUT,
            mounts=_STRAIGHT,
        )
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokenbot-courier", daemon=True)
        self._is_away = False

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread; what is owed stays in the outbox."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._http.close()

    def take_over(self) -> None:
        """Make what dead processes owed this one's."""
        if taken := self._outbox.take_over():
            log.warning("tokenbot: %d settlements of a process that is gone are sent", taken)

    def deliver(self) -> bool:
        """Send what is ready; False where tokenbot is away and some of it still waits."""
        while owed := self._outbox.waiting(BATCH_MAX):
            settled = [one for one in owed if one.hold]
            unheld = [one for one in owed if not one.hold]
            reported = [one for one in unheld if "litellm" in one.told]
            forgotten = [one for one in unheld if "intent" in one.told]
            if not (self._settle(settled) and self._report(reported) and self._forget(forgotten)):
                return False
        return True

    def _run(self) -> None:
        waits = _waits()
        self._took(self.take_over)
        while not self._ended.is_set():
            if self._took(self.deliver):
                waits = _waits()
                if not self._wake.wait(LOOK_SECONDS):
                    self._took(self._look)
                    self._took(self.take_over)
                self._wake.clear()
                self._ended.wait(LINGER_SECONDS)
            else:
                self._ended.wait(next(waits))

    def _took(self, step: Callable[[], object]) -> bool:
        """Whether it came off; the thread outlives whatever it meets."""
        try:
            return step() is not False
        except Exception:  # what waits is in the file: the thread goes on, and brings it later
            log.exception("tokenbot: settlements could not be sent yet")
            return False

    def _settle(self, owed: Sequence[Owed]) -> bool:
        return self._each(
            owed,
            "/v1/settlements",
            "settlements",
            lambda one: {"hold": one.hold, **one.told},
            self._settled,
        )

    def _settled(self, one: Owed, result: object) -> None:
        problem = field(result, "problem")
        if problem is None or one.told == FREED:
            return
        kind, state = field(problem, "type"), field(problem, "state")
        if kind == _UNKNOWN or (kind == _ENDED and state == "voided"):
            # Its call was made all the same: its usage is reported by itself.
            self._outbox.put(f"{one.call}/usage", "", one.told, is_ready=True)
        elif kind == _ENDED:
            log.info("tokenbot: a hold was settled before: %s", one.hold)
        else:
            log.error("tokenbot refused a settlement: %s", field(problem, "detail"))

    def _forget(self, owed: Sequence[Owed]) -> bool:
        """Holds that nobody knows of: tokenbot was too slow to say whether it made them.

        The same intent again is answered with the same hold, which is then freed.
        """
        return self._each(owed, "/v1/holds", "holds", lambda one: one.told["intent"], self._known)

    def _known(self, one: Owed, result: object) -> None:
        hold = field(field(result, "hold"), "id")
        if isinstance(hold, str):
            self._outbox.put(f"{one.call}/freed", hold, FREED, is_ready=True)

    def _each(
        self,
        owed: Sequence[Owed],
        path: str,
        name: str,
        body_of: Callable[[Owed], object],
        heard: Callable[[Owed, object], None],
    ) -> bool:
        if not owed:
            return True
        answer = self._send(path, {name: [body_of(one) for one in owed]})
        if answer is None:
            return False
        if answer.status_code in _UNREADABLE:
            return self._singly(
                owed, answer, lambda one: self._each([one], path, name, body_of, heard)
            )
        results = field(answer.json(), "results")
        if not isinstance(results, list) or len(results) != len(owed):
            return self._away(f"an answer of {path} that is none")
        for one, result in zip(owed, results, strict=True):
            heard(one, result)
        self._outbox.done(owed)
        return True

    def _report(self, owed: Sequence[Owed]) -> bool:
        """Calls that no hold stands for: made while tokenbot was away, or whose hold has ended."""
        if not owed:
            return True
        answer = self._send("/v1/usage/litellm", [one.told["litellm"] for one in owed])
        if answer is None:
            return False
        refused = answers.refused(answer)
        if refused is None and answer.status_code in _UNREADABLE:
            return self._singly(owed, answer, lambda one: self._report([one]))
        if refused is None:
            return self._away("an answer of /v1/usage/litellm that is none")
        for one in refused:
            log.error("tokenbot refused a call: %s", one)
        self._outbox.done(owed)
        return True

    def _singly(
        self, owed: Sequence[Owed], answer: httpx.Response, send: Callable[[Owed], bool]
    ) -> bool:
        """One that can't be read keeps no other from being sent."""
        if len(owed) > 1:
            return all(send(one) for one in owed)
        log.error("tokenbot can't read a settlement: %s", answer.text[:300])
        self._outbox.done(owed)
        return True

    def _send(self, path: str, body: object) -> httpx.Response | None:
        """The answer, if it says what became of the request; else what is owed waits."""
        try:
            answer = self._http.post(f"{self._url}{path}", content=json.dumps(body))
        except httpx.HTTPError as error:
            self._away(type(error).__name__)
            return None
        if answer.status_code != httpx.codes.OK and answer.status_code not in _UNREADABLE:
            self._away(f"status {answer.status_code}")
            return None
        if self._is_away:
            log.warning("tokenbot answers again")
        self._is_away = False
        return answer

    def _away(self, why: str) -> bool:
        if not self._is_away:
            log.warning("tokenbot is away (%s); settlements wait in the outbox", why)
        self._is_away = True
        return False


def _waits() -> Iterator[float]:
    """Doubling waits, each shortened by up to half so that many processes don't come at once."""
    wait = FIRST_WAIT_SECONDS
    while True:
        yield wait * (1 - random.random() / 2)  # noqa: S311 - no secret
        wait = min(wait * 2, LAST_WAIT_SECONDS)
