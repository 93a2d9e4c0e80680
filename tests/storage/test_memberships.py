"""Who joined and who left, asked of a PostgreSQL that knows nothing of its tables yet."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, Person, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances, directory
from bot.storage import memberships, opening
from tests.company import Company
from tests.databases import Databases

PEOPLE = 2_000
#: Rows looked at for each person: themselves, and a few by index. To compare a hundred turns with
#: everybody takes a hundred.
ROWS_MAX = 10


@pytest.fixture
def large(databases: Databases) -> Iterator[str]:
    """The URL of a company of which a hundred have their turns, and the rest are to get theirs."""
    with databases.migrated("postgresql") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("member", "allowance", "allowance_turn"):
                connection.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)".encode())
        database = opening.connect(url)
        company = Company(database)
        people = [Person(user_id=UserId(f"U{n:05}"), name="") for n in range(PEOPLE)]
        directory.learn(database, company.workspace_id, people, company.now)
        allowances.start(
            database,
            company.workspace_id,
            actor=company.admin("boss"),
            wish=AllowanceWish(
                subject=Subject(SubjectKind.TEAM, EVERYONE), tokens=250_000, period=Period.WEEK
            ),
            key=IdempotencyKey("rule"),
            now=company.now,
        )
        database.close()
        yield url


@pytest.mark.parametrize("ask", [memberships.joining, memberships.leaving])
def test_without_statistics_nobody_is_compared_with_everybody(
    large: str, ask: Callable[[], sa.Select[Any]]
) -> None:
    asked = (
        ask()
        .limit(100)
        .compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there
            compile_kwargs={"literal_binds": True},
        )
    )

    with psycopg.connect(large) as connection:
        explained = connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}".encode()
        ).fetchone()

    assert explained is not None
    assert rows_looked_at(explained[0][0]["Plan"]) < PEOPLE * ROWS_MAX


def rows_looked_at(node: Mapping[str, Any]) -> float:
    """Those that a part of a plan read, let through or not, and its own parts' before it."""
    dropped = sum(figure for name, figure in node.items() if name.startswith("Rows Removed"))
    mine = (node["Actual Rows"] + dropped) * node["Actual Loops"]
    return float(mine + sum(map(rows_looked_at, node.get("Plans", []))))
