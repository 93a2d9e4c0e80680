import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.company import Company

TABLES = ("entry", "posting", "audit")


@pytest.fixture
def written(company: Company) -> Company:
    """A company with a row in each table that is only ever added to."""
    company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    company.transfer(alice, bob, 250_000)
    return company


def refused(company: Company, table: str, sql: str) -> None:
    """The statement fails, and leaves all as it was."""
    before = company.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - a name of ours
    assert before

    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only"),
        company.database.writing() as tx,
    ):
        tx.connection.execute(sa.text(sql))

    assert company.rows(f"SELECT * FROM {table} ORDER BY 1, 2") == before  # noqa: S608 - names of our own


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_never_changed(written: Company, table: str) -> None:
    refused(written, table, f"UPDATE {table} SET workspace_id = workspace_id")  # noqa: S608 - names of our own


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_never_deleted(written: Company, table: str) -> None:
    refused(written, table, f"DELETE FROM {table}")  # noqa: S608 - names of our own


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_never_replaced(written: Company, table: str) -> None:
    if written.database.dialect == "sqlite":
        sql = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608 - names of our own
    else:
        key = {"entry": "entry_id", "posting": "entry_id, position", "audit": "audit_id"}[table]
        sql = (
            f"INSERT INTO {table} SELECT * FROM {table}"  # noqa: S608 - names of our own
            f" ON CONFLICT (workspace_id, {key}) DO UPDATE SET workspace_id = 'T2'"
        )
    refused(written, table, sql)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_never_emptied(written: Company, table: str) -> None:
    sql = f"DELETE FROM {table}"  # noqa: S608 - SQLite has no other way
    refused(
        written,
        table,
        sql if written.database.dialect == "sqlite" else f"TRUNCATE {table} CASCADE",
    )
