"""What people chose, and how they are reached."""

from collections.abc import Iterable

import sqlalchemy as sa

from bot.domain.directory import Standing, TeamId, UserId, WorkspaceId
from bot.domain.preferences import Contact, Preferences
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, PreferenceRow, TeamRow, table

_member = table(MemberRow)
_preference = table(PreferenceRow)
_team = table(TeamRow)

_CHOSEN = tuple(Preferences.__dataclass_fields__)


def contacts(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Iterable[UserId]
) -> dict[UserId, Contact]:
    """These people, known to the directory or not."""
    wanted = sorted(set(user_ids))
    rows = tx.connection.execute(
        sa.select(
            _member.c.user_id,
            _member.c.standing,
            _member.c.team_id,
            _member.c.zone,
            _preference.c.user_id.label("chooser"),
            *(_preference.c[name] for name in _CHOSEN),
        )
        .select_from(
            _member.outerjoin(
                _preference,
                (_preference.c.workspace_id == _member.c.workspace_id)
                & (_preference.c.user_id == _member.c.user_id),
            )
        )
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id.in_(wanted))
    ).mappings()
    found = {UserId(row["user_id"]): _contact(row) for row in rows}
    return {user_id: found.get(user_id, Contact(user_id=user_id)) for user_id in wanted}


def put(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, chosen: Preferences) -> None:
    """What this person chose; what else they chose stays."""
    values = {name: getattr(chosen, name) for name in _CHOSEN}
    tx.connection.execute(
        upsert.insert(tx)(_preference)
        .values(
            workspace_id=workspace_id,
            user_id=user_id,
            wants_digest=False,
            is_unlisted=False,
            **values,
        )
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=values)
    )


def put_team_thresholds(
    tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId, thresholds: str | None
) -> None:
    """At which percentages the team's members are warned who chose none themselves."""
    tx.connection.execute(
        sa.update(_team)
        .where(_team.c.workspace_id == workspace_id, _team.c.team_id == team_id)
        .values(thresholds=thresholds)
    )


def _contact(row: sa.RowMapping) -> Contact:
    chosen = Preferences()
    if row["chooser"] is not None:
        chosen = Preferences(
            thresholds=row["thresholds"],
            quiet_from=row["quiet_from"],
            quiet_to=row["quiet_to"],
            has_quiet_weekends=bool(row["has_quiet_weekends"]),
        )
    return Contact(
        user_id=UserId(row["user_id"]),
        standing=Standing(row["standing"]),
        team_id=TeamId(row["team_id"]),
        zone=row["zone"],
        preferences=chosen,
    )
