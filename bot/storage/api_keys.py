"""API keys, found by workspace and id alone: nothing secret is ever looked up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.api_keys import USE_COARSE, ApiKey, KeyId, Reach, Scope
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row, Statement
from bot.storage.tables import ApiKeyRow, table

_key = table(ApiKeyRow)

_STRING = sa.String()
_COLUMNS = (
    _key.c.workspace_id,
    _key.c.key_id,
    _key.c.name,
    _key.c.scopes,
    _key.c.user_id,
    _key.c.team_id,
    _key.c.people,
    _key.c.created_by,
    _key.c.created_at,
    _key.c.revoked_at,
    _key.c.last_used_at,
)
#: Each request begins with it.
KEY = Statement(
    lambda _insert: sa.select(*_COLUMNS, _key.c.secret_hash).where(
        _key.c.workspace_id == sa.bindparam("workspace_id", type_=_STRING),
        _key.c.key_id == sa.bindparam("key_id", type_=_STRING),
    )
)


def add(tx: Transaction, key: ApiKey, *, secret_hash: str) -> bool:
    """Whether it was added; it is not where a key in use has this name."""
    done = tx.connection.execute(
        upsert.insert(tx)(_key)
        .values(
            workspace_id=key.workspace_id,
            key_id=key.key_id,
            name=key.name,
            secret_hash=secret_hash,
            scopes=" ".join(sorted(key.scopes)),
            user_id=key.user_id,
            team_id=key.reach.team_id,
            people=" ".join(sorted(key.reach.people)),
            created_by=key.created_by,
            created_at=key.created_at,
        )
        .on_conflict_do_nothing()
        .returning(_key.c.key_id)
    )
    return done.first() is not None


def find(tx: Transaction, workspace_id: WorkspaceId, key_id: KeyId) -> tuple[ApiKey, str] | None:
    """The key, revoked or not, with the hash of its secret."""
    rows = tx.fetch(KEY, {"workspace_id": workspace_id, "key_id": key_id})
    return (_key_of(rows[0]), str(rows[0][-1])) if rows else None


def every(tx: Transaction, workspace_id: WorkspaceId) -> list[ApiKey]:
    """All keys, revoked ones too, the oldest first."""
    return _keys(tx, _key.c.workspace_id == workspace_id)


def valid(tx: Transaction, workspace_id: WorkspaceId, named: str) -> list[ApiKey]:
    """Keys of this name or id that are not revoked."""
    return _keys(
        tx,
        _key.c.workspace_id == workspace_id,
        (_key.c.name == named) | (_key.c.key_id == named),
        _key.c.revoked_at.is_(None),
    )


def revoke(tx: Transaction, workspace_id: WorkspaceId, key_id: KeyId, now: datetime) -> bool:
    """Whether it was valid until now."""
    done = tx.connection.execute(
        sa.update(_key)
        .where(
            _key.c.workspace_id == workspace_id,
            _key.c.key_id == key_id,
            _key.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return bool(done.rowcount)


def mark_used(tx: Transaction, workspace_id: WorkspaceId, key_id: KeyId, now: datetime) -> None:
    """Write the use, unless one of the same minute is written."""
    tx.connection.execute(
        sa.update(_key)
        .where(
            _key.c.workspace_id == workspace_id,
            _key.c.key_id == key_id,
            _key.c.last_used_at.is_(None) | (_key.c.last_used_at <= now - USE_COARSE),
        )
        .values(last_used_at=now)
    )


def _keys(tx: Transaction, *where: sa.ColumnElement[bool]) -> list[ApiKey]:
    rows: Sequence[Any] = tx.connection.execute(
        sa.select(*_COLUMNS).where(*where).order_by(_key.c.created_at, _key.c.key_id)
    ).all()
    return [_key_of(tuple(row)) for row in rows]


def _key_of(row: Row) -> ApiKey:
    workspace_id, key_id, name, scopes, user_id, team_id, people = row[:7]
    created_by, created, revoked, used = row[7:11]
    created_at = as_moment(created)
    if created_at is None:
        raise TypeError("a key's created_at is never NULL")
    return ApiKey(
        workspace_id=WorkspaceId(workspace_id),
        key_id=KeyId(key_id),
        name=name,
        scopes=frozenset(Scope(scope) for scope in scopes.split()),
        user_id=UserId(user_id) if user_id else None,
        reach=Reach(
            team_id=TeamId(team_id) if team_id else None,
            people=frozenset(map(UserId, people.split())),
        ),
        created_by=created_by,
        created_at=created_at,
        revoked_at=as_moment(revoked),
        last_used_at=as_moment(used),
    )
