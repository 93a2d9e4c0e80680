"""Settings that are missing or wrong: one clear message, and exit code 2."""

import socket
from pathlib import Path

import pytest

from tests.cli.terminal import Run

#: Nobody listens on the discard protocol's port.
NOBODY = "127.0.0.1:9"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_all_missing_settings_are_named_at_once(run: Run, command: str) -> None:
    ended = run(command)

    assert ended.code == 2
    assert ended.err.count("tokenbot: ") == 1
    for part in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "playground"):
        assert part in ended.err


def test_in_socket_mode_no_signing_secret_is_missed(run: Run) -> None:
    ended = run("serve", SLACK_APP_TOKEN="xapp-1")

    assert ended.code == 2
    assert "SLACK_BOT_TOKEN" in ended.err
    assert "SLACK_SIGNING_SECRET" not in ended.err


def test_settings_that_cannot_be_read_are_named_at_once_without_their_values(run: Run) -> None:
    ended = run("check", PORT="eighty-eighty", LOG_FORMAT="xml-format")

    assert ended.code == 2
    assert "PORT" in ended.err
    assert "LOG_FORMAT" in ended.err
    assert "eighty-eighty" not in ended.err


def test_settings_are_read_from_a_file_beside_the_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///other.db\n")

    ended = run("migrate")

    assert ended.code == 0
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "DATABASE_URL can't be read as a URL"),
        ("", "DATABASE_URL can't be read as a URL"),
        ("mysql://me:hunter2@localhost/books", "use sqlite:/// or postgresql://"),
        ("sqlite:////no/such/folder/tokenbot.db", "/no/such/folder"),
        ("sqlite:////proc/tokenbot.db", ""),
        ("sqlite:///:memory:", "must name a SQLite file"),
        ("sqlite://", "must name a SQLite file"),
        ("sqlite:///notes.txt", "not a database"),
        (f"postgresql://me:hunter2@{NOBODY}/books", "refused"),
        ("postgresql://me:hunter2@no-such-host.invalid/books", ""),
        ("postgresql://me:hunter2@localhost:notaport/books", ""),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check", "migrate", "tick"])
def test_a_database_that_cannot_be_had_is_one_clear_message(
    run: Run, tmp_path: Path, command: str, url: str, words: str
) -> None:
    (tmp_path / "notes.txt").write_text("These are my notes, and no database.\n" * 100)

    ended = run(
        command, DATABASE_URL=url, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", PORT="0"
    )

    assert ended.code == 2
    assert ended.err.startswith("tokenbot: ")
    assert words in ended.err
    assert "hunter2" not in ended.err
    assert "Traceback" not in ended.err


def test_an_address_that_is_taken_is_one_clear_message(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", PORT=port)

    assert ended.code == 2
    assert f"Can't listen on 127.0.0.1:{port}" in ended.err
    assert "PORT" in ended.err.partition("Set ")[2]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7", "::zz"])
def test_an_address_that_is_none_of_ours_is_one_clear_message(run: Run, host: str) -> None:
    ended = run("serve", SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", PORT="0", HOST=host)

    assert ended.code == 2
    assert f"Can't listen on {host}:0" in ended.err
    assert "Traceback" not in ended.err


def test_an_unknown_command_says_what_there_is(run: Run) -> None:
    ended = run("blance")

    assert ended.code == 2
    assert "No such command" in ended.err


def test_without_a_command_help_is_shown(run: Run) -> None:
    ended = run()

    for command in ("serve", "worker", "migrate", "tick", "check", "outbox", "approver"):
        assert command in ended.out
