"""`tokenbot tick --at` as cron runs it: beside the workers, and killed like them."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.e2e import processes
from tests.waiting import SECONDS

#: It takes about so long, most of it to start.
_TAKES = 1.5
_WRITTEN_IN = ZoneInfo("Europe/Berlin")


@dataclass(slots=True)
class Ticking:
    """One that was started."""

    process: processes.Process

    def ended(self, dice: random.Random, *, last: bool) -> int:
        """Let it end, or kill it: how many kills that was."""
        popen = self.process.popen
        try:
            code = popen.wait(SECONDS if last else _TAKES * 2 * dice.random())
        except subprocess.TimeoutExpired:
            assert not last, "the command hangs"
            self.process.kill()
            return 1
        # As a worker that was kept waiting: a machine with no time for all three.
        assert code == 0 or "timeout" in self.process.said, self.process.said
        return 0


@dataclass(frozen=True, slots=True)
class Command:
    folder: Path
    environment: dict[str, str]

    @contextmanager
    def ticking(self, now: datetime) -> Iterator[Ticking]:
        """The command for this time, with its offset, under way."""
        at = now.astimezone(_WRITTEN_IN).isoformat()
        with processes.started(self.folder, "tick", "--at", at, **self.environment) as process:
            yield Ticking(process)
