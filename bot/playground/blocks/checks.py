"""Small checks from which the shapes of Block Kit are put together.

A check takes a value and its JSON pointer and answers Slack's complaints about it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Check = Callable[[Any, str], list[str]]

#: What JavaScript counts without loss; what Slack does beyond is unknown.
NUMBER_MAX = 2**53


def complaint(words: str, pointer: str) -> str:
    return f"{words} [json-pointer:{pointer}]"


def string(most: int, *, least: int = 1) -> Check:
    """A string within these lengths, counted in characters."""

    def check(value: Any, pointer: str) -> list[str]:
        if not isinstance(value, str):
            return [complaint("must provide a string", pointer)]
        if len(value) < least:
            return [complaint(f"must be more than {least - 1} characters", pointer)]
        if len(value) > most:
            return [complaint(f"must be less than {most + 1} characters", pointer)]
        return []

    return check


def matching(pattern: str, words: str) -> Check:
    """A string of that form."""
    form = re.compile(pattern)

    def check(value: Any, pointer: str) -> list[str]:
        good = isinstance(value, str) and form.fullmatch(value)
        return [] if good else [complaint(words, pointer)]

    return check


def boolean(value: Any, pointer: str) -> list[str]:
    return [] if isinstance(value, bool) else [complaint("must provide a boolean", pointer)]


def integer(least: int, most: int) -> Check:
    """A whole number in this range."""

    def check(value: Any, pointer: str) -> list[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            return [complaint("must provide an integer", pointer)]
        if not least <= value <= most:
            return [complaint(f"must be between {least} and {most}", pointer)]
        return []

    return check


def number(value: Any, pointer: str) -> list[str]:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    good = good and -NUMBER_MAX <= value <= NUMBER_MAX  # NaN is not, either
    return [] if good else [complaint("must provide a number", pointer)]


def positive(value: Any, pointer: str) -> list[str]:
    wrong = number(value, pointer)
    if not wrong and value <= 0:
        return [complaint("must be greater than 0", pointer)]
    return wrong


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Any, pointer: str) -> list[str]:
        if value in words:
            return []
        return [complaint(f"must be a valid enum value: {', '.join(words)}", pointer)]

    return check


def items(each: Check, most: int, *, least: int = 1) -> Check:
    """A list of so many things."""

    def check(value: Any, pointer: str) -> list[str]:
        if not isinstance(value, list):
            return [complaint("must provide an array", pointer)]
        if len(value) > most:
            return [complaint(f"no more than {most} items allowed", pointer)]
        if len(value) < least:
            return [complaint(f"no less than {least} items allowed", pointer)]
        return [words for nth, one in enumerate(value) for words in each(one, f"{pointer}/{nth}")]

    return check


def anything(_value: Any, _pointer: str) -> list[str]:
    return []


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others; null counts as left out."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str) -> list[str]:
        if not isinstance(value, dict):
            return [complaint("must provide an object", pointer)]
        found: list[str] = [
            complaint(f"missing required field: {name}", pointer)
            for name in required
            if value.get(name) is None
        ]
        for name, inner in value.items():
            if name not in known:
                found.append(complaint(f"invalid additional property: {name}", pointer))
            elif inner is not None:
                found += known[name](inner, f"{pointer}/{name}")
        return found

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of these it is."""

    def check(value: Any, pointer: str) -> list[str]:
        if not isinstance(value, dict):
            return [complaint("must provide an object", pointer)]
        kind = value.get("type")
        if kind is None:
            return [complaint("missing required field: type", pointer)]
        chosen = kinds.get(kind) if isinstance(kind, str) else None
        if chosen is None:
            return [complaint(f"unsupported type: {kind}", pointer)]
        return chosen(value, pointer)

    return check


def every(*checks: Check) -> Check:
    """All of these; later ones only look at what the first found good."""

    def check(value: Any, pointer: str) -> list[str]:
        for one in checks:
            found = one(value, pointer)
            if found:
                return found
        return []

    return check


def rule(holds: Callable[[Any], bool], words: str) -> Check:
    """A rule about the whole object."""

    def check(value: Any, pointer: str) -> list[str]:
        return [] if holds(value) else [complaint(words, pointer)]

    return check
