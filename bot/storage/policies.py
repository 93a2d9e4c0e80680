"""Policies, caps and lifts: read before each call, changed now and then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import EVERYONE, TeamId, WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.limits import Measure
from bot.domain.policies import LIFT_MAX, Cap, CapId, CapPeriod, Lift, LiftId, Mode, Policy, Rules
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row, Statement, among
from bot.storage.tables import CapRow, LiftRow, PolicyRow, table

_policy = table(PolicyRow)
_cap = table(CapRow)
_lift = table(LiftRow)

_TEXT = sa.String()
_MINE = sa.bindparam("workspace_id", type_=_TEXT)

POLICIES = Statement(
    lambda insert: sa.select(
        _policy.c.team_id,
        _policy.c.mode,
        _policy.c.grace_tokens,
        _policy.c.grace_percent,
        _policy.c.request_max,
        _policy.c.day_tokens,
        _policy.c.day_percent,
        _policy.c.fallback_model,
        _policy.c.advance,
    ).where(_policy.c.workspace_id == _MINE, among(_policy.c.team_id, "teams", insert))
)
CAPS = Statement(
    lambda insert: (
        sa.select(
            _cap.c.cap_id,
            _cap.c.team_id,
            _cap.c.measure,
            _cap.c.name,
            _cap.c.tokens,
            _cap.c.period,
            _cap.c.fallback_model,
        )
        .where(_cap.c.workspace_id == _MINE, among(_cap.c.team_id, "teams", insert))
        .order_by(_cap.c.cap_id)
    )
)
#: Of several lifts of an account the last counts, which comes last.
LIFTED = Statement(
    lambda insert: (
        sa.select(_lift.c.lift_id, _lift.c.account_id, _lift.c.until, _lift.c.by)
        .where(
            _lift.c.workspace_id == _MINE,
            among(_lift.c.account_id, "accounts", insert),
            _lift.c.created_at > sa.bindparam("since", type_=_lift.c.created_at.type),
        )
        .order_by(_lift.c.lift_id)
    )
)
#: Whoever counts what a team used for a project waits for others who do: each then sees what the
#: one before was promised. In the order of ids, after the account.
LOCK_CAPS = Statement(
    lambda insert: (
        sa.select(_cap.c.cap_id)
        .where(_cap.c.workspace_id == _MINE, among(_cap.c.cap_id, "caps", insert))
        .order_by(_cap.c.cap_id)
        .with_for_update()
    )
)


def rules(
    tx: Transaction, workspace_id: WorkspaceId, paid: Mapping[AccountId, TeamId], now: datetime
) -> dict[AccountId, Rules]:
    """All that holds for calls of these accounts, by the teams that pay for them."""
    teams = tuple(sorted({*paid.values(), EVERYONE}))
    values: dict[str, object] = {
        "workspace_id": workspace_id,
        "teams": teams,
        "accounts": tuple(paid),
    }
    values["since"] = now - LIFT_MAX
    policies, caps, lifts = tx.batch([(POLICIES, values), (CAPS, values), (LIFTED, values)])
    own = {row[0]: _policy_of(row) for row in policies}
    capped = list(map(_cap_of, caps))
    lifted = {lift.account: lift for lift in map(_lift_of, lifts)}
    return {
        account: Rules(
            team_id=team_id,
            policy=own.get(team_id) or own.get(EVERYONE) or Policy(),
            caps=tuple(cap for cap in capped if cap.team_id in {team_id, EVERYONE}),
            lift=lifted.get(account),
        ).as_of(now)
        for account, team_id in paid.items()
    }


def lock_caps(tx: Transaction, workspace_id: WorkspaceId, caps: Sequence[Cap]) -> None:
    """Have others wait who count towards one of these."""
    ids = tuple(sorted(cap.cap_id for cap in caps))
    tx.fetch(LOCK_CAPS, {"workspace_id": workspace_id, "caps": ids})


def policy(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> Policy | None:
    """A team's own; None where it has *Everyone*'s."""
    rows = tx.fetch(POLICIES, {"workspace_id": workspace_id, "teams": (team_id,)})
    return _policy_of(rows[0]) if rows else None


def held_by(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> Policy:
    """What holds for a team: its own, or *Everyone*'s."""
    values = {"workspace_id": workspace_id, "teams": tuple({team_id, EVERYONE})}
    known = {row[0]: _policy_of(row) for row in tx.fetch(POLICIES, values)}
    return known.get(team_id) or known.get(EVERYONE) or Policy()


