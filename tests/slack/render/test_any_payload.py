"""Whatever the facts: Slack takes each message and view, and the page draws it as it was typed.

The facts are made up from what each function takes, so that a new one is tried as well.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from bot.domain.refusals import AnyRefusal
from bot.playground import messages as taken
from bot.playground import viewing
from bot.playground.blocks.surfaces import Surface, problems
from bot.playground.draw import Pen
from bot.playground.people import ANA
from bot.playground.places import Message, View
from bot.playground.server import SimulatedSlack
from bot.playground.workspace import Workspace
from bot.slack import errors
from bot.slack.render import messages, views
from tests.playground.html import TAGS, Drawn, read
from tests.slack.render import typed
from tests.slack.render.made_up import Maker

Payload = dict[str, Any]
Render = Callable[..., Payload]

#: Draws of luck for each function.
TIMES = 15
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def renderers(module: Any) -> Mapping[str, Render]:
    """The functions that a module offers."""
    offered = {name: getattr(module, name) for name in module.__all__}
    return {name: one for name, one in offered.items() if inspect.isfunction(one)}


MESSAGES, VIEWS = renderers(messages), renderers(views)
#: In the place of a form stand messages without what only messages hold.
_IN_A_MODAL = ("grant_receipt", "reversal_confirmation", "open_requests", "team_created", "say")


def payloads(name: str) -> Iterator[Payload]:
    """What the function of that name renders, by luck."""
    render = {**MESSAGES, **VIEWS}[name]
    for nth in range(TIMES):
        maker = Maker(f"{name} {nth}")
        if name in {"done", "problem"}:
            shown = _IN_A_MODAL[nth % len(_IN_A_MODAL)]
            yield render(MESSAGES[shown](**maker.arguments(shown, MESSAGES[shown])))
        else:
            yield render(**maker.arguments(name, render))


def surface(name: str) -> Surface:
    if name == "home":
        return "home"
    return "modal" if name in VIEWS else "message"


def said_in(payload: Payload) -> str:
    """All that is shown to others; what stands in a field is the own text of who types there."""
    text = json.dumps(payload, ensure_ascii=False)
    return re.sub(r'"initial_value": "(?:[^"\\]|\\.)*"', "", text)


@pytest.fixture
def workspace() -> Workspace:
    return SimulatedSlack(clock=lambda: NOW).workspace


def shown(workspace: Workspace, name: str, payload: Payload) -> Message | View:
    """The payload where a person sees it, taken as Slack takes it."""
    match surface(name):
        case "message":
            text, blocks = taken.legal_content(workspace, payload)
            channel = workspace.dm_with(ANA.id)
            return taken.whisper(workspace, ANA.id, channel.id, text, blocks)
        case "modal":
            return viewing.open_modal(workspace, ANA.id, payload)
        case _:
            return viewing.publish_home(workspace, ANA.id, payload, None)


@pytest.mark.parametrize("name", [*MESSAGES, *VIEWS])
def test_slack_takes_whatever_there_is_to_say(name: str) -> None:
    for payload in payloads(name):
        assert problems(surface(name), payload) == []
        assert 0 < len(payload.get("text", "x")) <= 4_000, payload["text"]
        assert not typed.REORDERING.search(said_in(payload))


@pytest.mark.parametrize("name", [*MESSAGES, *VIEWS])
def test_the_page_draws_it_and_what_people_typed_stays_as_typed(
    name: str, workspace: Workspace
) -> None:
    pen = Pen(workspace, ANA)
    for payload in payloads(name):
        holder = shown(workspace, name, payload)
        fallback = pen.mrkdwn(payload["text"]) if surface(name) == "message" else ""
        for drawn in (read(pen.drawn(holder)), read(fallback)):
            assert_as_typed(drawn)


@pytest.mark.parametrize("kind", get_args(AnyRefusal), ids=lambda kind: kind.__name__)
def test_a_refusal_says_what_was_typed_as_it_was_typed(
    kind: type[AnyRefusal], workspace: Workspace
) -> None:
    pen = Pen(workspace, ANA)
    for nth in range(TIMES):
        refusal = Maker(f"{kind.__name__} {nth}").make(kind, "refusal", "")
        said = messages.say(errors.words_for(refusal))

        assert problems("message", said) == []
        assert_as_typed(read(pen.drawn(shown(workspace, "say", said))))
        assert list(typed.astray(errors.plain_words_for(refusal))) == []


def assert_as_typed(drawn: Drawn) -> None:
    """Nothing that was typed is markup, a link or a mention, and all its marks are letters."""
    assert drawn.tags <= TAGS
    assert not [one for one in drawn.attributes if one.startswith("on")]
    assert not [one for one in drawn.addresses if typed.OF_NOBODY.search(one)]
    assert not [one for one in drawn.mentions if typed.OF_NOBODY.search(one)]
    assert list(typed.astray(drawn.text)) == []
