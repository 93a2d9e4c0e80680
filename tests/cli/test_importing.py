"""`tokenbot import-usage`: what it says, what it leaves behind, and how it ends."""

import gzip
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap import import_progress, system_clock
from bot.bootstrap.import_progress import Progress
from bot.playground.people import ANA
from bot.storage import opening
from bot.storage.database import Database
from tests import disks
from tests.cli.pages import DOCS
from tests.cli.terminal import Run

HEAD = "at,user,model,input_tokens,output_tokens\n"
BAD = f'2026-03-02T09:00:00Z,{ANA.id},gpt-4o,"1,200",50\n'


def row(tokens: int = 1200, *, minutes: int = 90) -> str:
    when = (system_clock() - timedelta(minutes=minutes)).replace(microsecond=0)
    return f"{when.isoformat()},{ANA.id},gpt-4o,{tokens},50\n"


def write(name: str, text: str) -> Path:
    """In the folder where the command runs."""
    path = Path(name)
    path.write_text(text)
    return path


def test_a_file_is_taken_in_and_again_all_of_it_is_known(at: Run) -> None:
    write("usage.csv", HEAD + row() + row(7))

    first, again = at("import-usage", "usage.csv"), at("import-usage", "usage.csv")

    assert (first.code, first.out) == (
        0,
        "usage.csv: 2 accepted, 0 known before, 0 rejected\n",
    )
    assert "0 accepted, 2 known before, 0 rejected" in again.out
    assert at("check").code == 0
    assert [path.name for path in Path().glob("*.rejected*")] == []


def test_what_is_rejected_is_shown_and_can_be_mended_and_imported(at: Run) -> None:
    write("usage.csv", HEAD + row() + row().replace("1200", '"1,200"'))

    ended = at("import-usage", "usage.csv")
    mended = Path("usage.csv.rejected.csv")
    write(mended.name, mended.read_text().replace('"1,200"', "1200"))
    again = at("import-usage", mended.name)

    assert ended.code == 1
    assert "1 accepted, 0 known before, 1 rejected" in ended.out
    assert "line 3: input_tokens is 1,200: write 1200" in ended.out
    assert "usage.csv.rejected.csv: mend it there" in ended.out
    assert (again.code, again.out) == (
        0,
        "usage.csv.rejected.csv: 1 accepted, 0 known before, 0 rejected\n",
    )


def test_a_few_errors_are_shown_and_all_are_in_the_file_that_is_named(at: Run) -> None:
    write("usage.csv", HEAD + BAD * 7)

    ended = at("import-usage", "usage.csv", "--rejected", "odd.csv")

    assert ended.out.count("line ") == 5
    assert "and 2 more" in ended.out
    assert len(Path("odd.csv").read_text().splitlines()) == 8


def test_a_dry_run_says_what_would_be_and_writes_nothing(at: Run) -> None:
    write("usage.csv", HEAD + row() + row(7) + row(7).replace(ANA.id, "x@example.com") + BAD)

    ended = at("import-usage", "usage.csv", "--dry-run")

    assert ended.code == 1
    assert "nothing is written. 3 would be accepted, 0 are known before, 1 would" in ended.out
    assert f"  {ANA.id} (usage) → {ANA.id}: 2 events, 1,307 tokens\n" in ended.out
    assert "  x@example.com (usage) → nobody yet, until linked: 1 event, 57 tokens" in ended.out
    assert "line 5: " in ended.out
    assert [path.name for path in Path().glob("*.rejected*")] == []
    assert "3 accepted" in at("import-usage", "usage.csv").out


def test_columns_zone_user_and_source_can_be_said(at: Run) -> None:
    when = (system_clock() - timedelta(hours=30)).strftime("%Y-%m-%d %H:%M")
    write("usage.csv", f"Day,Model,In,Out\n{when},gpt-4o,5,6\n")
    said = ["import-usage", "usage.csv", "--map", "Day=at", "--map", "In=input_tokens"]
    said += ["--map", "Out=output_tokens", "--user", ANA.id, "--source", "console"]

    without = at(*said)
    with_zone = at(*said, "--zone", "Europe/Warsaw", "--dry-run")

    assert "has no zone; say which with --zone" in without.out
    assert f"{ANA.id} (console) → {ANA.id}: 1 event, 11 tokens" in with_zone.out


