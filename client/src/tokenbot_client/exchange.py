"""What is asked of tokenbot about holds, and what happens where it does not answer."""

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from tokenbot_client import settling
from tokenbot_client.access import Access
from tokenbot_client.problems import Away, LimitReached
from tokenbot_client.retries import PATIENCE, TIMES, Patience, Times
from tokenbot_client.routes import Event
from tokenbot_client.sender import sender_for
from tokenbot_client.wire import HOLD, Wire

log = logging.getLogger("tokenbot_client")

#: Whether calls are made while tokenbot is away, or not.
WhenAway = Literal["open", "closed"]
_CHOICES = ("open", "closed")
#: What tokenbot's answer has when a call may be made.
_PERMISSION = frozenset({"allowed", "needed", "available"})
#: How long a call that does not fit waits for the ends of this process's own calls to be told.
SETTLING_SECONDS = 2.0

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """What came of asking for a hold: what tokenbot said, or nothing where it is away."""

    said: Said | None
    #: The request, where tokenbot may hold for it although its answer was lost.
    lost: Mapping[str, object] | None = None

    @property
    def target(self) -> Event | None:
        """What is to be ended; None where nothing is held."""
        if self.said is not None:
            return settling.known(str(self.said.get("id", "")))
        return None if self.lost is None else settling.lost(self.lost)


class Exchange:
    """One tokenbot and one API key, with what is still to be told in the background."""

    def __init__(
        self,
        access: Access,
        *,
        when_away: WhenAway,
        patience: Patience = PATIENCE,
        times: Times = TIMES,
    ) -> None:
        if when_away not in _CHOICES:
            raise ValueError(f"when_away must be open or closed, not {when_away!r}")
        self.wire = Wire(access, patience, times)
        self._is_open = when_away == "open"
        self._patience = patience
        self.times = times
        self._usage = sender_for(access)
        self._ends = settling.sender_of(access)
        self._rests_until = times.monotonic()

    def wake(self) -> None:
        """Readies the threads that tell, before there is anything to tell."""
        self._ends.wake()
        self._usage.wake()

    def hold(self, body: Mapping[str, object]) -> Made:
        """What came of asking for a hold, where the call may be made.

        Raises the `Problem` that stands against it, and `Away` where calls are not to be made.
        """
        self.wake()
        try:
            return Made(self._once_more("/v1/holds", body, HOLD))
        except Away as away:
            self._let_pass(away)
            return Made(None, lost=body if away.is_unknown else None)

    def may(self, body: Mapping[str, object]) -> Said | None:
        """The answer to whether a call may be made; None where it may for tokenbot is away."""
        try:
            return self._once_more("/v1/authorize", body, _PERMISSION)
        except Away as away:
            self._let_pass(away)
            return None

    def told(self, hold_id: str, act: str, body: Mapping[str, object] | None = None) -> Said | None:
        """What becomes of a hold; None where tokenbot is away. Raises a `Problem`."""
        if self._is_resting():
            return None
        try:
            return self._answered(settling.path(hold_id, act), body or {}, HOLD)
        except Away as away:
            log.warning("%s", away)
            return None

    def extended(self, hold_id: str, seconds: int | None) -> Said | None:
        """A hold that stands longer; None where tokenbot is away and calls go on all the same."""
        said = self.told(hold_id, "extend", {} if seconds is None else {"ttl_seconds": seconds})
        if said is None and not self._is_open:
            raise Away("tokenbot is away: the hold was not extended")
        return said

    def settle_later(
        self, made: Made, event: Callable[[], Event], *, is_final: bool = True
    ) -> None:
        """Has a call charged in the background, to its hold if there is one."""
        target = made.target
        if target is None:
            self._usage.add(event)
        else:
            self._ends.add(lambda: settling.settlement(target, event(), is_final=is_final))

    def void_later(self, made: Made) -> None:
        """Has a hold freed in the background, if there is one."""
        target = made.target
        if target is not None:
            self._ends.add(lambda: settling.voiding(target))

    def flush(self, seconds: float) -> bool:
        """Whether all that is told in the background was taken within so long."""
        deadline = self.times.monotonic() + seconds
        is_told = self._ends.flush(seconds)
        # What its hold could not take is usage by now.
        return self._usage.flush(max(deadline - self.times.monotonic(), 0.0)) and is_told

    def _let_pass(self, away: Away) -> None:
        """Has a call made all the same. Raises the absence where it is not to be made."""
        if not self._is_open:
            raise away
        log.warning("%s; the call is made all the same, and reported later", away)

    def _once_more(self, path: str, body: Mapping[str, object], fields: Set[str]) -> Said:
        turns = self._ends.turns
        try:
            return self._asked(path, body, fields)
        except LimitReached:
            # Calls of this process may have ended, which tokenbot is being told of just now.
            if self._ends.is_idle and self._ends.turns == turns:
                raise
            if not self._ends.flush(SETTLING_SECONDS):
                raise
        return self._asked(path, body, fields)

    def _asked(self, path: str, body: Mapping[str, object], fields: Set[str]) -> Said:
        if self._is_open and self._is_resting():
            raise Away("tokenbot was away a moment ago")
        return self._answered(path, body, fields)

    def _answered(self, path: str, body: Mapping[str, object], fields: Set[str]) -> Said:
        try:
            said = self.wire.ask("POST", path, body, fields=fields)
        except Away:
            self._rests_until = self.times.monotonic() + self._patience.rest_seconds
            raise
        self._rests_until = self.times.monotonic()
        return said

    def _is_resting(self) -> bool:
        return self.times.monotonic() < self._rests_until


#: Of this process. A dict for the reason that senders are in one.
_EXCHANGES: dict[tuple[Access, WhenAway], Exchange] = {}


def exchange_for(access: Access, when_away: WhenAway) -> Exchange:
    """The process's one exchange of metered clients, however many there are."""
    key = (access, when_away)
    return _EXCHANGES.get(key) or _EXCHANGES.setdefault(key, Exchange(access, when_away=when_away))
