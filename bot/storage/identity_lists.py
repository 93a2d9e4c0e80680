"""Identities by their names and owners, and what waits for an owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.identities import Identity, IdentityId, MatchedBy, Waiting
from bot.domain.ledger import AccountId
from bot.storage.attributions import CHANGED
from bot.storage.database import Transaction
from bot.storage.identities import identity_of
from bot.storage.moments import as_moment
from bot.storage.tables import AuditRow, IdentityRow, MemberRow, RunRow, UsageEventRow, table
from bot.storage.usage_events import COUNTED, IS_REPORT

_identity = table(IdentityRow)
_event = table(UsageEventRow)
_member = table(MemberRow)
_audit = table(AuditRow)
_run = table(RunRow)

#: Rows of `run`: weeks of which admins were told what waits.
TOLD = "identities wait"
#: Somebody said of it by hand that it is not theirs.
_UNLINKED = sa.exists().where(
    _audit.c.workspace_id == _identity.c.workspace_id,
    _audit.c.what == CHANGED,
    _audit.c.subject == _identity.c.identity_id,
    _audit.c.after == "",
)
#: Names that look like what was typed are sought among so many.
_NAMES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Matched:
    """An identity of nobody, and the person in the directory who has its name."""

    workspace_id: WorkspaceId
    identity_id: IdentityId
    user_id: UserId
    matched_by: MatchedBy


def named(
    tx: Transaction, workspace_id: WorkspaceId, name: str, *, source: str | None = None
) -> list[Identity]:
    """Those that a source, or any, calls so, however it is capitalised."""
    wanted = sa.select(_identity).where(
        _identity.c.workspace_id == workspace_id,
        sa.func.lower(_identity.c.name) == name.lower(),
    )
    if source is not None:
        wanted = wanted.where(sa.func.lower(_identity.c.source) == source.lower())
    return _identities(tx, wanted)


def exactly(
    tx: Transaction, workspace_id: WorkspaceId, *, source: str, name: str
) -> Identity | None:
    """The one of this source and this name, letter by letter."""
    found = _identities(
        tx,
        sa.select(_identity).where(
            _identity.c.workspace_id == workspace_id,
            _identity.c.source == source,
            _identity.c.name == name,
        ),
    )
    return found[0] if found else None


def names(tx: Transaction, workspace_id: WorkspaceId) -> list[str]:
    """Names that wait, to find one that looks like what was typed."""
    found = tx.connection.execute(
        sa.select(_identity.c.name)
        .where(_identity.c.workspace_id == workspace_id, _identity.c.account_id.is_(None))
        .order_by(_identity.c.identity_id.desc())
        .limit(_NAMES_MAX)
    )
    return list(found.scalars())


def of_account(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, *, limit: int
) -> list[Identity]:
    """How sources call whoever has this account."""
    return _identities(
        tx,
        sa.select(_identity)
        .where(_identity.c.workspace_id == workspace_id, _identity.c.account_id == account)
        .limit(limit),
    )


def every(tx: Transaction, workspace_id: WorkspaceId, *, limit: int) -> list[Identity]:
    """All, by source and name."""
    return _identities(
        tx, sa.select(_identity).where(_identity.c.workspace_id == workspace_id).limit(limit)
    )


def waiting(tx: Transaction, workspace_id: WorkspaceId, *, limit: int) -> list[Waiting]:
    """Those of nobody, the most tokens first."""
    # A report of nobody is charged to no account: there it is what a link may have charged yet.
    told = sa.case((IS_REPORT, COUNTED), else_=_event.c.tokens)
    tokens = sa.cast(sa.func.coalesce(sa.func.sum(told), 0), sa.BigInteger).label("tokens")
    sums = (
        sa.select(
            _identity.c.identity_id,
            tokens,
            sa.func.count(_event.c.external_id).label("calls"),
            sa.func.max(_event.c.occurred_at).label("last_at"),
        )
        .select_from(
            _identity.outerjoin(
                _event,
                (_event.c.workspace_id == _identity.c.workspace_id)
                & (_event.c.identity_id == _identity.c.identity_id)
                & (_event.c.account_id == sa.literal_column("'unattributed'")),
            )
        )
        .where(_identity.c.workspace_id == workspace_id, _identity.c.account_id.is_(None))
        .group_by(_identity.c.identity_id)
        .order_by(tokens.desc(), _identity.c.identity_id)
        .limit(limit)
        .subquery()
    )
    rows = tx.connection.execute(
        sa.select(_identity, sums.c.tokens, sums.c.calls, sums.c.last_at)
        .join(sums, sums.c.identity_id == _identity.c.identity_id)
        .where(_identity.c.workspace_id == workspace_id)
        .order_by(sums.c.tokens.desc(), _identity.c.identity_id)
    ).mappings()
    return [
        Waiting(
            identity=identity_of(row),
            tokens=int(row["tokens"]),
            calls=row["calls"],
            last_at=as_moment(row["last_at"]),
        )
        for row in rows
    ]


def count_waiting(tx: Transaction, workspace_id: WorkspaceId) -> int:
    """How many are nobody's."""
    return tx.connection.execute(
        sa.select(sa.func.count()).where(
            _identity.c.workspace_id == workspace_id, _identity.c.account_id.is_(None)
        )
    ).scalar_one()


