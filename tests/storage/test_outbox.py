"""Notices that wait: unreadable ones, senders that come too late, looks that find nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from slack_sdk import WebClient

from bot.domain.directory import UserId
from bot.domain.ledger import EntryId
from bot.domain.notices import Claimed, DeadReported, TokensReceived
from bot.services import outbox as service
from bot.services.outbox import LEASE
from bot.slack.delivery import Delivery
from bot.storage import claims, opening, outbox
from bot.storage.claims import Look
from bot.storage.database import Database, Transaction
from tests.company import Company
from tests.databases import Databases, sqlite_path

ALICE, BOB, CARLA = UserId("UALICE"), UserId("UBOB"), UserId("UCARLA")
SPACING = timedelta(seconds=1)


def owe(company: Company, *recipients: UserId) -> None:
    for recipient in recipients:
        notice = TokensReceived(
            recipient=recipient,
            giver=UserId("UMIA"),
            tokens=1,
            note="",
            entry_id=EntryId("e1"),
            is_transfer=False,
            is_first=False,
        )
        at = company.later(milliseconds=1)
        service.owe(company.database, company.workspace_id, notice, at)


def claim(company: Company, limit: int = 10) -> list[Claimed]:
    return service.claim(company.database, now=company.now, spacing=SPACING, limit=limit)


def change(company: Company, sql: str) -> None:
    with company.database.writing() as tx:
        tx.connection.execute(sa.text(sql))


def states(company: Company) -> list[tuple[object, object]]:
    rows = company.rows("SELECT queue, state FROM outbox ORDER BY notice_id")
    return [(row["queue"], row["state"]) for row in rows]


@pytest.mark.parametrize(
    "unreadable",
    ["kind = 'from_tomorrow'", 'payload = \'{"recipient":"UALICE"}\'', "payload = ''"],
)
def test_a_notice_that_this_version_can_not_read_ends_and_stops_no_other(
    company: Company, unreadable: str
) -> None:
    owe(company, ALICE, BOB)
    change(company, f"UPDATE outbox SET {unreadable} WHERE queue = 'UALICE'")  # noqa: S608 - names of our own
    nobody = WebClient(token="xoxb-x", base_url="http://127.0.0.1:9/", retry_handlers=[])
    delivery = Delivery(company.database, nobody, lambda: company.now)

    tried = delivery.deliver_due()
    delivery.close()

    assert tried == 2
    assert states(company) == [("UALICE", "dead"), ("UBOB", "waiting")]
    (dead,) = service.listed(company.database, states=["dead"], limit=10)
    assert dead.error


@pytest.mark.parametrize("ended", ["sent", "dead"])
def test_a_sender_whose_lease_ran_out_changes_nothing_that_has_ended(
    company: Company, ended: str
) -> None:
    owe(company, ALICE)
    (late,) = claim(company)
    company.now += LEASE
    (again,) = claim(company)
    with company.database.writing() as tx:
        outbox.end(tx, company.workspace_id, again.notice_id, state=ended, now=company.now)
    before = company.rows("SELECT * FROM outbox")

    company.later(seconds=1)
    service.bury(company.database, late, state="stale", error="late", now=company.now)
    service.put_off(company.database, late, due_at=company.now, error="late")
    service.mark_sent(company.database, late, None, company.now)

    assert company.rows("SELECT * FROM outbox") == before


def test_a_notice_without_content_is_not_tried_again(company: Company) -> None:
    owe(company, ALICE, BOB)
    for each in claim(company):
        service.bury(company.database, each, state="dead", error="x", now=company.now)
    change(company, "UPDATE outbox SET payload = '' WHERE queue = 'UALICE'")

    assert service.retry(company.database, company.now) == 1
    assert states(company) == [("UALICE", "dead"), ("UBOB", "waiting")]


def test_what_waits_behind_a_notice_put_off_is_due_with_it(company: Company) -> None:
    owe(company, ALICE, ALICE, ALICE)
    (first,) = claim(company)
    at = company.now + timedelta(seconds=30)

    service.put_off(company.database, first, due_at=at, error="503")

    assert service.next_due(company.database) == at


@pytest.fixture
def on_sqlite(databases: Databases) -> Iterator[tuple[Company, sqlite3.Connection]]:
    """A company, and a stranger who can keep its database from being written."""
    with databases.migrated("sqlite") as url:
        database = opening.connect(url)
        stranger = sqlite3.connect(sqlite_path(url))
        yield Company(database), stranger
        stranger.close()
        database.close()


def test_a_look_that_finds_nothing_to_send_waits_for_no_writer(
    on_sqlite: tuple[Company, sqlite3.Connection],
) -> None:
    company, stranger = on_sqlite
    owe(company, ALICE, ALICE, BOB, BOB, CARLA, CARLA)
    put_off, sent, _leased = claim(company)
    service.put_off(
        company.database, put_off, due_at=company.now + timedelta(seconds=30), error="503"
    )
    service.mark_sent(company.database, sent, None, company.now)

    stranger.execute("BEGIN IMMEDIATE")

    assert claim(company) == []


def test_two_who_claim_at_once_do_not_wait_for_each_other(databases: Databases) -> None:
    with databases.migrated("postgresql") as url:
        database = opening.connect(url)
        company = Company(database)
        owe(company, ALICE, ALICE, BOB, CARLA)

        with database.writing() as tx:
            first = take(tx, company, limit=2)
            other = claim(company)

        assert [each.notice.recipient for each in first] == [ALICE, BOB]
        assert [each.notice.recipient for each in other] == [CARLA]
        database.close()


def look(company: Company) -> Look:
    return Look(now=company.now, spaced_since=company.now - SPACING)


def take(tx: Transaction, company: Company, *, limit: int = 10) -> list[Claimed]:
    found = claims.candidates(tx, look(company), limit=10)
    until = company.now + LEASE
    return claims.take(tx, look(company), found, lease_until=until, limit=limit)


def test_of_one_queue_two_processes_never_claim_two(databases: Databases) -> None:
    """Both saw another first one: what is more urgent came while the other was being claimed."""
    with databases.migrated("postgresql") as url:
        database = opening.connect(url)
        company = Company(database)
        owe_report(company, ALICE)

        with database.writing() as tx:
            first = take(tx, company)
            owe(company, ALICE, BOB)
            company.later(seconds=1)
            other = claim(company)

        assert [each.kind for each in first] == ["dead_reported"]
        assert [each.notice.recipient for each in other] == [BOB]
        assert claim(company) == []
        database.close()


def owe_report(company: Company, recipient: UserId) -> None:
    notice = DeadReported(recipient=recipient, reasons={"user_disabled": 1})
    at = company.later(milliseconds=1)
    service.owe(company.database, company.workspace_id, notice, at)


def candidates(tx: Transaction, company: Company) -> object:
    return claims.candidates(tx, look(company), limit=10)


def next_due(tx: Transaction, _company: Company) -> object:
    return claims.next_due(tx, withheld=frozenset(), away=frozenset())


@pytest.mark.parametrize("ask", [candidates, next_due])
def test_the_first_of_each_queue_are_found_by_the_index_of_what_waits(
    company: Company, ask: Callable[[Transaction, Company], object]
) -> None:
    owe(company, *(UserId(f"U{number}") for number in range(1_000)))
    change(company, "ANALYZE")

    plan = plan_of(company.database, lambda tx: ask(tx, company))

    assert "outbox_waiting" in plan, plan
    assert "SCAN outbox" not in plan.replace("SCAN outbox USING INDEX", ""), plan


def test_a_look_is_planned_for_the_outbox_as_it_is_not_as_it_was(databases: Databases) -> None:
    """A plan that PostgreSQL kept from an empty outbox takes seconds with 20,000 that wait."""
    with databases.migrated("postgresql") as url:
        database = opening.connect(url)
        company = Company(database)
        for _ in range(20):
            claim(company)
            service.next_due(database)
            company.later(seconds=1)

        with database.reading() as tx:
            kept = tx.connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements")
            statements = [str(row[0]) for row in kept]

        assert [one for one in statements if "outbox AS" in one] == []
        database.close()


def plan_of(database: Database, ask: Callable[[Transaction], object]) -> str:
    """How the database would find what the last statement asks for."""
    seen: list[tuple[str, object]] = []
    with database.reading() as tx:
        connection = tx.connection

        def note(_c: object, _cursor: object, sql: str, values: object, *_rest: object) -> None:
            seen.append((sql, values))

        sa.event.listen(connection, "before_cursor_execute", note)
        ask(tx)
        sql, values = seen[-1]
        explain = "EXPLAIN QUERY PLAN "
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # a table this small needs none
            explain = "EXPLAIN "
        found = connection.exec_driver_sql(explain + sql, values).all()  # type: ignore[arg-type]  # any parameters, as SQLAlchemy takes them
        return "\n".join(str(tuple(row)) for row in found)
