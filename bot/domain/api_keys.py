"""API keys: credentials of programs, each with what it may do."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.identities import whose
from bot.domain.ledger import AccountId

KeyId = NewType("KeyId", str)

NAME_MAX = 60
#: To whom a key is limited, by name: its row is read with each request.
PEOPLE_MAX = 50
#: The last use is known to the minute, so that a busy key is no hot row.
USE_COARSE = timedelta(minutes=1)
#: Random bytes of a secret, and of a key's id.
SECRET_BYTES = 32
ID_BYTES = 6

_PREFIX = "tbk"
_WRITTEN = re.compile(
    rf"{_PREFIX}_([A-Z0-9]{{1,40}})_([0-9a-f]{{{ID_BYTES * 2}}})_([0-9a-f]{{{SECRET_BYTES * 2}}})",
    re.ASCII,
)


class Scope(StrEnum):
    """What a key may do."""

    USAGE_WRITE = "usage:write"
    READ = "read"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose tokens a key may hold and charge: all people's, or those of a team, or some people's.

    So one that leaks does not drain a company.
    """

    #: Those whom it pays for at the time, and its pool.
    team_id: TeamId | None = None
    people: frozenset[UserId] = frozenset()

    def has(self, account: AccountId, team_id: TeamId) -> bool:
        """Whether that account is within it; `team_id` is the team that pays for the account."""
        if self.team_id is not None:
            return team_id == self.team_id
        return not self.people or whose(account) in self.people


#: Of a key that is not limited.
ALL = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a sender shows: the key's text, taken apart."""

    workspace_id: WorkspaceId
    key_id: KeyId
    secret: str

    def __str__(self) -> str:
        return f"{_PREFIX}_{self.workspace_id}_{self.key_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"{_PREFIX}_{self.workspace_id}_{self.key_id}_…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept; of its secret there is only a hash."""

    workspace_id: WorkspaceId
    key_id: KeyId
    name: str
    scopes: frozenset[Scope]
    #: The person it is bound to: what it sends is theirs, whatever it says.
    user_id: UserId | None
    reach: Reach = ALL
    created_by: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request, once its key was looked up."""

    workspace_id: WorkspaceId
    key_id: KeyId
    name: str
    scopes: frozenset[Scope]
    user_id: UserId | None = None
    reach: Reach = ALL
    #: Whether this use is worth writing down.
    is_use_due: bool = False

    @property
    def actor(self) -> str:
        """Whom entries and the audit table name."""
        return f"key:{self.key_id}"


class KeyRefused(Exception):
    """A request whose key lets nobody in."""


@dataclass(eq=False)
class KeyMissing(KeyRefused):
    """No `Authorization: Bearer …`, or one that is no key of ours."""

    is_malformed: bool


class KeyUnknown(KeyRefused):
    """No such key, or not its secret; which of them is not told."""


@dataclass(eq=False)
class KeyRevoked(KeyRefused):
    """It was valid once."""

    key_id: KeyId


@dataclass(eq=False)
class ScopeMissing(KeyRefused):
    """The key is right, and may not do this."""

    name: str
    scope: Scope


class ReachRefused(ValueError):
    """A limit that no key can have; the message says why."""


class KeyNameRefused(ValueError):
    """A name that no key can have; the message says why."""


class KeyNameTaken(ValueError):
    """Another key that is in use has this name."""


def parse(text: str) -> Credential | None:
    """The key's parts; None for what is no key's text."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    workspace_id, key_id, secret = found.groups()
    return Credential(workspace_id=WorkspaceId(workspace_id), key_id=KeyId(key_id), secret=secret)


def hashed(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, secret_hash: str) -> bool:
    """Whether that is its hash, compared in the same time whichever it is."""
    return hmac.compare_digest(hashed(secret), secret_hash)


def name(given: str) -> str:
    """A key's name. Raises `KeyNameRefused`."""
    tidy = " ".join(given.split())
    if not tidy or len(tidy) > NAME_MAX or not tidy.isprintable():
        raise KeyNameRefused(f"a key's name has 1 to {NAME_MAX} printable characters")
    return tidy


def check_reach(user_id: UserId | None, reach: Reach) -> None:
    """Raises `ReachRefused` for a key that is limited twice, or to too many."""
    if user_id is not None and reach != ALL:
        raise ReachRefused("a key that is bound to a person is limited to them already")
    if len(reach.people) > PEOPLE_MAX:
        raise ReachRefused(f"a key is limited to {PEOPLE_MAX} people at most; make them a team")


def is_use_due(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether a use at this time is worth writing down."""
    return last_used_at is None or now - last_used_at >= USE_COARSE
