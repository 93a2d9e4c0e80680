"""One person or two on the page, and what each sees where they are."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.playground.test_page import HOSTILE, Tags, ask


def parts(slack: SimulatedSlack, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask(slack, f"/ui/parts?{query}")[1])["panes"]
    return found


def crowd(slack: SimulatedSlack, many: int = 10_000) -> None:
    with slack.workspace.changing():
        for number in range(many):
            one = Person(id=f"U{number:05d}X", name=f"p{number}", real_name=f"Person {number}")
            slack.workspace.people[one.id] = one


def test_two_people_are_shown_side_by_side(slack: SimulatedSlack) -> None:
    slack.say(BEN, "Good morning")
    query = f"as={ANA.id}&at={slack.general.id}&and={MIA.id}&and_at=dm"

    left, right = parts(slack, query)
    _, html = ask(slack, f"/?{query}")

    assert (left["as"], left["title"], left["channel"]) == (ANA.id, "#general", slack.general.id)
    assert (right["as"], right["title"]) == (MIA.id, "tokenbot")
    ids = [given["id"] for _, given in Tags(html).seen if "id" in given]
    assert len(ids) == len(set(ids))
    assert 'aria-label="Mia Chen"' in html


def test_the_messages_of_the_app_say_where_one_types_instead(slack: SimulatedSlack) -> None:
    (app,) = parts(slack, f"as={ANA.id}&at=dm")
    (home,) = parts(slack, f"as={ANA.id}&at=home")
    (channel,) = parts(slack, f"as={ANA.id}&at={slack.general.id}")

    assert (app["writes"], home["writes"], channel["writes"]) == (False, False, True)
    assert "Messages to tokenbot are turned off" in app["closed"]
    assert f'data-at="{slack.general.id}">#general</a>' in app["closed"]
    assert (home["closed"], channel["closed"]) == ("", "")
    assert "comes here" in app["content"]


def test_without_a_channel_the_messages_of_the_app_name_none(slack: SimulatedSlack) -> None:
    for channel in list(slack.workspace.channels.values()):
        slack.archive(channel.id)

    (app,) = parts(slack, f"as={ANA.id}&at=dm")

    assert "works in any channel." in app["closed"]


@pytest.mark.parametrize("beside", ["", ANA.id])
def test_nobody_stands_beside_themselves(slack: SimulatedSlack, beside: str) -> None:
    assert len(parts(slack, f"as={ANA.id}&and={beside}&and_at=dm")) == 1


def test_the_same_channel_twice_has_no_id_twice(slack: SimulatedSlack) -> None:
    bars = {
        "type": "data_visualization",
        "block_id": "b",
        "title": "t",
        "chart": {
            "type": "pie",
            "segments": [{"label": "a", "value": 1}, {"label": "b", "value": 2}],
        },
    }
    slack.say(BEN, "x")
    with slack.workspace.changing():
        slack.channel("general")[0].blocks = [bars]
    at = slack.general.id

    _, html = ask(slack, f"/?as={ANA.id}&at={at}&and={MIA.id}&and_at={at}")

    ids = [given["id"] for _, given in Tags(html).seen if "id" in given]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "as=nobody&at=nowhere",
        f"as={quote(HOSTILE)}&at={quote(HOSTILE)}&and={quote(HOSTILE)}&and_at={quote(HOSTILE)}",
        "count=-1&new=",
        "count=999999999999",
        f"count={quote(HOSTILE)}&new={quote(HOSTILE)}",
        "count=%D9%A3",
    ],
)
def test_an_address_that_makes_no_sense_shows_something(slack: SimulatedSlack, query: str) -> None:
    slack.say(BEN, "Good morning")

    response, html = ask(slack, f"/?{query}")

    assert response.status == 200
    assert Tags(html).dangers() == []
    assert parts(slack, query)[0]["as"] == ANA.id


def test_only_the_newest_messages_are_drawn(slack: SimulatedSlack) -> None:
    for number in range(500):
        slack.say(BEN, f"message {number:03d}")

    (first,) = parts(slack, f"as={ANA.id}")
    (more,) = parts(slack, f"as={ANA.id}&count=150")
    (everything,) = parts(slack, f"as={ANA.id}&count=600")

    assert first["content"].count("<article") == 50
    assert "450 more" in first["content"]
    assert "message 499" in first["content"]
    assert "message 350" in more["content"]
    assert everything["content"].count("<article") == 500
    assert "Show older messages" not in everything["content"]


def test_a_line_stands_above_what_is_new(slack: SimulatedSlack) -> None:
    slack.say(BEN, "read")
    (before,) = parts(slack, f"as={ANA.id}")
    slack.say(ANA, "mine")
    new = slack.say(BEN, "news")

    (after,) = parts(slack, f"as={ANA.id}")
    (later,) = parts(slack, f"as={ANA.id}&new={new.ts}")
    (gone,) = parts(slack, f"as={ANA.id}")

    assert before["new"] == ""
    assert after["new"] == new.ts
    assert after["content"].index("mine") < after["content"].index('data-key="new"')
    assert 'data-key="new"' in later["content"]
    assert 'data-key="new"' not in gone["content"]


def test_unread_channels_are_bold_and_counted(slack: SimulatedSlack) -> None:
    platform = list(slack.workspace.channels.values())[1]
    for _ in range(120):
        slack.say(BEN, "psst", channel_id=platform.id)

    (before,) = parts(slack, f"as={ANA.id}")
    version = slack.workspace.version
    parts(slack, f"as={ANA.id}&at={platform.id}")
    told = slack.workspace.version
    (after,) = parts(slack, f"as={ANA.id}")

    assert 'class="badge">99+<' in before["sidebar"]
    assert told == version + 1  # other tabs of hers hear that she has read them
    assert 'class="badge"' not in after["sidebar"]
    assert slack.workspace.version == told


def test_who_goes_on_needs_no_second_name(slack: SimulatedSlack) -> None:
    slack.say(BEN, "first")
    slack.say(BEN, "second")
    slack.say(ANA, "third")

    (seen,) = parts(slack, f"as={ANA.id}")

    assert seen["content"].count('<span class="author">Ben Okafor</span>') == 1
    assert seen["content"].count('<span class="author">Ana Silva</span>') == 1
    assert seen["content"].count('aria-label="Ben Okafor,') == 2


def test_a_crowd_is_searched_and_paged(slack: SimulatedSlack) -> None:
    crowd(slack)

    (seen,) = parts(slack, "as=U05000X")
    first = json.loads(ask(slack, f"/ui/people?as={ANA.id}&word=person")[1])
    second = json.loads(ask(slack, f"/ui/people?as={ANA.id}&word=person&page=1")[1])
    exact = json.loads(ask(slack, f"/ui/people?as={ANA.id}&word=P777")[1])

    assert seen["sidebar"].count('class="person"') == 8
    assert "Person 5000" in seen["sidebar"]
    assert "Find a person" in seen["sidebar"]
    assert first["people"].count('class="person"') == 20
    assert first["has_more"]
    assert "Person 20<" in second["people"]
    assert "Person 777<" in exact["people"]


@pytest.mark.parametrize("page", ["-1", "x", "99999999", "%D9%A3"])
def test_a_search_that_makes_no_sense_finds_somebody_or_nobody(
    slack: SimulatedSlack, page: str
) -> None:
    response, body = ask(slack, f"/ui/people?as={ANA.id}&word={quote(HOSTILE)}&page={page}")

    assert response.status == 200
    assert json.loads(body) == {"people": "", "has_more": False}


def test_people_write_to_each_other_and_the_bot_sees_nothing(slack: SimulatedSlack) -> None:
    _, opened = ask(slack, "/ui/dm", {"as": ANA.id, "with": BEN.id})
    at = json.loads(opened)["at"]
    _, again = ask(slack, "/ui/dm", {"as": BEN.id, "with": ANA.id})
    ask(slack, "/ui/send", {"as": ANA.id, "channel": at, "text": "lunch?"})

    (ben,) = parts(slack, f"as={BEN.id}")
    (there,) = parts(slack, f"as={BEN.id}&at={at}")
    (mia,) = parts(slack, f"as={MIA.id}&at={at}")

    assert json.loads(again)["at"] == at
    assert 'class="badge">1<' in ben["sidebar"]
    assert (there["title"], "lunch?" in there["content"]) == ("Ana Silva", True)
    assert mia["at"] != at
    assert slack.workspace.bot.id not in slack.workspace.channel(at).members


@pytest.mark.parametrize("asked", [{}, {"with": "nobody"}, {"with": HOSTILE}])
def test_nobody_cannot_be_written_to(slack: SimulatedSlack, asked: dict[str, str]) -> None:
    response, _ = ask(slack, "/ui/dm", {"as": ANA.id, **asked})

    assert response.status == 409


def test_a_command_that_nobody_answers_is_given_back(slack: SimulatedSlack) -> None:
    slack.bot_url = "http://127.0.0.1:9"

    _, answer = ask(
        slack, "/ui/send", {"as": ANA.id, "channel": slack.general.id, "text": "/tokens balance"}
    )

    assert json.loads(answer)["unsent"]


def test_the_theme_that_was_chosen_comes_with_the_page(slack: SimulatedSlack) -> None:
    _, dark = ask(slack, "/", cookie="theme=dark")
    _, odd = ask(slack, "/", cookie='theme="><script>')

    assert '<html lang="en" data-theme="dark">' in dark
    assert '<html lang="en">' in odd


def test_names_in_a_crowd_are_mentioned(slack: SimulatedSlack) -> None:
    crowd(slack)

    message = slack.say(LEO, "hi @p77, @Person 7 and @p10001! mail p7@p7.example @Ana Silva.")

    assert message.text == (
        "hi <@U00077X|p77>, <@U00007X|p7> and @p10001! mail p7@p7.example <@U01ANA|ana>."
    )
