"""A person's own API key for their coding agent, and what its tokens would cost by other rates."""

from datetime import datetime

from bot.domain import roles
from bot.domain.agent_keys import AgentKey, Rates
from bot.domain.api_keys import KeyNameTaken, Scope
from bot.domain.directory import Role, UserId, WorkspaceId
from bot.domain.rates import DOLLAR_NANO
from bot.services import api_keys, participants, rate_cards
from bot.storage import api_keys as kept
from bot.storage import directory
from bot.storage.database import Database


def make(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    agent: str,
    is_new: bool,
    now: datetime,
) -> AgentKey:
    """The person's key for this agent: a first one, or with `is_new` another in its place.

    Without that, the one they have stays as it is, and is only spoken of.
    """
    name = f"{agent} {actor}"
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, actor)
        participants.refuse_absent(tx, workspace_id, person)
        old = next(iter(kept.valid(tx, workspace_id, name)), None)
    is_admin = Role.ADMIN in roles.roles(person)
    compared = _compared(database, workspace_id, now) if is_admin else None
    if old is not None and not is_new:
        return AgentKey(agent=agent, key=old, credential=None, rates=compared)
    if old is not None:
        api_keys.revoke(database, workspace_id, named=old.key_id, actor=actor, now=now)
    try:
        made = api_keys.create(
            database,
            workspace_id,
            name=name,
            scopes=[Scope.USAGE_WRITE],
            user_id=actor,
            actor=actor,
            now=now,
        )
    except KeyNameTaken:  # they asked twice at once: the other answer has the key
        with database.reading() as tx:
            (old,) = kept.valid(tx, workspace_id, name)
        return AgentKey(agent=agent, key=old, credential=None, rates=compared)
    return AgentKey(agent=agent, key=made.key, credential=made.credential, rates=compared)


def _compared(database: Database, workspace_id: WorkspaceId, now: datetime) -> Rates | None:
    """None where nothing was used."""
    found = rate_cards.preview(
        database, workspace_id, draft=None, usd_per_million_nano=DOLLAR_NANO, now=now
    )
    raw, cost = (sum(one.costs[place].tokens for one in found.models) for place in (0, 1))
    return Rates(raw, cost) if raw else None
