"""Whatever people type, call themselves or are told: the page shows it and runs none of it."""

import json
from urllib.parse import quote

import pytest

from bot.playground import viewing
from bot.playground.people import ANA, BEN, Person
from bot.playground.server import SimulatedSlack
from tests.playground.conftest import StoryClock
from tests.playground.html import TAGS, Drawn, read
from tests.playground.little_bot import KINDS
from tests.playground.test_page import ask
from tests.slack.render import typed

#: What the page around the blocks is made of.
_AROUND = {"nav", "section", "progress"}
_HOSTILE = Person(id="U06EVE", name="eve", real_name=typed.ALL[:200], title=typed.ALL[:200])


@pytest.fixture
def slack(clock: StoryClock) -> SimulatedSlack:
    return SimulatedSlack(clock=clock, people=(ANA, BEN, _HOSTILE), channels=("general",))


def parts(slack: SimulatedSlack, who: Person, at: str) -> list[Drawn]:
    """Each piece of the page as this person sees it."""
    _, body = ask(slack, f"/ui/parts?as={who.id}&at={quote(at)}")
    found: list[str] = []

    def gather(value: object) -> None:
        if isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                gather(one)
        elif isinstance(value, str) and "<" in value and value.strip().startswith("<"):
            found.append(value)

    gather(json.loads(body))
    return [read(one) for one in found]


def assert_harmless(drawn: Drawn) -> None:
    assert drawn.tags <= TAGS | _AROUND
    assert not [one for one in drawn.attributes if one.startswith("on")]
    schemes = {one.partition(":")[0] for one in drawn.addresses if ":" in one}
    assert schemes <= {"http", "https"}


@pytest.mark.parametrize("at", ["general", "people"])
def test_what_is_said_in_a_channel_stays_letters(slack: SimulatedSlack, at: str) -> None:
    with slack:
        people = slack.workspace.dm_between(ANA.id, BEN.id)
        channel = slack.general if at == "general" else people
        slack.say(ANA, typed.ALL, channel_id=channel.id)

        drawn = parts(slack, ANA, channel.id)

    shown = "".join(one.text for one in drawn)
    assert "<script>ev1l()</script>" in shown
    assert '"><b>qu0te</b>' in shown
    for one in drawn:
        assert_harmless(one)


def test_what_is_typed_in_a_form_stays_in_its_field(slack: SimulatedSlack) -> None:
    with slack:
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Fields"},
            "submit": {"type": "plain_text", "text": "Go"},
            "blocks": [
                {
                    "type": "input",
                    "block_id": name,
                    "label": {"type": "plain_text", "text": typed.ALL},
                    "hint": {"type": "plain_text", "text": typed.ALL},
                    "element": {"type": KINDS[name]["type"], "initial_value": typed.ALL},
                }
                for name in ("name", "note")
            ],
        }
        with slack.workspace.changing():
            opened = viewing.open_modal(slack.workspace, ANA.id, view)
            opened.errors = {"name": typed.ALL}

        drawn = parts(slack, ANA, "dm")

    assert sum(one.text.count("<script>ev1l()</script>") for one in drawn) >= 5
    for one in drawn:
        assert_harmless(one)


def test_names_of_people_stay_letters(slack: SimulatedSlack) -> None:
    with slack:
        slack.say(_HOSTILE, "hello")

        for who in (ANA, _HOSTILE):
            drawn = parts(slack, who, slack.general.id)
            assert any("<script>ev1l()</script>" in one.text for one in drawn)
            for one in drawn:
                assert_harmless(one)
