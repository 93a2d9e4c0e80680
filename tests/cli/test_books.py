"""`tokenbot check`: whether the books add up, and the row that is off."""

from bot.playground.people import ANA
from bot.storage.database import Database
from tests.cli.terminal import TEAM, Run, grant


def test_check_says_that_the_books_add_up(at: Run, database: Database) -> None:
    grant(database)

    ended = at("check")

    assert (ended.code, ended.out) == (0, "The books add up.\n")


def test_check_names_the_row_that_is_off_and_by_how_much(at: Run, database: Database) -> None:
    grant(database)
    with database.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE account SET balance = balance + 7 WHERE balance = 5")

    ended = at("check")

    assert ended.code == 1
    assert ended.out.startswith(f"{TEAM} account member:{ANA.id} ")
    assert "expected 5, found 12" in ended.out
