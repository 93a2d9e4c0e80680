"""SQLite's writers share commits: what one of them does must not touch another."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import pytest
import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
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
    with pytest.raises(ZeroDivisionError), database.writing():  # noqa: PT012
        for workspace, *then in writers:
            running.append(Running(lambda w=workspace, t=then: write(database, w, *t)))  # type: ignore[misc]
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
        running.append(Running(lambda n=name, t=then: write(database, n, *t)))  # type: ignore[misc]
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
    with pytest.raises(DatabaseFault), database.writing() as tx:  # noqa: PT012
        workspaces.add(tx, WorkspaceId("A"), MORNING)
        for sql in filling_the_disk():
            with suppress(sa.exc.OperationalError):
                tx.connection.execute(sa.text(sql))

    assert directory.workspace_ids(database) == []
    set_room(database, 1 << 20)
    write(database, "B")
    assert directory.workspace_ids(database) == ["B"]


def filling_the_disk() -> tuple[str, str]:
    """SQLite's own limit of a file answers as a full disk does."""
    return (
        "PRAGMA max_page_count = 1",  # no less than there are: not one page more
        "INSERT INTO setting VALUES ('T1', 'big', hex(randomblob(3000000)))",
    )


def set_room(database: SqliteDatabase, pages: int) -> None:
    with database.writing() as tx:
        tx.connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
