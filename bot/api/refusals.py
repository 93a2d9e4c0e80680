"""What the HTTP API refuses by itself, as facts; `api.errors` puts them into words.

HttpRefused
├── BodyTooLarge, TooManyEvents                            how much was sent
├── MediaTypeRefused, EncodingRefused, NotReadable         how it was written
├── TooSlow, TooBusy                                       when
├── QueryRefused, PersonUnknown                            what was asked for
└── NotFound, MethodRefused                                where
"""

from dataclasses import dataclass

from bot.domain.api_keys import KeyMissing, KeyRevoked, KeyUnknown, ScopeMissing
from bot.domain.refusals import MemberUnknown, NotAllowed


class HttpRefused(Exception):
    """A request that is not served."""


@dataclass(eq=False)
class BodyTooLarge(HttpRefused):
    """More bytes than one request may have, as they came or once unpacked."""

    bytes_max: int
    is_unpacked: bool = False


@dataclass(eq=False)
class TooManyEvents(HttpRefused):
    """More events than one request may have."""

    count: int
    events_max: int


@dataclass(eq=False)
class MediaTypeRefused(HttpRefused):
    """A `Content-Type` that this route doesn't read; empty where there was none."""

    given: str
    taken: tuple[str, ...]


@dataclass(eq=False)
class EncodingRefused(HttpRefused):
    """A `Content-Encoding` that isn't read."""

    given: str


@dataclass(eq=False)
class NotReadable(HttpRefused):
    """The body is not what its headers say; `why` names the place, and quotes nothing."""

    why: str


@dataclass(eq=False)
class TooSlow(HttpRefused):
    """The body took longer to come than anybody is waited for."""

    seconds: int


class TooBusy(HttpRefused):
    """More requests are in hand than there is room for."""


@dataclass(eq=False)
class QueryRefused(HttpRefused):
    """A parameter of the query, and what it should be."""

    name: str
    why: str


class PersonUnknown(HttpRefused):
    """Nobody here has this Slack id or e-mail."""


class NotFound(HttpRefused):
    """No such route."""


@dataclass(eq=False)
class MethodRefused(HttpRefused):
    """The route is there, for other methods."""

    allowed: str


AnyHttpRefusal = (
    BodyTooLarge
    | TooManyEvents
    | MediaTypeRefused
    | EncodingRefused
    | NotReadable
    | TooSlow
    | TooBusy
    | QueryRefused
    | PersonUnknown
    | NotFound
    | MethodRefused
    | KeyMissing
    | KeyUnknown
    | KeyRevoked
    | ScopeMissing
    | NotAllowed
    | MemberUnknown
)
