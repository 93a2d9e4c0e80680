"""Many rows in one statement: each value arrives as it was given, in its own row."""

import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module

import psycopg
import pytest
import sqlalchemy as sa

import bot.storage
from bot.storage import opening
from bot.storage.database import Database
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Statement, among, among_rows
from bot.storage.tables import MemberRow, table
from tests.company import Company
from tests.databases import Databases

_member = table(MemberRow)
#: What an array's own text has a meaning for, and other text that people type.
HOSTILE = ('a "b" \\ c', "{x,y}", "NULL", "", " ", "\\", "Zoë 🎉\n\t'", '"', "null,{}")
_TWICE = (sqlite3.IntegrityError, psycopg.IntegrityError)
WHEN = datetime(2026, 3, 29, 1, 30, 0, 123_456, tzinfo=UTC)

ADD = Bulk(
    _member,
    ("workspace_id", "user_id", "name", "email", "standing", "is_slack_admin", "fetched_at"),
    lambda given, _insert: sa.insert(_member).from_select(
        [*given, "team_id"], sa.select(*given.values(), sa.literal_column("'everyone'"))
    ),
)
RENAME = Bulk(
    _member,
    ("workspace_id", "user_id", "name"),
    lambda given, _insert: (
        sa.update(_member)
        .where(
            _member.c.workspace_id == given["workspace_id"],
            _member.c.user_id == given["user_id"],
        )
        .values(name=given["name"])
    ),
)
FORGET = Bulk(
    _member,
    ("workspace_id", "user_id", "name"),
    lambda given, insert: sa.delete(_member).where(among_rows(_member, given, insert)),
)
BY_ID = Bulk(
    _member,
    ("workspace_id", "user_id"),
    lambda given, _insert: sa.select(_member.c.user_id, _member.c.name).where(
        *(_member.c[name] == given[name] for name in given)
    ),
)
NAMED = Statement(
    lambda insert: (
        sa.select(
            _member.c.user_id,
            _member.c.name,
            _member.c.email,
            _member.c.is_slack_admin,
            _member.c.fetched_at,
        )
        .where(
            _member.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            among(_member.c.name, "names", insert),
        )
        .order_by(_member.c.user_id)
    )
)


def add(company: Company) -> None:
    rows = [
        (company.workspace_id, f"U{n}", name, None if n % 2 else name, "active", n == 1, WHEN)
        for n, name in enumerate(HOSTILE)
    ]
    with company.database.writing() as tx:
        tx.bulk(ADD, rows)


def named(company: Company, *names: str) -> list[tuple[object, ...]]:
    with company.database.reading() as tx:
        found = tx.fetch(NAMED, {"workspace_id": company.workspace_id, "names": names})
    return [(user, name, mail, bool(admin), as_moment(at)) for user, name, mail, admin, at in found]


def test_every_value_of_many_rows_arrives_as_it_was_given(company: Company) -> None:
    add(company)

    assert named(company, *HOSTILE) == [
        (f"U{n}", name, None if n % 2 else name, n == 1, WHEN) for n, name in enumerate(HOSTILE)
    ]


def test_only_rows_whose_value_is_among_those_asked_for_are_found(company: Company) -> None:
    add(company)

    assert [found[0] for found in named(company, "NULL", '"', "none of them")] == ["U2", "U7"]
    assert named(company) == []


def test_each_row_is_changed_by_its_own_values(company: Company) -> None:
    add(company)

    with company.database.writing() as tx:
        tx.bulk(RENAME, [(company.workspace_id, f"U{n}", f"new {n}") for n in (1, 4)])

    assert [found[:2] for found in named(company, "new 1", "new 4", "NULL")] == [
        ("U1", "new 1"),
        ("U2", "NULL"),
        ("U4", "new 4"),
    ]


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 63, 64, 100])
def test_however_many_rows_there_are_each_is_written_changed_read_and_deleted(
    company: Company, count: int
) -> None:
    workspace_id = company.workspace_id
    everyone = [f"U{n:03}" for n in range(count)]
    with company.database.writing() as tx:
        tx.bulk(ADD, [(workspace_id, one, "old", one, "active", False, WHEN) for one in everyone])
        tx.bulk(RENAME, [(workspace_id, one, f"new {one}") for one in everyone])

    with company.database.writing() as tx:
        asked = [(workspace_id, one) for one in (*everyone, "nobody")]
        assert sorted(tx.bulk_rows(BY_ID, asked)) == [(one, f"new {one}") for one in everyone]

    with company.database.writing() as tx:
        # The last is called otherwise than what is said, so that row is another.
        said = [(workspace_id, one, f"new {one}") for one in everyone[:-1]]
        tx.bulk(FORGET, [*said, (workspace_id, everyone[-1], "somebody else")])
        assert tx.bulk_rows(BY_ID, asked) == [(everyone[-1], f"new {everyone[-1]}")]


def test_whichever_row_fails_none_of_them_is_written(company: Company) -> None:
    rows = [(company.workspace_id, f"U{n}", "new", None, "active", False, WHEN) for n in range(40)]

    with pytest.raises(_TWICE), company.database.writing() as tx:
        tx.bulk(ADD, [*rows, rows[7]])

    assert named(company, "new") == []


def bulks() -> Iterator[tuple[str, Bulk]]:
    for module in pkgutil.iter_modules(bot.storage.__path__):
        for name, found in vars(import_module(f"bot.storage.{module.name}")).items():
            if isinstance(found, Bulk):
                yield f"{module.name}.{name}", found


def test_sqlite_finds_each_of_many_rows_by_an_index(databases: Databases) -> None:
    plans: dict[str, list[str]] = {}
    with databases.migrated("sqlite") as url:
        database = opening.connect(url)
        with database.reading() as tx:
            for name, bulk in bulks():
                row = (None,) * len(bulk.names)
                ((sql, values),) = bulk.for_sqlite([row] * 32)
                explained = tx.connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {sql}", tuple(values)
                )
                plans[name] = [step[3] for step in explained]
        database.close()

    read_whole = re.compile(r"SCAN (?!given$|32 CONSTANT ROWS$)|AUTOMATIC")
    slow = {name: plan for name, plan in plans.items() if any(map(read_whole.search, plan))}
    assert slow == {}
    assert {"holds.PUT", "old_holds.DELETE", "rollups.UNKNOWN"} <= plans.keys()


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.writing() as tx:
        tx.bulk(RENAME, [])
