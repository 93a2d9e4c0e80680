"""Why a call may not be made, or a hold not be changed: one type for each reason.

TokenbotError
├── Away               no answer, none but failures, or somebody else's
└── Problem            tokenbot answered, and said no
    ├── LimitReached   the call does not fit: what a person should read
    ├── ApiKeyRefused  the API key is wrong, revoked, or lacks a scope
    ├── NotValid       what was asked for can't be: an amount of zero, a day too long
    ├── PersonUnknown  nobody here is called so, and calls of such people are refused
    ├── HoldUnknown    no hold of this id for this API key
    ├── HoldEnded      it was settled or voided before
    ├── TooManyHolds   the person has as many open holds as there may be
    └── KeyReused      the idempotency key came before with other content
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx

URN = "urn:tokenbot:problem:"
OK = frozenset({200, 201})
#: Said of the API key.
OF_KEY = frozenset({401, 403})


class TokenbotError(Exception):
    """Anything that tokenbot, or the way to it, has against a call."""


class Away(TokenbotError):
    """tokenbot could not be reached in time, failed each time, or another answers in its place."""

    def __init__(self, why: str, *, is_unknown: bool = False) -> None:
        super().__init__(why)
        #: Whether it may have done what was asked, and only its answer was lost.
        self.is_unknown = is_unknown


@dataclass(frozen=True)
class Limit:
    """A limit as it stands."""

    #: allowance, request, day, model or project.
    limit: str
    #: The pattern of models, or the project.
    name: str
    #: day, week or month of a cap; empty for the others.
    period: str
    most: int
    #: Used, or held for other calls.
    used: int
    left: int
    #: What may be used beyond.
    grace: int
    frees_at: datetime | None


class Problem(TokenbotError):
    """tokenbot's answer where it is no; `str()` of it is a sentence for a person."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(status, said)
        self.status = status
        self.said = said

    def __str__(self) -> str:
        if detail := self.said.get("detail"):
            return str(detail)
        return f"tokenbot gave no reason (status {self.status})"

    @property
    def kind(self) -> str:
        """Its stable name, as in the API."""
        return str(self.said.get("type", "")).removeprefix(URN)


class LimitReached(Problem):
    """The call does not fit into a limit of this person, and was not made."""

    @property
    def needed(self) -> int:
        """The tokens that the call was expected to cost."""
        return _whole(self.said.get("needed"))

    @property
    def available(self) -> int:
        """The tokens that the person has for it."""
        return _whole(self.said.get("available"))

    @property
    def limit(self) -> Limit:
        """The limit that refused it: the tightest."""
        return limit_of(self.said.get("limit"))

    @property
    def limits(self) -> tuple[Limit, ...]:
        """All limits that apply, with where each stands."""
        listed = self.said.get("limits")
        return tuple(map(limit_of, listed)) if isinstance(listed, list) else ()

    @property
    def next_allowance_at(self) -> datetime | None:
        """When more comes by itself."""
        return moment_of(self.said.get("next_allowance_at"))

    @property
    def fallback_model(self) -> str | None:
        """A cheaper model that may be used instead."""
        return _text(self.said.get("fallback_model"))

    @property
    def slack(self) -> str | None:
        """Where in Slack the person asks for more."""
        return _text(self.said.get("slack_url"))


class ApiKeyRefused(Problem):
    """The API key is wrong, revoked, or lacks a scope."""


class NotValid(Problem):
    """What was asked for can't be; the sentence names the field."""


class PersonUnknown(Problem):
    """Nobody here is called so, and calls of people whom nobody knows are refused."""


class HoldUnknown(Problem):
    """There is no hold of this id that this API key may see."""


class HoldEnded(Problem):
    """The hold was settled or voided before."""


class TooManyHolds(Problem):
    """The person has as many open holds as there may be."""


class KeyReused(Problem):
    """The idempotency key came before with other content."""


_BY_KIND: Mapping[str, type[Problem]] = MappingProxyType(
    {
        "limit-reached": LimitReached,
        "person-unknown": PersonUnknown,
        "hold-unknown": HoldUnknown,
        "hold-ended": HoldEnded,
        "too-many-holds": TooManyHolds,
        "key-reused": KeyReused,
    }
)
_BY_STATUS: Mapping[int, type[Problem]] = MappingProxyType(
    {
        400: NotValid,
        401: ApiKeyRefused,
        402: LimitReached,
        403: ApiKeyRefused,
        413: NotValid,
        415: NotValid,
        422: NotValid,
    }
)


def read(answer: httpx.Response, fields: Set[str]) -> Mapping[str, Any] | None:
    """What a good answer says, which has these fields; None where it is not tokenbot's.

    Raises the `Problem` that tokenbot tells of.
    """
    said = told(answer)
    if is_problem(said):
        kind = _BY_KIND.get(str(said["type"]).removeprefix(URN))
        raise (kind or _BY_STATUS.get(answer.status_code, Problem))(answer.status_code, said)
    return said if answer.status_code in OK and fields <= said.keys() else None


def is_problem(said: Mapping[str, Any]) -> bool:
    """Whether it is tokenbot that says no, and not whatever stands at its address or before it."""
    return str(said.get("type", "")).startswith(URN)


def obstacle(answer: httpx.Response) -> str:
    """Of an answer that says nothing of what was asked: what it is, and what to check."""
    said = told(answer)
    if not is_problem(said):
        return (
            f"status {answer.status_code}, and not as tokenbot answers; check that the url "
            "(TOKENBOT_URL) is tokenbot's, and that nothing before it answers in its place"
        )
    status = f"status {answer.status_code}: {said.get('detail')}"
    if answer.status_code in OF_KEY:
        return f"API key refused ({status}); check that it is not revoked, and its scopes"
    return f"refused ({status}); check that tokenbot is as new as its client"


def told(answer: httpx.Response) -> Mapping[str, Any]:
    """The answer's JSON object; an empty one where it has none."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def limit_of(said: object) -> Limit:
    """A limit as an answer tells of it."""
    fields: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    get = fields.get
    return Limit(
        limit=str(get("limit", "")),
        name=str(get("name", "")),
        period=str(get("period", "")),
        most=_whole(get("most")),
        used=_whole(get("used")),
        left=_whole(get("left")),
        grace=_whole(get("grace")),
        frees_at=moment_of(get("frees_at")),
    )


def moment_of(said: object) -> datetime | None:
    """A time as an answer tells of it."""
    if not isinstance(said, str):
        return None
    try:
        return datetime.fromisoformat(said.replace("Z", "+00:00"))
    except ValueError:
        return None


def _whole(said: object) -> int:
    return said if isinstance(said, int) else 0


def _text(said: object) -> str | None:
    return said if isinstance(said, str) and said else None
