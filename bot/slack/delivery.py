"""Outbox → Slack: what is due is claimed, put into words, sent and marked.

A crash between Slack's answer and our mark, or an answer that never came, is the one way to a
second copy of a message; all else is sent once. Order holds within a queue (one person's messages,
one Home), not between queues.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPException

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.notices import (
    Claimed,
    MessageRef,
)
from bot.domain.refusals import Refusal
from bot.services import outbox
from bot.slack.retries import code_of, is_passing, retry_after
from bot.slack.telling import Teller, Undeliverable
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

#: Slack allows about one message a second and channel.
SPACING = timedelta(seconds=1)
#: A background call may take longer than an interactive one.
CLIENT_SECONDS = 10
#: Eight, four at a time, at two calls of ten seconds each, end well before their lease does.
_CLAIMED_AT_ONCE = 8
_SENDERS = 4
_IDLE_SECONDS = 1.0
_BACK_OFF_MAX_SECONDS = 60.0


class Delivery:
    """One step sends what is due; `Loop` calls it, and `deliver_due` serves the command line."""

    def __init__(
        self,
        database: Database,
        client: WebClient,
        clock: Callable[[], datetime],
        *,
        spacing: timedelta = SPACING,
    ) -> None:
        self._database = database
        self._teller = Teller(database, client, clock, seconds=CLIENT_SECONDS)
        self._clock = clock
        self._spacing = spacing
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="delivery")
        self._paused_until: datetime | None = None
        self._unmarked: deque[tuple[Claimed, MessageRef | None]] = deque()
        self._lock = threading.Lock()

    def step(self) -> float:
        """Send what is due; how many seconds until more may be."""
        if self.deliver_due() > 0:
            return 0.0
        due = outbox.next_due(self._database)
        if due is None:
            return _IDLE_SECONDS
        # Held back by its queue or by a pause: look again soon, but do not spin.
        return min(max((due - self._clock()).total_seconds(), 0.1), _IDLE_SECONDS)

    def deliver_due(self) -> int:
        """Send one round of what is due; how many notices were tried."""
        self._mark_again()
        now = self._clock()
        if self._paused_until is not None and now < self._paused_until:
            return 0
        claimed = outbox.claim(
            self._database, now=now, spacing=self._spacing, limit=_CLAIMED_AT_ONCE
        )
        for _ in self._senders.map(self._deliver, claimed):
            pass
        return len(claimed)

    def close(self) -> None:
        """Wait for what is being sent."""
        self._senders.shutdown(wait=True)

    def _deliver(self, claimed: Claimed) -> None:
        """Send one notice; whatever happens, its row says so, or its lease frees it."""
        now = self._clock()
        try:
            if now > claimed.good_until:
                self._bury(claimed, "stale", "not delivered in time")
                return
            self._mark(claimed, self._teller.tell(claimed))
        except SlackApiError as error:
            self._after_refusal(claimed, error)
        except (OSError, HTTPException) as error:
            self._put_off(claimed, _back_off(claimed.attempts), type(error).__name__)
        except (Undeliverable, Refusal) as error:
            self._bury(claimed, "dead", str(error) or type(error).__name__)
        except DatabaseFault as fault:
            _log.warning("delivery_not_marked", reason=fault.reason)
        except Exception:  # noqa: BLE001 - one notice that can't be put into words stops no other
            _log.exception("notice_failed", notice_id=claimed.notice_id)
            self._bury(claimed, "dead", "could not be put into words; see the log")

    def _mark(self, claimed: Claimed, message: MessageRef | None) -> None:
        """Note that it was sent; if the database can't take that now, before the next round."""
        try:
            outbox.mark_sent(self._database, claimed, message, self._clock())
        except DatabaseFault:
            self._unmarked.append((claimed, message))
            raise

    def _mark_again(self) -> None:
        for _ in range(len(self._unmarked)):
            self._mark(*self._unmarked.popleft())

    def _after_refusal(self, claimed: Claimed, error: SlackApiError) -> None:
        code = code_of(error)
        seconds = retry_after(error)
        if seconds is not None:
            with self._lock:
                self._paused_until = self._clock() + timedelta(seconds=seconds)
            self._put_off(claimed, seconds, code)
        elif is_passing(error):
            self._put_off(claimed, _back_off(claimed.attempts), code)
        else:
            self._bury(claimed, "dead", code)

    def _put_off(self, claimed: Claimed, seconds: float, why: str) -> None:
        _log.info("notice_put_off", notice_id=claimed.notice_id, error=why, seconds=seconds)
        due_at = self._clock() + timedelta(seconds=seconds)
        outbox.put_off(self._database, claimed, due_at=due_at, error=why)

    def _bury(self, claimed: Claimed, state: str, why: str) -> None:
        _log.warning("notice_undelivered", notice_id=claimed.notice_id, state=state, error=why)
        outbox.bury(self._database, claimed, state=state, error=why, now=self._clock())


def _back_off(attempts: int) -> float:
    return float(min(2.0 ** min(attempts, 10), _BACK_OFF_MAX_SECONDS))
