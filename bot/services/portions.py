"""How much goes into one commit, so that nobody waits long for it."""

from math import ceil

#: For so long a commit may keep other writers waiting; on SQLite these are people.
WAIT_SECONDS = 0.1
#: The fewest, however slow the machine is just now, and the most.
LEAST, MOST = 50, 1_000
#: While it is not known how fast it is.
FIRST = 250


class Portions:
    """Learns from each commit how many events fit into a short one.

    A thousand take some 90 ms on a quiet machine, two seconds while hundreds of people a second
    ask what they have. Threads may share it: it is one number, and a stale one does no harm.
    """

    def __init__(self) -> None:
        self._fitting = FIRST

    def size(self, left: int) -> int:
        """How many to take next of those that are left: as few parts as go, of one size."""
        return ceil(left / ceil(left / self._fitting))

    def halve(self) -> None:
        """One came to nothing: the database was away, or gave up waiting for it."""
        self._fitting = max(self._fitting // 2, LEAST)

    def learn(self, size: int, seconds: float) -> None:
        """So many kept others waiting for so long."""
        fitting = int(size * WAIT_SECONDS / max(seconds, 0.001))
        if seconds > WAIT_SECONDS:
            self._fitting = max(fitting, LEAST)
        else:  # A few that were quick say little of many.
            self._fitting = max(self._fitting, min(fitting, 2 * size, MOST))
