"""Which digests the clock has yet to look after, and what was chosen of them."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from bot.domain.directory import Standing, TeamId, UserId, WorkspaceId
from bot.domain.teams import Team
from bot.storage import teams, upsert
from bot.storage.database import Transaction
from bot.storage.tables import DepartureRow, MemberRow, PreferenceRow, RunRow, TeamRow, table

_team = table(TeamRow)
_member = table(MemberRow)
_preference = table(PreferenceRow)
_run = table(RunRow)
_departure = table(DepartureRow)

#: The clock is done with a team's week: its digest and its members' own.
WEEK = "digests"
#: A team's digest was sent, by the clock or by hand; its subject is the team.
TEAM = "digest"
#: A member's own; its subject is the member.
OWN = "own_digest"
#: Somebody was told that a channel takes no digest.
LOST = "digest_lost"

_HERE = (Standing.ACTIVE.value, Standing.GUEST.value)


def waiting(tx: Transaction, newest: date) -> list[tuple[WorkspaceId, Team, str]]:
    """Teams of all workspaces that may have a week to be told of, and the last that was.

    A team with which the clock is done for the newest week there can be is left out, so that most
    looks find nothing; and so are those of a workspace that has let go of the bot.
    """
    last = (
        sa.select(sa.func.coalesce(sa.func.max(_run.c.period), ""))
        .where(
            _run.c.workspace_id == _team.c.workspace_id,
            _run.c.job == WEEK,
            _run.c.subject == _team.c.team_id,
        )
        .scalar_subquery()
    )
    rows = tx.connection.execute(
        sa.select(_team, last.label("last"))
        .where(
            _team.c.ended_at.is_(None),
            last < newest.isoformat(),
            ~sa.exists().where(_departure.c.workspace_id == _team.c.workspace_id),
        )
        .order_by(_team.c.workspace_id, _team.c.team_id)
    ).mappings()
    return [(WorkspaceId(row["workspace_id"]), teams.team_of(row), row["last"]) for row in rows]


def head_counts(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[TeamId, int]:
    """How many people are in each of these teams."""
    rows = tx.connection.execute(
        sa.select(_member.c.team_id, sa.func.count())
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.team_id.in_(team_ids),
            _member.c.standing.in_(_HERE),
        )
        .group_by(_member.c.team_id)
    )
    return {TeamId(row[0]): int(row[1]) for row in rows}


def who_want_their_own(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    week_on: date,
    limit: int,
) -> list[tuple[TeamId, UserId]]:
    """Members of these teams who asked for their own digest and have not had that week's."""
    had = sa.exists().where(
        _run.c.workspace_id == _member.c.workspace_id,
        _run.c.job == OWN,
        _run.c.subject == _member.c.user_id,
        _run.c.period >= week_on.isoformat(),  # who came from a team that is ahead had it there
    )
    found = tx.connection.execute(
        sa.select(_member.c.team_id, _member.c.user_id)
        .join(
            _preference,
            (_preference.c.workspace_id == _member.c.workspace_id)
            & (_preference.c.user_id == _member.c.user_id),
        )
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.team_id.in_(team_ids),
            _member.c.standing.in_(_HERE),
            _preference.c.wants_digest,
            ~had,
        )
        .order_by(_member.c.team_id, _member.c.user_id)
        .limit(limit)
    )
    return [(TeamId(row[0]), UserId(row[1])) for row in found]


def unlisted(tx: Transaction, workspace_id: WorkspaceId, user_ids: Sequence[UserId]) -> set[UserId]:
    """Those of them who chose to stay out, or are no longer here."""
    shown = sa.select(_member.c.user_id).where(
        _member.c.workspace_id == workspace_id,
        _member.c.user_id.in_(user_ids),
        _member.c.standing.in_(_HERE),
        ~sa.exists().where(
            _preference.c.workspace_id == _member.c.workspace_id,
            _preference.c.user_id == _member.c.user_id,
            _preference.c.is_unlisted,
        ),
    )
    return set(user_ids) - {UserId(user) for user in tx.connection.execute(shown).scalars()}


def choices(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> tuple[bool, bool]:
    """Whether the person wants their own digest, and whether they stay out of others'."""
    row = tx.connection.execute(
        sa.select(_preference.c.wants_digest, _preference.c.is_unlisted).where(
            _preference.c.workspace_id == workspace_id, _preference.c.user_id == user_id
        )
    ).one_or_none()
    return (bool(row[0]), bool(row[1])) if row else (False, False)


def choose(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, **chosen: bool) -> None:
    """Write `wants_digest` or `is_unlisted`."""
    untouched = {"quiet_from": 20, "quiet_to": 8, "has_quiet_weekends": True}
    neither = {"wants_digest": False, "is_unlisted": False}
    row = {"workspace_id": workspace_id, "user_id": user_id, **untouched, **neither, **chosen}
    tx.connection.execute(
        upsert.insert(tx)(_preference)
        .values(row)
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=chosen)
    )
