"""Databases that are busy, broken or gone: nothing is moved, and the next try works."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import psycopg
import pytest
import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.services import balances, directory
from bot.storage import accounts, opening, settings
from bot.storage.database import Database, DatabaseBusy, DatabaseFault, Topic, Transaction
from bot.storage.faults import fault_of
from tests.company import Company
from tests.databases import Databases, sqlite_path
from tests.threads import at_once

#: Slack's patience.
ANSWER_SECONDS = 3.0


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Some other program keeps the database, or all accounts in it, to itself."""
    if url.startswith("sqlite"):
        stranger = sqlite3.connect(sqlite_path(url))
        stranger.execute("BEGIN IMMEDIATE")
        yield
        stranger.rollback()
        stranger.close()
        return
    with psycopg.connect(url) as connection:
        connection.execute("SELECT * FROM account FOR UPDATE")
        yield
        connection.rollback()


def test_a_locked_database_is_busy_and_nothing_was_moved(
    company: Company, database_url: str
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    with locked(database_url), pytest.raises(DatabaseBusy):
        company.transfer(alice, bob, 250_000, key="modal:V1")

    assert (company.available(alice), company.available(bob)) == (1_000_000, 0)
    assert (company.entries(), company.notices()) == ([], [])
    assert company.transfer(alice, bob, 250_000, key="modal:V1").is_new


def test_a_locked_database_still_shows_balances(company: Company, database_url: str) -> None:
    alice = company.member("alice", available=1_000_000)

    with locked(database_url):
        found = balances.balance(
            company.database,
            company.workspace_id,
            viewer=alice,
            subject=alice,
            now=company.now,
        )

    assert found.available == 1_000_000


def test_everyone_hears_that_it_is_busy_while_slack_still_listens(
    company: Company, database_url: str
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    seconds = list[float]()

    def send() -> None:
        began = monotonic()
        try:
            company.transfer(alice, bob, 1_000)
        finally:
            seconds.append(monotonic() - began)

    with locked(database_url):
        running = at_once([send] * 12)

    assert {type(each.error) for each in running} == {DatabaseBusy}
    assert max(seconds) < ANSWER_SECONDS
    assert company.available(alice) == 1_000_000


def test_a_writer_waits_for_another_no_longer_than_that(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    with company.database.writing() as tx:
        tx.connection.execute(sa.text("UPDATE account SET held = held"))
        (waiting,) = at_once([lambda: company.transfer(alice, bob, 250_000)])

    assert isinstance(waiting.error, DatabaseBusy)
    assert company.entries() == []


def test_too_many_readers_are_refused_and_not_left_waiting(company: Company) -> None:
    with ExitStack() as all_of_them, pytest.raises(DatabaseBusy):  # noqa: PT012 - the block itself must raise
        for _ in range(21):
            tx = all_of_them.enter_context(company.database.reading())
            settings.value(tx, company.workspace_id, "any")

    assert directory.workspace_ids(company.database) == [company.workspace_id]


def test_a_read_only_database_is_a_fault_and_still_readable(databases: Databases) -> None:
    with databases.migrated("sqlite") as url:
        database = opening.connect(url)
        company = Company(database)
        alice, bob = company.member("alice", available=1_000_000), company.member("bob")
        with database.writing() as tx:  # from here SQLite says what it says of a read-only file
            tx.connection.execute(sa.text("PRAGMA query_only = ON"))

        with pytest.raises(DatabaseFault, match="readonly"):
            company.transfer(alice, bob, 250_000)

        assert company.available(alice) == 1_000_000
        database.close()


def by_fetch(tx: Transaction) -> object:
    return tx.fetch(
        accounts.AVAILABLE, {"workspace_id": WorkspaceId("T1"), "account_id": "member:UALICE"}
    )


def by_connection(tx: Transaction) -> object:
    return settings.value(tx, WorkspaceId("T1"), "any")


def by_batch(tx: Transaction) -> object:
    values = {"workspace_id": WorkspaceId("T1"), "account_id": "member:UALICE"}
    return tx.batch([(accounts.AVAILABLE, values)] * 2)


@pytest.fixture
def postgres(databases: Databases) -> Iterator[tuple[Database, str]]:
    with databases.migrated("postgresql") as url:
        database = opening.connect(url)
        yield database, url
        database.close()


def cut_off(url: str) -> None:
    """End all connections of the bot's, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("way", ["reading", "snapshot", "writing"])
@pytest.mark.parametrize("ask", [by_fetch, by_connection, by_batch])
def test_connections_that_died_in_the_pool_are_replaced(
    postgres: tuple[Database, str], way: str, ask: Callable[[Transaction], object]
) -> None:
    database, url = postgres
    with ExitStack() as several:
        for _ in range(3):
            ask(several.enter_context(database.reading()))
    cut_off(url)

    for _ in range(3):
        with getattr(database, way)() as tx:
            ask(tx)


def test_a_connection_that_dies_at_work_moves_nothing(postgres: tuple[Database, str]) -> None:
    database, url = postgres
    company = Company(database)

    with pytest.raises(DatabaseFault), database.writing() as tx:  # noqa: PT012 - the block itself must raise
        settings.put(tx, company.workspace_id, "outsiders_take_part", "yes")
        cut_off(url)
        settings.put(tx, company.workspace_id, "slack_admins_are_approvers", "no")

    assert company.rows("SELECT * FROM setting") == []


def test_a_commit_that_is_cut_off_has_an_unknown_outcome(postgres: tuple[Database, str]) -> None:
    database, url = postgres
    company = Company(database)

    with pytest.raises(DatabaseFault) as fault, database.writing() as tx:  # noqa: PT012 - the block itself must raise
        settings.put(tx, company.workspace_id, "outsiders_take_part", "yes")
        cut_off(url)

    assert fault.value.is_outcome_unknown
    assert directory.workspace_ids(database) == [company.workspace_id]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense with s3cret", "can't be read"),
        ("mysql://bot:s3cret@db/x", "begins with mysql://"),
        ("sqlite://", "must name a SQLite file"),
        ("sqlite:///:memory:", "must name a SQLite file"),
    ],
)
def test_a_wrong_url_is_explained_without_quoting_its_password(url: str, reason: str) -> None:
    with pytest.raises(DatabaseFault, match=reason) as fault:
        opening.connect(url)

    assert "s3cret" not in str(fault.value)


@pytest.mark.parametrize("ask", [opening.migrate, opening.is_current])
def test_a_folder_that_is_not_there_is_named(ask: Callable[[str], object]) -> None:
    with pytest.raises(DatabaseFault, match="/nowhere/at/all, which is no folder"):
        ask("sqlite:////nowhere/at/all/tokenbot.db")


@pytest.mark.parametrize("ask", [opening.migrate, opening.is_current])
def test_a_server_that_is_not_there_is_a_fault(ask: Callable[[str], object]) -> None:
    with pytest.raises(DatabaseFault) as fault:
        ask("postgresql://bot:s3cret@127.0.0.1:1/tokenbot")

    assert "s3cret" not in str(fault.value)


def test_errors_of_programming_are_no_faults(company: Company) -> None:
    assert fault_of(sqlite3.OperationalError("no such table: acount")) is None
    with pytest.raises(
        sa.exc.ProgrammingError if is_postgres(company) else sa.exc.OperationalError
    ):
        company.rows("SELECT * FROM acount")


def is_postgres(company: Company) -> bool:
    return company.database.dialect == "postgresql"


def test_listeners_are_woken_by_a_commit_and_never_without(company: Company) -> None:
    woken = list[Topic]()
    for topic in Topic:
        company.database.listen(topic, lambda topic=topic: woken.append(topic))  # type: ignore[misc]  # mypy infers no lambda with a default
    with company.database.writing() as tx:
        tx.announce(Topic.OUTBOX)
        tx.announce(Topic.OUTBOX)
        before = list(woken)

    with pytest.raises(ZeroDivisionError), company.database.writing() as tx:  # noqa: PT012 - the block itself must raise
        tx.announce(Topic.DIRECTORY)
        _ = 1 // 0

    assert (before, woken) == ([], [Topic.OUTBOX])


def test_a_snapshot_shows_one_moment(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    with company.database.snapshot() as tx:
        before = by_fetch(tx)
        company.transfer(alice, bob, 250_000)
        after = by_fetch(tx)

    assert before == after == [(1_000_000,)]
