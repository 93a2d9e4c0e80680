"""A served bot with members and their API keys, for tests of OTLP over HTTP."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import system_clock
from bot.config import Settings
from bot.domain.api_keys import Scope
from bot.domain.directory import UserId
from bot.services import api_keys
from bot.storage import opening
from bot.storage.database import Database
from tests.company import Company

#: A port of the discard protocol's, where nothing listens.
NOBODY = "http://127.0.0.1:9/api/"
FUNDS = 10_000_000


@dataclass(frozen=True, slots=True)
class Door:
    """Where the bot is served."""

    url: str
    company: Company
    client: httpx.Client

    def spent(self, user: UserId) -> int:
        """What a member who had `FUNDS` used."""
        return FUNDS - self.company.available(user)


@contextmanager
def served(
    database_url: str, clock: Callable[[], datetime] = system_clock, port: int = 0
) -> Iterator[Door]:
    """A bot that serves until the block ends; its Slack can't be reached."""
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("secret"),
        slack_app_token=None,
        slack_api_url=NOBODY,
        database_url=database_url,
        port=port,
    )
    with (
        bootstrap.running(settings, clock=clock, jobs=False) as handle,
        _opened(database_url) as database,
        # Reading all the world's certificates takes longer than most tests, and nobody needs one.
        httpx.Client(
            base_url=handle.url, timeout=30, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ) as client,
    ):
        yield Door(handle.url, Company(database), client)


def key(
    company: Company, user: UserId | None, *, scope: Scope = Scope.USAGE_WRITE, name: str = "laptop"
) -> str:
    """The `Authorization` header of a new key, which may be bound to a person."""
    made = api_keys.create(
        company.database,
        company.workspace_id,
        name=name,
        scopes=[scope],
        user_id=user,
        actor="command line",
        now=company.now,
    )
    return f"Bearer {made.credential}"


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = opening.connect(url)
    try:
        yield database
    finally:
        database.close()