def test_json_lines_and_gzip_are_read(at: Run) -> None:
    line = {"at": system_clock().isoformat(), "user": ANA.id, "input_tokens": 1, "output_tokens": 2}
    Path("usage.jsonl.gz").write_bytes(gzip.compress((json.dumps(line) + "\nodd\n").encode()))

    ended = at("import-usage", "usage.jsonl.gz")

    assert (ended.code, "1 accepted, 0 known before, 1 rejected" in ended.out) == (1, True)
    assert json.loads(Path("usage.jsonl.gz.rejected.jsonl").read_text())["text"] == "odd"


def test_a_report_of_ccusage_that_grew_charges_the_difference(at: Run) -> None:
    day = {"date": (system_clock() - timedelta(days=1)).date().isoformat()}
    models = {"modelName": "claude-opus-4-5", "inputTokens": 100, "outputTokens": 50}
    write("monday.json", json.dumps({"daily": [{**day, "modelBreakdowns": [models]}]}))
    models["outputTokens"] = 70
    write("tuesday.json", json.dumps({"daily": [{**day, "modelBreakdowns": [models]}]}))
    who = ["--user", ANA.id, "--zone", "UTC"]

    first = at("import-usage", "monday.json", *who)
    grown = at("import-usage", "tuesday.json", *who)
    back = at("import-usage", "monday.json", *who)

    assert [one.code for one in (first, grown, back)] == [0, 0, 1]
    assert "1 accepted" in grown.out
    assert "this id of ccusage came before with other figures" in back.out
    assert json.loads(Path("monday.json.rejected.json").read_text())["daily"][0]["line"] == 1


def test_each_command_of_the_page_does_what_the_page_says(at: Run) -> None:
    page = (DOCS / "sources" / "import.md").read_text()
    day = (system_clock() - timedelta(days=1)).date().isoformat()
    (table,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    line = {"at": f"{day}T09:30:00Z", "user": ANA.id, "input_tokens": 1, "output_tokens": 2}
    models = {"modelName": "claude-opus-4-5", "inputTokens": 100, "outputTokens": 50}
    write("usage.csv", table.replace("2026-03-02", day))
    write("usage.csv.rejected.csv", table.replace("2026-03-02", day) + BAD)
    write("console.csv", f"Usage date,Fresh input,Output tokens,Region,Email\n{day},5,6,eu,a\n")
    write("ccusage.json", json.dumps({"daily": [{"date": day, "modelBreakdowns": [models]}]}))
    Path("usage-march.jsonl.gz").write_bytes(gzip.compress(json.dumps(line).encode()))

    typed = [
        shlex.split(one) for one in re.findall(r"^tokenbot (import-usage .*)$", page, re.MULTILINE)
    ]
    ended = {" ".join(one[1:]): at(*one) for one in typed}

    assert [name for name, one in ended.items() if one.code] == ["usage.csv.rejected.csv"]
    assert ended["usage.csv"].out in page
    assert len(ended) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothere.csv"], "nothere.csv: No such file or directory"),
        (["."], ".: Is a directory"),
        (["empty.csv"], "empty.csv: it is empty"),
        (["usage.csv", "--zone", "Warsaw"], "Warsaw is no time zone"),
        (["usage.csv", "--zone", "Europe"], "Europe is no time zone"),
        (["usage.csv", "--zone", "../x"], "../x is no time zone"),
        (["usage.csv", "--map", "user=usr"], "there is no field usr (nearest: user)"),
        (["usage.csv", "--map", "usr=user"], "there is no column usr (nearest: user)"),
        (["usage.csv", "--source", ""], "--source is a name of at most 60 characters"),
        (["usage.csv", "--source", "s" * 61], "--source is a name of at most 60 characters"),
        (["usage.csv", "--rejected", "usage.csv"], "is the file that is imported"),
        (["usage.csv", "--rejected", "."], ".: Is a directory"),
        (["usage.csv", "--workspace", "T0OTHER"], "T0OTHER is no workspace here"),
        (["cc.json"], "say so with --user"),
        (["cc.json", "--user", "ana", "--map", "a=at"], "--map is for columns"),
    ],
)
def test_what_can_not_be_done_is_one_message(at: Run, arguments: list[str], words: str) -> None:
    write("usage.csv", HEAD + BAD)
    write("empty.csv", "")
    write("cc.json", '{"daily": []}')

    ended = at("import-usage", *arguments)

    assert ended.code == 2
    assert words in ended.err
    assert ended.err.count("tokenbot: ") == 1
    assert "0 accepted" not in ended.out


