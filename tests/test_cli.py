"""The command line: what each command says, and one clear message with exit code 2 for the rest."""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import cli
from bot.domain.counts import Counts
from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import Reply
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from bot.services import directory, grants, outbox, usage
from bot.storage import opening
from bot.storage.database import Database
from tests.databases import DIALECTS, Databases
from tests.metered import used

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEAM = WorkspaceId("T0PLAYGROUND")
#: Nobody listens on the discard protocol's port.
NOBODY = "127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`tokenbot …` in an empty folder, with these settings alone."""
    for name in ("BOT_TOKEN", "SIGNING_SECRET", "APP_TOKEN", "API_URL"):
        monkeypatch.delenv(f"SLACK_{name}", raising=False)
    for name in ("DATABASE_URL", "HOST", "PORT", "PUBLIC_URL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["tokenbot", *arguments])
        capsys.readouterr()
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        else:
            code = 0
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def at(run: Run, database_url: str) -> Run:
    """The same on a database with one workspace, in which Ana and Leo are."""
    opened = opening.connect(database_url)
    directory.open_workspace(opened, TEAM, NOW)
    people = [
        Person(user_id=UserId(ANA.id), name="Ana"),
        Person(user_id=UserId(LEO.id), name="Leo", is_admin=True),
        Person(user_id=UserId("U0ROBO"), name="Robo", is_bot=True),
    ]
    directory.learn(opened, TEAM, people, NOW)
    opened.close()
    run("check", DATABASE_URL=database_url)
    return run


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    with SimulatedSlack(clock=lambda: NOW) as made:
        yield made


def grant(database: Database, *, tokens: int = 5) -> None:
    grants.grant(
        database,
        TEAM,
        actor=UserId(LEO.id),
        recipients=[UserId(ANA.id)],
        tokens=tokens,
        note="for the demo",
        key=IdempotencyKey("test:1"),
        now=NOW,
    )


# Settings that are missing or wrong.


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


# The schema.


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


# The books.


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


# Approvers and settings.


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


def test_settings_are_listed_and_changed(at: Run) -> None:
    changed = at("setting", "set", "slack_admins_are_approvers", "no")
    listed = at("setting", "list")
    nobody = at("approver", "list")

    assert changed.out == "slack_admins_are_approvers = no\n"
    assert "slack_admins_are_approvers = no " in listed.out
    assert "outsiders_take_part = no " in listed.out
    assert "Nobody yet" in nobody.out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("colour", "red", "no setting is called colour; there are slack_admins_are_approvers"),
        ("outsiders_take_part", "maybe", "outsiders_take_part can be no or yes, not maybe"),
    ],
)
def test_a_setting_that_is_none_is_refused_with_what_there_is(
    at: Run, name: str, value: str, words: str
) -> None:
    ended = at("setting", "set", name, value)

    assert ended.code == 2
    assert words in ended.err


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


@pytest.mark.parametrize("command", ["check", "outbox"])
def test_a_file_that_is_not_there_is_not_made_by_looking_into_it(
    run: Run, tmp_path: Path, command: str
) -> None:
    ended = run(command, DATABASE_URL="sqlite:///typo.db")

    assert ended.code == 2
    assert "typo.db" in ended.err
    assert list(tmp_path.iterdir()) == []


# The outbox and the tick.


def test_an_empty_outbox_says_so(at: Run) -> None:
    assert at("outbox").out == "The outbox is empty.\n"


def test_the_outbox_lists_what_waits_and_tells_no_secret(at: Run, database: Database) -> None:
    grant(database)
    reply = Reply(
        recipient=UserId(ANA.id),
        response_url="https://hooks.slack.example/secret",
        message="{}",
        replaces_original=False,
    )
    outbox.reply(database, TEAM, reply, NOW)

    listed = at("outbox").out

    assert f"waiting  2026-03-02 09:30  tokens_received      to {ANA.id}" in listed
    assert "to a click" in listed
    assert "2 waiting" in listed
    assert "secret" not in listed
    assert "for the demo" not in listed


def test_tick_delivers_what_is_due_as_of_a_time(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}

    early = at("tick", "--at", "2026-03-02T09:29:00+00:00", **environment)
    before = slack.dm(ANA)
    late = at("tick", "--at", "2026-03-02T10:31:00+01:00", **environment)

    assert (early.code, late.code) == (0, 0)
    assert before == []
    assert "granted to you" in slack.as_text(slack.dm(ANA)[0])


