"""A day of calls to models, as the applications of a company would report it."""

import http.client
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.playground.people import BEN, LEO, MIA, Json, Person

PATH = "/v1/usage"
_DAY = timedelta(days=1)
_SECONDS_MAX = 20.0
_GOOD = 200


class NotTaken(Exception):
    """The bot did not take the usage; the message says why, in words for the page."""


@dataclass(frozen=True, slots=True)
class _Habit:
    """What somebody uses in a day: how many calls, about how large, and for what."""

    calls: tuple[int, int]
    input_tokens: tuple[int, int]
    project: str


@dataclass(frozen=True, slots=True)
class _Tool:
    """An application that calls a model and reports it."""

    source: str
    provider: str
    model: str


_TOOLS: Sequence[_Tool] = (
    _Tool("code-assistant", "anthropic", "claude-sonnet-4-5"),
    _Tool("code-assistant", "anthropic", "claude-haiku-4-5"),
    _Tool("review-bot", "anthropic", "claude-opus-4-5"),
    _Tool("notebooks", "openai", "gpt-4o"),
    _Tool("chat", "openai", "gpt-4o-mini"),
)
_ENGINEER = _Habit((32, 44), (4_000, 16_000), "search prototype")
_HABITS = {
    BEN.id: _Habit((26, 34), (3_000, 11_000), "evaluation run"),
    MIA.id: _Habit((24, 28), (600, 2_600), "planning"),
    LEO.id: _Habit((24, 26), (400, 1_800), "support"),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the bot said to it."""

    status: int
    body: Json

    @property
    def calls(self) -> int:
        """How many calls it took."""
        return int(self.body["accepted"])


def report(body: Json, *, bot_url: str, key: str) -> Answered:
    """Tell the bot of somebody's day. Raises `NotTaken`."""
    status, answer = _posted(bot_url, key, body)
    if status != _GOOD:
        raise NotTaken(f"The bot did not take the usage ({status}): {answer.get('detail', '')}")
    return Answered(status, answer)


def calls(person: Person, *, until: datetime, batch: str) -> Iterator[Json]:
    """The calls of a day that ends then; the same batch has the same."""
    luck = random.Random(f"{batch}:{person.id}")  # noqa: S311 (figures of a story)
    habit = _HABITS.get(person.id, _ENGINEER)
    for nth in range(luck.randint(*habit.calls)):
        tool = luck.choice(_TOOLS)
        read = luck.randint(*habit.input_tokens)
        yield {
            "source": tool.source,
            "id": f"{batch}-{person.id}-{nth}",
            "at": (until - _DAY * luck.random()).isoformat(),
            "user": person.email or person.id,
            "provider": tool.provider,
            "model": tool.model,
            "project": habit.project,
            "input_tokens": read,
            "cached_input_tokens": int(read * luck.uniform(0.0, 0.6)),
            "output_tokens": luck.randint(150, 1_500),
        }


def _posted(bot_url: str, key: str, body: Json) -> tuple[int, Json]:
    where = urlsplit(bot_url)
    connection = http.client.HTTPConnection(
        where.hostname or "127.0.0.1", where.port, timeout=_SECONDS_MAX
    )
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", PATH, body=json.dumps(body), headers=headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException):
        raise NotTaken("The bot did not answer. Is it still starting? Try again.") from None
    finally:
        connection.close()
    return response.status, answer
