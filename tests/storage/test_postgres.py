"""PostgreSQL's connections: how they are made, lost and given back."""

from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import psycopg
import pytest
import sqlalchemy as sa

from bot.domain.directory import UserId
from bot.domain.notices import HomeStale
from bot.services import outbox as service
from bot.storage import opening, outbox, pipeline, settings
from bot.storage.database import Database, DatabaseFault, Topic, Transaction
from bot.storage.statements import Statement, among
from tests.company import Company
from tests.databases import Databases

NOTICE = HomeStale(recipient=UserId("UALICE"))
OTHER_NOTICE = HomeStale(recipient=UserId("UBOB"))
_DIVIDE = Statement(
    lambda _insert: sa.select(sa.literal_column("8") / sa.bindparam("by", type_=sa.Integer()))
)
_ECHO = Statement(lambda _insert: sa.select(sa.bindparam("words", type_=sa.String())))
_GROWN = sa.table("grown", sa.column("id", sa.String()))
_AMONG = Statement(lambda insert: sa.select(_GROWN.c.id).where(among(_GROWN.c.id, "ids", insert)))
_PREPARED = "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%FROM grown%%'"
#: The first commit that holds a notice ends its connection; how many came is counted.
DIE_AT_COMMIT = (
    "CREATE SEQUENCE commits",
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF nextval('commits') = 1 THEN"
    " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);"
    " END IF; RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION die()",
)


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.migrated("postgresql") as url:
        yield url


@pytest.fixture
def company(url: str) -> Iterator[Company]:
    database = opening.connect(url)
    yield Company(database)
    database.close()


def driver(tx: Transaction) -> psycopg.Connection[object]:
    found = tx.connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def plan_of_grown(tx: Transaction) -> str:
    """How the prepared statement that reads `grown` is run just now, and for how many rows."""
    ((name,),) = tx.connection.exec_driver_sql(_PREPARED).all()
    return str(tx.connection.exec_driver_sql(f"EXPLAIN EXECUTE {name}(NULL)").all())


def cut_off(url: str, *connections: psycopg.Connection[object]) -> None:
    with psycopg.connect(url, autocommit=True) as stranger:
        for each in connections:
            stranger.execute("SELECT pg_terminate_backend(%s, 5000)", [each.info.backend_pid])


def ask(database: Database) -> psycopg.Connection[object]:
    with database.reading() as tx:
        return driver(tx)


def test_a_server_that_vanishes_is_noticed_by_the_client(company: Company) -> None:
    parameters = ask(company.database).info.get_parameters()

    assert {name: parameters.get(name) for name in parameters if "keepalive" in name} == {
        "keepalives": "1",
        "keepalives_idle": "5",
        "keepalives_interval": "2",
        "keepalives_count": "3",
    }
    assert (parameters["connect_timeout"], parameters["tcp_user_timeout"]) == ("2", "3000")


@pytest.mark.parametrize("ask_for", [opening.is_current, opening.migrate])
def test_so_it_is_when_the_schema_is_looked_at(url: str, ask_for: object) -> None:
    seen: list[dict[str, object]] = []

    def note(_dialect: object, _entry: object, _args: object, options: dict[str, object]) -> None:
        seen.append(dict(options))

    sa.event.listen(sa.Engine, "do_connect", note)
    try:
        assert callable(ask_for)
        ask_for(url)
    finally:
        sa.event.remove(sa.Engine, "do_connect", note)

    assert {(one["connect_timeout"], one["tcp_user_timeout"]) for one in seen} == {(2, 3_000)}


def test_a_commit_that_may_have_happened_is_not_sent_again(company: Company) -> None:
    with company.database.writing() as tx:
        for sql in DIE_AT_COMMIT:
            tx.connection.exec_driver_sql(sql)

    with pytest.raises(DatabaseFault) as fault:
        service.owe(company.database, company.workspace_id, NOTICE, company.now)

    assert fault.value.is_outcome_unknown
    assert company.rows("SELECT last_value FROM commits") == [{"last_value": 1}]


def test_what_is_only_queued_outlives_connections_that_died_in_the_pool(
    company: Company, url: str
) -> None:
    cut_off(url, ask(company.database))

    service.owe(company.database, company.workspace_id, NOTICE, company.now)

    assert company.notices() == [NOTICE]


def test_a_connection_in_use_when_the_database_is_closed_is_closed_later(company: Company) -> None:
    with company.database.reading() as tx:
        used = driver(tx)
        company.database.close()
        still_works = settings.value(tx, company.workspace_id, "any")

    assert (still_works, used.closed) == (None, True)


def test_a_connection_in_use_when_others_died_in_the_pool_is_closed_later(
    company: Company, url: str
) -> None:
    with company.database.reading() as tx:
        used = driver(tx)
        cut_off(url, ask(company.database))
        fresh = ask(company.database)

    assert used.closed
    assert not fresh.closed
    assert ask(company.database) is fresh


def test_statements_that_somebody_deallocated_are_prepared_anew(company: Company) -> None:
    service.owe(company.database, company.workspace_id, NOTICE, company.now)
    with company.database.writing() as tx:
        tx.connection.exec_driver_sql("DEALLOCATE ALL")

    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        service.owe(company.database, company.workspace_id, OTHER_NOTICE, company.now)
    service.owe(company.database, company.workspace_id, OTHER_NOTICE, company.now)

    recipients = sorted(notice.recipient for notice in company.notices())
    assert recipients == [NOTICE.recipient, OTHER_NOTICE.recipient]


