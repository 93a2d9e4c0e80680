"""Moving time forward, step by step; at each step the bot does and delivers what is due."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.playground.clock import PlaygroundClock
from bot.playground.workspace import Workspace

#: The longest step: what the bot does by the hour, it gets to do at about its hour.
STEP = timedelta(hours=3)
#: A year is three thousand steps; more at once is a slip of the keyboard.
JOURNEY_MAX = timedelta(days=366)
STOP_SECONDS_MAX = 30.0


class CannotMove(Exception):
    """Time can't be moved so; the message says why, in words for the page."""


class Bot(Protocol):
    """What travels along: `bot.bootstrap.Handle` is one."""

    def tick(self, at: datetime) -> None: ...

    def check(self) -> list[str]: ...

    def at_rest(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """How far a move has come, and what the books say at its end."""

    to: datetime
    steps: int
    taken: int = 0
    is_under_way: bool = True
    #: What does not add up; None until the books were looked at.
    findings: tuple[str, ...] | None = None

    @property
    def is_broken_off(self) -> bool:
        return not self.is_under_way and self.taken < self.steps


class Travel:
    """Moves the clock of a workspace and its bot, one journey at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._clock = workspace.clock if isinstance(workspace.clock, PlaygroundClock) else None
        self._stopping = threading.Event()
        self._halted = False
        self._thread: threading.Thread | None = None
        #: Does what is due at each step; without one only the time moves.
        self.bot: Bot | None = None
        #: The journey under way, or the last one.
        self.journey: Journey | None = None
        #: Hears how far it has come.
        self.heard: Callable[[Journey], None] = lambda _journey: None

    @property
    def is_possible(self) -> bool:
        """Whether this workspace's clock can be moved."""
        return self._clock is not None

    def still(self) -> AbstractContextManager[None]:
        """The clock does not jump meanwhile."""
        return self._clock.still() if self._clock else nullcontext()

    def move(self, to: datetime) -> Journey:
        """Go there now, and answer once it is done. Raises `CannotMove`."""
        clock, stops = self._begin(to)
        return self._go(clock, stops)

    def start(self, to: datetime) -> None:
        """Go there in a thread of its own; `journey` tells how far. Raises `CannotMove`."""
        way = self._begin(to)
        self._thread = threading.Thread(target=self._go, args=way, name="travel", daemon=True)
        self._thread.start()

    def halt(self) -> None:
        """Break off the journey under way, after the step in hand."""
        self._halted = True

    def forget(self) -> None:
        """Break off, wait for the step in hand, and know of no journey."""
        self.halt()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS_MAX)
        with self._workspace.changing():
            self.journey = None

    def stop(self) -> None:
        """Break off, wait for the step in hand, and begin nothing new."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS_MAX)

    def _begin(self, to: datetime) -> tuple[PlaygroundClock, Sequence[datetime]]:
        """The clock, and the stops of a journey that nobody else may disturb from now on."""
        if self._clock is None:
            raise CannotMove("The clock of this workspace can't be moved.")
        with self._workspace.changing():
            if self.journey is not None and self.journey.is_under_way:
                raise CannotMove("Time is being moved already. Wait until it has arrived.")
            stops = _stops(self._clock(), to)
            self.journey = Journey(to=to, steps=len(stops))
            self.heard(self.journey)
            self._halted = False
        return self._clock, stops

    def _go(self, clock: PlaygroundClock, stops: Sequence[datetime]) -> Journey:
        journey = Journey(to=stops[-1], steps=len(stops))
        try:
            for taken, stop in enumerate(stops, start=1):
                if self._halted or self._stopping.is_set():
                    break
                self._step(clock, stop)
                journey = self._tell(replace(journey, taken=taken))
            findings = tuple(self.bot.check()) if self.bot else None
            journey = replace(journey, findings=findings)
        finally:
            journey = self._tell(replace(journey, is_under_way=False))
        return journey

    def _step(self, clock: PlaygroundClock, stop: datetime) -> None:
        # Whoever is sending a notice holds it for a minute of this clock: a jump in between would
        # give the notice to a second sender.
        with self.bot.at_rest() if self.bot else nullcontext():
            clock.move_to(stop)
        if self.bot:
            self.bot.tick(stop)

    def _tell(self, journey: Journey) -> Journey:
        with self._workspace.changing():
            self.journey = journey
            self.heard(journey)
        return journey


def _stops(now: datetime, to: datetime) -> Sequence[datetime]:
    """Where to halt between now and then, the end included."""
    if to <= now:
        raise CannotMove("That has passed: time only moves forward.")
    if to - now > JOURNEY_MAX:
        raise CannotMove("That is too far: at most a year at once.")
    between = range(1, -((now - to) // STEP))
    return [*(now + nth * STEP for nth in between), to]
