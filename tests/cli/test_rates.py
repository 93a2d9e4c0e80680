"""`tokenbot rates`: chosen, shown, and tried on what was used."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import prices
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA
from bot.services import usage
from bot.storage.database import Database
from tests.cli.pages import DOCS, blocks, timeless
from tests.cli.terminal import TEAM, Run
from tests.databases import DIALECTS

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
    assert ended.out == (
        "now: raw, one token is one token (no rates were ever chosen)\n"
        f"list prices, for cost and for dollars that no source tells: {prices.VERSION}\n"
    )


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
    assert shown[5].endswith(prices.VERSION)
    assert len(shown) == 6


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
    page = (DOCS / "rates.md").read_text()
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
