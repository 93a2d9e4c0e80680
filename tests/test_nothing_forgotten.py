"""Half of something fails here: an id without its listener, an ack before its work, no words."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast, get_args

import pytest
from fastapi import FastAPI
from slack_bolt.kwargs_injection import Args
from typer.main import get_command

from bot.api import health
from bot.api.app import add_routes
from bot.cli import app as cli
from bot.config import Settings
from bot.domain.refusals import AnyRefusal, Refusal
from bot.services.settings import SETTINGS
from bot.slack import adapters
from bot.slack.adapters import Adapters
from bot.slack.ids import Action, Callback
from bot.slack.listeners.actions import ACTIONS
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.events import EVENTS
from bot.slack.listeners.shortcuts import SHORTCUTS
from bot.slack.listeners.views import VIEWS
from bot.slack.spokesman import Spokesman
from bot.storage.database import Database
from tests.company import MORNING

ROOT = Path(__file__).parent.parent
#: In code font; the gifts are an example that nobody has built.
_FILE = re.compile(r"`((?:bot|client|docs|tests)/(?!.*gifts)[\w/.-]+\.\w+)`")
ADAPTERS = ("command", "action", "view", "shortcut", "event", "ignored")


def test_every_action_id_has_a_listener_and_every_listener_an_action_id() -> None:
    assert set(ACTIONS) == set(Action)


def test_every_form_that_can_be_sent_has_a_listener_and_every_listener_a_form() -> None:
    assert set(VIEWS) == set(Callback) - {Callback.DONE, Callback.TEAM}  # nothing to send


def test_no_two_ids_are_the_same() -> None:
    assert len(set(Action)) == len(Action.__members__)
    assert len(set(Callback)) == len(Callback.__members__)


def test_every_refusal_is_in_the_union_whose_words_mypy_checks() -> None:
    assert set(get_args(AnyRefusal)) == set(subclasses(Refusal))


def subclasses(kind: type[object]) -> Iterator[type[object]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def adapter(name: str) -> ast.FunctionDef:
    tree = ast.parse(inspect.getsource(adapters))
    (found,) = [
        node
        for outer in tree.body
        if isinstance(outer, ast.ClassDef) and outer.name == "Adapters"
        for node in outer.body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    return found


def acks_too_early(body: list[ast.stmt], *, ends: bool = True) -> Iterator[int]:
    """Lines of `ack(...)` after which something else still happens on the same path.

    `ends` says whether nothing follows the statements of `body`.
    """
    for position, statement in enumerate(body):
        rest = body[position + 1 :]
        is_last = (ends and not rest) or (bool(rest) and returns_nothing(rest[0]))
        inner = [
            block
            for name in ("body", "orelse", "finalbody")
            for block in [getattr(statement, name, [])]
            if block
        ]
        inner += [handler.body for handler in getattr(statement, "handlers", [])]
        inner += [case.body for case in getattr(statement, "cases", [])]
        if inner and not isinstance(statement, ast.If | ast.With | ast.Match):
            is_last = False  # a loop may come round again, a `try` may go on elsewhere
        for block in inner:
            yield from acks_too_early(block, ends=is_last)
        if not inner and is_ack(statement) and not is_last:
            yield statement.lineno


def is_ack(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ack"
        for node in ast.walk(statement)
    )


def returns_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return) and statement.value is None


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_acks_last_on_every_path(name: str) -> None:
    assert list(acks_too_early(adapter(name).body)) == []


@pytest.mark.parametrize("name", [one for one in ADAPTERS if one != "event"])
def test_an_adapter_acks(name: str) -> None:
    assert is_ack(adapter(name).body[-1])


@pytest.mark.parametrize(
    ("listener", "early"),
    [
        ("work()\nack()", []),
        ("ack()\nwork()", [1]),
        ("if a:\n    ack()\n    return\nwork()\nack()", []),
        ("if a:\n    ack()\nwork()\nack()", [2]),
        ("if a:\n    ack()\nelse:\n    work()", []),
        ("for a in b:\n    ack()", [2]),
        ("try:\n    ack()\nfinally:\n    work()", [2]),
        ("ack(work())", []),
        ("match a:\n    case 1:\n        ack()\n        work()", [3]),
    ],
)
def test_an_early_ack_would_be_found(listener: str, early: list[int]) -> None:
    assert list(acks_too_early(ast.parse(listener).body)) == early


def test_all_adapters_are_looked_at() -> None:
    listened = {name for name in vars(Adapters) if "ack" in parameters(getattr(Adapters, name))}

    assert listened | {"event"} == set(ADAPTERS)


def parameters(thing: object) -> Iterable[str]:
    return inspect.signature(thing).parameters if callable(thing) else ()


def test_every_injected_name_is_one_that_bolt_has() -> None:
    """A name that Bolt does not know would be None in silence."""
    known = known_to_bolt()

    for listener in (*(getattr(Adapters, name) for name in ADAPTERS), Spokesman.answer):
        names = set(inspect.signature(listener).parameters) - {"self"}
        assert names <= known


def known_to_bolt() -> set[str]:
    """What Bolt injects: the fields of its `Args`, and the error for an error handler."""
    return set(inspect.signature(Args.__init__).parameters) | {"error"}


def test_a_subcommand_is_in_the_command_reference() -> None:
    said = documentation()

    missing = [verb for verb in SUBCOMMANDS if verb and f"/tokens {verb}" not in said]

    assert missing == []


def test_every_command_of_the_command_line_is_documented() -> None:
    said = documentation()

    missing = [name for name in commands(get_command(cli)) if f"tokenbot {name}" not in said]

    assert missing == []


def commands(group: object, prefix: str = "") -> Iterator[str]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if getattr(command, "commands", None):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}"


def test_every_option_of_the_command_line_is_documented() -> None:
    said = documentation()

    missing = [names for names in options(get_command(cli)) if not any(n in said for n in names)]

    assert missing == []


def options(group: object) -> Iterator[list[str]]:
    """The names of each option; a flag has one for yes and one for no."""
    for command in getattr(group, "commands", {}).values():
        yield from options(command)
        for parameter in command.params:
            names = [*parameter.opts, *parameter.secondary_opts]
            if names[0].startswith("--") and "--help" not in names:
                yield names


def test_every_setting_of_the_environment_is_documented() -> None:
    said = documentation()

    assert [name for name in Settings.model_fields if name.upper() not in said] == []


def test_every_setting_of_a_workspace_is_documented() -> None:
    said = documentation()

    assert [name for name in SETTINGS if name not in said] == []


def test_every_route_is_documented() -> None:
    said = documentation()

    assert {"/v1/usage", "/v1/balances/{user}", "/healthz"} <= set(routes())
    assert [path for path in ("/slack/events", *routes()) if path not in said] == []


def test_every_file_that_the_docs_name_is_there() -> None:
    named = set(_FILE.findall(documentation()))

    assert "docs/pictures/limits.py" in named
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []


def routes() -> list[str]:
    """The paths that the HTTP API and the health checks answer."""
    web = FastAPI(openapi_url=None)
    web.include_router(health.routes(lambda: (True, {})))
    # No request is made, so that neither database nor clock is needed.
    add_routes(web, cast("Database", None), lambda: MORNING, is_loopback=True)
    return [*web.openapi()["paths"], "/docs", "/openapi.json", "/metrics"]


def test_every_event_has_a_handler_with_a_docstring() -> None:
    handlers = (EVENTS, ACTIONS, VIEWS, SUBCOMMANDS, SHORTCUTS)
    for handler in (one for some in handlers for one in some.values()):
        assert inspect.getdoc(handler)


def documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
