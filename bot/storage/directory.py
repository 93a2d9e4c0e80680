"""The directory: workspaces, members and their roles, as last heard from Slack."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import sqlalchemy as sa

from bot.domain.directory import (
    EVERYONE,
    Member,
    Person,
    Role,
    Standing,
    TeamId,
    UserId,
    WorkspaceId,
)
from bot.domain.ledger import member_account
from bot.storage import upsert
from bot.storage.database import Topic, Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row, Statement
from bot.storage.tables import (
    AccountRow,
    MemberRow,
    RoleRow,
    SettingRow,
    TeamRow,
    WorkspaceRow,
    table,
)

_workspace = table(WorkspaceRow)
_team = table(TeamRow)
_member = table(MemberRow)
_role = table(RoleRow)
_account = table(AccountRow)
_setting = table(SettingRow)

_STRING = sa.String()
#: Whether Slack's admins and owners are admins here; they are unless the setting says no.
SLACK_ADMINS_COUNT = ~sa.exists().where(
    _setting.c.workspace_id == _member.c.workspace_id,
    _setting.c.name == "slack_admins_are_approvers",
    _setting.c.value == "no",
)
MEMBER_COLUMNS = (
    _member.c.user_id,
    _member.c.name,
    _member.c.standing,
    _member.c.team_id,
    (_member.c.is_slack_admin & SLACK_ADMINS_COUNT).label("is_slack_admin"),
    _member.c.fetched_at,
    _role.c.role,
    _role.c.team_id.label("managed_team_id"),
)
WITH_ROLES = _member.outerjoin(
    _role,
    (_role.c.workspace_id == _member.c.workspace_id) & (_role.c.user_id == _member.c.user_id),
)
#: One or two people, as most commands need them.
TWO_MEMBERS = Statement(
    lambda _insert: (
        sa.select(*MEMBER_COLUMNS)
        .select_from(WITH_ROLES)
        .where(
            _member.c.workspace_id == sa.bindparam("workspace_id", type_=_STRING),
            _member.c.user_id.in_(
                [sa.bindparam("first", type_=_STRING), sa.bindparam("second", type_=_STRING)]
            ),
        )
    )
)
#: The same for one person, with what there is on their account and when something is due on it.
MEMBER_AND_ACCOUNT = Statement(
    lambda _insert: (
        sa.select(*MEMBER_COLUMNS, _account.c.balance, _account.c.held, _account.c.next_due_at)
        .select_from(
            WITH_ROLES.outerjoin(
                _account,
                (_account.c.workspace_id == _member.c.workspace_id)
                & (_account.c.account_id == sa.bindparam("account_id", type_=_STRING)),
            )
        )
        .where(
            _member.c.workspace_id == sa.bindparam("workspace_id", type_=_STRING),
            _member.c.user_id == sa.bindparam("user_id", type_=_STRING),
        )
    )
)


def member(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> Member:
    """The person; of standing `UNSEEN` when the directory has not met them."""
    return pair(tx, workspace_id, user_id, user_id)[0]


def pair(
    tx: Transaction, workspace_id: WorkspaceId, first: UserId, second: UserId
) -> tuple[Member, Member]:
    """Two people in one read."""
    rows = tx.fetch(TWO_MEMBERS, {"workspace_id": workspace_id, "first": first, "second": second})
    found = people_of(rows)
    return (
        found.get(first, Member(user_id=first)),
        found.get(second, Member(user_id=second)),
    )


def members(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Sequence[UserId]
) -> dict[UserId, Member]:
    """These people; whoever is not in the directory is of standing `UNSEEN`."""
    rows = tx.connection.execute(
        sa.select(*MEMBER_COLUMNS)
        .select_from(WITH_ROLES)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id.in_(user_ids))
    )
    found = people_of([tuple(row) for row in rows])
    return {u: found.get(u, Member(user_id=u)) for u in user_ids}


def member_with_account(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId
) -> tuple[Member, int, int, datetime | None]:
    """The person, balance and held of their account, and when something on it is due next."""
    rows = tx.fetch(
        MEMBER_AND_ACCOUNT,
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "account_id": member_account(user_id),
        },
    )
    person = people_of(rows).get(user_id)
    if person is None:
        return Member(user_id=user_id), 0, 0, None
    balance, held, next_due_at = rows[0][-3:]
    return person, balance or 0, held or 0, as_moment(next_due_at)


def learn(
    tx: Transaction, workspace_id: WorkspaceId, people: Iterable[Person], now: datetime
) -> None:
    """Write what Slack says of these people; teams, roles and references here stay."""
    rows = [
        {
            "workspace_id": workspace_id,
            "user_id": person.user_id,
            "name": person.name,
            "email": person.email,
            "zone": person.zone,
            "standing": person.standing.value,
            "is_slack_admin": person.is_admin and person.standing is Standing.ACTIVE,
            "team_id": EVERYONE,
            "fetched_at": now,
        }
        for person in sorted(people, key=attrgetter("user_id"))  # the one order of locks
    ]
    if not rows:
        return
    statement = upsert.insert(tx)(_member)
    facts = ("name", "email", "zone", "standing", "is_slack_admin", "fetched_at")
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "user_id"],
            set_={name: statement.excluded[name] for name in facts},
        ),
        rows,
    )


def want(tx: Transaction, workspace_id: WorkspaceId, user_ids: Iterable[UserId]) -> None:
    """Note people to be looked up in Slack in the background; known ones are left alone."""
    rows = [
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "name": "",
            "standing": Standing.UNSEEN.value,
            "is_slack_admin": False,
            "team_id": EVERYONE,
        }
        for user_id in sorted(user_ids)
    ]
    if not rows:
        return
    tx.connection.execute(upsert.insert(tx)(_member).on_conflict_do_nothing(), rows)
    tx.announce(Topic.DIRECTORY)


def wake(tx: Transaction) -> None:
    """Have whoever asks Slack for people look at once what there is to ask."""
    tx.announce(Topic.DIRECTORY)


def wanted(
    tx: Transaction, workspace_id: WorkspaceId, *, older_than: datetime, limit: int
) -> list[UserId]:
    """People never looked up, then those whose facts are older than this."""
    found = tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.fetched_at.is_(None) | (_member.c.fetched_at < older_than),
        )
        .order_by(_member.c.fetched_at.is_not(None), _member.c.fetched_at)
        .limit(limit)
    )
    return [UserId(user_id) for user_id in found.scalars()]


def mark_missing(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> None:
    """Slack says that there is no such person."""
    tx.connection.execute(
        sa.update(_member)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
        .values(standing=Standing.MISSING.value, is_slack_admin=False, fetched_at=now)
    )


def dm_channel(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> str | None:
    """The channel of the bot's direct messages with this person, once it was opened."""
    return tx.connection.execute(
        sa.select(_member.c.dm_channel).where(
            _member.c.workspace_id == workspace_id, _member.c.user_id == user_id
        )
    ).scalar_one_or_none()