def matching(tx: Transaction, *, limit: int) -> list[Matched]:
    """Identities of nobody whose Slack id or e-mail address the directory knows by now.

    What somebody unlinked by hand is not matched again.
    """
    rows = tx.connection.execute(matching_ones().limit(limit))
    found: dict[tuple[str, str], Matched] = {}
    for workspace_id, identity_id, user_id, by_id in rows:
        how = MatchedBy.SLACK_ID if by_id else MatchedBy.EMAIL
        matched = Matched(WorkspaceId(workspace_id), IdentityId(identity_id), UserId(user_id), how)
        found.setdefault((workspace_id, identity_id), matched)
    return list(found.values())


def matching_ones() -> sa.Select[Any]:
    """The rows of `matching`, each identity's best first."""
    is_id = _member.c.user_id == _identity.c.name
    return (
        sa.select(
            _identity.c.workspace_id,
            _identity.c.identity_id,
            _member.c.user_id,
            is_id.label("is_id"),
        )
        .join(
            _member,
            (_member.c.workspace_id == _identity.c.workspace_id)
            & (is_id | (sa.func.lower(_member.c.email) == sa.func.lower(_identity.c.name))),
        )
        .where(
            _identity.c.account_id.is_(None),
            _identity.c.name != "",
            _member.c.standing.not_in([Standing.UNSEEN.value, Standing.MISSING.value]),
            ~_UNLINKED,
        )
        # Present people first, as where a name is met for the first time.
        .order_by(_identity.c.identity_id, (_member.c.standing == Standing.ACTIVE.value).desc())
    )


def untold(since: datetime) -> sa.Select[Any]:
    """Identities of nobody in workspaces whose admins were told of none since then."""
    told = sa.exists().where(
        _run.c.workspace_id == _identity.c.workspace_id,
        _run.c.job == TOLD,
        _run.c.done_at >= since,
    )
    return sa.select(_identity.c.identity_id).where(_identity.c.account_id.is_(None), ~told)


def to_ask(
    tx: Transaction, workspace_id: WorkspaceId, *, asked_before: datetime, limit: int
) -> list[Identity]:
    """E-mail addresses of nobody that Slack was not asked for since then, the newest first."""
    return _identities(
        tx,
        sa.select(_identity)
        .where(
            _identity.c.workspace_id == workspace_id,
            _identity.c.account_id.is_(None),
            _identity.c.name.like("%_@_%._%"),
            ~_UNLINKED,
            _identity.c.asked_at.is_(None) | (_identity.c.asked_at < asked_before),
        )
        .order_by(_identity.c.asked_at.is_not(None), _identity.c.asked_at)
        .limit(limit),
    )


def mark_asked(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, now: datetime
) -> None:
    """Slack was asked for it."""
    tx.connection.execute(
        sa.update(_identity)
        .where(_identity.c.workspace_id == workspace_id, _identity.c.identity_id == identity_id)
        .values(asked_at=now)
    )


def _identities(tx: Transaction, wanted: sa.Select[tuple[object, ...]]) -> list[Identity]:
    rows: Sequence[sa.RowMapping] = tx.connection.execute(wanted).mappings().all()
    return sorted((identity_of(row) for row in rows), key=lambda one: (one.source, one.name))
