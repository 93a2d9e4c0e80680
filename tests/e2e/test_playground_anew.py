"""The playground with the real bot: a day of usage, and all begun anew."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap import system_clock
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from bot.playground.simulate import CannotSimulate
from tests.e2e.house import playground
from tests.playground.test_page import ask
from tests.playground.test_simulate import control
from tests.playground.test_underneath import news, told, whole

SAID = re.compile(r"(\w+) used [\d.]+[kM] in (\d+) calls")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def slack(folder: Path) -> Iterator[SimulatedSlack]:
    with playground(folder) as running:
        yield running


def used(slack: SimulatedSlack) -> int:
    """Tokens that were charged for usage."""
    lines = [
        one for one in news(slack)["lines"] if one["name"] == "usage" and one["kind"] == "entry"
    ]
    found = [whole(slack, one["number"])["detail"]["postings"] for one in lines]
    return sum(int(posting["tokens"]) for postings in found for posting in postings)


def test_the_story_stands_underneath_by_cause_and_effect(slack: SimulatedSlack) -> None:
    slack.wait_until(lambda: len(slack.dm(BEN)) == 2)
    lines = "\n".join(told(slack))

    grant = "Leo Novak: /tokens grant @ana 2M for the search prototype"
    assert f"{grant} > Entry, grant: 2,000,000 tokens, treasury → Ana Silva" in lines
    assert f"{grant} > Notice for Ana Silva: tokens received" in lines
    assert f"{grant} > chat.postMessage → Ana Silva" in lines
    ask_ = "Ben Okafor: /tokens request 750k for the evaluation run"
    assert f"{ask_} > Notice for Mia Chen: request asked" in lines


def test_a_day_of_usage_is_charged_and_each_click_is_another(slack: SimulatedSlack) -> None:
    first = control(slack, "usage")
    charged = used(slack)
    second = control(slack, "usage")

    assert (first[0], second[0]) == (200, 200)
    assert [name for name, _ in SAID.findall(first[1])] == ["Ana", "Ben", "Mia", "Leo"]
    assert all(int(calls) >= 24 for _, calls in SAID.findall(second[1]))
    assert used(slack) > charged > 300_000
    assert slack.travel.bot
    assert slack.travel.bot.check() == []
    assert "used" in slack.command(ANA, "usage").shown


def test_a_day_of_usage_takes_nobody_of_the_story_below_zero(slack: SimulatedSlack) -> None:
    control(slack, "usage")

    said = [slack.command(who, "balance").shown for who in (ANA, BEN, MIA, LEO)]
    assert all("available to you" in one for one in said)
    assert not any("Below zero" in one for one in said)


def test_the_key_of_usage_is_shown_nowhere(slack: SimulatedSlack) -> None:
    control(slack, "usage")

    shown = json.dumps([whole(slack, one["number"]) for one in news(slack)["lines"]])

    assert "POST /v1/usage" in shown
    assert "tbk_" not in shown
    assert "Bearer" not in shown


def test_all_is_as_on_the_first_day(slack: SimulatedSlack, folder: Path) -> None:
    url, before = slack.bot_url, news(slack)["epoch"]
    slack.command(LEO, "grant @ana 5M for the pilot")
    slack.add_channel("later")
    slack.change_person(MIA, real_name="Somebody Else", tell=False)
    slack.move_time(days=2)
    control(slack, "usage")
    control(slack, "fail", kind="500")

    done = control(slack, "reset")

    assert done == (200, "All is as on the first day.")
    assert "1.75M (1,750,000)" in slack.command(ANA, "balance").shown
    assert abs(slack.workspace.clock() - system_clock()) < timedelta(minutes=1)
    assert slack.workspace.channel_named("later") is None
    assert slack.workspace.people[MIA.id].real_name == MIA.real_name
    assert (news(slack)["failing"], used(slack), slack.bot_url) == ([], 0, url)
    assert news(slack)["epoch"] != before
    assert not any("5M" in line for line in told(slack))
    assert len(slack.dm(ANA)) == 1
    assert {one.name.partition(".db")[0] for one in folder.iterdir()} <= {
        "playground",
        "playground.clock",
    }
    assert slack.travel.bot
    assert slack.travel.bot.check() == []
    assert control(slack, "usage")[0] == 200


def test_it_can_begin_anew_again_and_again(slack: SimulatedSlack) -> None:
    assert [control(slack, "reset")[0] for _ in range(3)] == [200, 200, 200]
    assert "1.75M (1,750,000)" in slack.command(ANA, "balance").shown


def test_beginning_anew_breaks_off_a_journey(slack: SimulatedSlack) -> None:
    slack.travel.start(slack.workspace.clock() + timedelta(days=300))

    done = control(slack, "reset")

    assert done[0] == 200
    assert slack.travel.journey is None
    assert slack.move_time(hours=1).findings == ()


def test_beginning_anew_waits_for_what_is_in_hand_and_refuses_what_came_meanwhile(
    slack: SimulatedSlack,
) -> None:
    where = {"as": ANA.id, "channel": slack.general.id, "text": "/tokens transfer @ben 5k"}
    found: dict[str, int] = {}

    def start_over() -> None:
        found["reset"] = control(slack, "reset")[0]

    def send() -> None:
        found["sent"] = ask(slack, "/ui/send", where)[0].status

    with slack.travel.still():  # a request is in hand
        resetting = threading.Thread(target=start_over)
        resetting.start()
        slack.wait_until(lambda: news(slack)["busy"] == "Starting over…")
        second = control(slack, "reset")
        sending = threading.Thread(target=send)
        sending.start()
        assert "1.75M" in slack.command(ANA, "balance").shown
    resetting.join(30)
    sending.join(30)

    assert second == (409, "Wait a moment: Starting over…")
    assert found["reset"] == 200
    assert found["sent"] in {200, 409}


def test_nothing_begins_anew_once_it_is_being_stopped(folder: Path) -> None:
    with playground(folder) as slack:
        house = slack.simulate.house
        assert house is not None
    with pytest.raises(CannotSimulate, match="being stopped"):
        house.start_over()