def caps(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> list[Cap]:
    """A team's own."""
    rows = tx.fetch(CAPS, {"workspace_id": workspace_id, "teams": (team_id,)})
    return list(map(_cap_of, rows))


def put(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId, new: Policy) -> None:
    """Write a team's own policy."""
    values: dict[str, Any] = {
        "mode": new.mode.value,
        "grace_tokens": new.grace_tokens,
        "grace_percent": new.grace_percent,
        "request_max": new.request_max,
        "day_tokens": new.day_tokens,
        "day_percent": new.day_percent,
        "fallback_model": new.fallback_model,
        "advance": new.advance,
    }
    tx.connection.execute(
        upsert.insert(tx)(_policy)
        .values(workspace_id=workspace_id, team_id=team_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "team_id"], set_=values)
    )


def drop(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> None:
    """Let a team have *Everyone*'s policy again."""
    tx.connection.execute(
        sa.delete(_policy).where(
            _policy.c.workspace_id == workspace_id, _policy.c.team_id == team_id
        )
    )


def put_cap(tx: Transaction, workspace_id: WorkspaceId, new: Cap) -> None:
    """Write a cap, in place of the one of the same name and period."""
    changed = {"tokens": new.tokens, "fallback_model": new.fallback_model}
    tx.connection.execute(
        upsert.insert(tx)(_cap)
        .values(
            workspace_id=workspace_id,
            cap_id=new.cap_id,
            team_id=new.team_id,
            measure=new.measure.value,
            name=new.name,
            period=new.period.value,
            **changed,
        )
        .on_conflict_do_update(
            index_elements=["workspace_id", "team_id", "measure", "name", "period"], set_=changed
        )
    )


def drop_cap(tx: Transaction, workspace_id: WorkspaceId, cap_id: CapId) -> bool:
    """Whether it was there."""
    done = tx.connection.execute(
        sa.delete(_cap).where(_cap.c.workspace_id == workspace_id, _cap.c.cap_id == cap_id)
    )
    return done.rowcount == 1


def latest_lift(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> Lift | None:
    """The one that counts, in force still or long over; None where there never was any."""
    row = tx.connection.execute(
        sa.select(_lift.c.lift_id, _lift.c.account_id, _lift.c.until, _lift.c.by)
        .where(_lift.c.workspace_id == workspace_id, _lift.c.account_id == account)
        .order_by(_lift.c.lift_id.desc())
        .limit(1)
    ).one_or_none()
    return _lift_of(row) if row else None


def add_lift(tx: Transaction, workspace_id: WorkspaceId, lift: Lift, now: datetime) -> None:
    """Write a lift, which counts in place of any before."""
    tx.connection.execute(
        sa.insert(_lift).values(
            workspace_id=workspace_id,
            lift_id=lift.lift_id,
            account_id=lift.account,
            until=lift.until,
            by=lift.by,
            created_at=now,
        )
    )


def _policy_of(row: Row) -> Policy:
    _, mode, grace, grace_percent, request_max, day, day_percent, fallback, advance = row
    return Policy(
        mode=Mode(mode),
        grace_tokens=grace,
        grace_percent=grace_percent,
        request_max=request_max,
        day_tokens=day,
        day_percent=day_percent,
        fallback_model=fallback,
        advance=advance,
    )


def _cap_of(row: Row) -> Cap:
    cap_id, team_id, measure, name, tokens, period, fallback = row
    return Cap(
        cap_id=CapId(cap_id),
        team_id=TeamId(team_id),
        measure=Measure(measure),
        name=name,
        tokens=tokens,
        period=CapPeriod(period),
        fallback_model=fallback,
    )


def _lift_of(row: Row) -> Lift:
    lift_id, account, until, by = row
    moment = as_moment(until)
    if moment is None:
        raise TypeError("a lift has its end")
    return Lift(lift_id=LiftId(lift_id), account=AccountId(account), until=moment, by=by)
