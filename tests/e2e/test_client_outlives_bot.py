"""The bot is killed between a hold and its settlement, and comes back: the call is charged once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenbot_client import Away, Tokens

from bot import bootstrap
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from tests.e2e import processes
from tests.e2e.test_first_call import free_port
from tests.e2e.test_serve import connect

USAGE = {"prompt_tokens": 200, "completion_tokens": 50}
_ARRIVAL_SECONDS = 90.0


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    """On the machine's clock, as the processes are."""
    with SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as made:
        yield made


def test_what_was_used_while_the_bot_was_dead_is_charged_once_it_is_back(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    environment = processes.of(slack, PORT=str(free_port()))
    with processes.started(tmp_path, "serve", **environment) as process:
        connect(slack, process)
        slack.command(LEO, "grant @ana 1M for a run")
        created = ("api-key", "create", "agent", "--scope", "holds", "--scope", "usage:write")
        key = processes.ran(tmp_path, *created, **environment).stdout.splitlines()[-1]
        url = process.url
        open_tokens = Tokens(url=url, api_key=key, user=ANA.email)
        closed_tokens = Tokens(url=url, api_key=key, user=ANA.email, when_away="closed")
        settled, voided = (open_tokens.hold(amount=1_000) for _ in range(2))
        process.kill()

    settled.settle(USAGE)
    voided.void()
    with open_tokens.hold(amount=1_000) as passed:
        passed.settle(USAGE)
    with pytest.raises(Away):
        closed_tokens.hold(amount=1_000)

    with processes.started(tmp_path, "serve", **environment) as process:
        slack.bot_url = process.url
        is_told = open_tokens.flush(_ARRIVAL_SECONDS)
        now = closed_tokens.hold(amount=1)
        process.terminate()
    checked = processes.ran(tmp_path, "check", **environment)
    open_tokens.close()
    closed_tokens.close()

    assert (settled.state, passed.is_away, is_told) == ("open", True, True)
    assert now.available == 1_000_000 - 2 * 250 - 1
    assert checked.stdout == "The books add up.\n"
