"""Answers that take longer than Slack waits: made one after the other, and owed by the outbox."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.directory import UserId, WorkspaceId
from bot.slack import errors, replies
from bot.slack.answers import Later, Show
from bot.slack.payloads import Command
from bot.slack.render import messages
from bot.slack.shortcuts import Chosen
from bot.storage.database import Database

#: Each is at most a message's text in memory, and takes a moment.
WAITING_MAX = 100
_IDLE_SECONDS = 60.0
#: What is said meanwhile is on its way to Slack: the answer must not overtake it.
_AFTER = timedelta(seconds=1)
_BUSY = "Many are asking just now. Try again in a moment."


@dataclass(frozen=True, slots=True)
class _Owed:
    workspace_id: WorkspaceId
    user_id: UserId
    response_url: str
    later: Later
    reference: str


class SlowAnswers:
    """Where they wait. What a process that ends has not made yet is lost; nothing was moved."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[_Owed] = deque()
        self._woken: Callable[[], None] = lambda: None

    def listen(self, woken: Callable[[], None]) -> None:
        """Called whenever there is something to make."""
        self._woken = woken

    def owe(self, said: Command | Chosen, later: Later) -> Show:
        """What to say meanwhile; or that too many wait, and then nothing follows."""
        if len(self._waiting) >= WAITING_MAX:
            return Show(messages.say(_BUSY))
        reference = str(structlog.contextvars.get_contextvars().get("reference", ""))
        self._waiting.append(
            _Owed(said.workspace_id, said.user_id, said.response_url, later, reference)
        )
        self._woken()
        return Show(later.meanwhile)

    def step(self) -> float:
        """Make all that wait; for how many seconds there is nothing to do then."""
        while self._waiting:
            self._answer(self._waiting.popleft())
        return _IDLE_SECONDS

    def _answer(self, owed: _Owed) -> None:
        """What goes wrong is told to the person here, and raised for the log."""
        structlog.contextvars.bind_contextvars(reference=owed.reference)
        shown = messages.say(errors.unexpected(owed.reference))
        try:
            shown = dict(owed.later.make())
        finally:
            replies.owe(
                self._database,
                owed.workspace_id,
                Show(shown),
                user_id=owed.user_id,
                response_url=owed.response_url,
                now=self._clock() + _AFTER,
            )