def email(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> str | None:
    """The person's e-mail address, where Slack says one."""
    return tx.connection.execute(
        sa.select(_member.c.email).where(
            _member.c.workspace_id == workspace_id, _member.c.user_id == user_id
        )
    ).scalar_one_or_none()


def with_email(tx: Transaction, workspace_id: WorkspaceId, address: str) -> UserId | None:
    """Whose e-mail address it is, present people first."""
    found = tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(
            _member.c.workspace_id == workspace_id,
            sa.func.lower(_member.c.email) == address.lower(),
        )
        .order_by((_member.c.standing == Standing.ACTIVE.value).desc(), _member.c.user_id)
        .limit(1)
    ).scalar_one_or_none()
    return UserId(found) if found else None


def set_dm_channel(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, channel: str
) -> None:
    tx.connection.execute(
        sa.update(_member)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
        .values(dm_channel=channel)
    )


def people_of(rows: Iterable[Row]) -> dict[UserId, Member]:
    """One member for the several rows that several roles make."""
    by_id: dict[UserId, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row[0], []).append(row)
    return {user_id: _member_of(found) for user_id, found in by_id.items()}


def _member_of(rows: Sequence[Row]) -> Member:
    user_id, name, standing, team_id, is_slack_admin, fetched_at = rows[0][:6]
    given = [(row[6], row[7]) for row in rows if row[6]]
    return Member(
        user_id=user_id,
        name=name,
        standing=Standing(standing),
        team_id=TeamId(team_id),
        is_admin=bool(is_slack_admin) or any(role == Role.ADMIN for role, _ in given),
        is_finance=any(role == Role.FINANCE for role, _ in given),
        manages=frozenset(TeamId(team) for role, team in given if role == Role.MANAGER),
        fetched_at=as_moment(fetched_at),
    )
