"""Seeing what people see, and waiting until they see it."""

import time
from collections.abc import Callable
from typing import TypeVar

from bot.playground import texts
from bot.playground.driving import Who, id_of
from bot.playground.places import Message, View
from bot.playground.web_api.calls import Call
from bot.playground.workspace import Workspace

T = TypeVar("T")

#: A predicate may look at things that no change here announces, so it is asked again this often.
LOOK_AGAIN_SECONDS = 0.1


class Looking:
    """What there is to see. `SimulatedSlack` is one of these, so that tests say `slack.dm`."""

    def __init__(self, workspace: Workspace, call_log: list[Call]) -> None:
        self.workspace = workspace
        self._call_log = call_log

    def dm(self, who: Who) -> list[Message]:
        """The messages between this person and the bot."""
        with self.workspace.reading():
            return list(self.workspace.dm_with(id_of(who)).messages)

    def channel(self, name: str) -> list[Message]:
        """The messages of a channel, by name or id, as everyone sees them."""
        with self.workspace.reading():
            found = self.workspace.channel_named(name) or self.workspace.channel(name)
            return list(found.messages)

    def ephemerals(self, who: Who) -> list[Message]:
        """What only this person sees, wherever it is."""
        with self.workspace.reading():
            return [one for one in self.workspace.ephemerals if one.only_for == id_of(who)]

    def home(self, who: Who) -> View | None:
        """What was published as this person's Home."""
        return self.workspace.homes.get(id_of(who))

    def modal(self, who: Who) -> View | None:
        """The modal in front of this person."""
        stack = self.workspace.stack(id_of(who))
        return stack[-1] if stack else None

    def as_text(self, thing: Message | View | None, who: Who | None = None) -> str:
        """A message or view as a person reads it; nothing reads as ''."""
        with self.workspace.reading():
            if thing is None:
                return ""
            if isinstance(thing, View):
                return texts.of_view(self.workspace, thing)
            return texts.of_message(self.workspace, thing, id_of(who) if who else "")

    def calls(self, method: str | None = None) -> list[Call]:
        """The Web API calls so far, oldest first."""
        with self.workspace.reading():
            return [one for one in self._call_log if method in {None, one.method}]

    def wait_until(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """The predicate's first truthy value, asked again at each change."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self.workspace.version
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"nothing came of it in {timeout} s\n{self.summary()}")
            with self.workspace.condition:
                self.workspace.condition.wait_for(
                    lambda seen=seen: self.workspace.version != seen,  # type: ignore[misc]  # mypy infers no lambda with a default
                    min(left, LOOK_AGAIN_SECONDS),
                )

    def summary(self) -> str:
        """All that people see and the last calls, as text."""
        return texts.summary(self.workspace) + "".join(
            f"\n{call.method} → {call.outcome}" for call in self.calls()[-20:]
        )
