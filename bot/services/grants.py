"""Approvers give tokens from the treasury, or from the pool of a team they look after."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import grants as rules
from bot.domain import notes, notices
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt
from bot.domain.refusals import Refusal
from bot.domain.roles import Deed
from bot.domain.teams import TeamView
from bot.services import approvers, dues, participants, replays, stand_ins, team_views
from bot.storage import directory, ledger, outbox, teams
from bot.storage.database import Database


@dues.settled_first
def grant(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    recipients: Sequence[UserId],
    tokens: int,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """The same amount for each recipient, as one entry: all of them or none."""
    try:
        note = notes.clean(note)
        with database.writing() as tx:
            people = directory.members(tx, workspace_id, [actor, *recipients])
            takers = [people[user_id] for user_id in recipients]
            giver = stand_ins.acting(tx, workspace_id, people[actor], Deed.GRANT, *takers, now=now)
            entry = rules.grant(
                giver,
                takers,
                tokens,
                is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
                note=note,
                key=key,
                now=now,
            )
            participants.refuse_absent(tx, workspace_id, *takers)
            receipt = ledger.record(tx, workspace_id, entry)
            for notice in notices.received(receipt):
                outbox.add(tx, workspace_id, notice, now)
    except Refusal as refusal:
        return replays.receipt_or(database, workspace_id, refusal, actor=actor, key=key)
    return receipt


def pools(
    database: Database, workspace_id: WorkspaceId, actor: UserId, now: datetime
) -> list[TeamView]:
    """The pools from which grants of this person come; none where the treasury pays."""
    with database.snapshot() as tx:
        person = directory.member(tx, workspace_id, actor)
        own = [team_id for team_id in person.manages if team_id != EVERYONE]
        if person.is_admin or not own:
            return []
        found = teams.teams(tx, workspace_id, sorted(own))
        alive = [team for team in found.values() if team.ended_at is None]
        return team_views.views_of(tx, workspace_id, alive, now)
