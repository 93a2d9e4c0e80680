"""What is shown of requests and answers: all but what would let somebody in."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "(hidden)"
#: Fields and headers whose value is a secret, whatever it is.
_SECRET_NAMES = frozenset({"authorization", "token", "x-slack-signature"})
_RESPONSE_URL = re.compile(r"(/response/\d+)/[0-9a-f]+")
_API_KEY = re.compile(r"\btbk_\w+")


class Veil:
    """Hides this workspace's secrets wherever they stand."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        self._secrets = tuple(one for one in secrets if one)

    def over(self, value: Any, name: str = "") -> Any:
        """The same JSON value, fit to be shown."""
        if isinstance(value, Mapping):
            return {str(key): self.over(one, str(key)) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.over(one) for one in value]
        if name.lower() in _SECRET_NAMES and value:
            return HIDDEN
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        """The same text, fit to be shown."""
        for secret in self._secrets:
            value = value.replace(secret, HIDDEN)
        return _API_KEY.sub(HIDDEN, _RESPONSE_URL.sub(rf"\1/{HIDDEN}", value))
