"""Outbox → Slack: what is due is claimed, put into words, sent and marked.

A crash between Slack's answer and our mark, or an answer that never came, is the one way to a
second copy of a message; all else is sent once. Order holds within a queue (one person's messages,
one channel's, one Home), not between queues.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from http.client import HTTPException

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import WorkspaceId
from bot.domain.notices import Claimed, MessageRef, NoticeId
from bot.domain.refusals import Refusal
from bot.services import departures, outbox
from bot.slack.pacing import Pacing
from bot.slack.retries import GONE, code_of, is_passing, retry_after
from bot.slack.telling import Teller, Undeliverable
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

#: Slack allows about one message a second and channel.
SPACING = timedelta(seconds=1)
#: A background call may take longer than an interactive one.
CLIENT_SECONDS = 10
#: Calls at once. Nothing is claimed before one of them is free, so that a claimed notice waits for
#: nobody and has its whole lease for itself: more than its three calls, at the most, can take.
_SENDERS = 8
_IDLE_SECONDS = 1.0
_BACK_OFF_MAX_SECONDS = 60.0


class Delivery:
    """One step sends what is due; `Loop` calls it, and `deliver_due` serves the command line.

    Without spacing it holds back nothing by itself, and waits only where Slack says so.
    """

    def __init__(
        self,
        database: Database,
        client: WebClient,
        clock: Callable[[], datetime],
        *,
        spacing: timedelta = SPACING,
    ) -> None:
        self._database = database
        self._teller = Teller(database, client, clock, seconds=client.timeout)
        self._clock = clock
        self._spacing = spacing
        self._freed: Callable[[], None] = lambda: None
        self._pacing = Pacing(is_capped=bool(spacing))
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="delivery")
        self._busy: dict[Future[None], NoticeId] = {}
        self._unmarked: deque[tuple[Claimed, MessageRef | None]] = deque()

    def listen(self, freed: Callable[[], None]) -> None:
        """Call this as soon as a sender is free, and it is time for another step."""
        self._freed = freed

    def step(self) -> float:
        """Have the free senders send what is due; how many seconds until more may be."""
        self._start()
        if len(self._busy) == _SENDERS:
            return _IDLE_SECONDS
        seconds = self.due_in()
        # Held back by its queue or by a pause: look again soon, but do not spin.
        return _IDLE_SECONDS if seconds is None else min(max(seconds, 0.1), _IDLE_SECONDS)

    def deliver_due(self) -> int:
        """Send all that is due and may be sent at this time; how many notices were tried."""
        tried = self._start()
        while self._busy:
            wait(self._busy, return_when=FIRST_COMPLETED)
            tried += self._start()
        return tried

    def rest(self) -> None:
        """Wait for what is in hand; nothing new is begun by that."""
        wait(self._busy)

    def due_in(self) -> float | None:
        """Seconds until a notice may be tried; None where none waits."""
        now = self._clock()
        due = outbox.next_due(self._database, withheld=self._pacing.withheld(now))
        moments = [at for at in (due, self._pacing.opens_at(now)) if at is not None]
        return max((min(moments) - now).total_seconds(), 0.0) if moments else None

    def close(self) -> None:
        """Wait for what is being sent, and note what was sent while the database was away."""
        self._senders.shutdown(wait=True)
        with suppress(DatabaseFault):
            self._mark_again()

    def _start(self) -> int:
        """Claim for each free sender, and have it sent; how many."""
        self._mark_again()
        self._busy = {sending: name for sending, name in self._busy.items() if not sending.done()}
        free, now = _SENDERS - len(self._busy), self._clock()
        if not free:
            return 0
        claimed = outbox.claim(
            self._database,
            now=now,
            spacing=self._spacing,
            limit=free,
            withheld=self._pacing.withheld(now),
        )
        # A clock that leaps, as a machine's does that slept, ends leases of what is in hand here.
        in_hand = {*self._busy.values(), *(each.notice_id for each, _ in list(self._unmarked))}
        fresh = [each for each in claimed if each.notice_id not in in_hand]
        self._pacing.count(fresh, now)
        for each in fresh:
            sending = self._senders.submit(self._deliver, each)
            self._busy[sending] = each.notice_id
            sending.add_done_callback(lambda _: self._freed())
        return len(fresh)

    def _deliver(self, claimed: Claimed) -> None:
        """Send one notice; whatever happens, its row says so, or its lease frees it."""
        try:
            self._try(claimed)
        except DatabaseFault as fault:
            _log.warning("delivery_not_marked", reason=fault.reason)
        except Exception:  # noqa: BLE001 - one notice that can't be put into words stops no other
            _log.exception("notice_failed", notice_id=claimed.notice_id)
            self._bury_unworded(claimed)

    def _try(self, claimed: Claimed) -> None:
        if self._clock() > claimed.good_until:
            self._bury(claimed, "stale", "not delivered in time")
            return
        try:
            message = self._teller.tell(claimed)
        except SlackApiError as error:
            self._after_refusal(claimed, error)
        except (OSError, HTTPException) as error:
            self._put_off(claimed, _back_off(claimed.attempts), type(error).__name__)
        except (Undeliverable, Refusal) as error:
            self._bury(claimed, "dead", str(error) or type(error).__name__)
        else:
            self._mark(claimed, message)

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
            self._pacing.pause(claimed, self._clock() + timedelta(seconds=seconds))
            self._put_off(claimed, seconds, code)
        elif is_passing(error):
            if code in GONE:
                workspace_id = WorkspaceId(claimed.workspace_id)
                departures.begin(self._database, workspace_id, why=code, now=self._clock())
            self._put_off(claimed, _back_off(claimed.attempts), code)
        else:
            self._bury(claimed, "dead", code)

    def _put_off(self, claimed: Claimed, seconds: float, why: str) -> None:
        _log.info("notice_put_off", notice_id=claimed.notice_id, error=why, seconds=seconds)
        due_at = self._clock() + timedelta(seconds=seconds)
        outbox.put_off(self._database, claimed, due_at=due_at, error=why)

    def _bury_unworded(self, claimed: Claimed) -> None:
        with suppress(DatabaseFault):  # then its lease frees it, to be buried later
            self._bury(claimed, "dead", "could not be put into words; see the log")

    def _bury(self, claimed: Claimed, state: str, why: str) -> None:
        _log.warning("notice_undelivered", notice_id=claimed.notice_id, state=state, error=why)
        outbox.bury(self._database, claimed, state=state, error=why, now=self._clock())


def _back_off(attempts: int) -> float:
    return float(min(2.0 ** min(attempts, 10), _BACK_OFF_MAX_SECONDS))
