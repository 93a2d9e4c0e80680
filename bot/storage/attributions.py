"""What is counted on another account than that of its identity, and moving it there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import usage as rules
from bot.domain.attributions import Counted
from bot.domain.counts import Counts
from bot.domain.directory import WorkspaceId
from bot.domain.identities import Identity, IdentityId
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryId
from bot.domain.usage import SEEN, Charge
from bot.domain.usage_events import SourceRole
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import AuditRow, IdentityRow, ProgressRow, UsageEventRow, table
from bot.storage.usage_events import ADD_REVISION, COUNTS, IS_REPORT

_event = table(UsageEventRow)
_identity = table(IdentityRow)
_audit = table(AuditRow)
_progress = table(ProgressRow)

#: No source's figure: those begin at zero.
SEEN_TWICE = -1
#: How far the audit table was read for identities that left an account.
FOLLOWED = "attributions"
#: `what` of the lines in the audit table that tell whose an identity was and is.
CHANGED = "identity"

_TEXT = sa.String()
_MINE = _event.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT)
# As in the index of what waits, so that it is found there.
_WAITS = _event.c.account_id == sa.literal_column(f"'{UNATTRIBUTED}'")
#: A provider's figures of nobody were never charged; whoever trues up looks at them.
_MOVES = ~IS_REPORT | (_event.c.rate != sa.literal_column(f"'{SEEN}'"))
_NAMES = (
    "external_id",
    "role",
    "provider",
    "occurred_at",
    "received_at",
    "account_id",
    "team_id",
    "day",
    "model",
    "project",
    *COUNTS,
    "tokens",
    "rate",
    "cost_nano",
)


def _select(insert: Any) -> sa.Select[Any]:
    return (
        sa.select(*(_event.c[name] for name in _NAMES))
        .where(
            _MINE,
            _event.c.source == sa.bindparam("source", type_=_TEXT),
            among(_event.c.external_id, "ids", insert),
            _event.c.account_id == sa.bindparam("left", type_=_TEXT),
            _event.c.identity_id == sa.bindparam("identity_id", type_=_TEXT),
            _MOVES,
        )
        .order_by(_event.c.external_id)
    )


COUNTED = Statement(_select)
LOCKED = Statement(lambda insert: _select(insert).with_for_update())
_MOVED = (
    "workspace_id",
    "source",
    "external_id",
    "account_id",
    "team_id",
    "day",
    "tokens",
    "rate",
)
MOVE = Bulk(
    _event,
    _MOVED,
    lambda given, _insert: (
        sa.update(_event)
        .where(*(_event.c[name] == given[name] for name in _MOVED[:3]))
        .values({name: given[name] for name in _MOVED[3:]})
    ),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """An identity that left an account, and by whom."""

    identity_id: IdentityId
    left: AccountId
    actor: str


def waiting(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, *, limit: int
) -> list[str]:
    """Ids of events of nobody that are this identity's."""
    found = tx.connection.execute(
        sa.select(_event.c.external_id)
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.identity_id == identity_id,
            _WAITS,
            _MOVES,
        )
        .limit(limit)
    )
    return list(found.scalars())


def counted_on(
    tx: Transaction,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    account: AccountId,
    *,
    since: datetime,
    limit: int,
) -> list[tuple[str, datetime]]:
    """Ids and times of events of this identity that are on an account, the oldest first."""
    found = tx.connection.execute(
        sa.select(_event.c.external_id, _event.c.occurred_at)
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.account_id == account,
            _event.c.occurred_at >= since,
            _event.c.identity_id == identity_id,
            _MOVES,
        )
        .order_by(_event.c.occurred_at)
        .limit(limit)
    )
    return [(external_id, occurred_at) for external_id, occurred_at in found]