def test_a_file_that_breaks_off_is_taken_as_far_as_it_goes(at: Run) -> None:
    rows = "".join(row(n * n) for n in range(20_000))
    Path("usage.csv.gz").write_bytes(gzip.compress((HEAD + rows).encode())[:-9])

    ended = at("import-usage", "usage.csv.gz", "--user", ANA.id)

    assert ended.code == 2
    assert "damaged or cut off after line 1" in ended.err
    assert "0 known before, 0 rejected; the same command again goes on" in ended.err
    assert "until there 0 accepted" not in ended.err


def test_where_the_disk_fills_up_the_same_command_goes_on_later(at: Run, database_url: str) -> None:
    write("usage.csv", HEAD + "".join(row(nth) for nth in range(5_000)))
    with (
        opened(database_url) as database,
        disks.full(database, disks.Room(pages=350, events=2_500)),
    ):
        ended = at("import-usage", "usage.csv")
        meanwhile = at("check")

    again = at("import-usage", "usage.csv")

    (told,) = re.findall(r"until there ([\d,]+) accepted", ended.err)
    accepted = int(told.replace(",", ""))
    assert (ended.code, meanwhile.code) == (2, 0)
    assert re.search("disk is full|No space left", ended.err)
    assert "0 rejected; the same command again goes on" in ended.err
    assert 0 < accepted < 5_000
    assert again.out == (
        f"usage.csv: {5_000 - accepted:,} accepted, {accepted:,} known before, 0 rejected\n"
    )
    assert at("check").code == 0


def test_what_was_committed_of_a_batch_is_told_where_the_disk_fills_up_within_it(
    at: Run, database_url: str
) -> None:
    write("usage.csv", HEAD + "".join(row(nth) for nth in range(1_000)))
    with opened(database_url) as database, disks.full(database, disks.Room(pages=90, events=300)):
        ended = at("import-usage", "usage.csv")

    (told,) = re.findall(r"until there ([\d,]+) accepted", ended.err)
    again = at("import-usage", "usage.csv")
    accepted = int(told)
    assert 0 < accepted < 1_000
    assert again.out == (
        f"usage.csv: {1_000 - accepted:,} accepted, {accepted:,} known before, 0 rejected\n"
    )


def test_where_what_is_rejected_finds_no_room_the_file_is_named(at: Run) -> None:
    write("usage.csv", HEAD + row() + BAD)

    ended = at("import-usage", "usage.csv", "--rejected", "/dev/full")

    assert ended.code == 2
    assert ended.err == (
        "tokenbot: /dev/full: No space left on device; until there 1 accepted, 0 known before, "
        "1 rejected; the same command again goes on\n"
    )


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = opening.connect(url)
    try:
        yield database
    finally:
        database.close()


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    (tmp_path / "file").write_bytes(b"x" * 100_000)

    with (tmp_path / "file").open("rb") as stream, Progress(stream) as progress:
        stream.read(50_000)
        progress.at(1)
        stream.read()
        progress.at(2)

    assert "Importing" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_elsewhere_a_line_comes_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(import_progress, "_EVERY_SECONDS", 0)
    (tmp_path / "file").write_bytes(b"x" * 100)
    reading, writing = os.pipe()
    os.close(writing)

    with (tmp_path / "file").open("rb") as stream, Progress(stream) as progress:
        stream.read(50)
        progress.at(1_234)
    with os.fdopen(reading, "rb") as stream, Progress(stream) as progress:
        progress.at(5)

    assert capsys.readouterr().err == "line 1,234 (50 %)\nline 5\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
