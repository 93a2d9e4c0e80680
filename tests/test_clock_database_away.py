"""The database goes away for five minutes while midnight's allowances are credited."""

import gc
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import pytest
import sqlalchemy as sa
from apscheduler.events import EVENT_JOB_EXECUTED
from structlog.testing import capture_logs

from bot import schedule
from bot.bootstrap import system_clock
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import Person, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import Digest, LowBalance
from bot.domain.periods import Period
from bot.services import allowances, books, directory
from bot.storage import opening
from bot.storage.database import Database, Transaction
from tests.clockwork import use
from tests.company import Company
from tests.databases import Databases, sqlite_path
from tests.services.digest_company import SEARCH, change_team
from tests.slack.test_database_faults import DROPPED
from tests.waiting import until

MEMBERS = 320
MIDNIGHT = datetime(2026, 3, 9, tzinfo=UTC)
#: The commit with the nth credit ends its connection, once, before or after it took hold.
DIE_AT_CREDIT = (
    "CREATE SEQUENCE credits",
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NEW.kind = 'allowance' AND nextval('credits') = {nth} THEN"
    " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);"
    " END IF; RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON entry DEFERRABLE INITIALLY {when}"
    " FOR EACH ROW EXECUTE FUNCTION die()",
)


class Minutes:
    """The real ticker, whose minutes pass when a test says so."""

    def __init__(self, company: Company, database: object = None) -> None:
        self._company = company
        self._count = 0
        looked_at = cast("Database", database or company.database)
        self._ticker = schedule.Ticker(looked_at, lambda: company.now)

    def __enter__(self) -> "Minutes":
        self._ticker.start()
        self._ticker._scheduler.add_listener(self._note, EVENT_JOB_EXECUTED)
        return self

    def __exit__(self, *_: object) -> None:
        self._ticker.stop()

    def one_passes(self) -> None:
        """And the tick with which it begins comes to its end."""
        before = self._count
        (job,) = self._ticker._scheduler.get_jobs()
        job.modify(next_run_time=system_clock())
        until(lambda: self._count > before)
        self._company.later(minutes=1)

    def _note(self, _event: object) -> None:
        self._count += 1


def settle_in(company: Company) -> None:
    """A team that is credited every Monday, whose digest comes then, and somebody who ran dry."""
    leo, zoe = company.admin("leo"), company.member("zoe", available=1_000_000)
    people = [UserId(f"UM{number:03}") for number in range(MEMBERS)]
    known = [Person(user_id=user, name=str(user)) for user in people]
    directory.learn(company.database, company.workspace_id, known, company.now)
    company.team("Search", *people)
    wish = AllowanceWish(
        subject=Subject(SubjectKind.TEAM, SEARCH), tokens=1_000, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=leo,
        wish=wish,
        key=IdempotencyKey("command:1"),
        now=company.now,
    )
    schedule.tick(company.database, company.now)
    use(company, people[0], 600)
    change_team(company, SEARCH, channel_id="C0SEARCH", digest_hour=0)
    company.now = MIDNIGHT
    use(company, zoe, 1_000_000)
    company.later(seconds=1)


def credited(company: Company) -> Counter[str]:
    """How often each day was credited, to whomever."""
    keys = [one.key for one in company.entries() if one.kind == "allowance"]
    assert len(keys) == len(set(keys))
    return Counter(key.rpartition(":")[2] for key in keys)


def assert_all_came_once(company: Company) -> None:
    assert credited(company) == {"2026-03-02": MEMBERS, "2026-03-09": MEMBERS}
    kept = [one for one in company.notices() if isinstance(one, Digest | LowBalance)]
    assert Counter(type(one) for one in kept) == {Digest: 1, LowBalance: 1}
    assert [str(wrong) for wrong in books.check(company.database)] == []


@contextmanager
def company_on(databases: Databases, dialect: str) -> Iterator[tuple[Company, str]]:
    with databases.migrated(dialect) as url:
        database = opening.connect(url)
        made = Company(database)
        settle_in(made)
        yield made, url
        database.close()


@contextmanager
def away(company: Company, databases: Databases, *, nth: int, when: str) -> Iterator[None]:
    """The database takes no connection, and ends ours at the nth credit."""
    with company.database.writing() as tx:
        name = str(tx.connection.execute(sa.text("SELECT current_database()")).scalar())
        for sql in DIE_AT_CREDIT:
            tx.connection.exec_driver_sql(sql.format(nth=nth, when=when))
    databases.postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    yield
    databases.postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@DROPPED
@pytest.mark.parametrize("when", ["DEFERRED", "IMMEDIATE"])
@pytest.mark.parametrize("nth", [1, 250])
def test_after_the_database_was_away_at_midnight_all_came_once(
    databases: Databases, nth: int, when: str
) -> None:
    """It goes in a chunk or at its commit; the ticker outlives it, and nobody sees to it."""
    with company_on(databases, "postgresql") as (company, _), capture_logs() as said:
        with Minutes(company) as minutes:
            with away(company, databases, nth=nth, when=when):
                for _ in range(5):
                    minutes.one_passes()
            before = credited(company)["2026-03-09"]
            minutes.one_passes()

        assert before == nth // 100 * 100
        assert_all_came_once(company)
    gc.collect()  # see DROPPED
    assert {(one["event"], one["log_level"]) for one in said} == {("database_fault", "error")}
    assert all(one["reason"] for one in said)


@dataclass
class Breaking:
    """A database to which something happens just before its nth writing."""

    database: Database
    writings: int
    happens: Callable[[], object]

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.writings -= 1
        if self.writings == 0:
            self.happens()
        with self.database.writing() as tx:
            yield tx


def test_after_another_program_kept_the_file_for_long_all_came_once(databases: Databases) -> None:
    with company_on(databases, "sqlite") as (company, url), capture_logs() as said:
        stranger = sqlite3.connect(sqlite_path(url), check_same_thread=False)
        breaking = Breaking(company.database, 3, lambda: stranger.execute("BEGIN IMMEDIATE"))
        with Minutes(company, breaking) as minutes:
            minutes.one_passes()
            before = credited(company)["2026-03-09"]
            stranger.rollback()
            company.later(minutes=5)
            minutes.one_passes()
        stranger.close()

        assert before == 200
        assert_all_came_once(company)
    assert {one["event"] for one in said} == {"database_fault"}


def test_after_the_disk_was_full_all_came_once(databases: Databases) -> None:
    with company_on(databases, "sqlite") as (company, _), capture_logs() as said:
        breaking = Breaking(company.database, 3, lambda: room(company, pages=1))
        with Minutes(company, breaking) as minutes:
            minutes.one_passes()
            before = credited(company)["2026-03-09"]
            room(company, pages=1 << 30)
            company.later(minutes=5)
            minutes.one_passes()

        assert before == 200
        assert_all_came_once(company)
    assert {one["event"] for one in said} == {"database_fault"}
    assert any("full" in str(one["reason"]) for one in said)


def room(company: Company, *, pages: int) -> None:
    """What the file may grow to; never less than it has."""
    with company.database.writing() as tx:
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
