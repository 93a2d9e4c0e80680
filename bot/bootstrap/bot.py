"""All parts of the bot, built from the settings: what serves, sends and does what is due."""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import structlog
from fastapi import FastAPI
from starlette.routing import Route

from bot.api import app as api
from bot.api import health
from bot.bootstrap import departed
from bot.bootstrap.clock import Clock
from bot.bootstrap.listening import is_loopback
from bot.bootstrap.pulling import pullers
from bot.bootstrap.sending import access, deliver_all
from bot.config import Settings
from bot.schedule import Ticker, tick
from bot.slack import app as slack_app
from bot.slack import delivery
from bot.slack.delivery import Delivery
from bot.slack.front_door import FrontDoor
from bot.slack.homes import HomeWatch
from bot.slack.identity import Identity
from bot.slack.listeners import commands
from bot.slack.loop import Loop
from bot.slack.roster import Roster
from bot.slack.slow_answers import SlowAnswers
from bot.slack.socket import Socket
from bot.storage import opening
from bot.storage.database import Database, DatabaseFault, Topic

_log = structlog.get_logger()


def open_database(settings: Settings, *, migrates: bool) -> Database:
    """The database, its schema up to date: SQLite's is brought there, PostgreSQL's must be.

    Raises `DatabaseFault` that says what to do.
    """
    if migrates:
        opening.migrate(settings.database_url)
    elif not opening.is_current(settings.database_url):
        raise DatabaseFault("the database's schema is not this version's; run: tokenbot migrate")
    return opening.connect(settings.database_url)


def is_sqlite(settings: Settings) -> bool:
    """Whether the schema is ours to migrate on start."""
    return opening.parse(settings.database_url).drivername.startswith("sqlite")


class Bot:
    """All parts, built but not started."""

    def __init__(self, settings: Settings, *, clock: Clock, jobs: bool) -> None:
        self._settings = settings
        self._clock = clock
        self.database = open_database(settings, migrates=is_sqlite(settings))
        token = settings.slack_bot_token.get_secret_value()
        self._identity = Identity(self.database, token, clock)
        background = access(settings).client(seconds=delivery.CLIENT_SECONDS)
        self._delivery = Delivery(self.database, background, clock)
        self._sending = threading.Lock()
        self._roster = Roster(self.database, background, self._identity, clock)
        interactive = access(settings).client(seconds=slack_app.CLIENT_SECONDS)
        self._slow = slow = SlowAnswers(self.database, clock)
        url = settings.public_url
        self._bolt = slack_app.build(
            self.database, interactive, self._identity, clock, slow=slow, address=url
        )
        self._ticker = Ticker(self.database, clock) if jobs else None
        self._pullers = pullers(settings, self.database, clock) if jobs else []
        self._socket: Socket | None = None
        if settings.slack_app_token is not None and settings.uses_socket:
            self._socket = Socket(self._bolt, settings.slack_app_token.get_secret_value())
        self._loops = self._made_loops()

    def start(self) -> None:
        """Start what runs beside the web server."""
        for loop in self._loops:
            loop.start()
        if self._ticker is not None:
            self._ticker.start()

    def stop(self) -> None:
        """Finish what is in hand, then give everything back."""
        if self._socket is not None:
            self._socket.close()
        if self._ticker is not None:
            self._ticker.stop()
        for loop in self._loops:
            loop.stop()
        for puller in self._pullers:
            puller.close()
        self._delivery.close()
        self.database.close()

    def tick(self, at: datetime) -> None:
        """Do and deliver all that is due as of then."""
        tick(self.database, at)
        with self.at_rest():
            deliver_all(self._settings, self.database, at)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """No notice is held by a sender meanwhile: a clock that jumps runs out nobody's lease."""
        with self._sending:
            self._delivery.rest()
            yield

    def readiness(self) -> tuple[bool, Mapping[str, object]]:
        """Whether requests can be served, and the state of each part."""
        slack = departed.last_heard(self._identity)
        try:
            is_current = opening.is_current(self._settings.database_url)
            database = "ok" if is_current else "old schema: run tokenbot migrate"
            slack = departed.state(self.database, self._identity) if is_current else slack
        except DatabaseFault as fault:  # the reason may name hosts and users: it goes to the log
            _log.warning("not_ready", reason=fault.reason)
            is_current, database = False, "unreachable"
        facts: dict[str, object] = {"database": database, "slack": slack}
        if self._socket is not None:
            facts["socket"] = "open" if self._socket.is_connected else "closed"
        return is_current, facts

    def web(self) -> FastAPI:
        """The ASGI app; its lifespan starts and stops the rest."""

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            self.start()
            yield
            self.stop()

        # FastAPI's own pages of documentation load scripts from elsewhere; ours stand alone.
        web = FastAPI(title="tokenbot", lifespan=lifespan, openapi_url=None)
        web.include_router(health.routes(self.readiness))
        api.add_routes(
            web, self.database, self._clock, is_loopback=is_loopback(self._settings.host)
        )
        secret = self._settings.slack_signing_secret.get_secret_value()
        if secret and self._socket is None:
            door = FrontDoor(
                self._bolt.dispatch,
                signing_secret=secret,
                clock=self._clock,
                only_reads=commands.only_reads,
            )
            web.router.routes.append(Route("/slack/events", door.answer, methods=["POST"]))
        return web

    def _deliver(self) -> float:
        with self._sending:
            return self._delivery.step()

    def _made_loops(self) -> list[Loop]:
        deliver = Loop("delivery", self._deliver)
        self._delivery.listen(deliver.wake)
        look_up = Loop("roster", self._roster.step)
        answer = Loop("slow answers", self._slow.step)
        self._slow.listen(answer.wake)
        watch = Loop("homes", HomeWatch(self.database, self._clock).step)
        self.database.listen(Topic.OUTBOX, deliver.wake)
        self.database.listen(Topic.OUTBOX, watch.wake)
        self.database.listen(Topic.DIRECTORY, look_up.wake)
        loops = [deliver, look_up, answer, watch, *(Loop(p.name, p.step) for p in self._pullers)]
        return [*loops, Loop("socket", self._socket.step)] if self._socket else loops