def counted(
    tx: Transaction,
    workspace_id: WorkspaceId,
    found: Identity,
    left: AccountId,
    external_ids: Sequence[str],
    *,
    lock: bool,
) -> list[Counted]:
    """Those of these events that are still on the account, and locked, stay there meanwhile."""
    values = {
        "workspace_id": workspace_id,
        "source": found.source,
        "ids": tuple(external_ids),
        "left": left,
        "identity_id": found.identity_id,
    }
    return [_counted(row) for row in tx.fetch(LOCKED if lock else COUNTED, values)]


def move(
    tx: Transaction, workspace_id: WorkspaceId, source: str, counted: Iterable[Counted]
) -> None:
    """Write where these events, which `counted` has locked, are counted from now on."""
    tx.bulk(
        MOVE,
        [
            (
                workspace_id,
                source,
                one.external_id,
                one.account,
                one.place.team_id,
                one.place.day,
                one.charge.tokens,
                one.charge.rate,
            )
            for one in counted
        ],
    )


def seen_twice(
    tx: Transaction,
    workspace_id: WorkspaceId,
    source: str,
    uncharged: Mapping[str, int],
    *,
    entry_id: EntryId,
    now: datetime,
) -> None:
    """Write beside events that they are charged so much less, by this entry."""
    tx.bulk(
        ADD_REVISION,
        [
            (workspace_id, source, external_id, SEEN_TWICE, -tokens, entry_id, now)
            for external_id, tokens in sorted(uncharged.items())
        ],
    )


def behind(tx: Transaction, *, limit: int) -> list[tuple[WorkspaceId, IdentityId]]:
    """Identities with an account, of which events are still nobody's."""
    found = tx.connection.execute(behind_ones().limit(limit))
    return [(WorkspaceId(workspace_id), IdentityId(one)) for workspace_id, one in found]


def behind_ones() -> sa.Select[Any]:
    """The rows of `behind`."""
    waits = sa.exists().where(
        _event.c.workspace_id == _identity.c.workspace_id,
        _event.c.identity_id == _identity.c.identity_id,
        _WAITS,
        _MOVES,
    )
    return sa.select(_identity.c.workspace_id, _identity.c.identity_id).where(
        _identity.c.account_id.is_not(None), waits
    )


def unfollowed() -> sa.Select[Any]:
    """Identities that left an account since the last look, in all workspaces."""
    position = (
        sa.select(_progress.c.position)
        .where(_progress.c.workspace_id == _audit.c.workspace_id, _progress.c.job == FOLLOWED)
        .scalar_subquery()
    )
    return sa.select(_audit.c.audit_id).where(
        _audit.c.what == CHANGED,
        _audit.c.before != "",
        _audit.c.audit_id >= sa.func.coalesce(position, ""),
    )


def left_since(tx: Transaction, workspace_id: WorkspaceId, position: str) -> list[Changed]:
    """Identities that left a member or a team from there on in the audit table, in its order."""
    rows = tx.connection.execute(
        sa.select(_audit.c.subject, _audit.c.before, _audit.c.actor)
        .where(
            _audit.c.workspace_id == workspace_id,
            _audit.c.audit_id >= position,
            _audit.c.what == CHANGED,
            _audit.c.before != "",
        )
        .order_by(_audit.c.audit_id)
    )
    return [
        Changed(IdentityId(subject), AccountId(before), actor) for subject, before, actor in rows
    ]


def _counted(row: Row) -> Counted:
    external_id, role, provider, occurred_at, received_at, account, *rest = row
    team_id, day, model, project, *counts, tokens, rate, cost_nano = rest
    happened, came = as_moment(occurred_at), as_moment(received_at)
    if happened is None or came is None:
        raise ValueError(f"event {external_id} has no time")
    return Counted(
        external_id=external_id,
        role=SourceRole(role),
        provider=provider,
        occurred_at=happened,
        received_at=came,
        account=AccountId(account),
        place=rules.place(account, team_id=team_id, day=day, model=model, project=project),
        counts=Counts(**dict(zip(COUNTS, counts, strict=True))),
        charge=Charge(tokens=tokens, rate=rate, cost_nano=cost_nano),
    )
