"""Deleting calls that were long ago, and knowing which days and entries still have all of theirs.

A call is deleted once its day is over so long ago, and the entries that charged it too. So whoever
compares events with entries and sums has all there ever were of the days and entries from the
marks on, which move in the commits that delete (docs/metering.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.ledger import UNATTRIBUTED, AccountId
from bot.storage import ids, progress
from bot.storage.attributions import CHANGED
from bot.storage.database import Transaction
from bot.storage.moments import Moment
from bot.storage.statements import Bulk, Statement, among_rows
from bot.storage.tables import (
    AccountRow,
    AuditRow,
    IdentityRow,
    ProgressRow,
    UsageEventRow,
    UsageRevisionRow,
    WorkspaceRow,
    table,
)

_event = table(UsageEventRow)
_revision = table(UsageRevisionRow)
_account = table(AccountRow)
_identity = table(IdentityRow)
_audit = table(AuditRow)
_progress = table(ProgressRow)
_workspace = table(WorkspaceRow)

#: Rows of `progress`: the first local day, and the least id of an entry, that have all their calls.
DAYS = "usage kept from day"
ENTRIES = "usage kept from entry"
#: The day, in UTC, on which all that was old had been deleted.
LOOKED = "usage looked through"

_TEXT = sa.String()


def _may_go() -> tuple[sa.ColumnElement[bool], ...]:
    first_entry = sa.bindparam("first_entry", type_=_TEXT)
    workspace_id = sa.bindparam("workspace_id", type_=_TEXT)
    charged_since = sa.exists().where(
        _revision.c.workspace_id == workspace_id,
        _revision.c.source == _event.c.source,
        _revision.c.external_id == _event.c.external_id,
        # Not as it stands in an index: SQLite would read all later revisions, not the call's own.
        sa.func.coalesce(_revision.c.entry_id, "") >= first_entry,
    )
    linked = sa.select(_audit.c.subject).where(
        _audit.c.workspace_id == workspace_id,
        _audit.c.audit_id >= sa.bindparam("linked_since", type_=_TEXT),
        _audit.c.what == sa.literal_column(f"'{CHANGED}'"),
    )
    return (
        _event.c.workspace_id == workspace_id,
        # It waits for its person, however long.
        _event.c.account_id != sa.literal_column(f"'{UNATTRIBUTED}'"),
        _event.c.day < sa.bindparam("first_day", type_=_TEXT),
        _event.c.entry_id.is_(None) | (_event.c.entry_id < first_entry),
        ~charged_since,
        # A link can be taken back, and what was left behind has yet to follow.
        _event.c.identity_id.is_(None) | _event.c.identity_id.not_in(linked),
    )


OLD = Statement(
    lambda _insert: (
        sa.select(_event.c.source, _event.c.external_id, _event.c.identity_id)
        .where(
            *_may_go(),
            _event.c.account_id == sa.bindparam("account_id", type_=_TEXT),
            _event.c.occurred_at < sa.bindparam("first_moment", type_=Moment()),
        )
        .order_by(_event.c.occurred_at)
        .limit(sa.bindparam("limit", type_=sa.Integer()))
    )
)
STILL_OLD = Statement(
    lambda _insert: sa.select(_event.c.source, _event.c.external_id).where(
        *_may_go(),
        _event.c.source == sa.bindparam("source", type_=_TEXT),
        _event.c.external_id == sa.bindparam("external_id", type_=_TEXT),
    )
)
_KEY = ("workspace_id", "source", "external_id")
#: In the one order of locks of events.
LOCK = Bulk(
    _event,
    _KEY,
    lambda given, _insert: (
        sa.select(_event.c.source, _event.c.external_id)
        .where(*(_event.c[name] == given[name] for name in _KEY))
        .order_by(_event.c.source, _event.c.external_id)
        .with_for_update(of=_event)
    ),
)
DELETE_REVISIONS = Bulk(
    _revision,
    _KEY,
    lambda given, insert: sa.delete(_revision).where(among_rows(_revision, given, insert)),
)
DELETE_EVENTS = Bulk(
    _event,
    _KEY,
    lambda given, insert: sa.delete(_event).where(among_rows(_event, given, insert)),
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of which workspace, what is old, and since when a link keeps what it moved."""

    workspace_id: WorkspaceId
    _: KW_ONLY
    kept_from: date
    linked_since: datetime

    @property
    def values(self) -> dict[str, object]:
        """As the statements name them."""
        return {
            "workspace_id": self.workspace_id,
            "first_day": self.kept_from.isoformat(),
            "first_moment": self.first_moment,
            "first_entry": self.first_entry,
            "linked_since": ids.first_at(self.linked_since),
        }

    @property
    def first_moment(self) -> datetime:
        return datetime.combine(self.kept_from, time(), UTC)

    @property
    def first_entry(self) -> str:
        return ids.first_at(self.first_moment)


