"""Policies of teams and their caps: changed by whoever runs the team."""

from dataclasses import dataclass, fields
from datetime import datetime

from bot.domain import policies as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.policies import (
    CAPS_MAX,
    Cap,
    CapId,
    Policy,
    PolicyRefused,
)
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services.team_choice import Asked, pick
from bot.storage import audit, ids, policies
from bot.storage.audit import Change
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class TeamPolicy:
    """What holds for a team: its own, or *Everyone*'s where it has none; and its own caps."""

    team: Team
    policy: Policy
    is_own: bool
    caps: tuple[Cap, ...]


def of_team(
    database: Database, workspace_id: WorkspaceId, asked: Asked, now: datetime
) -> TeamPolicy:
    """What holds for a team, for whoever may see it."""
    with database.snapshot() as tx:
        team = pick(tx, workspace_id, asked, Deed.SEE_TEAM)
        own = policies.policy(tx, workspace_id, team.team_id)
        account = member_account(asked.actor)
        found = policies.rules(tx, workspace_id, {account: team.team_id}, now)[account]
        caps = tuple(policies.caps(tx, workspace_id, team.team_id))
    return TeamPolicy(team, found.policy, own is not None, caps)


def put(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    policy: Policy | None,
    now: datetime,
) -> Team:
    """Give a team its own policy, or with None *Everyone*'s. Raises `PolicyRefused`."""
    if policy is not None:
        rules.checked(policy)
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
        before = policies.policy(tx, workspace_id, team.team_id)
        if policy is None:
            policies.drop(tx, workspace_id, team.team_id)
        else:
            policies.put(tx, workspace_id, team.team_id, policy)
        change = Change(
            actor=asked.actor,
            what="policy",
            subject=team.team_id,
            before=_written(before),
            after=_written(policy),
        )
        audit.add(tx, workspace_id, change, now)
    return team


def put_cap(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, cap: Cap, now: datetime
) -> Team:
    """Cap models or a project of a team, in place of the cap of the same name and period.

    Raises `PolicyRefused`. The cap's id and team are chosen here.
    """
    rules.checked_cap(cap)
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
        before = policies.caps(tx, workspace_id, team.team_id)
        same = [one for one in before if one.place == cap.place]
        if not same and len(before) >= CAPS_MAX:
            raise PolicyRefused("cap", f"is one too many: a team has {CAPS_MAX} at most")
        new = rules.of_team(cap, team.team_id, CapId(ids.new(now)))
        policies.put_cap(tx, workspace_id, new)
        change = Change(
            actor=asked.actor,
            what="cap",
            subject=team.team_id,
            before=str(same[0]) if same else "",
            after=str(new),
        )
        audit.add(tx, workspace_id, change, now)
    return team


def drop_cap(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, cap_id: CapId, now: datetime
) -> Cap | None:
    """The cap that holds no longer; None where it was gone already."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
        known = {cap.cap_id: cap for cap in policies.caps(tx, workspace_id, team.team_id)}
        cap = known.get(cap_id)
        if cap is None or not policies.drop_cap(tx, workspace_id, cap_id):
            return None
        change = Change(
            actor=asked.actor, what="cap", subject=team.team_id, before=str(cap), after=""
        )
        audit.add(tx, workspace_id, change, now)
    return cap


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
