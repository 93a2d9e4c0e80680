"""A running bot with a company in its database, and clients with keys, over real sockets."""

import gzip
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import Handle
from bot.config import Settings
from bot.domain.api_keys import ALL, Reach, Scope
from bot.domain.directory import Person, UserId, WorkspaceId
from bot.services import api_keys, directory
from bot.services.api_keys import Made
from tests.company import MORNING, Company

#: A port of the discard protocol's, where nothing listens.
NOBODY = "http://127.0.0.1:9/api/"

Json = dict[str, Any]


class Served:
    """The bot and its company; `client` speaks with a key that may do all."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.company = Company(handle.bot.database)
        self.url = handle.url
        self.key = str(self.made("all").credential)
        self.client = self.speaking(self.key)

    def made(
        self,
        name: str,
        *scopes: Scope,
        user_id: UserId | None = None,
        reach: Reach = ALL,
        workspace_id: WorkspaceId | None = None,
    ) -> Made:
        return api_keys.create(
            self.handle.bot.database,
            workspace_id or self.company.workspace_id,
            name=name,
            scopes=scopes or tuple(Scope),
            user_id=user_id,
            reach=reach,
            actor="command line",
            now=MORNING,
        )

    def revoke(self, named: str) -> None:
        api_keys.revoke(
            self.handle.bot.database,
            self.company.workspace_id,
            named=named,
            actor="command line",
            now=MORNING,
        )

    def speaking(self, key: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # Reading all the world's certificates takes longer than most tests, and nobody needs one.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=plain)

    def person(self, name: str, email: str) -> UserId:
        """Somebody active with an e-mail address."""
        user_id = UserId(f"U{name.upper()}")
        person = Person(user_id=user_id, name=name, email=email)
        directory.learn(self.handle.bot.database, self.company.workspace_id, [person], MORNING)
        return user_id

    def events(self) -> list[tuple[str, str]]:
        """Source and id of each event that is kept."""
        with self.handle.bot.database.reading() as tx:
            rows = tx.connection.execute(
                sa.text("SELECT source, external_id FROM usage_event ORDER BY source, external_id")
            )
            return [(row[0], row[1]) for row in rows]


@contextmanager
def serving(
    database_url: str, *, host: str = "127.0.0.1", clock: Callable[[], datetime] = lambda: MORNING
) -> Iterator[Served]:
    """Serve until the block ends; the bot's clock stands at the company's morning."""
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("secret"),
        slack_app_token=None,
        slack_api_url=NOBODY,
        database_url=database_url,
        host=host,
        port=0,
    )
    with bootstrap.running(settings, clock=clock, jobs=False) as handle:
        served = Served(handle)
        with served.client:
            yield served


def event(**changed: object) -> Json:
    """A good event, with what is given changed; None leaves a field out."""
    fields: Json = {
        "source": "app",
        "id": "1",
        "at": MORNING.isoformat(),
        "user": "UANA",
        "model": "gpt-4o",
        "provider": "openai",
        "input_tokens": 1_200,
        "cached_input_tokens": 1_024,
        "output_tokens": 50,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def at(**ago: int) -> str:
    """A time before the company's morning."""
    return (MORNING - timedelta(**ago)).isoformat()


def lines(*events: object) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in events)


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
