"""`tokenbot migrate`, and what the others say where there is no database of today."""

from pathlib import Path

import pytest

from bot.storage import opening
from tests.cli.terminal import Run
from tests.databases import DIALECTS, Databases


@pytest.mark.parametrize("dialect", DIALECTS)
def test_migrate_brings_an_empty_database_up_to_date_and_twice_is_as_good_as_once(
    run: Run, databases: Databases, dialect: str
) -> None:
    with databases.empty(dialect) as url:
        first, again = run("migrate", DATABASE_URL=url), run("migrate", DATABASE_URL=url)

        assert opening.is_current(url)
    assert (first.code, first.out) == (again.code, again.out) == (0, "The schema is up to date.\n")


@pytest.mark.parametrize("command", ["check", "tick", "outbox", "serve"])
def test_an_old_schema_on_postgresql_says_what_to_run(
    run: Run, databases: Databases, command: str
) -> None:
    with databases.empty("postgresql") as url:
        ended = run(
            command, DATABASE_URL=url, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", PORT="0"
        )

    assert ended.code == 2
    assert "run: tokenbot migrate" in ended.err


@pytest.mark.parametrize("command", ["check", "tick", "outbox"])
def test_a_mistyped_path_makes_no_database(run: Run, tmp_path: Path, command: str) -> None:
    ended = run(command, DATABASE_URL=f"sqlite:///{tmp_path}/tokenbto.db")

    assert ended.code == 2
    assert f"There is no database at {tmp_path}/tokenbto.db; tokenbot migrate" in ended.err
    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.parametrize("command", ["check", "outbox"])
def test_a_file_that_is_not_there_is_not_made_by_looking_into_it(
    run: Run, tmp_path: Path, command: str
) -> None:
    ended = run(command, DATABASE_URL="sqlite:///typo.db")

    assert ended.code == 2
    assert "typo.db" in ended.err
    assert list(tmp_path.iterdir()) == []