class Old(NamedTuple):
    """A call that may be deleted, and who its source says it was."""

    source: str
    external_id: str
    identity_id: str | None


def unlooked(day: date) -> sa.Select[tuple[str]]:
    """Workspaces of which what is old was not yet deleted on this day."""
    looked = sa.exists().where(
        _progress.c.workspace_id == _workspace.c.workspace_id,
        _progress.c.job == LOOKED,
        _progress.c.position >= day.isoformat(),
    )
    return sa.select(_workspace.c.workspace_id).where(~looked)


def waiting(tx: Transaction, day: date) -> list[WorkspaceId]:
    """Those workspaces, in order."""
    found = tx.connection.execute(unlooked(day))
    return sorted(WorkspaceId(row.workspace_id) for row in found)


def accounts(tx: Transaction, bounds: Bounds) -> list[AccountId]:
    """Those that have calls of days that are old enough, in order.

    Each one's earliest is looked up in the index by account and time: one more index, by time
    alone, would cost each call that comes in.
    """
    earliest = (
        sa.select(sa.func.min(_event.c.occurred_at))
        .where(
            _event.c.workspace_id == _account.c.workspace_id,
            _event.c.account_id == _account.c.account_id,
        )
        .scalar_subquery()
    )
    found = tx.connection.execute(
        sa.select(_account.c.account_id)
        .where(
            _account.c.workspace_id == bounds.workspace_id,
            _account.c.account_id != UNATTRIBUTED,
            earliest < bounds.first_moment,
        )
        .order_by(_account.c.account_id)
    )
    return [AccountId(one) for one in found.scalars()]


def old(tx: Transaction, bounds: Bounds, some: Sequence[AccountId], *, limit: int) -> list[Old]:
    """Calls of these accounts that may be deleted, so many of each."""
    found = tx.batch(
        [(OLD, {**bounds.values, "account_id": account, "limit": limit}) for account in some]
    )
    return [Old(*row) for rows in found for row in rows]


def forget(tx: Transaction, bounds: Bounds, found: Sequence[Old]) -> None:
    """Delete these of `old`, but for those that may no longer go; the marks move with them.

    Locks are taken in the order of whoever moves events: identities, then events.
    """
    workspace_id, found = bounds.workspace_id, sorted(found, key=lambda one: one[:2])
    progress.advance(tx, workspace_id, DAYS, bounds.kept_from.isoformat())
    progress.advance(tx, workspace_id, ENTRIES, bounds.first_entry)
    _lock_identities(tx, workspace_id, {one.identity_id for one in found if one.identity_id})
    rows = [(workspace_id, one.source, one.external_id) for one in found]
    tx.bulk_rows(LOCK, rows)
    # Asked once more, now that nobody links, revises or deletes them meanwhile.
    asked = [
        (STILL_OLD, {**bounds.values, "source": one.source, "external_id": one.external_id})
        for one in found
    ]
    going = [(workspace_id, *row) for rows in tx.batch(asked) for row in rows]
    tx.bulk(DELETE_REVISIONS, going)
    tx.bulk(DELETE_EVENTS, going)


def kept_from(tx: Transaction, workspace_id: WorkspaceId) -> date | None:
    """The first local day that still has all its calls; None while all have."""
    day = progress.position(tx, workspace_id, DAYS)
    return None if day is None else date.fromisoformat(day)


def _lock_identities(
    tx: Transaction, workspace_id: WorkspaceId, identity_ids: Iterable[str]
) -> None:
    tx.connection.execute(
        sa.select(_identity.c.identity_id)
        .where(
            _identity.c.workspace_id == workspace_id,
            _identity.c.identity_id.in_(sorted(identity_ids)),
        )
        .order_by(_identity.c.identity_id)
        .with_for_update()
    ).all()
