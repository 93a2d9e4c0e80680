from datetime import timedelta
from pathlib import Path

import pytest
import typer

from bot.bootstrap import system_clock
from bot.playground import launch
from bot.playground.clock import PlaygroundClock
from bot.playground.server import SimulatedSlack


def test_a_taken_port_gives_the_next_free_one(
    slack: SimulatedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = int(slack.url.rpartition(":")[2])

    other = launch._listening(taken, PlaygroundClock(system_clock))
    other.stop()

    assert other.url != slack.url
    assert f"Port {taken} is in use" in capsys.readouterr().out


def test_no_free_port_is_said(slack: SimulatedSlack) -> None:
    taken = int(slack.url.rpartition(":")[2])

    with pytest.raises(typer.BadParameter, match="in use"):
        launch._listening(taken, PlaygroundClock(system_clock), tries=1)


def test_a_ledger_that_is_kept_keeps_its_time(tmp_path: Path) -> None:
    before = launch._clock(tmp_path)
    before.move_to(system_clock() + timedelta(days=3))

    after = launch._clock(tmp_path)

    assert before.ahead <= after.ahead <= before.ahead + timedelta(seconds=1)


def test_a_new_ledger_begins_now(tmp_path: Path) -> None:
    assert launch._clock(tmp_path).ahead == timedelta(0)
