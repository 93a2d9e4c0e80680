"""`tokenbot approver`: who may grant and decide."""

import pytest

from bot.playground.people import ANA, LEO
from bot.storage.database import Database
from tests.cli.terminal import Run


def test_an_approver_is_added_listed_and_removed(at: Run) -> None:
    said = [
        at("approver", "add", ANA.id).out,
        at("approver", "add", f"<@{ANA.id}|ana>").out,
        at("approver", "list").out,
        at("approver", "remove", ANA.id.lower()).out,
        at("approver", "remove", ANA.id).out,
        at("approver", "list").out,
    ]

    assert said[:2] == [f"{ANA.id} is manager now\n", f"{ANA.id} was manager already\n"]
    assert said[2].splitlines() == [f"{ANA.id}  manager  Ana", f"{LEO.id}  admin    Leo"]
    assert said[3:5] == [f"{ANA.id} is no longer manager\n", f"{ANA.id} was not manager\n"]
    assert said[5].splitlines() == [f"{LEO.id}  admin    Leo"]


def test_each_change_of_roles_and_settings_is_in_the_audit_table(
    at: Run, database: Database
) -> None:
    at("approver", "add", ANA.id, "--role", "finance")
    at("setting", "set", "outsiders_take_part", "yes")

    with database.reading() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT actor, what, subject, after FROM audit ORDER BY audit_id"
        ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("command line", "role", ANA.id, "finance:"),
        ("command line", "setting", "outsiders_take_part", "yes"),
    ]


@pytest.mark.parametrize("user", ["ana", "@ana", "U 1", "", "Ü01"])
def test_what_is_no_user_id_is_refused_with_where_to_find_one(at: Run, user: str) -> None:
    ended = at("approver", "add", user)

    assert ended.code == 2
    assert "Copy member ID" in ended.err


def test_a_bot_is_made_no_approver(at: Run) -> None:
    ended = at("approver", "add", "U0ROBO")

    assert ended.code == 2
    assert "U0ROBO can't be manager" in ended.err
