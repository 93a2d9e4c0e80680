"""The bot of a playground and its ledger: built, torn down, and built anew."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from bot import bootstrap
from bot.bootstrap import Handle
from bot.bootstrap.watching import Watcher
from bot.config import Settings
from bot.playground import story
from bot.playground.clock import PlaygroundClock
from bot.playground.people import MIA
from bot.playground.server import SimulatedSlack
from bot.playground.simulate import STARTING, CannotSimulate

DATABASE_FILE = "playground.db"


class House:
    """From `open` to `close` the bot runs; `start_over` has it begin with an empty ledger."""

    def __init__(
        self,
        slack: SimulatedSlack,
        clock: PlaygroundClock,
        place: Path,
        settings: Callable[[int], Settings],
    ) -> None:
        """`settings` answers those of a bot that serves on that port."""
        self._slack = slack
        self._clock = clock
        self._place = place
        self._settings = settings
        self._running = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._is_closed = False
        self._port = 0

    def open(self) -> list[str]:
        """Start the bot, and tell the story where the ledger is new; answers what went wrong."""
        is_new = not (self._place / DATABASE_FILE).exists()
        # What the story does is no doing of somebody who has the page open already.
        self._slack.simulate.say(STARTING)
        handle = self._running.enter_context(
            bootstrap.running(self._settings(self._port), clock=self._clock)
        )
        self._port = int(handle.url.rpartition(":")[2])
        self._move_in(handle)
        handle.add_approver(self._slack.team_id, MIA.id)
        troubles = story.tell(self._slack) if is_new else []
        self._slack.simulate.say("")
        return troubles

    def close(self) -> None:
        """Stop the bot; nothing is begun anew after that."""
        with self._lock:
            self._is_closed = True
            self._slack.travel.stop()  # before the bot, which travels along
            self._move_out()

    def start_over(self) -> list[str]:
        """An empty ledger, an empty workspace, the real time, and the story told anew."""
        slack = self._slack
        with self._lock:
            if self._is_closed:
                raise CannotSimulate("The playground is being stopped.")
            slack.travel.forget()
            # Whoever comes meanwhile waits at the clock, and finds the new workspace.
            with self._clock.quiet():
                slack.faults.clear()
                self._move_out()
                for file in self._place.glob(f"{DATABASE_FILE}*"):
                    file.unlink()
                self._clock.reset()
                slack.furnish()
                slack.feed.forget()
                return self.open()

    def _move_in(self, handle: Handle) -> None:
        slack = self._slack
        watcher = Watcher(handle.bot.database, handle.clock)
        slack.bot_url, slack.travel.bot, slack.completion.bot = handle.url, handle, handle
        slack.simulate.take(watcher)
        slack.feed.books = watcher

    def _move_out(self) -> None:
        slack = self._slack
        slack.travel.bot = slack.completion.bot = None
        slack.simulate.take(None)
        slack.feed.forget()
        self._running.close()
