"""Requests to tokenbot that somebody waits for."""

import json
import os
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import httpx

from tokenbot_client import answers, problems
from tokenbot_client.access import Access
from tokenbot_client.problems import Away
from tokenbot_client.retries import Patience, Times, Trial

#: Errors that come before a request is on its way.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)
#: Of all failures, the one that says that nothing was done.
_BUSY = httpx.codes.SERVICE_UNAVAILABLE
#: What tokenbot's answer has when it tells of a hold.
HOLD = frozenset({"id", "state"})


@dataclass(frozen=True)
class Tried:
    """What came of one try."""

    answer: httpx.Response | None
    #: In words, for where it comes to nothing.
    why: str
    #: Whether tokenbot may have done what was asked although it said nothing.
    may_be_done: bool


class Wire:
    """Asks one tokenbot with one API key; threads share its connections."""

    def __init__(self, access: Access, patience: Patience, times: Times) -> None:
        self._access = access
        self._patience = patience
        self._times = times
        #: By process: a forked child must not write on its parent's connections. A dict, for its
        #: `setdefault` is atomic and needs no lock, which a fork could leave locked.
        self._clients: dict[int, httpx.Client] = {}

    def ask(
        self, method: str, path: str, body: object = None, *, fields: Set[str]
    ) -> Mapping[str, Any]:
        """What tokenbot says. Every try is the same request, so that repeats are harmless.

        `fields` are those by which its answer is known from anybody else's. Raises the `Problem`
        that it tells of, and `Away` where it says nothing or another answers.
        """
        content = None if body is None else json.dumps(body, allow_nan=False)
        trial = Trial(self._patience, self._times)
        is_unknown = False
        while True:
            tried = self._try(method, path, content, trial.seconds)
            if tried.answer is not None and not answers.is_passing(tried.answer):
                said = problems.read(tried.answer, fields)
                if said is not None:
                    return said
                # Not worth another try within the call: it is set up so, or blocked.
                is_made = tried.answer.status_code == httpx.codes.CREATED
                why = problems.obstacle(tried.answer)
                raise self._away(why, is_unknown=is_unknown or is_made)
            is_unknown = is_unknown or tried.may_be_done
            if not trial.waits(tried.answer):
                raise self._away(tried.why, is_unknown=is_unknown)

    def close(self) -> None:
        """Closes its connections; the next request opens others."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def __del__(self) -> None:
        for client in vars(self).get("_clients", {}).values():
            client.close()

    def _try(self, method: str, path: str, content: str | None, seconds: float) -> "Tried":
        try:
            answer = self._client().request(
                method, self._access.url + path, content=content, timeout=seconds
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"{type(error).__name__} {error}".strip()
            return Tried(None, why, may_be_done=not isinstance(error, _NEVER_SENT))
        reference = problems.told(answer).get("reference")
        why = f"status {answer.status_code}"
        return Tried(
            answer,
            f"{why}, reference {reference} in its log" if reference else why,
            may_be_done=answer.is_server_error and answer.status_code != _BUSY,
        )

    def _away(self, why: str, *, is_unknown: bool) -> Away:
        return Away(f"tokenbot at {self._access.url} gave no answer: {why}", is_unknown=is_unknown)

    def _client(self) -> httpx.Client:
        mine = os.getpid()
        known = self._clients.get(mine)
        return known or self._clients.setdefault(mine, self._open())

    def _open(self) -> httpx.Client:
        return httpx.Client(headers=self._access.headers, verify=self._access.verify)