def test_tick_waits_for_what_slack_puts_off_for_a_moment(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=1)

    ended = at("tick", "--at", (NOW + timedelta(minutes=1)).isoformat(), **environment)

    assert (ended.code, ended.out) == (0, "")
    assert [call.outcome for call in slack.calls("chat.postMessage")] == ["429", "ok"]


def test_tick_leaves_what_slack_puts_off_for_long_and_says_so(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=30)
    noon = NOW + timedelta(minutes=1)

    ended = at("tick", "--at", noon.isoformat(), **environment)
    again = at("tick", "--at", (noon + timedelta(seconds=40)).isoformat(), **environment)

    assert (ended.code, ended.out.partition(":")[0]) == (0, "1 notice still waits")
    assert again.out == ""
    assert [call.outcome for call in slack.calls("chat.postMessage")] == ["429", "ok"]


def test_dead_and_stale_notices_are_tried_again_on_request(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    grant(database)
    slack.faults.fail_next(1, "error:invalid_blocks", "chat.postMessage")
    at("tick", "--at", (NOW + timedelta(minutes=1)).isoformat(), **environment)
    dead = at("outbox").out

    revived = at("outbox", "--retry").out
    at("tick", **environment)

    assert dead.startswith("dead ")
    assert "invalid_blocks" in dead
    assert revived.startswith("1 ")
    assert len(slack.dm(ANA)) == 1
    assert "1 sent" in at("outbox").out


@pytest.mark.parametrize("when", ["tomorrow", "2026-03-02T09:30:00", "2026-13-45", ""])
def test_a_time_without_its_offset_is_refused_with_how_to_write_it(at: Run, when: str) -> None:
    ended = at("tick", "--at", when)

    assert ended.code == 2
    assert "+0" in ended.err


# Rates.

TABLE = """\
name: ours
models:
  - match: "claude-*"
    provider: anthropic
    input: 5
    cached_input: 0.5
    cache_write: 6
    output: 25
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    (tmp_path / "ours.yaml").write_text(TABLE)
    return "ours.yaml"


def used_by_ana(database: Database) -> None:
    """A call of an hour ago, on which rates are tried."""
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    event = UsageEvent(
        source="test",
        external_id="1",
        occurred_at=now - timedelta(hours=1),
        user=ANA.id,
        model="claude-opus-4-5",
        provider="anthropic",
        counts=Counts(cache_read=2_000_000, output=1_000),
    )
    take_in(database, [event, replace(event, external_id="2", model="made-up", provider="")], now)


def take_in(database: Database, events: Sequence[UsageEvent], now: datetime) -> None:
    taken = usage.take_in(
        database,
        TEAM,
        events,
        role=SourceRole.GATEWAY,
        owner=UserId(ANA.id),
        actor="command line",
        now=now,
    )
    assert taken.accepted == len(events)


def words(line: str) -> str:
    """A line, its columns one space apart."""
    return " ".join(line.split())


def test_out_of_the_box_one_token_is_one_token(at: Run) -> None:
    ended = at("rates", "show")

    assert ended.code == 0
    assert ended.out == "now: raw, one token is one token (no rates were ever chosen)\n"


def test_rates_are_chosen_and_shown(at: Run, table: str) -> None:
    chosen = [
        at("rates", "use", "raw"),
        at("rates", "use", "cost", "--usd-per-million", "2.50"),
        at("rates", "use", table, "--from", "2031-01-01"),
        at("rates", "use", "raw", "--from", "2031-02-01T00:00:00+01:00"),
    ]
    shown = at("rates", "show").out.splitlines()

    assert [(one.code, one.err) for one in chosen] == [(0, "")] * 4
    assert ": raw (" in chosen[0].out
    assert ": cost, 1M tokens = $2.50 (" in chosen[1].out
    assert chosen[2].out.startswith("From 2031-01-01 00:00 UTC: table ours (")
    assert chosen[3].out.startswith("From 2031-01-31 23:00 UTC: raw (")
    assert shown[0].startswith("now: cost, 1M tokens = $2.50 (")
    assert shown[1].startswith("from 2031-01-01 00:00 UTC: table ours (")
    assert words(shown[2]) == "claude-* of anthropic input 5 cached 0.5 cache write 6 output 25"
    assert words(shown[3]) == "any other input 1 cached 1 cache write 1 output 1"
    assert shown[4].startswith("from 2031-01-31 23:00 UTC: raw (")
    assert len(shown) == 5


def test_what_was_planned_for_later_is_told_where_something_else_is_chosen_for_now(
    at: Run, table: str
) -> None:
    at("rates", "use", table, "--from", "2031-01-01")

    ended = at("rates", "use", "cost")

    assert "From 2031-01-01 00:00 UTC table ours (" in ended.out
    assert "plan another from that same time to replace it" in ended.out


def test_rates_are_tried_on_last_week(at: Run, database: Database, table: str) -> None:
    used_by_ana(database)

    lines = at("rates", "preview", table, "--usd-per-million", "0.50").out.splitlines()

    assert lines[0].endswith(" UTC: 2 charged calls")
    assert [words(line) for line in lines[1:]] == [
        "model calls raw cost ours",
        "made-up 1 2,001,000 ? 2,001,000 2,001,000",
        "claude-opus-4-5 (anthropic) 1 2,001,000 2,050,000 1,025,000",
        "all 2 4,002,000 4,051,000 3,026,000",
        "? no list price is known: one token is one token",
    ]
    assert len({len(line) for line in lines[1:5]}) == 1  # in columns


def test_without_usage_a_preview_says_so(at: Run) -> None:
    ended = at("rates", "preview")

    assert (ended.code, len(ended.out.splitlines())) == (0, 1)
    assert ended.out.endswith(": 0 charged calls\n")


@pytest.mark.parametrize("dialect", DIALECTS[:1])  # none of it reaches a database
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["use", "nope.yaml"], "nope.yaml can't be read (No such file or directory); the choices"),
        (["use", "RAW"], "the choices are raw, cost, or a file with a table"),
        (["use", "."], ". can't be read (Is a directory)"),
        (["use", "a\x00b"], "can't be read (embedded null byte)"),
        (["use", ""], "can't be read"),
        (["use", "broken.yaml"], "broken.yaml: line 1, the file: must have fields: name"),
        (["use", "raw", "--usd-per-million", "1"], "goes with: tokenbot rates use cost"),
        (["use", "ours.yaml", "--usd-per-million", "1"], "goes with: tokenbot rates use cost"),
        (["use", "cost", "--usd-per-million", "0"], "can be worth $0.01 to $1,000.00, not $0.00"),
        (["use", "cost", "--usd-per-million", "1000.01"], "not $1,000.01"),
        (["use", "cost", "--usd-per-million", "-1"], "--usd-per-million: -1 is no number"),
        (["use", "cost", "--usd-per-million", "1,00"], "--usd-per-million: 1,00 is no number"),
        (["use", "cost", "--usd-per-million", ""], "--usd-per-million: nothing is no number"),
        (["use", "raw", "--from", "tomorrow"], "--from: tomorrow is no time: write 2026-12-01"),
        (["use", "raw", "--from", "2031-01-01T00:00"], "--from: 2031-01-01T00:00 has no offset"),
        (["use", "raw", "--from", ""], "--from: nothing is no time"),
        (["use", "raw", "--from", "2026-01-01"], "is past, and what was charged stays as it is"),
        (["use", "raw", "--from", "9999-12-31"], "is more than five years ahead"),
        (["use", "raw", "--workspace", "T0NOPE"], "T0NOPE is no workspace here"),
        (["show", "--workspace", "T0NOPE"], "T0NOPE is no workspace here"),
        (["preview", "--workspace", "T0NOPE"], "T0NOPE is no workspace here"),
        (["preview", "nope.yaml"], "nope.yaml can't be read"),
        (["preview", "broken.yaml"], "broken.yaml: line 1"),
        (["preview", "--usd-per-million", "x"], "--usd-per-million: x is no number"),
    ],
)
@pytest.mark.usefixtures("table")
def test_rates_that_cannot_be_are_refused_and_nothing_is_changed(
    at: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "broken.yaml").write_text("nothing\n")

    ended = at("rates", *arguments)

    assert ended.code == 2
    assert words in ended.err
    assert ended.err.startswith("tokenbot: ")
    assert at("rates", "show").out.startswith("now: raw, one token is one token")


def test_a_file_that_is_no_table_however_long_is_refused(at: Run, tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_bytes(b"x" * 10_000_000)

    ended = at("rates", "use", "long.yaml")

    assert (ended.code, ended.err) == (
        2,
        "tokenbot: long.yaml: the file is longer than 128 KiB: no table needs that\n",
    )


def test_the_page_about_rates_is_true_word_for_word(
    at: Run, database: Database, tmp_path: Path
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "rates.md").read_text()
    (table,) = blocks(page, "yaml")
    (tmp_path / "ours.yaml").write_text(table)
    (tmp_path / "broken.yaml").write_text(table.replace("0.5", ".5"))
    afternoon(database)

    said = [line for block in blocks(page, "console") for line in block.splitlines()]
    commands = [line.removeprefix("$ tokenbot ") for line in said if line.startswith("$ ")]
    ended = [(command, at(*command.split())) for command in commands]

    assert len(commands) == 7
    assert [timeless(line) for line in said] == [
        timeless(line)
        for command, one in ended
        for line in (f"$ tokenbot {command}", *(one.out + one.err).splitlines())
    ]


def blocks(page: str, language: str) -> list[str]:
    return [part.partition("```")[0] for part in page.split(f"```{language}\n")[1:]]


def timeless(line: str) -> str:
    """The same whenever it is printed: a card's id is random, and days pass."""
    line = re.sub(r"\([0-9a-f]{8}\)", "(id)", line)
    return re.sub(r"20(?!31)\d\d-\d\d-\d\d \d\d:\d\d UTC", "then", line)


def afternoon(database: Database) -> None:
    """The calls of the page's example, of an hour ago."""
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    counts = Counts(input_uncached=12_000, cache_read=1_800_000, cache_write=90_000, output=15_000)
    events = [
        UsageEvent(
            source="test",
            external_id=model,
            occurred_at=now - timedelta(hours=1),
            user=ANA.id,
            model=model,
            provider=provider,
            counts=counts,
        )
        for provider, model in (
            ("anthropic", "claude-opus-4-5"),
            ("anthropic", "claude-sonnet-4-5"),
            ("anthropic", "claude-haiku-4-5"),
            ("openai", "gpt-4o-mini"),
        )
    ]
    take_in(database, events, now)


def heard(
    database: Database, tokens: int, days: int, *, source: str, role: SourceRole, now: datetime
) -> None:
    """Ana's use of so many days ago, which came a minute later."""
    at = now - timedelta(days=days, minutes=1)
    event = UsageEvent(
        source=source,
        external_id=f"{source} {days}",
        occurred_at=at,
        user=ANA.id,
        model="gpt-4o",
        provider="test" if source == "app" else "openai",
        counts=Counts(input_uncached=tokens),
    )
    usage.take_in(
        database,
        TEAM,
        [event],
        role=role,
        owner=UserId(ANA.id),
        actor="command line",
        now=at + timedelta(minutes=1),
    )


def test_without_a_source_the_command_says_how_to_begin(at: Run) -> None:
    ended = at("sources")

    assert ended.code == 0
    assert ended.out.startswith("No source was heard in two weeks")


def test_the_page_about_metering_shows_what_the_command_says(at: Run, database: Database) -> None:
    page = (Path(__file__).parent.parent / "docs" / "metering.md").read_text()
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    heard(database, 900, 2, source="litellm", role=SourceRole.GATEWAY, now=now)
    heard(database, 1_000, 2, source="openai", role=SourceRole.REPORT, now=now)
    heard(database, 70, 0, source="app", role=SourceRole.GATEWAY, now=now)

    ended = at("sources")

    (said,) = blocks(page, "console")
    assert [timeless(line) for line in said.splitlines()[1:]] == [
        timeless(line) for line in ended.out.splitlines()
    ]


def test_sources_of_an_unknown_workspace_are_refused(at: Run) -> None:
    ended = at("sources", "--workspace", "T0THEIRS")

    assert (ended.code, ended.out) == (2, "")
    assert "T0THEIRS is no workspace here" in ended.err


# Who is who.


def names(run: Run, tmp_path: Path, text: str | bytes) -> Ended:
    """`tokenbot identity import` of a file with this in it."""
    file = tmp_path / "names.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run("identity", "import", str(file))


def use(url: str, name: str, tokens: int) -> None:
    opened = opening.connect(url)
    usage.take_in(
        opened,
        TEAM,
        [used(name, tokens, NOW)],
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:test",
        now=NOW,
    )
    opened.close()


def test_a_name_is_linked_listed_and_unlinked(at: Run, database_url: str) -> None:
    use(database_url, "ana-laptop", 1_500)

    waits = at("identity", "list", "--waiting")
    linked = at("identity", "link", "litellm", "ana-laptop", ANA.id)
    listed = at("identity", "list")
    unlinked = at("identity", "unlink", "litellm", "ana-laptop")

    assert "1,500 tokens in 1 calls" in waits.out
    assert linked.out == f"ana-laptop of litellm is member:{ANA.id} now; 1,500 tokens moved\n"
    assert f"member:{ANA.id} (link)" in listed.out
    assert unlinked.out == "ana-laptop of litellm is nobody's now; 1,500 tokens moved back\n"
    assert at("check").code == 0


def test_many_names_are_linked_from_a_file_once_it_was_checked(
    at: Run, database_url: str, tmp_path: Path
) -> None:
    use(database_url, "ana-laptop", 1_500)
    text = f"source,name,user\nlitellm,ana-laptop,{ANA.id}\nlitellm,leo-laptop,{LEO.id}\n"
    file = tmp_path / "names.csv"
    file.write_text(text)

    dry = at("identity", "import", str(file), "--dry-run")
    before = at("identity", "list")
    done = at("identity", "import", str(file))
    again = at("identity", "import", str(file))
    use(database_url, "leo-laptop", 7)

    assert dry.out == "2 names can be linked; nothing was changed\n"
    assert "nobody's" in before.out
    assert done.out == "2 names linked; 1,500 tokens moved\n"
    assert again.out == "2 names linked; 0 tokens moved\n"
    assert at("identity", "list", "--waiting").out == "None.\n"


def test_of_a_file_with_wrong_lines_nothing_is_done_and_each_is_named(
    at: Run, database_url: str, tmp_path: Path
) -> None:
    use(database_url, "ana-laptop", 1_500)

    ended = names(
        at,
        tmp_path,
        "source,name,user,team\n"
        f"litellm,ana-laptop,{ANA.id},\n"
        "litellm,x,U0NOBODY,\n"
        "litellm,x,who@example.com,\n"
        "litellm,y,who@example.com,\n"
        "litellm,z,,No Such Team\n"
        "litellm,everyone,,Everyone\n"
        f"litellm,both,{ANA.id},Everyone\n"
        ",nameless-source,,\n"
        f"litellm,,{ANA.id},\n"
        f"litellm,{'n' * 201},{ANA.id},\n"
        "litellm,robot,U0ROBO,\n",
    )

    assert ended.code == 2
    assert ended.err.startswith("tokenbot: 10 of 11 lines can't be done, so none was:")
    for words in (
        "line 3: U0NOBODY is nobody in the directory who can hold tokens (unseen)",
        "line 4: x of litellm stands in line 3 too",
        "line 5: who@example.com is no Slack id and no e-mail address in the directory",
        "line 6: there is no team No Such Team",
        "line 7: Everyone has no pool; name another team",
        "line 8: name a user or a team, one of the two",
        "line 9: the source is missing",
        "line 10: the name is missing",
        "line 11: the name is longer than 200 characters",
        "line 12: U0ROBO is nobody in the directory who can hold tokens (bot)",
    ):
        assert words in ended.err
    assert "ana-laptop" in at("identity", "list", "--waiting").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs the columns source, name, and user or team in its first line; it has none"),
        ("source,user\nlitellm,U1\n", "needs the columns source, name"),
        ("source,name\nlitellm,x\n", "needs the columns source, name"),
        (b"source,name,user\nlitellm,\xff,U1\n", "can't be read"),
        ('source,name,user\nlitellm,"x,U1\n', "can't be read"),
    ],
)
def test_what_is_no_list_of_names_is_said(
    at: Run, tmp_path: Path, text: str | bytes, words: str
) -> None:
    ended = names(at, tmp_path, text)

    assert ended.code == 2
    assert words in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("link", "litellm", "x", "U0NOBODY"), "U0NOBODY is nobody in the directory"),
        (("link", "litellm", "x"), "name a user or a team, one of the two"),
        (("unlink", "litellm", "x"), "litellm has called nobody x"),
        (("import", "nowhere.csv"), "nowhere.csv can't be read"),
    ],
)
def test_a_name_that_cant_be_linked_is_said(
    at: Run, arguments: tuple[str, ...], words: str
) -> None:
    ended = at("identity", *arguments)

    assert ended.code == 2
    assert words in ended.err


def test_somebody_elses_name_is_unlinked_first(at: Run, database_url: str) -> None:
    use(database_url, "ana-laptop", 1_500)
    at("identity", "link", "litellm", "ana-laptop", ANA.id)

    taken = at("identity", "link", "litellm", "ana-laptop", LEO.id)
    at("identity", "unlink", "litellm", "ana-laptop")
    again = at("identity", "unlink", "litellm", "ana-laptop")

    assert f"ana-laptop of litellm is member:{ANA.id} already; unlink it first" in taken.err
    assert "is nobody's already" in again.err
