"""The controls of the playground: failures, a day of usage, and beginning anew."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.bootstrap.watching import RecordedEntry
from bot.playground import usage_day
from bot.playground.driving import Driving
from bot.playground.faults import Faults
from bot.playground.people import Json, Person
from bot.playground.travel import Travel
from bot.playground.underneath import Books, Feed
from bot.playground.usage_day import NotTaken

#: The kinds of failure that the page offers, in words, and what each is to `Faults`.
FAILURES: Mapping[str, tuple[str, str]] = {
    "off": ("No, Slack works", ""),
    "429": ("Too many requests (429)", "429"),
    "500": ("Server error (500)", "500"),
    "silence": ("Silence", "timeout"),
    "charts": ("Refuse charts", ""),
}
TIMES: Mapping[str, str] = {"always": "every call", "next": "the next call only"}
_NOTHING: Mapping[str, str] = {"kind": "off", "times": "always"}
#: More people than that are no story any more.
PEOPLE_MAX = 25
_MILLION = 1_000_000
_CHARTS = "data_visualization"


#: The page takes no act for somebody's meanwhile.
STARTING = "Starting over…"


class CannotSimulate(Exception):
    """It can't be done; the message says why, in words for the page."""


class Bot(Books, Protocol):
    """The bot whose people use tokens."""

    def usage_key(self, workspace_id: str) -> str: ...


class House(Protocol):
    """Whoever can build the bot and the workspace anew."""

    def start_over(self) -> Sequence[str]: ...


class Simulate:
    """The routes under `/ui/simulate`; each answers what it did, in a sentence."""

    def __init__(self, driving: Driving, faults: Faults, travel: Travel, feed: Feed) -> None:
        self._slack = driving
        self._workspace = driving.stage.workspace
        self._faults = faults
        self._travel = travel
        self._feed = feed
        self._key = ""
        self._chosen: Mapping[str, str] = _NOTHING
        self._one_at_a_time = threading.Lock()
        #: What takes a while, while it does.
        self.busy = ""
        #: The bot, once it runs.
        self.bot: Bot | None = None
        #: Without it nothing can be begun anew.
        self.house: House | None = None
        self._acts: Mapping[str, Callable[[Json], str]] = {
            "fail": self._fail,
            "usage": self._use,
            "reset": self._start_over,
        }

    @property
    def choice(self) -> Json:
        """Where the page's menus of failures stand."""
        return dict(self._chosen) if self._faults.words() else dict(_NOTHING)

    @property
    def status(self) -> Json:
        """What is on, in words."""
        return {"failing": self._faults.words(), "choice": self.choice, "busy": self.busy}

    def take(self, bot: Bot | None) -> None:
        """This is the bot from now on."""
        self.bot, self._key = bot, ""

    async def act(self, request: Request) -> Response:
        """`/ui/simulate/<act>`"""
        act = self._acts.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"said": "There is no such control."}, 404)
        try:
            asked = await request.json()
        except ValueError:
            return JSONResponse({"said": "That was no JSON."}, 400)
        if not isinstance(asked, dict):
            return JSONResponse({"said": "That was no JSON object."}, 400)
        try:
            said = await run_in_threadpool(act, asked)
        except (CannotSimulate, NotTaken) as error:
            return JSONResponse({"said": str(error)}, 409)
        return JSONResponse({"said": said})

    def _fail(self, asked: Json) -> str:
        kind, times = str(asked.get("kind")), str(asked.get("times", "always"))
        if kind not in FAILURES:
            raise CannotSimulate(f"Slack can't fail like that. Choose from: {_listed(FAILURES)}.")
        if times not in TIMES:
            raise CannotSimulate(f"Slack can't fail that often. Choose from: {_listed(TIMES)}.")
        with self._workspace.changing():
            self._faults.clear()
            if kind == "charts":
                self._faults.refuse_block(_CHARTS)
            elif kind != "off":
                plan = self._faults.always if times == "always" else self._once
                plan(FAILURES[kind][1])
            self._chosen = {"kind": kind, "times": times}
        return " ".join(self._faults.words()) or "Slack works."

    def _once(self, kind: str) -> None:
        self._faults.fail_next(1, kind)

    # Usage.

    def _use(self, _asked: Json) -> str:
        bot = self.bot
        if bot is None:
            raise CannotSimulate("There is no bot here that could take usage.")
        with self._taking("People use AI…"), self._travel.still():
            self._key = self._key or bot.usage_key(self._workspace.identity.team_id)
            batch, until = secrets.token_hex(4), self._workspace.clock()
            said = [self._report(bot, one, until, batch) for one in self._users()]
        return f"{', '.join(said)}: it counts as the last 24 hours."

    def _report(self, bot: Bot, person: Person, until: datetime, batch: str) -> str:
        body: Json = {"events": list(usage_day.calls(person, until=until, batch=batch))}
        began = self._workspace.clock()
        title = f"{person.real_name} used AI: {len(body['events'])} calls, POST {usage_day.PATH}"
        number = self._feed.board.begin("usage", "usage", title, who=person.id)
        try:
            answered = usage_day.report(body, bot_url=self._slack.bot_url, key=self._key)
        finally:
            self._feed.board.end(number)
        told = {"payload": body, "answer": {"status": answered.status, "body": answered.body}}
        self._feed.board.change(number, note=f"{answered.calls} calls taken", detail=told)
        made = bot.lately(self._workspace.identity.team_id, began).entries
        tokens = sum(map(partial(_charged, person), made))
        return f"{person.first_name} used {_short(tokens)} in {answered.calls} calls"

    def _users(self) -> list[Person]:
        with self._workspace.reading():
            people = [
                one
                for one in self._workspace.people.values()
                if not (one.is_bot or one.deleted or one.is_stranger or one.team_id)
            ]
        return people[:PEOPLE_MAX]

    # Beginning anew.

    def _start_over(self, _asked: Json) -> str:
        if self.house is None:
            raise CannotSimulate("This playground can't begin anew by itself.")
        with self._taking(STARTING):
            troubles = self.house.start_over()
        return " ".join(["All is as on the first day.", *troubles])

    @contextmanager
    def _taking(self, words: str) -> Iterator[None]:
        """Something that takes a while, and that one at a time may ask for."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise CannotSimulate(f"Wait a moment: {self.busy}")
        try:
            self.say(words)
            yield
        finally:
            self.say("")
            self._one_at_a_time.release()

    def say(self, words: str) -> None:
        """This goes on now; nothing does."""
        with self._workspace.changing():
            self.busy = words


def _listed(choices: Mapping[str, object]) -> str:
    return ", ".join(choices)


def _charged(person: Person, entry: RecordedEntry) -> int:
    """What this entry took from them for usage."""
    if entry.kind != "usage":
        return 0
    return sum(one.tokens for one in entry.postings if one.source == f"member:{person.id}")


def _short(tokens: int) -> str:
    """Three figures, cut as the bot cuts them, so that both tell the same."""
    if tokens >= _MILLION:
        return f"{tokens // 10_000 / 100:g}M"
    if tokens >= _MILLION // 10:
        return f"{tokens // 1_000}k"
    return f"{tokens // 100 / 10:g}k"
