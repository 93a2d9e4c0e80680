"""Nothing that a person can do is left out of the tests that do it in Chromium."""

import importlib
import pkgutil

from bot.playground.page_acts import MESSAGE_SHORTCUTS
from bot.playground.page_clock import JUMPS
from bot.playground.simulate import FAILURES, TIMES
from bot.slack.ids import COMMAND
from bot.slack.listeners.actions import ACTIONS
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.views import VIEWS
from tests.e2e import acting, acts, test_playground_controls


def offered() -> frozenset[str]:
    """Each command, button, form, shortcut and control, as a test says that it acts it."""
    return frozenset(
        {f"{COMMAND} {verb}".rstrip() for verb in SUBCOMMANDS}
        | {f"button {action}" for action in ACTIONS}
        | {f"form {callback}" for callback in VIEWS}
        | {f"shortcut {callback}" for callback in MESSAGE_SHORTCUTS}
        | {f"fail {kind}" for kind in FAILURES}
        | {f"times {times}" for times in TIMES}
        | {f"move {jump}" for jump in (*JUMPS, "to")}
        | {"control usage", "control reset", "control halt"}
    )


def acted() -> frozenset[str]:
    """What the tests say they act; each is held to it while it runs (`tests/e2e/conftest.py`)."""
    names = (one.name for one in pkgutil.iter_modules(acting.__path__, "tests.e2e.acting."))
    modules = [importlib.import_module(one) for one in names if ".test_" in one]
    said = [acts.said(one) for one in (*modules, test_playground_controls)]
    return frozenset().union(*said)


def test_each_command_button_form_and_control_is_acted_in_chromium() -> None:
    left_out = offered() - acted()

    assert sorted(left_out) == []


def test_nothing_is_said_to_be_acted_that_is_not_there() -> None:
    assert sorted(acted() - offered()) == []
