"""`tokenbot …` as somebody types it, what it says, and the workspace they type it in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.playground.people import ANA, LEO
from bot.services import grants
from bot.storage.database import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEAM = WorkspaceId("T0PLAYGROUND")


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def grant(database: Database, *, tokens: int = 5) -> None:
    grants.grant(
        database,
        TEAM,
        actor=UserId(LEO.id),
        recipients=[UserId(ANA.id)],
        tokens=tokens,
        note="for the demo",
        key=IdempotencyKey("test:1"),
        now=NOW,
    )
