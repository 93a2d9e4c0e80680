"""The first texts that a fresh process is asked to count, before it has read its ranks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import bootstrap
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.e2e import processes
from tests.waiting import until


@pytest.fixture
def served(tmp_path: Path) -> Iterator[SimulatedSlack]:
    """A `tokenbot serve` that was just started; nothing of it has counted yet."""
    with (
        SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as slack,
        processes.started(tmp_path, "serve", **processes.of(slack)) as process,
    ):
        slack.bot_url = process.url
        until(lambda: "slack_reached" in process.said)
        yield slack


def answers(slack: SimulatedSlack, containing: str) -> list[str]:
    said = [slack.as_text(one, ANA) for one in slack.ephemerals(ANA)]
    return [one for one in said if containing in one]


def test_the_first_text_is_answered_in_time_with_its_figures_or_they_follow(
    served: SimulatedSlack,
) -> None:
    done = served.command(ANA, "estimate hello world")
    served.wait_until(lambda: answers(served, "2 tokens for gpt-5"), timeout=30)
    again = served.command(ANA, "estimate hello world")

    # The latter on a slow machine, whose ranks are not read within a second.
    assert done.shown.startswith(("2 tokens for gpt-5", "Counting…"))
    assert again.shown.startswith("2 tokens for gpt-5")
    assert len(answers(served, "2 tokens for gpt-5")) == 2


def test_a_form_that_was_opened_first_is_answered_by_the_time_it_is_sent(
    served: SimulatedSlack,
) -> None:
    served.command(ANA, "estimate")

    done = served.submit(ANA, {"Which text?": "hello world"})
    if done.errors:  # a slow machine: the form stays open with what was typed
        assert done.errors == {"text": "I'm still learning to count. Send it again in a moment."}
        until(lambda: not served.submit(ANA).errors)

    assert "2 tokens for gpt-5" in served.as_text(served.modal(ANA))
