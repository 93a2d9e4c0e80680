"""Fields of forms."""

from collections.abc import Sequence
from typing import Any

from bot.domain.notes import NOTE_MAX
from bot.slack.ids import VALUE, Field
from bot.slack.render.blocks import Block, plain

#: Every amount that can be read is shorter.
_AMOUNT_LENGTH_MAX = 40


def amount(label: str, typed: str, *, hint: str = "", optional: bool = False) -> Block:
    element = {
        "type": "plain_text_input",
        "placeholder": plain("1M, 250k, 2,000,000"),
        "max_length": _AMOUNT_LENGTH_MAX,
        **initial("value", typed[:_AMOUNT_LENGTH_MAX]),
    }
    units = "k is a thousand, M a million, B a billion."
    said = f"{units} {hint}" if hint else units
    return field(Field.AMOUNT, label, element, hint=said, optional=optional)


def reason(label: str, typed: str, *, hint: str, optional: bool = True) -> Block:
    element = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": NOTE_MAX,
        **initial("value", typed[:NOTE_MAX]),
    }
    return field(Field.REASON, label, element, hint=hint, optional=optional)


def radio(name: Field, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Block:
    """One of several, each with its value and its words."""
    made = [{"text": plain(text), "value": value} for value, text in options]
    first = next(option for option in made if option["value"] == chosen)
    return field(name, label, {"type": "radio_buttons", "options": made, "initial_option": first})


def day(name: Field, label: str, chosen: object, *, hint: str) -> Block:
    """A day, which may be left out."""
    element = {"type": "datepicker", **initial("date", str(chosen) if chosen else None)}
    return field(name, label, element, hint=hint, optional=True)


def field(
    name: Field, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> Block:
    return {
        "type": "input",
        "block_id": name.value,
        "label": plain(label),
        "element": {**element, "action_id": VALUE},
        "optional": optional,
        **({"hint": plain(hint)} if hint else {}),
    }


def initial(what: str, value: object) -> dict[str, object]:
    """Slack refuses an empty initial value."""
    return {f"initial_{what}": value} if value else {}
