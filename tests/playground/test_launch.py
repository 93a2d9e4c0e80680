import pytest
import typer

from bot.playground import launch
from bot.playground.server import SimulatedSlack


def test_a_taken_port_gives_the_next_free_one(
    slack: SimulatedSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = int(slack.url.rpartition(":")[2])

    other = launch._listening(taken)
    other.stop()

    assert other.url != slack.url
    assert f"Port {taken} is in use" in capsys.readouterr().out


def test_no_free_port_is_said(slack: SimulatedSlack) -> None:
    taken = int(slack.url.rpartition(":")[2])

    with pytest.raises(typer.BadParameter, match="in use"):
        launch._listening(taken, tries=1)
