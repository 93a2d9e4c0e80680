"""Every element of a form: drawn, filled in, and told to the app in Slack's shapes."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground import picks
from bot.playground.blocks.surfaces import problems
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from tests.playground.little_bot import KINDS, Json, everything
from tests.playground.test_page import ask

pytestmark = pytest.mark.usefixtures("seen")

OPTION = {"text": {"type": "plain_text", "text": "Week"}, "value": "week"}


def chosen(slack: SimulatedSlack) -> Mapping[str, Any]:
    """What to fill in each field, as a person says it."""
    return {
        "name": "Platform",
        "note": "Two\nlines",
        "amount": "12",
        "period": "Week",
        "periods": ["Day", "week"],
        "owner": MIA,
        "people": [ANA, "@ben", "U04LEO"],
        "place": "#ml-platform",
        "channel": slack.general.id,
        "start": "2026-04-01",
        "hour": "09:30",
        "wishes": ["Week"],
        "mood": "week",
    }


def expected(slack: SimulatedSlack) -> Mapping[str, Json]:
    """What the app hears of it."""
    platform = slack.workspace.channel_named("ml-platform")
    assert platform is not None
    day = {"text": {"type": "plain_text", "text": "Day"}, "value": "day"}
    return {
        "name": {"value": "Platform"},
        "note": {"value": "Two\nlines"},
        "amount": {"value": "12"},
        "period": {"selected_option": OPTION},
        "periods": {"selected_options": [day, OPTION]},
        "owner": {"selected_user": MIA.id},
        "people": {"selected_users": [ANA.id, BEN.id, LEO.id]},
        "place": {"selected_conversation": platform.id},
        "channel": {"selected_channel": slack.general.id},
        "start": {"selected_date": "2026-04-01"},
        "hour": {"selected_time": "09:30"},
        "wishes": {"selected_options": [OPTION]},
        "mood": {"selected_option": OPTION},
    }


def test_the_form_is_one_that_slack_takes() -> None:
    assert problems("modal", everything(telling=True)) == []


def test_each_field_comes_back_in_its_shape(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "form")

    done = slack.submit(ANA, chosen(slack))

    assert done.is_good
    values = seen[-1]["view"]["state"]["values"]
    assert values == {
        name: {f"pick_{name}": {"type": KINDS[name]["type"], **value}}
        for name, value in expected(slack).items()
    }


def test_fields_left_empty_come_back_as_nothing(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "form", channel_id=slack.workspace.dm_between(ANA.id, BEN.id).id)

    slack.submit(ANA)

    values = seen[-1]["view"]["state"]["values"]
    for name, actions in values.items():
        ((_, given),) = actions.items()
        (left,) = [value for key, value in given.items() if key != "type"]
        assert left == ([] if name in {"periods", "people", "wishes"} else None), name


@pytest.mark.parametrize("name", list(KINDS))
def test_a_field_that_dispatches_tells_the_app_when_it_is_used(
    slack: SimulatedSlack, seen: list[Json], name: str
) -> None:
    slack.command(ANA, "telling")

    done = slack.choose(ANA, "modal", f"pick_{name}", chosen(slack)[name])

    assert done.is_good
    (action,) = seen[-1]["actions"]
    stamp = action.pop("action_ts")
    assert re.fullmatch(r"\d+\.\d{6}", stamp)
    assert action == {
        "type": KINDS[name]["type"],
        "action_id": f"pick_{name}",
        "block_id": name,
        **expected(slack)[name],
    }
    assert seen[-1]["container"] == {"type": "view", "view_id": seen[-1]["view"]["id"]}
    assert "trigger_id" in seen[-1]


def test_a_field_that_does_not_dispatch_is_only_remembered(
    slack: SimulatedSlack, seen: list[Json]
) -> None:
    slack.command(ANA, "form")
    before = len(seen)

    slack.choose(ANA, "modal", "Period", "Week")

    assert len(seen) == before
    assert "Period: Week" in slack.as_text(slack.modal(ANA))


def test_an_update_keeps_what_was_filled_in(slack: SimulatedSlack) -> None:
    slack.command(ANA, "telling")
    for name, value in chosen(slack).items():
        slack.choose(ANA, "modal", f"pick_{name}", value)
    view = slack.modal(ANA)
    assert view is not None

    assert view.title == "Updated"
    for name, value in expected(slack).items():
        assert view.state[name][f"pick_{name}"] == {"type": KINDS[name]["type"], **value}


def test_another_block_id_empties_a_field(slack: SimulatedSlack, client: WebClient) -> None:
    slack.command(ANA, "form")
    slack.choose(ANA, "modal", "Name", "Platform")
    slack.choose(ANA, "modal", "Note", "Kept")
    view = slack.modal(ANA)
    assert view is not None
    other = everything()
    other["blocks"][0]["block_id"] = "renamed"

    client.views_update(view_id=view.id, view=other)

    assert view.state["renamed"]["pick_name"]["value"] is None
    assert view.state["note"]["pick_note"]["value"] == "Kept"


def test_an_overflow_tells_which_line_was_chosen(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "form")

    slack.choose(ANA, "modal", "pick_more", "Week")

    action = seen[-1]["actions"][0]
    assert (action["type"], action["selected_option"]) == ("overflow", OPTION)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("amount", "1.5", "valid number"),
        ("amount", "0", "at least 1"),
        ("name", "x" * 21, "at most 20"),
        ("periods", ["Day", "Week", "Month"], "at most 2"),
    ],
)
def test_slacks_own_client_sees_what_is_wrong(
    slack: SimulatedSlack, field: str, value: str, words: str
) -> None:
    slack.command(ANA, "form")

    done = slack.submit(ANA, {field: value})

    assert words in done.errors[field]
    assert done.status is None


def test_where_the_person_is_stands_in_the_menu(slack: SimulatedSlack) -> None:
    slack.command(ANA, "form", channel_id=slack.general.id)
    here = slack.modal(ANA)
    slack.command(BEN, "form", channel_id=slack.workspace.dm_between(BEN.id, ANA.id).id)
    unlisted = slack.modal(BEN)

    assert here is not None
    assert unlisted is not None
    chosen_here = here.state["place"]["pick_place"]["selected_conversation"]
    assert chosen_here == slack.general.id
    assert unlisted.state["place"]["pick_place"]["selected_conversation"] is None


def test_a_menu_offers_what_its_filter_lets_through(slack: SimulatedSlack) -> None:
    mine = slack.add_channel("mine", is_private=True, members=[ANA])
    theirs = slack.add_channel("theirs", is_private=True, members=[BEN])
    old = slack.add_channel("old")
    slack.archive(old.id)
    slack.command(ANA, "form")

    slack.choose(ANA, "modal", "Place", "mine")
    refused = {"Place": [theirs.id, "#old"], "Channel": [mine.id, "#theirs"]}

    view = slack.modal(ANA)
    assert view is not None
    assert view.state["place"]["pick_place"]["selected_conversation"] == mine.id
    for field, names in refused.items():
        for name in names:
            with pytest.raises(LookupError, match=r"#general"):
                slack.choose(ANA, "modal", field, name)


def test_a_menu_of_people_offers_no_app_and_nobody_who_left(slack: SimulatedSlack) -> None:
    slack.change_person(LEO, tell=False, deleted=True)

    for kind in ("users_select", "multi_users_select"):
        found = picks.offered(slack.workspace, ANA.id, {"type": kind})
        assert [name for _, name in found] == ["Ana Silva", "Ben Okafor", "Mia Chen"]


def test_the_page_draws_and_sends_every_field(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "form")
    _, html = ask(slack, f"/?as={ANA.id}")
    values = {name: {f"pick_{name}": plain_value(value)} for name, value in expected(slack).items()}

    ask(slack, "/ui/submit", {"as": ANA.id, "values": values})

    drawn = set(re.findall(r'data-action="pick_(\w+)"', html))
    assert drawn == {*KINDS, "more"}
    for kind in ("date", "time", "checkbox", "radio"):
        assert f'type="{kind}"' in html
    assert slack.modal(ANA) is None
    sent = seen[-1]["view"]["state"]["values"]
    assert sent["people"]["pick_people"]["selected_users"] == [ANA.id, BEN.id, LEO.id]
    assert sent["place"]["pick_place"] == {
        "type": "conversations_select",
        **expected(slack)["place"],
    }


def plain_value(value: Json) -> object:
    """What the page's script reads from a field."""
    (given,) = value.values()
    if isinstance(given, dict):
        return given["value"]
    if isinstance(given, list):
        return [one["value"] if isinstance(one, dict) else one for one in given]
    return given
