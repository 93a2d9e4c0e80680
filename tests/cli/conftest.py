"""The command line in an empty folder, and on a database with one workspace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli
from bot.domain.directory import Person, UserId
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from bot.services import directory
from bot.storage import opening
from tests.cli.terminal import NOW, TEAM, Ended, Run


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