def test_a_statement_that_fails_undoes_those_before_it_and_stops_those_after(
    company: Company,
) -> None:
    def fail() -> None:
        with company.database.writing() as tx:
            outbox.add(tx, company.workspace_id, NOTICE, company.now)
            tx.batch([(_DIVIDE, {"by": 0}), (_DIVIDE, {"by": 1})])

    with pytest.raises(psycopg.errors.DivisionByZero):
        fail()

    with company.database.writing() as tx:
        assert tx.batch([(_DIVIDE, {"by": 2}), (_DIVIDE, {"by": 4})]) == [[(4,)], [(2,)]]
    assert company.notices() == []


def test_more_than_a_socket_takes_goes_through_in_one_batch(company: Company) -> None:
    long = "x" * 1_000_000

    with company.database.reading() as tx:
        said = tx.batch([(_ECHO, {"words": f"{n}{long}"}) for n in range(20)])

    assert [rows[0][0] for rows in said] == [f"{n}{long}" for n in range(20)]


def test_a_zero_byte_is_refused_and_not_cut_off(company: Company) -> None:
    with pytest.raises(psycopg.DataError), company.database.reading() as tx:
        tx.fetch(_ECHO, {"words": "a\0b"})

    with company.database.reading() as tx:
        assert tx.fetch(_ECHO, {"words": "a'b\\"}) == [("a'b\\",)]


@pytest.mark.parametrize("is_hot", [True, False])
def test_an_error_that_is_swallowed_undoes_the_transaction_and_is_told(
    company: Company, *, is_hot: bool
) -> None:
    def go_on() -> None:
        with company.database.writing() as tx:
            outbox.add(tx, company.workspace_id, NOTICE, company.now)
            with suppress(psycopg.errors.DivisionByZero, sa.exc.DBAPIError):
                if is_hot:
                    tx.fetch(_DIVIDE, {"by": 0})
                tx.connection.execute(sa.text("SELECT 1 / 0"))
            tx.announce(Topic.OUTBOX)

    with pytest.raises(DatabaseFault, match="a statement failed"):
        go_on()

    assert company.notices() == []
    assert idle_in_transaction(company) == 0


def test_a_value_that_cannot_be_sent_leaves_nothing_half_done(company: Company) -> None:
    def fail_later() -> None:
        with company.database.writing() as tx:
            with pytest.raises(TypeError, match="takes no float"):
                tx.fetch(_ECHO, {"words": 0.5})
            outbox.add(tx, company.workspace_id, NOTICE, company.now)
            tx.fetch(_ECHO, {"words": "sent with it"})
            raise ValueError("after")

    with pytest.raises(ValueError, match="after"):
        fail_later()

    assert company.notices() == []


def test_a_refusal_is_heard_although_the_connection_died_meanwhile(
    company: Company, url: str
) -> None:
    def refuse() -> None:
        with company.database.writing() as tx:
            outbox.add(tx, company.workspace_id, NOTICE, company.now)
            cut_off(url, driver(tx))
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        refuse()

    assert company.notices() == []


def test_text_is_utf8_whatever_the_environment_prefers(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    database = opening.connect(url)

    with database.reading() as tx:
        said = tx.fetch(_ECHO, {"words": "é🙂"})
        stored = tx.connection.execute(sa.select(sa.literal("é🙂"))).scalar_one()
    database.close()

    assert (said, stored) == ([("é🙂",)], "é🙂")


def test_a_statement_said_twice_in_its_first_batch_is_prepared_once(company: Company) -> None:
    with company.database.reading() as tx:
        tx.batch([(_ECHO, {"words": "one"}), (_ECHO, {"words": "two"})])
        found = tx.connection.execute(
            sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :echo"),
            {"echo": "SELECT $1::VARCHAR%"},
        ).scalar_one()

    assert found == 1


def test_a_plan_from_when_a_table_was_empty_is_kept_for_a_second(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = monotonic()
    monkeypatch.setattr(pipeline, "monotonic", lambda: began)
    with company.database.reading() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE grown (id varchar PRIMARY KEY)")
        tx.connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        tx.fetch(_AMONG, {"ids": ("1", "2")})
        empty = plan_of_grown(tx)
        tx.connection.exec_driver_sql(
            "INSERT INTO grown SELECT nth FROM generate_series(1, 20000) nth"
        )
        tx.fetch(_AMONG, {"ids": ("1", "2")})
        kept = plan_of_grown(tx)
        monkeypatch.setattr(pipeline, "monotonic", lambda: began + 1)
        found = tx.fetch(_AMONG, {"ids": ("1", "2")})
        renewed = plan_of_grown(tx)

    assert kept == empty
    assert renewed != empty
    assert sorted(found) == [("1",), ("2",)]


def test_many_values_at_once_are_planned_for_as_many_as_they_are(company: Company) -> None:
    with company.database.reading() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE grown (id varchar PRIMARY KEY)")
        tx.fetch(_AMONG, {"ids": tuple(map(str, range(500)))})
        prepared = tx.connection.exec_driver_sql(_PREPARED).all()

    assert prepared == []


def test_a_column_that_a_migration_changed_is_read_again_after_one_error(
    company: Company, url: str
) -> None:
    wanted = sa.column("workspace_id") == sa.bindparam("workspace_id", type_=sa.String())
    read = Statement(
        lambda _insert: sa.select(sa.column("name")).select_from(sa.table("team")).where(wanted)
    )
    values = {"workspace_id": company.workspace_id}
    with company.database.reading() as tx:
        before = tx.fetch(read, values)
        with psycopg.connect(url, autocommit=True) as stranger:
            stranger.execute("ALTER TABLE team ALTER name TYPE varchar(99)")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            tx.fetch(read, values)
        after = tx.fetch(read, values)

    assert before == after != []


def idle_in_transaction(company: Company) -> int:
    (row,) = company.rows(
        "SELECT count(*) AS n FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    return int(str(row["n"]))
