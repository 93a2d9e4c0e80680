"""A thread that does what is due, then waits until it is woken or something falls due."""

import threading
from collections.abc import Callable

import structlog

from bot.storage.database import DatabaseFault

_log = structlog.get_logger()

_AFTER_FAULT_SECONDS = 1.0
_STOP_SECONDS = 10.0


class Loop:
    """Runs `step`, which says for how many seconds to wait at the most, over and over."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._name = name
        self._step = step
        self._woken = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the step in hand, and end."""
        self._is_stopping = True
        self._woken.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._is_stopping:
            self._woken.clear()  # before the step: a wake during it leads to another
            try:
                seconds = self._step()
            except DatabaseFault as fault:
                _log.error("database_fault", loop=self._name, reason=fault.reason)
                seconds = _AFTER_FAULT_SECONDS
            except Exception:  # noqa: BLE001 - a loop outlives what it meets; the log has it all
                _log.exception("loop_step_failed", loop=self._name)
                seconds = _AFTER_FAULT_SECONDS
            if not self._is_stopping:
                self._woken.wait(seconds)
