"""Builds everything from the settings, once, and runs it; the one owner of the clock."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import uvicorn

from bot import logs
from bot.bootstrap.bot import Bot as Bot
from bot.bootstrap.bot import is_sqlite as is_sqlite
from bot.bootstrap.bot import open_database as open_database
from bot.bootstrap.clock import Clock as Clock
from bot.bootstrap.clock import system_clock as system_clock
from bot.bootstrap.handle import Handle as Handle
from bot.bootstrap.listening import GRACE_SECONDS, config
from bot.bootstrap.listening import listen as listen
from bot.bootstrap.pulling import pull_all
from bot.bootstrap.sending import deliver_all
from bot.config import Settings
from bot.schedule import tick
from bot.services import outbox
from bot.storage.database import Database


@contextmanager
def running(
    settings: Settings, *, clock: Clock = system_clock, jobs: bool = True
) -> Iterator[Handle]:
    """Serve in a thread until the block ends; port 0 takes a free one.

    Whoever speaks to it is on this machine: without a `PUBLIC_URL` people are told that address.
    """
    logs.configure(settings.log_format)
    with ExitStack() as undone:
        listening = undone.enter_context(listen(settings))
        host, port = listening.getsockname()[:2]
        url = f"http://{host}:{port}"
        known = settings.model_copy(update={"public_url": settings.public_url or url})
        bot = Bot(known, clock=clock, jobs=jobs)
        undone.pop_all()
    server = uvicorn.Server(config(bot.web()))
    thread = threading.Thread(target=server.run, args=([listening],), name="web", daemon=True)
    thread.start()
    try:
        yield Handle(url, bot, clock)
    finally:
        server.should_exit = True
        thread.join(GRACE_SECONDS * 2)


def serve(settings: Settings, *, jobs: bool, announce: Callable[[str], None]) -> None:
    """Serve in this thread until SIGTERM or SIGINT, then finish what is in hand."""
    logs.configure(settings.log_format)
    bot = Bot(settings, clock=system_clock, jobs=jobs)
    listening = listen(settings)
    host, port = listening.getsockname()[:2]
    announce(f"http://{host}:{port}")
    # uvicorn raises the signal again once it has stopped well; a good end is exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config(bot.web())).run([listening])


def work(settings: Settings, until: threading.Event) -> None:
    """Jobs and delivery without a web server, until the event is set."""
    logs.configure(settings.log_format)
    bot = Bot(settings.model_copy(update={"slack_app_token": None}), clock=system_clock, jobs=True)
    bot.start()
    until.wait()
    bot.stop()


def tick_once(settings: Settings, database: Database, at: datetime) -> int:
    """Do and deliver all that is due as of then; how many notices wait all the same."""
    logs.configure(settings.log_format)
    # Ahead of the machine's clock may be a slip in the year, and what is deleted stays so.
    tick(database, at, is_ahead=at > system_clock())
    pull_all(settings, database)
    if settings.slack_bot_token.get_secret_value():
        deliver_all(settings, database, at)
    return outbox.waiting(database, owed_by=at)
