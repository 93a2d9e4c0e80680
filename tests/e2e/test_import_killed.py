"""An import that is killed in the middle, and then given again."""

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import bootstrap
from bot.domain.directory import WorkspaceId
from bot.services import books, directory
from bot.storage.database import Database
from tests.e2e import processes
from tests.waiting import until

TEAM = WorkspaceId("T0PLAYGROUND")
ROWS = 4_000
EACH = 1_250
BAD_EVERY = 100


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twice as many rows as are taken before the kill, some of them odd, some just the same."""
    at = (bootstrap.system_clock() - timedelta(hours=1)).isoformat()
    lines = ["at,user,model,input_tokens,output_tokens"]
    for number in range(ROWS):
        tokens = "1.5" if number % BAD_EVERY == 0 else "1200"
        lines.append(f"{at},ana{number % 7}@example.com,gpt-4o,{tokens},50")
    path = tmp_path / "usage.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def rows(database: Database) -> int:
    with database.reading() as tx:
        return int(tx.connection.execute(sa.text("SELECT count(*) FROM usage_event")).scalar_one())


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Where the tests run in the background SIGINT is ignored, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_cut_off_in_the_middle_is_finished_by_the_same_command(
    database: Database, database_url: str, file: Path, number: signal.Signals
) -> None:
    directory.open_workspace(database, TEAM, bootstrap.system_clock())
    command = ("import-usage", file.name)

    with processes.started(file.parent, *command, DATABASE_URL=database_url) as process:
        until(_some(database), seconds=60)
        process.popen.send_signal(number)
        code = process.popen.wait(60)
    before = rows(database)
    again = processes.ran(file.parent, *command, DATABASE_URL=database_url)

    good = ROWS - ROWS // BAD_EVERY
    assert code == (2 if number is signal.SIGINT else -number)
    assert 0 < before < good
    assert (
        f"{good - before:,} accepted, {before:,} known before, {ROWS - good} rejected"
        in again.stdout
    )
    assert rows(database) == good
    assert list(books.check(database)) == []
    assert len(Path(f"{file}.rejected.csv").read_text().splitlines()) == ROWS - good + 1
    with database.reading() as tx:
        charged = sa.text("SELECT sum(tokens) FROM posting WHERE destination = 'consumed'")
        assert tx.connection.execute(charged).scalar_one() == good * EACH


def _some(database: Database) -> Callable[[], bool]:
    return lambda: rows(database) > 0
