"""`tokenbot check`: whether the books add up, and the row that is off."""

from bot.playground.people import ANA
from bot.services import departures
from bot.storage.database import Database
from tests.cli.terminal import TEAM, Run, grant
from tests.company import MORNING


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


def test_check_says_which_workspace_let_go_of_the_app_and_the_books_still_add_up(
    at: Run, database: Database
) -> None:
    grant(database)
    departures.begin(database, TEAM, why="app_uninstalled", now=MORNING)

    checked, listed = at("check"), at("outbox")

    assert checked.code == 0
    assert f"{TEAM} let go of the app (app_uninstalled, 2026-03-02 09:30 UTC)" in checked.out
    assert "put its new token into SLACK_BOT_TOKEN" in checked.out
    assert checked.out.endswith("The books add up.\n")
    assert f"{TEAM} let go of the app" in listed.out
