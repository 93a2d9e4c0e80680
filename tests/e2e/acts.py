"""What there is to act on the page, and what of it a test has acted.

`@acts("/tokens grant", "button undo")` says what a test acts. It is believed only where Chromium
sent it and the bot, or the playground, did it (the fixture `acted`); that nothing is left out is
for `test_all_is_acted.py`.
"""

import inspect
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, ModuleType

import pytest
from _pytest.mark.structures import Mark, MarkDecorator, ParameterSet
from playwright.sync_api import BrowserContext, Response

from bot.playground.delivery import Answer, Request, Witness
from bot.playground.people import Json
from bot.playground.server import SimulatedSlack

_GOOD = 200


def acts(*what: str) -> pytest.MarkDecorator:
    """A mark for a test: what it acts, as `offered` in `test_all_is_acted.py` says it."""
    return pytest.mark.acts(*what)


def said(module: ModuleType) -> frozenset[str]:
    """All that the tests of a module say they act."""
    tests = [one for _, one in inspect.getmembers(module, inspect.isfunction)]
    own = (one for one in tests if one.__module__ == module.__name__)
    return frozenset(label for one in own for mark in _marks(one) for label in mark.args)


def _marks(test: FunctionType) -> Iterator[Mark]:
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "acts":
            yield mark
        elif mark.name == "parametrize":
            yield from _of_parameters(mark.args[1])


def _of_parameters(values: Iterable[object]) -> Iterator[Mark]:
    for one in values:
        if isinstance(one, ParameterSet):
            marks = (mark.mark if isinstance(mark, MarkDecorator) else mark for mark in one.marks)
            yield from (mark for mark in marks if mark.name == "acts")


@dataclass(slots=True)
class Heard:
    """Stands between the playground and whoever else witnesses what it sends to the bot."""

    witness: Witness
    #: What this thread does is arranged by the test: nobody used the page for it.
    arranging: int = field(default_factory=threading.get_ident)
    labels: set[str] = field(default_factory=set)
    _asked: dict[int, Request] = field(default_factory=dict)

    def sent(self, request: Request) -> int:
        number = self.witness.sent(request)
        if threading.get_ident() != self.arranging:
            self._asked[number] = request
        return number

    def answered(self, number: int, answer: Answer, milliseconds: int) -> None:
        self.witness.answered(number, answer, milliseconds)
        request = self._asked.pop(number, None)
        if request is not None and answer.status == _GOOD:
            self.labels.update(_of_request(request.payload, answer))

    def used(self, response: Response) -> None:
        """A control of the playground that Chromium used."""
        if response.request.method == "POST" and response.status == _GOOD:
            asked = response.request.post_data_json or {}
            self.labels.update(_of_control(response.url.partition("/ui/")[2], asked))


def _of_request(payload: Json, answer: Answer) -> Iterator[str]:
    if "command" in payload:
        yield f"/tokens {payload['text'].partition(' ')[0]}".rstrip()
    match payload.get("type"):
        case "block_actions":
            yield from (f"button {one['action_id']}" for one in payload["actions"])
        case "message_action":
            yield f"shortcut {payload['callback_id']}"
        case "view_submission" if (answer.json() or {}).get("response_action") != "errors":
            yield f"form {payload['view']['callback_id']}"
        case _:
            pass  # an event, or what is said without an id


def _of_control(act: str, asked: Json) -> Iterator[str]:
    match act:
        case "simulate/fail":
            yield f"fail {asked['kind']}"
            yield f"times {asked.get('times', 'always')}"
        case "simulate/usage" | "simulate/reset" | "halt":
            yield f"control {act.removeprefix('simulate/')}"
        case "move":
            yield f"move {asked.get('by', 'to')}"
        case _:
            pass  # what is done as a person, which the bot hears of


@contextmanager
def hearing(slack: SimulatedSlack, context: BrowserContext) -> Iterator[Heard]:
    """What Chromium sends meanwhile, and is done."""
    before = slack.stage.delivery.witness
    assert before is not None
    heard = Heard(before)
    slack.stage.delivery.witness = heard
    # A slotted object's own method is nothing that Playwright can mark as its listener.
    context.on("response", partial(Heard.used, heard))
    yield heard
    slack.stage.delivery.witness = before
