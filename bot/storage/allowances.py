"""Allowance rules and their terms."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from bot.domain.allowances import (
    Allowance,
    AllowanceId,
    AllowanceState,
    Subject,
    Terms,
    Vesting,
)
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.ledger import AccountId, IdempotencyKey
from bot.domain.periods import Period
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row, Statement, among
from bot.storage.tables import (
    AllowanceRow,
    AllowanceTermsRow,
    table,
)

_allowance = table(AllowanceRow)
_terms = table(AllowanceTermsRow)

_NAMES = tuple(_allowance.c.keys())
_TERMS = (_terms.c.allowance_id, _terms.c.from_on, _terms.c.tokens, _terms.c.carry_max)


def _these(of: sa.Table, insert: Any) -> sa.ColumnElement[bool]:
    mine = of.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String())
    return mine & among(of.c.allowance_id, "allowance_ids", insert)


_BY_IDS = Statement(lambda insert: sa.select(*_allowance.c).where(_these(_allowance, insert)))
_TERMS_BY_IDS = Statement(
    lambda insert: sa.select(*_TERMS).where(_these(_terms, insert)).order_by(_terms.c.from_on)
)


def add(
    tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance, key: IdempotencyKey
) -> None:
    """Write a new rule with its terms."""
    vesting = allowance.vesting
    tx.connection.execute(
        sa.insert(_allowance).values(
            workspace_id=workspace_id,
            allowance_id=allowance.allowance_id,
            subject=str(allowance.subject),
            team_id=allowance.team_id,
            source=allowance.source,
            period=allowance.period.value,
            anchor_on=allowance.anchor_on.isoformat(),
            starts_on=allowance.starts_on.isoformat(),
            ends_on=as_text(allowance.ends_on),
            is_prorated=allowance.is_prorated,
            returns_on_leaving=allowance.returns_on_leaving,
            parts=vesting.parts if vesting else None,
            cliff=vesting.cliff if vesting else None,
            note=allowance.note,
            state=allowance.state.value,
            created_by=allowance.created_by,
            created_at=allowance.created_at,
            idempotency_key=key,
        )
    )
    for terms in allowance.terms:
        put_terms(tx, workspace_id, allowance.allowance_id, terms)


def put_terms(
    tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId, terms: Terms
) -> None:
    """Terms from a day on; those that were to come from the same day on are replaced."""
    insert = upsert.insert(tx)(_terms).values(
        workspace_id=workspace_id,
        allowance_id=allowance_id,
        from_on=terms.from_on.isoformat(),
        tokens=terms.tokens,
        carry_max=terms.carry_max,
    )
    tx.connection.execute(
        insert.on_conflict_do_update(
            index_elements=["workspace_id", "allowance_id", "from_on"],
            set_={"tokens": insert.excluded.tokens, "carry_max": insert.excluded.carry_max},
        )
    )


def put_state(
    tx: Transaction,
    workspace_id: WorkspaceId,
    allowance_id: AllowanceId,
    state: AllowanceState,
) -> None:
    """Pause, resume or end a rule."""
    tx.connection.execute(
        sa.update(_allowance)
        .where(_allowance.c.workspace_id == workspace_id, _allowance.c.allowance_id == allowance_id)
        .values(state=state.value)
    )


def locked(
    tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId
) -> Allowance | None:
    """The rule; others who would change it wait until this database transaction has ended.

    Not those who only refer to it: a credit's funding does, under the locks of accounts, for which
    whoever has locked the rule may be waiting.
    """
    tx.connection.execute(
        sa.select(_allowance.c.allowance_id)
        .where(_allowance.c.workspace_id == workspace_id, _allowance.c.allowance_id == allowance_id)
        .with_for_update(key_share=True)
    ).all()
    return by_ids(tx, workspace_id, [allowance_id]).get(allowance_id)


def by_ids(
    tx: Transaction, workspace_id: WorkspaceId, allowance_ids: Iterable[str]
) -> dict[AllowanceId, Allowance]:
    values = {"workspace_id": workspace_id, "allowance_ids": tuple(sorted(set(allowance_ids)))}
    rows, terms = tx.batch([(_BY_IDS, values), (_TERMS_BY_IDS, values)])
    return _built(rows, terms)


def by_key(tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey) -> Allowance | None:
    found = _rules(tx, workspace_id, _allowance.c.idempotency_key == key)
    return next(iter(found.values()), None)


def of_subjects(
    tx: Transaction, workspace_id: WorkspaceId, subjects: Sequence[Subject]
) -> list[Allowance]:
    """Rules for these that have not ended, the oldest first."""
    found = _rules(
        tx,
        workspace_id,
        _allowance.c.subject.in_([str(subject) for subject in subjects]),
        _allowance.c.state != AllowanceState.ENDED.value,
    )
    return [found[allowance_id] for allowance_id in sorted(found)]


def paid_by(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> list[Allowance]:
    """Rules that a pool pays and that have not ended, the oldest first."""
    found = _rules(
        tx,
        workspace_id,
        _allowance.c.source == pool,
        _allowance.c.state != AllowanceState.ENDED.value,
    )
    return [found[allowance_id] for allowance_id in sorted(found)]


def page(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    team_ids: Sequence[str] | None,
    start: int,
    limit: int,
) -> list[Allowance]:
    """Rules that have not ended, of these teams or of all, the oldest first, from `start` on."""
    wanted = tx.connection.execute(
        sa.select(_allowance.c.allowance_id)
        .where(
            _allowance.c.workspace_id == workspace_id,
            _allowance.c.state != AllowanceState.ENDED.value,
            *([] if team_ids is None else [_allowance.c.team_id.in_(team_ids)]),
        )
        .order_by(_allowance.c.allowance_id)
        .offset(start)
        .limit(limit)
    ).scalars()
    found = by_ids(tx, workspace_id, wanted)
    return [found[allowance_id] for allowance_id in sorted(found)]


def _rules(
    tx: Transaction, workspace_id: WorkspaceId, *where: sa.ColumnElement[bool]
) -> dict[AllowanceId, Allowance]:
    mine = (_allowance.c.workspace_id == workspace_id, *where)
    terms = tx.connection.execute(
        sa.select(*_TERMS)
        .join(
            _allowance,
            (_allowance.c.workspace_id == _terms.c.workspace_id)
            & (_allowance.c.allowance_id == _terms.c.allowance_id),
        )
        .where(*mine)
        .order_by(_terms.c.from_on)
    )
    rows = tx.connection.execute(sa.select(*_allowance.c).where(*mine))
    return _built(map(tuple, rows), map(tuple, terms))


def _built(rows: Iterable[Row], terms: Iterable[Row]) -> dict[AllowanceId, Allowance]:
    found: dict[str, list[Terms]] = {}
    for allowance_id, from_on, tokens, carry_max in terms:
        one = Terms(from_on=date.fromisoformat(from_on), tokens=tokens, carry_max=carry_max)
        found.setdefault(allowance_id, []).append(one)
    named = (dict(zip(_NAMES, row, strict=True)) for row in rows)
    return {row["allowance_id"]: _rule_of(row, found[row["allowance_id"]]) for row in named}


def _rule_of(row: dict[str, Any], terms: Sequence[Terms]) -> Allowance:
    parts, created_at = row["parts"], as_moment(row["created_at"])
    if created_at is None:
        raise TypeError(f"rule {row['allowance_id']} has no moment at which it was made")
    return Allowance(
        allowance_id=row["allowance_id"],
        subject=Subject.parse(row["subject"]),
        team_id=TeamId(row["team_id"]),
        source=row["source"],
        period=Period(row["period"]),
        anchor_on=date.fromisoformat(row["anchor_on"]),
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=as_day(row["ends_on"]),
        is_prorated=bool(row["is_prorated"]),
        returns_on_leaving=bool(row["returns_on_leaving"]),
        vesting=Vesting(parts=parts, cliff=row["cliff"] or 0) if parts else None,
        note=row["note"],
        state=AllowanceState(row["state"]),
        created_by=UserId(row["created_by"]),
        created_at=created_at,
        terms=tuple(terms),
    )


def as_text(day: date | None) -> str | None:
    """A day as rows have it."""
    return None if day is None else day.isoformat()


def as_day(text: str | None) -> date | None:
    """And back."""
    return None if text is None else date.fromisoformat(text)
