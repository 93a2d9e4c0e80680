"""Which workspace a command is for."""

from bot.domain.directory import WorkspaceId
from bot.playground.people import ANA
from bot.services import directory
from bot.storage.database import Database
from tests.cli.terminal import NOW, TEAM, Run


def test_with_several_workspaces_one_is_named(at: Run, database: Database) -> None:
    directory.open_workspace(database, WorkspaceId("T0OTHER"), NOW)

    unnamed = at("approver", "add", ANA.id)
    named = at("approver", "add", ANA.id, "--workspace", TEAM)

    assert unnamed.code == 2
    assert "There are 2 workspaces" in unnamed.err
    assert named.out == f"{ANA.id} is manager now\n"


def test_a_workspace_that_nobody_knows_is_refused(at: Run) -> None:
    ended = at("approver", "add", ANA.id, "--workspace", "T0TYPO")

    assert ended.code == 2
    assert f"T0TYPO is no workspace here; there is {TEAM}" in ended.err
    assert "Traceback" not in ended.err


def test_before_any_workspace_is_known_the_message_says_how_to_get_one(run: Run) -> None:
    run("migrate")

    unknown = run("approver", "list")
    named = run("approver", "add", ANA.id, "--workspace", TEAM)

    assert unknown.code == 2
    assert "start tokenbot serve once, or name it with --workspace" in unknown.err
    assert named.out.startswith(f"{ANA.id} is manager now")
