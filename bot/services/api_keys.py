"""API keys: made, shown, revoked, and asked for at the door of the HTTP API."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import api_keys as rules
from bot.domain.api_keys import (
    ALL,
    ApiKey,
    Caller,
    Credential,
    KeyId,
    KeyMissing,
    KeyNameTaken,
    KeyRevoked,
    KeyUnknown,
    Reach,
    ReachRefused,
    Scope,
    ScopeMissing,
)
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.refusals import WhichTeam
from bot.storage import api_keys, audit, teams
from bot.storage.audit import Change
from bot.storage.database import Database

_BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Made:
    """A new key; its credential is nowhere else, and can't be shown again."""

    key: ApiKey
    credential: Credential


def create(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    name: str,
    scopes: Collection[Scope],
    user_id: UserId | None,
    reach: Reach = ALL,
    actor: str,
    now: datetime,
) -> Made:
    """A new key with its secret. Raises `KeyNameRefused`, `KeyNameTaken` and `ReachRefused`."""
    rules.check_reach(user_id, reach)
    credential = Credential(
        workspace_id=workspace_id,
        key_id=KeyId(secrets.token_hex(rules.ID_BYTES)),
        secret=secrets.token_hex(rules.SECRET_BYTES),
    )
    key = ApiKey(
        workspace_id=workspace_id,
        key_id=credential.key_id,
        name=rules.name(name),
        scopes=frozenset(scopes),
        user_id=user_id,
        reach=reach,
        created_by=actor,
        created_at=now,
    )
    with database.writing() as tx:
        if not api_keys.add(tx, key, secret_hash=rules.hashed(credential.secret)):
            raise KeyNameTaken(f"a key called {key.name} is in use; revoke it, or choose another")
        audit.add(tx, workspace_id, _change(key, actor, before="", after=_facts(key)), now)
    return Made(key, credential)


def revoke(
    database: Database, workspace_id: WorkspaceId, *, named: str, actor: str, now: datetime
) -> ApiKey | None:
    """The key of this name or id, which lets nobody in from now on; None if there is none."""
    with database.writing() as tx:
        found = next(iter(api_keys.valid(tx, workspace_id, named)), None)
        if found is None or not api_keys.revoke(tx, workspace_id, found.key_id, now):
            return None
        change = _change(found, actor, before=_facts(found), after="revoked")
        audit.add(tx, workspace_id, change, now)
    return found


def every(database: Database, workspace_id: WorkspaceId) -> list[ApiKey]:
    """All keys of the workspace, revoked ones too, the oldest first."""
    with database.reading() as tx:
        return api_keys.every(tx, workspace_id)


def reach(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    team: str | None,
    people: Collection[UserId],
) -> Reach:
    """Whose tokens a key may hold, as somebody says. Raises `ReachRefused` and `WhichTeam`."""
    if team is None:
        return Reach(people=frozenset(people))
    if people:
        raise ReachRefused("a key is limited to a team or to people, not to both")
    with database.reading() as tx:
        found = teams.named(tx, workspace_id, " ".join(team.split()))
        if found is None:
            raise WhichTeam(team, tuple(one.name for one in teams.every(tx, workspace_id)))
    return Reach(team_id=found.team_id)


def team_names(
    database: Database, workspace_id: WorkspaceId, keys: Iterable[ApiKey]
) -> dict[TeamId, str]:
    """How the teams are called to which these keys are limited, and which of them have ended."""
    ids = {key.reach.team_id for key in keys} - {None}
    with database.reading() as tx:
        found = teams.teams(tx, workspace_id, sorted(one for one in ids if one is not None))
    return {
        team.team_id: team.name + (" (ended)" if team.ended_at is not None else "")
        for team in found.values()
    }


def authenticate(database: Database, header: str | None, now: datetime) -> Caller:
    """Who sends this `Authorization` header; writes nothing.

    Raises `KeyMissing`, `KeyUnknown` or `KeyRevoked`.
    """
    kind, _, text = (header or "").strip().partition(" ")
    credential = rules.parse(text.strip())
    if kind.lower() != _BEARER or credential is None:
        raise KeyMissing(is_malformed=bool(header))
    with database.reading() as tx:
        found = api_keys.find(tx, credential.workspace_id, credential.key_id)
    if found is None or not rules.is_secret(credential.secret, found[1]):
        raise KeyUnknown
    key = found[0]
    if key.revoked_at is not None:
        raise KeyRevoked(key.key_id)
    return Caller(
        workspace_id=key.workspace_id,
        key_id=key.key_id,
        name=key.name,
        scopes=key.scopes,
        user_id=key.user_id,
        reach=key.reach,
        is_use_due=rules.is_use_due(key.last_used_at, now),
    )


def require(caller: Caller, scope: Scope) -> None:
    """Raises `ScopeMissing` unless the caller's key has it."""
    if scope not in caller.scopes:
        raise ScopeMissing(caller.name, scope)


def mark_used(database: Database, caller: Caller, now: datetime) -> None:
    """Write down that the key was used; at most once a minute."""
    with database.writing() as tx:
        api_keys.mark_used(tx, caller.workspace_id, caller.key_id, now)


def _facts(key: ApiKey) -> str:
    bound = f", bound to {key.user_id}" if key.user_id else ""
    return f"{key.name}: {' '.join(sorted(key.scopes))}{bound}{_limit(key.reach)}"


def _limit(reach: Reach) -> str:
    if reach.team_id is not None:
        return f", for the team {reach.team_id}"
    return f", for {' '.join(sorted(reach.people))}" if reach.people else ""


def _change(key: ApiKey, actor: str, *, before: str, after: str) -> Change:
    return Change(actor=actor, what="api key", subject=key.key_id, before=before, after=after)
