"""Asking the database which rows break a rule."""

import sqlalchemy as sa

from bot.domain.books import BookRow, Discrepancy
from bot.domain.directory import WorkspaceId
from bot.storage.database import Transaction


def take_time(tx: Transaction) -> None:
    """An audit of years takes longer than a person waits: lift PostgreSQL's time-out for it."""
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(sa.text("SET LOCAL statement_timeout = '30min'"))


def off(tx: Transaction, rule: str, table: str, sql: str, **given: object) -> list[Discrepancy]:
    """The rows of a statement that selects workspace, row id, what was expected and found."""
    lists = [name for name, value in given.items() if not isinstance(value, int | str)]
    statement = sa.text(sql).bindparams(*(sa.bindparam(n, expanding=True) for n in lists))
    return [
        wrong(rule, (table, workspace_id, row_id), expected=str(expected), found=str(found))
        for workspace_id, row_id, expected, found in tx.connection.execute(statement, given)
    ]


def wrong(rule: str, row: tuple[str, str, str], *, expected: str, found: str) -> Discrepancy:
    """What is off in a row: its table, its workspace, its id."""
    table, workspace_id, row_id = row
    return Discrepancy(
        workspace_id=WorkspaceId(workspace_id),
        rule=rule,
        row=BookRow(table=table, row_id=row_id),
        expected=expected,
        found=found,
    )
