"""What fields of an element have to do with each other."""

import re
from datetime import date
from typing import Any

from bot.playground.blocks.checks import complaint

INPUT_LENGTH_MAX = 3000
SELECTED_ITEMS_MAX = 100


def initials_are_options(element: dict[str, Any]) -> bool:
    groups = element.get("option_groups") or []
    known = list(element.get("options") or [])
    known += [one for group in groups for one in group["options"]]
    chosen = list(element.get("initial_options") or [])
    if element.get("initial_option"):
        chosen.append(element["initial_option"])
    return all(one in known for one in chosen)


def initials_are_few(element: dict[str, Any]) -> bool:
    most = element.get("max_selected_items") or SELECTED_ITEMS_MAX
    given = [value for name, value in element.items() if name.startswith("initial_")]
    return all(len(one) <= most for one in given if one)


def initial_fits(element: dict[str, Any]) -> bool:
    return len(element.get("initial_value") or "") <= (element.get("max_length") or 3000)


def day(value: Any, pointer: str) -> list[str]:
    """A day that there is: no 31 February."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return [complaint("must be a date YYYY-MM-DD", pointer)]
    return []


def lengths_agree(element: dict[str, Any]) -> bool:
    least, most = element.get("min_length") or 0, element.get("max_length") or INPUT_LENGTH_MAX
    return bool(least <= most)


def range_agrees(element: dict[str, Any]) -> bool:
    low, high = element.get("min_value"), element.get("max_value")
    return low is None or high is None or float(low) <= float(high)


def is_whole_unless_decimal(element: dict[str, Any]) -> bool:
    given = [element.get(name) for name in ("min_value", "max_value", "initial_value")]
    whole = all(re.fullmatch(r"-?\d+", value) for value in given if value is not None)
    return bool(element.get("is_decimal_allowed")) or whole
