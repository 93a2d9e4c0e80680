"""Hears of all that passes between Slack and the bot, and reads the rest in the bot's books."""

import json
import secrets
from collections import OrderedDict, deque
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from bot.bootstrap.watching import Happenings, OwedNotice, RecordedEntry
from bot.playground import underneath_words as words
from bot.playground.board import KEPT_MAX, Board, Mood
from bot.playground.delivery import Answer, Delivery, Request
from bot.playground.people import Json
from bot.playground.travel import Journey, Travel
from bot.playground.veil import Veil
from bot.playground.web_api.calls import Call
from bot.playground.web_api.endpoint import WebApi
from bot.playground.workspace import Workspace

#: How many ids of what was once shown are remembered, so that it is not shown twice.
_KNOWN_MAX = 5_000
#: A commit may come later than the time in its ids.
_LOOK_BACK = timedelta(minutes=10)
#: Arguments of calls that name the act of which they come.
_CALL_MARKS = ("trigger_id", "view_id", "token")


class Books(Protocol):
    """Where entries and notices are read: `bot.bootstrap.watching.Watcher` is one."""

    def lately(
        self, workspace_id: str, since: datetime, also: Collection[str] = ()
    ) -> Happenings: ...


class Feed:
    """Puts what happens underneath on a board, each thing by what it came of."""

    def __init__(self, workspace: Workspace) -> None:
        me = workspace.identity
        self._workspace = workspace
        self.board = Board(workspace.clock, Veil((me.bot_token, me.signing_secret, me.app_token)))
        #: The books of the bot; without them there are no entries and notices.
        self.books: Books | None = None
        self._begin()

    def follow(self, delivery: Delivery, api: WebApi, travel: Travel) -> None:
        """Hear of all that these do."""
        delivery.witness = self
        api.heard = self.called
        travel.heard = self.travelled

    def forget(self) -> None:
        """Begin anew, without books."""
        with self.board.lock:
            self.books = None
            self.board.wipe()
            self._begin()

    def _begin(self) -> None:
        #: By another one the page knows that all that it has seen is past.
        self.epoch = secrets.token_hex(4)
        self._known: OrderedDict[str, None] = OrderedDict()
        #: Notices by their ids, each with its line.
        self._owed: OrderedDict[str, tuple[OwedNotice, int]] = OrderedDict()
        self._calls: deque[Call] = deque(maxlen=KEPT_MAX)
        self._journey = 0
        self._since = self._looked = self._workspace.clock()

    # What is heard.

    def sent(self, request: Request) -> int:
        """A request goes to the app; `answered` takes its number."""
        return self.board.begin(
            "act",
            words.name(request),
            words.request(self._workspace, request),
            who=_sender(request.payload),
            detail={
                "method": "POST",
                "url": request.url,
                "headers": request.headers,
                "payload": request.payload,
            },
            marks=_marks(request.payload),
        )

    def answered(self, number: int, answer: Answer, milliseconds: int) -> None:
        """The app answered it, or nobody did."""
        ended, body = self.board.end(number), answer.json()
        if ended is None:
            return
        self.board.add(
            "answer",
            str(answer.status),
            words.answer(answer, milliseconds),
            cause=number,
            at=ended,
            mood="plain" if answer.is_good else "bad",
            detail={
                "status": answer.status,
                "milliseconds": milliseconds,
                "trouble": answer.trouble,
                "headers": answer.headers,
                "body": answer.body if body is None else body,
            },
        )

    def called(self, call: Call) -> None:
        """The app called a method, or answered by a response URL."""
        with self.board.lock:
            self._calls.append(call)

    def travelled(self, journey: Journey) -> None:
        """Time is being moved, or has arrived."""
        with self.board.lock:
            if not self._journey:
                title = f"Time moves to {journey.to:%Y-%m-%d %H:%M} UTC"
                self._journey = self.board.begin("time", "move", title)
            mood: Mood = "bad" if journey.findings else "plain"
            found: Json = {"findings": journey.findings, "steps": journey.taken}
            self.board.change(self._journey, note=words.journey(journey), mood=mood, detail=found)
            if not journey.is_under_way:
                self.board.end(self._journey)
                self._journey = 0

    # What is read.

    def look(self) -> None:
        """Read what the books have that is not shown yet, and place the calls."""
        with self.board.lock:
            now = self._workspace.clock()
            if self.books is not None:
                since = max(self._since, self._looked - _LOOK_BACK)
                waiting = [key for key, (one, _) in self._owed.items() if one.state == "waiting"]
                team_id = self._workspace.identity.team_id
                found = self.books.lately(team_id, since, waiting)
                for entry in found.entries:
                    self._enter(entry)
                for owed in found.notices:
                    self._owe(owed)
            self._looked = now
            while self._calls:
                self._place(self._calls.popleft())

    def _enter(self, entry: RecordedEntry) -> None:
        if not self._is_new(entry.entry_id):
            return
        at = entry.recorded_at
        self.board.add(
            "entry",
            entry.kind,
            words.entry(self._workspace, entry),
            cause=self.board.marked(entry.key) or self.board.spanning(at) or self.board.own(at),
            at=at,
            note=f"by {words.person(self._workspace, entry.actor)}",
            who=entry.actor,
            detail=words.entry_whole(self._workspace, entry),
        )

    def _owe(self, owed: OwedNotice) -> None:
        before, number = self._owed.get(owed.notice_id, (None, 0))
        if before == owed or (before is None and not self._is_new(owed.notice_id)):
            return
        if before is None:
            at = owed.created_at
            number = self.board.add(
                "notice",
                owed.kind,
                words.notice(self._workspace, owed),
                cause=self.board.marked(owed.queue)
                or self.board.spanning(at)
                or self.board.own(at),
                at=at,
                who=owed.queue,
            )
        self._owed[owed.notice_id] = (owed, number)
        if len(self._owed) > KEPT_MAX:
            self._owed.popitem(last=False)
        payload = owed.payload or (before.payload if before else "")
        self.board.change(
            number,
            note=words.standing(owed),
            mood=words.mood(owed),
            detail=words.notice_whole(owed, json.loads(payload) if payload else None),
        )

    def _place(self, call: Call) -> None:
        given = " ".join(str(call.arguments.get(name, "")) for name in _CALL_MARKS)
        self.board.add(
            "call",
            call.method,
            words.call(self._workspace, call),
            cause=self.board.marked(given)
            or self._of_notice(call)
            or self.board.spanning(call.at, acts=False)
            or self.board.own(call.at),
            at=call.at,
            note=words.outcome(call),
            mood="good" if call.outcome == "ok" else "bad",
            detail={
                "method": call.method,
                "arguments": call.arguments,
                "outcome": call.outcome,
                "took_effect": call.performed,
                "answer": call.answer,
            },
        )

    def _of_notice(self, call: Call) -> int:
        """What the notice came of from which this call comes: the first that waited then."""
        queues = words.queues(self._workspace, call)
        for owed, number in self._owed.values():
            waited = owed.created_at <= call.at and (not owed.ended_at or owed.ended_at >= call.at)
            line = self.board.line(number) if owed.queue in queues and waited else None
            if line is not None:
                return line.cause
        return 0

    def _is_new(self, key: str) -> bool:
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)
        return True


def _sender(payload: Json) -> str:
    """The id of the person whose act it is."""
    user = payload.get("user_id") or payload.get("user") or payload.get("event", {}).get("user")
    return str(user.get("id", "")) if isinstance(user, dict) else str(user or "")


def _marks(payload: Json) -> frozenset[str]:
    """What the consequences of this request will name."""
    found = (
        payload.get("trigger_id"),
        payload.get("view", {}).get("id"),
        str(payload.get("response_url", "")).partition("/response/")[2],
        payload.get("event_id"),
    )
    return frozenset(str(one) for one in found if one)
