"""SQLite's writers share commits: what one of them does must not touch another."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.refusals import NotEnoughTokens
from bot.services import directory
from bot.storage import opening, workspaces
from bot.storage.database import DatabaseFault
from bot.storage.sqlite import SqliteDatabase
from tests.company import MORNING
from tests.databases import Databases, sqlite_path
from tests.threads import Running
from tests.waiting import SECONDS, until

BREAK_AT_COMMIT = (
    "PRAGMA defer_foreign_keys = ON",
    "INSERT INTO posting VALUES ('B', 'no such entry', 0, 'treasury', 'member:UB', 5)",
)


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.migrated("sqlite") as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[SqliteDatabase]:
    opened = opening.connect(url)
    assert isinstance(opened, SqliteDatabase)
    yield opened
    opened.close()


def write(database: SqliteDatabase, workspace: str, *then: str) -> None:
    """One writer: a workspace of its own, and then some SQL."""
    with database.writing() as tx:
        workspaces.add(tx, WorkspaceId(workspace), MORNING)
        for sql in then:
            tx.connection.execute(sa.text(sql))


def write_as_group(
    database: SqliteDatabase, *writers: tuple[str, *tuple[str, ...]]
) -> list[Running[None]]:
    """Writers that come while another is at work, and so are one group, in this order."""
    running: list[Running[None]] = []
    with pytest.raises(ZeroDivisionError), database.writing():  # noqa: PT012 - the block itself must raise
        for workspace, *then in writers:
            running.append(Running(lambda w=workspace, t=then: write(database, w, *t)))  # type: ignore[misc]  # mypy infers no lambda with a default
            until(lambda: len(database._turns._waiting) == len(running))
        _ = 1 // 0  # the group of this one ends without a commit, and the next begins
    for each in running:
        each.join()
    return running


def test_all_of_a_group_is_kept(database: SqliteDatabase) -> None:
    running = write_as_group(database, ("A",), ("B",), ("C",))

    assert [each.error for each in running] == [None, None, None]
    assert directory.workspace_ids(database) == ["A", "B", "C"]


@pytest.mark.parametrize("failing", ["A", "B", "C"])
def test_a_writer_that_fails_undoes_only_itself(database: SqliteDatabase, failing: str) -> None:
    broken = "INSERT INTO posting VALUES ('T1', 'e1', 0, 'treasury', 'treasury', 5)"

    running = write_as_group(
        database, *((name, broken) if name == failing else (name,) for name in "ABC")
    )

    errors = dict(zip("ABC", [each.error for each in running], strict=True))
    assert isinstance(errors.pop(failing), sa.exc.IntegrityError)
    assert list(errors.values()) == [None, None]
    assert directory.workspace_ids(database) == [name for name in "ABC" if name != failing]


def test_nobody_is_answered_before_the_commit_that_holds_their_work(
    database: SqliteDatabase, url: str
) -> None:
    stranger = sqlite3.connect(sqlite_path(url))
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("A"), MORNING)
            assert database._group is not None
            database._group.began = monotonic() + SECONDS  # however slow this machine is
            until(lambda: len(database._turns._waiting) == 1)

    def second() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("B"), MORNING)
            inside.set()
            assert go_on.wait(SECONDS)

    one = Running(first)
    until(lambda: database._group is not None)
    other = Running(second)
    assert inside.wait(SECONDS)
    before = (one.is_done, stranger.execute("SELECT count(*) FROM workspace").fetchone())
    go_on.set()

    assert (one.join(), other.join()) == (None, None)
    assert before == (False, (0,))
    assert stranger.execute("SELECT count(*) FROM workspace").fetchone() == (2,)
    stranger.close()


def test_a_commit_that_fails_reaches_all_whose_work_it_held(database: SqliteDatabase) -> None:
    def first() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("A"), MORNING)
            assert database._group is not None
            database._group.began = monotonic() + SECONDS
            until(lambda: len(database._turns._waiting) == 2)

    running = [Running(first)]
    until(lambda: database._group is not None)
    for name, then in (("B", BREAK_AT_COMMIT), ("C", ())):
        running.append(Running(lambda n=name, t=then: write(database, n, *t)))  # type: ignore[misc]  # mypy infers no lambda with a default
        until(lambda: len(database._turns._waiting) == len(running) - 1 or running[0].is_done)

    errors = [each.join() for each in running]

    assert [type(error) for error in errors] == [sqlite3.IntegrityError] * 3
    assert directory.workspace_ids(database) == []
    write(database, "D")
    assert directory.workspace_ids(database) == ["D"]


def test_a_full_disk_undoes_the_group_and_all_of_it_hear_so(database: SqliteDatabase) -> None:
    def first() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("A"), MORNING)
            assert database._group is not None
            database._group.began = monotonic() + SECONDS
            until(lambda: len(database._turns._waiting) == 1)

    one = Running(first)
    until(lambda: database._group is not None)
    other = Running(lambda: write(database, "B", *filling_the_disk()))

    errors = [one.join(), other.join()]

    assert all(isinstance(error, DatabaseFault) for error in errors), errors
    assert directory.workspace_ids(database) == []
    set_room(database, 1 << 20)
    write(database, "C")
    assert directory.workspace_ids(database) == ["C"]


def test_a_writer_that_swallows_the_error_of_a_full_disk_is_not_told_all_is_well(
    database: SqliteDatabase,
) -> None:
    with pytest.raises(DatabaseFault), database.writing() as tx:  # noqa: PT012 - the block itself must raise
        workspaces.add(tx, WorkspaceId("A"), MORNING)
        for sql in filling_the_disk():
            with suppress(sa.exc.OperationalError):
                tx.connection.execute(sa.text(sql))

    assert directory.workspace_ids(database) == []
    set_room(database, 1 << 20)
    write(database, "B")
    assert directory.workspace_ids(database) == ["B"]


class Failing(sqlite3.Connection):
    """Fails once at what it is told to, as it does on a disk that breaks."""

    failing_at = ""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self._fail_at(sql)
        return super().execute(sql, *parameters)

    def rollback(self) -> None:
        self._fail_at("rollback")
        super().rollback()

    def _fail_at(self, what: str) -> None:
        if what == self.failing_at:
            self.failing_at = ""
            raise sqlite3.OperationalError("disk I/O error")


def failing(database: SqliteDatabase, at: str) -> None:
    """The connection that writes fails once at this."""

    def connect(_dialect: object, _entry: object, _args: object, options: dict[str, Any]) -> None:
        options["factory"] = Failing

    sa.event.listen(database._engine, "do_connect", connect)
    with database.writing() as tx:
        driver = tx.connection.connection.driver_connection
    assert isinstance(driver, Failing)
    driver.failing_at = at


@pytest.mark.parametrize(
    "at", ["BEGIN IMMEDIATE", "SAVEPOINT writer", "ROLLBACK TO writer", "RELEASE writer"]
)
@pytest.mark.parametrize("refused", ["A", "B", "C"])
def test_no_step_that_fails_keeps_the_turn(database: SqliteDatabase, at: str, refused: str) -> None:
    failing(database, at)
    broken = "INSERT INTO posting VALUES ('T1', 'e1', 0, 'treasury', 'treasury', 5)"

    def first() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("A"), MORNING)
            assert database._group is not None
            database._group.began = monotonic() + SECONDS
            until(lambda: len(database._turns._waiting) == 2)
            if refused == "A":
                tx.connection.execute(sa.text(broken))

    running = [Running(first)]
    until(lambda: database._group is not None or running[0].is_done)
    for name in "BC":
        then = (broken,) if name == refused else ()
        running.append(Running(lambda n=name, t=then: write(database, n, *t)))  # type: ignore[misc]  # mypy infers no lambda with a default
        until(lambda: len(database._turns._waiting) == len(running) - 1 or running[0].is_done)

    errors = dict(zip("ABC", [each.join() for each in running], strict=True))

    write(database, "D")
    kept = [name for name, error in errors.items() if error is None]
    assert directory.workspace_ids(database) == [*kept, "D"]


@pytest.mark.parametrize("at", ["rollback", "COMMIT"])
def test_a_connection_that_can_neither_commit_nor_undo_is_replaced(
    database: SqliteDatabase, at: str
) -> None:
    failing(database, at)

    with pytest.raises((ZeroDivisionError, DatabaseFault)), database.writing() as tx:  # noqa: PT012 - the block itself must raise
        workspaces.add(tx, WorkspaceId("A"), MORNING)
        if at == "rollback":
            _ = 1 // 0
    write(database, "B")

    assert directory.workspace_ids(database) == ["B"]


def test_a_writer_that_is_interrupted_leaves_the_turn_to_the_next(database: SqliteDatabase) -> None:
    with pytest.raises(KeyboardInterrupt), database.writing() as tx:  # noqa: PT012 - the block itself must raise
        workspaces.add(tx, WorkspaceId("A"), MORNING)
        tx.connection.invalidate()  # as SQLAlchemy does then
        raise KeyboardInterrupt
    write(database, "B")

    assert directory.workspace_ids(database) == ["B"]


def test_a_refusal_that_rests_on_work_undone_is_no_refusal(database: SqliteDatabase) -> None:
    """B was told "0 available" because of what A had spent, and then A's commit failed."""

    def first() -> None:
        with database.writing() as tx:
            workspaces.add(tx, WorkspaceId("A"), MORNING)
            for sql in BREAK_AT_COMMIT:
                tx.connection.execute(sa.text(sql))
            assert database._group is not None
            database._group.began = monotonic() + SECONDS
            until(lambda: len(database._turns._waiting) == 1)

    def second() -> None:
        with database.writing():
            raise NotEnoughTokens(UserId("UALICE"), 1, 0)

    one = Running(first)
    until(lambda: database._group is not None)
    other = Running(second)

    assert [type(one.join()), type(other.join())] == [sqlite3.IntegrityError] * 2


def filling_the_disk() -> tuple[str, str]:
    """SQLite's own limit of a file answers as a full disk does."""
    return (
        "PRAGMA max_page_count = 1",  # no less than there are: not one page more
        "INSERT INTO setting VALUES ('T1', 'big', hex(randomblob(3000000)))",
    )


def set_room(database: SqliteDatabase, pages: int) -> None:
    with database.writing() as tx:
        tx.connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
