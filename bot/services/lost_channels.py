"""Digests on their way: who may still be shown, and what if the channel takes none."""

from dataclasses import replace
from datetime import datetime

from bot.domain.digests import Week
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.notices import ChannelLost, Digest, DigestPlaced
from bot.domain.teams import Team
from bot.storage import digests, outbox, runs, teams
from bot.storage import roles as given_roles
from bot.storage.database import Database, Transaction

#: Managers and admins who hear of a lost channel.
_TOLD_MAX = 5


def still_shown(database: Database, workspace_id: WorkspaceId, week: Week) -> Week:
    """The week without people who chose to stay out, or left, after its facts were written."""
    if not week.leaders:
        return week
    with database.reading() as tx:
        out = digests.unlisted(tx, workspace_id, [one.user_id for one in week.leaders])
    return replace(week, leaders=tuple(one for one in week.leaders if one.user_id not in out))


def lose(
    database: Database,
    workspace_id: WorkspaceId,
    notice: Digest | DigestPlaced,
    *,
    why: str,
    now: datetime,
) -> None:
    """Tell whoever can choose another channel that this one takes no digest, once."""
    week_on = notice.week_on if isinstance(notice, Digest) else ""
    period = f"{week_on or now.date()} {notice.recipient}"
    with database.writing() as tx:
        subject = notice.team_id
        # Delivery may come here again after a crash: the claim lets it tell only once.
        if not runs.claim_one(
            tx, workspace_id, job=digests.LOST, subject=subject, period=period, now=now
        ):
            return
        told = (
            _who_decides(tx, workspace_id, notice.team_id)
            if isinstance(notice, Digest)
            else [notice.actor]
        )
        for user_id in told:
            lost = ChannelLost(
                recipient=user_id,
                team_id=notice.team_id,
                channel=notice.recipient,
                why=why,
                week_on=week_on,
            )
            outbox.add(tx, workspace_id, lost, now)


def known(database: Database, workspace_id: WorkspaceId, team_id: TeamId) -> Team:
    """The team of a notice, ended ones too."""
    with database.reading() as tx:
        found = teams.team(tx, workspace_id, team_id)
    return found or Team(team_id=team_id, name=str(team_id))


def _who_decides(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> list[UserId]:
    approvers = given_roles.approvers(tx, workspace_id)
    managers = [one.user_id for one in approvers if team_id in one.manages]
    return (managers or [one.user_id for one in approvers if one.is_admin])[:_TOLD_MAX]
