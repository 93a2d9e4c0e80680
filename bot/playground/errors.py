"""A refusal of Slack's Web API, in Slack's own words."""

from collections.abc import Sequence
from typing import Any


class SlackRefusal(Exception):
    """What the Web API answers as `{"ok": false, "error": code}`."""

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages: Sequence[str] = messages
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.messages]}
            if self.code == "invalid_blocks":
                body["errors"] = list(self.messages)
        return body
