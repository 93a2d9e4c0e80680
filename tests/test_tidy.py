"""The limits of shape and names that no linter of ours knows."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import get_type_hints

import bot
from bot import services
from bot.domain.decisions import Decision
from bot.domain.ledger import Receipt
from bot.domain.topups import Asked, TopUp

ROOT = Path(bot.__file__).parents[1]
PACKAGES = (ROOT / "bot", ROOT / "client" / "src")
FUNCTION_LINES = 40
MODULE_LINES = 300
#: Names for things that have not been understood yet.
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
#: What answers with one of these has written to the books or decided something.
ANSWERS = (Receipt, Decision, Asked, TopUp)
#: Services that take no key, and what makes a second call harmless instead.
WITHOUT_KEY = {
    "decisions.approve": "a request leaves `open` once, and its grant has the request's own key",
    "decisions.deny": "a request leaves `open` once",
    "topups.withdraw": "a request leaves `open` once",
    "undoing.undo": "a decision is undone once, and its reversal has the entry's own key",
}
#: Services that only read.
READING = {
    "decisions.for_decision",
    "replays.receipt_or",
    "topups.known",
    "topups.tell_copies",
}


def modules() -> Iterator[Path]:
    for path in sorted(path for package in PACKAGES for path in package.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def test_every_function_fits_on_a_screen() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_lines(node) > FUNCTION_LINES
    ]

    assert too_long == []


def test_every_module_can_be_read_in_one_go() -> None:
    too_long = [
        str(path.relative_to(ROOT))
        for path in modules()
        if len(path.read_text().splitlines()) > MODULE_LINES
    ]

    assert too_long == []


def test_every_module_is_called_after_a_noun() -> None:
    vague = [
        str(path.relative_to(ROOT)) for path in modules() if VAGUE & {path.stem, path.parent.name}
    ]

    assert vague == []


def test_whatever_is_recorded_or_decided_has_a_time_and_a_key() -> None:
    recording = {
        f"{module}.{name}": signature
        for module, name, signature in public_services()
        if f"{module}.{name}" not in READING
    }

    without_time = [name for name, one in recording.items() if "now" not in one.parameters]
    without_key = {name for name, one in recording.items() if "key" not in one.parameters}
    assert {"transfers.transfer", "grants.grant", "topups.ask"} <= set(recording)
    assert without_time == []
    assert without_key == set(WITHOUT_KEY)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the end, less the docstring and a parameter's line each of a long signature."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    signature = node.body[0].lineno - node.lineno
    docstring = 0
    if ast.get_docstring(node) is not None:
        first = node.body[0]
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return lines - docstring - max(signature - 1, 0)


def public_services() -> Iterator[tuple[str, str, inspect.Signature]]:
    """Each function of a service that answers with what was recorded or decided."""
    for info in iter_modules(services.__path__):
        module = import_module(f"bot.services.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            if get_type_hints(function).get("return") in ANSWERS:
                yield info.name, name, inspect.signature(function)
