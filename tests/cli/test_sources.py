"""`tokenbot sources`: how each source of usage is."""

from datetime import UTC, datetime, timedelta

from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA
from bot.services import usage
from bot.storage.database import Database
from tests.cli.pages import DOCS, blocks, timeless
from tests.cli.terminal import TEAM, Run


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
    page = (DOCS / "metering.md").read_text()
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    heard(database, 900, 2, source="litellm", role=SourceRole.GATEWAY, now=now)
    heard(database, 1_000, 2, source="openai", role=SourceRole.REPORT, now=now)
    heard(database, 70, 0, source="app", role=SourceRole.GATEWAY, now=now)

    ended = at("sources")

    said, _ = blocks(page, "console")
    assert [timeless(line) for line in said.splitlines()[1:]] == [
        timeless(line) for line in ended.out.splitlines()
    ]


def test_sources_of_an_unknown_workspace_are_refused(at: Run) -> None:
    ended = at("sources", "--workspace", "T0THEIRS")

    assert (ended.code, ended.out) == (2, "")
    assert "T0THEIRS is no workspace here" in ended.err
