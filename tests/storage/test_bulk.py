"""Many rows in one statement: each value arrives as it was given, in its own row."""

from datetime import UTC, datetime

import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Statement, among
from bot.storage.tables import MemberRow, table
from tests.company import Company

_member = table(MemberRow)
#: What an array's own text has a meaning for, and other text that people type.
HOSTILE = ('a "b" \\ c', "{x,y}", "NULL", "", " ", "\\", "Zoë 🎉\n\t'", '"', "null,{}")
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


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.writing() as tx:
        tx.bulk(RENAME, [])
