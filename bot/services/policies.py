"""Policies of teams and their caps: changed by whoever runs the team."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain import periods
from bot.domain import policies as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.limits import Measure
from bot.domain.periods import Span
from bot.domain.policies import (
    CAPS_MAX,
    Cap,
    CapId,
    CapPeriod,
    Policy,
)
from bot.domain.policy_views import Capped, TeamPolicy
from bot.domain.refusals import CapUnknown, PolicyRefused
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services import limits
from bot.services.team_choice import Asked, pick, pick_locked
from bot.storage import audit, directory, ids, limit_sums, policies
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: How far back the models lie that a new cap is said to count.
_LATELY = timedelta(days=30)


def of_team(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    now: datetime,
    deed: Deed = Deed.SEE_TEAM,
) -> TeamPolicy:
    """What holds for a team, for whoever may see it, or do more about it."""
    with database.snapshot() as tx:
        team = pick(tx, workspace_id, asked, deed)
        return _seen(tx, workspace_id, team, asked.actor, now)


def put(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    policy: Policy | None,
    now: datetime,
) -> TeamPolicy:
    """Give a team its own policy, or with None *Everyone*'s. Raises `PolicyRefused`."""
    with database.writing() as tx:
        team = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        _put(tx, workspace_id, asked.actor, team, policy=policy, now=now)
        return _seen(tx, workspace_id, team, asked.actor, now)


def change(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    changes: Mapping[str, Any],
    now: datetime,
) -> TeamPolicy:
    """Change fields of what holds for a team, which has a policy of its own from then on.

    Raises `PolicyRefused`.
    """
    with database.writing() as tx:
        team = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        before = _seen(tx, workspace_id, team, asked.actor, now).policy
        _put(
            tx,
            workspace_id,
            asked.actor,
            team,
            policy=replace(before, **changes),
            now=now,
        )
        return _seen(tx, workspace_id, team, asked.actor, now)


def put_cap(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, cap: Cap, now: datetime
) -> Capped:
    """Cap models or a project of a team, in place of the cap of the same name and period.

    Raises `PolicyRefused`. The cap's id and team are chosen here.
    """
    rules.checked_cap(cap)
    with database.writing() as tx:
        team = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        known = policies.caps(tx, workspace_id, team.team_id)
        new = rules.of_team(cap, team.team_id, CapId(ids.new(now)))
        before = next((one for one in known if one.place == new.place), None)
        if before is None and len(known) >= CAPS_MAX:
            raise PolicyRefused("cap", f"is one too many: a team has {CAPS_MAX} at most")
        if before is None or str(before) != str(new):
            policies.put_cap(tx, workspace_id, new)
            _tell_audit(tx, workspace_id, asked.actor, team, before=before, after=new, now=now)
        return Capped(
            seen=_seen(tx, workspace_id, team, asked.actor, now),
            cap=new,
            before=before,
            models=_counted(tx, workspace_id, team, new, now),
        )


def drop_cap(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, cap_id: CapId, now: datetime
) -> tuple[TeamPolicy, Cap | None]:
    """The cap that holds no longer, and what holds now; None where it was gone already."""
    with database.writing() as tx:
        team = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        known = {cap.cap_id: cap for cap in policies.caps(tx, workspace_id, team.team_id)}
        cap = known.get(cap_id)
        if cap is not None:
            policies.drop_cap(tx, workspace_id, cap_id)
            _tell_audit(tx, workspace_id, asked.actor, team, before=cap, after=None, now=now)
        return _seen(tx, workspace_id, team, asked.actor, now), cap


def drop_cap_named(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    measure: Measure,
    name: str,
    period: CapPeriod | None,
    now: datetime,
) -> tuple[TeamPolicy, Cap | None]:
    """The same of a cap by its name, and its period where several have that name.

    Raises `CapUnknown`.
    """
    seen = of_team(database, workspace_id, asked, now, Deed.RUN_TEAM)
    mine = [
        cap
        for cap in seen.caps
        if (cap.measure, cap.name) == (measure, name) and period in {None, cap.period}
    ]
    if len(mine) != 1:
        raise CapUnknown(name, tuple(_typed(cap) for cap in mine or seen.caps))
    found = Asked(actor=asked.actor, team_id=seen.team.team_id)
    return drop_cap(database, workspace_id, found, cap_id=mine[0].cap_id, now=now)


def _typed(cap: Cap) -> str:
    """What to type after `uncap`."""
    project = "project " if cap.measure is Measure.PROJECT else ""
    name = f'"{cap.name}"' if " " in cap.name else cap.name
    return f"{project}{name} a {cap.period}"


def _seen(
    tx: Transaction, workspace_id: WorkspaceId, team: Team, viewer: UserId, now: datetime
) -> TeamPolicy:
    account = member_account(viewer)
    found = policies.rules(tx, workspace_id, {account: team.team_id}, now)[account]
    own = policies.policy(tx, workspace_id, team.team_id)
    return TeamPolicy(
        viewer=directory.member(tx, workspace_id, viewer),
        team=team,
        policy=found.policy,
        is_own=own is not None,
        caps=tuple(cap for cap in found.caps if cap.team_id == team.team_id),
        caps_of_all=tuple(cap for cap in found.caps if cap.team_id != team.team_id),
    )


def _put(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    team: Team,
    *,
    policy: Policy | None,
    now: datetime,
) -> None:
    """Written and audited where it is news: a form sent twice is one change."""
    before = policies.policy(tx, workspace_id, team.team_id)
    if policy is not None:
        rules.checked(policy)
        policies.put(tx, workspace_id, team.team_id, policy)
    else:
        policies.drop(tx, workspace_id, team.team_id)
    if policy != before:
        change = Change(
            actor=actor,
            what="policy",
            subject=team.team_id,
            before=_written(before),
            after=_written(policy),
        )
        audit.add(tx, workspace_id, change, now)


def _tell_audit(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    team: Team,
    *,
    before: Cap | None,
    after: Cap | None,
    now: datetime,
) -> None:
    change = Change(
        actor=actor,
        what="cap",
        subject=team.team_id,
        before=str(before or ""),
        after=str(after or ""),
    )
    audit.add(tx, workspace_id, change, now)


def _counted(
    tx: Transaction, workspace_id: WorkspaceId, team: Team, cap: Cap, now: datetime
) -> tuple[str, ...]:
    """The models that a cap counts, of those that the team used lately."""
    if cap.measure is not Measure.MODEL:
        return ()
    today = periods.day_of(now, ZoneInfo(team.zone))
    lately = Span(today - _LATELY, today + timedelta(days=1))
    every = limit_sums.teams(tx, workspace_id)
    teams = every if team.is_everyone else [team.team_id]
    found = limit_sums.models(tx, workspace_id, teams, lately)
    return tuple(model for model in found if limits.is_of(cap, model))


def _written(policy: Policy | None) -> str:
    """What differs from a policy that nobody has touched."""
    if policy is None:
        return ""
    plain = Policy()
    told = [str(policy.mode)]
    told += [
        f"{one.name}={getattr(policy, one.name)}"
        for one in fields(policy)
        if one.name != "mode" and getattr(policy, one.name) != getattr(plain, one.name)
    ]
    return " ".join(told)
