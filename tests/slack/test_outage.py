"""Slack itself out of reach while people go on typing: the ledger answers, the news come later."""

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import Town


@pytest.mark.parametrize("fault", ["drop", "500"])
def test_every_command_answers_while_slacks_api_is_down_and_all_news_come_later(
    town: Town, fault: str
) -> None:
    town.slack.faults.always(fault)
    said = [
        town.say(LEO, "grant @ana 1M for the prototype"),
        town.say(ANA, "transfer @ben 250k for the demo"),
        town.say(BEN, "request 500k"),
        town.say(ANA, "balance"),
        town.say(ANA, "history"),
        town.say(BEN, "help"),
    ]
    town.clock.forward(hours=1)
    before = [town.slack.dm(who) for who in (ANA, BEN, MIA)]

    town.slack.faults.clear()
    town.clock.forward(minutes=2)
    town.settle()

    assert "1M (1,000,000) tokens granted to @Ana Silva" in said[0]
    assert "250k (250,000) tokens sent to @Ben Okafor" in said[1]
    assert "500k (500,000) tokens asked for" in said[2]
    assert "750k (750,000) tokens available to you" in said[3]
    assert before == [[], [], []]
    assert [len(town.slack.dm(who)) for who in (ANA, BEN, MIA)] == [1, 1, 1]
    assert town.balances(ANA, BEN) == [750_000, 250_000]


def test_the_answer_to_a_click_comes_once_slack_is_back(town: Town) -> None:
    town.say(LEO, "grant @ana 1M")
    town.slack.faults.always("drop", "response_url")
    town.slack.click(LEO, "ephemeral", "Undo")

    town.slack.faults.clear()
    town.settle()

    assert "Undone" in town.read(town.slack.ephemerals(LEO)[-1], LEO)


def test_the_answer_to_a_click_is_given_up_when_its_address_is_no_longer_good(
    town: Town,
) -> None:
    town.say(LEO, "grant @ana 1M")
    town.slack.faults.always("500", "response_url")
    town.slack.click(LEO, "ephemeral", "Undo")
    town.clock.forward(minutes=31)
    town.slack.faults.clear()

    town.settle()

    assert town.available(ANA) == 0
    states = {row["state"] for row in town.rows("SELECT state FROM outbox WHERE kind = 'reply'")}
    assert states <= {"stale", "dead"}
    assert states


def test_a_home_that_could_not_be_published_is_published_later(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.faults.fail_next(1, "500", "views.publish")

    town.slack.open_home(BEN)

    town.home(BEN, containing="No tokens right now")


def test_a_copy_of_a_request_that_somebody_deleted_needs_no_change(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(BEN, "request 500k")
    copy = town.dm(MIA, containing="asks for")
    town.slack.workspace.dm_with(MIA.id).messages.remove(copy)

    town.say(BEN, "withdraw")
    town.settle()

    assert town.rows("SELECT error FROM outbox WHERE state = 'dead'") == []
