"""What callers of tokenbot have in common."""

from typing import Any

from messages import Answer

from tokenbot_client.retries import Times

Settings = dict[str, Any]
AWAY = Answer({}, 503)
GONE = Answer(is_gone=True)
ANA = "ana@example.com"


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    @property
    def times(self) -> Times:
        return Times(lambda: self.seconds, self.wait)


def usage(read: int, written: int = 0) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": written}
