"""The arguments of a Web API call, however they were sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.errors import SlackRefusal

_NO = (False, 0, "0", "false", "False", "", None)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the app sent: JSON values, or a form's strings with JSON inside."""

    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            raise SlackRefusal("invalid_arguments", f"missing required field: {name}")
        return value

    def maybe_text(self, name: str) -> str | None:
        value = self.given.get(name)
        return None if value is None or value == "" else str(value)

    def flag(self, name: str) -> bool:
        return self.given.get(name) not in _NO

    def number(self, name: str, otherwise: int) -> int:
        value = self.given.get(name)
        if value is None or value == "":
            return otherwise
        try:
            return int(str(value))
        except ValueError:
            raise SlackRefusal("invalid_arguments", f"must be an integer: {name}") from None

    def words(self, name: str) -> list[str]:
        """A list, sent as such or joined by commas."""
        value = self.given.get(name)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [one.strip() for one in str(value or "").split(",") if one.strip()]

    def json(self, name: str, wrong: str = "invalid_arguments") -> Any:
        """A JSON value, sent as such or as text; None when it was left out."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackRefusal(wrong, f"must be valid JSON: {name}") from None

    def view(self) -> dict[str, Any]:
        """The `view` argument."""
        view = self.json("view")
        if not isinstance(view, dict):
            raise SlackRefusal("invalid_arguments", "missing required field: view")
        return view
