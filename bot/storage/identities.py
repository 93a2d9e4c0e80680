"""Who is who in each source, and which account that is."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain import identities as rules
from bot.domain.directory import EVERYONE, Standing, TeamId, UserId, WorkspaceId
from bot.domain.identities import NO_TEAM, Identity, IdentityId, MatchedBy, Payer
from bot.domain.ledger import (
    UNATTRIBUTED,
    AccountId,
    AccountKind,
    member_account,
)
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.statements import Bulk, Row, Statement, Values, among, insert_given
from bot.storage.tables import IdentityRow, MemberRow, TeamRow, table

_identity = table(IdentityRow)
_member = table(MemberRow)
_team = table(TeamRow)

_TEXT = sa.String()
_MINE = sa.bindparam("workspace_id", type_=_TEXT)

NAMED = Statement(
    lambda insert: sa.select(
        _identity.c.identity_id,
        _identity.c.name,
        _identity.c.account_id,
        _identity.c.matched_by,
    ).where(
        _identity.c.workspace_id == _MINE,
        _identity.c.source == sa.bindparam("source", type_=_TEXT),
        among(_identity.c.name, "names", insert),
    )
)
PEOPLE = Statement(
    lambda insert: sa.select(
        _member.c.user_id, sa.func.lower(_member.c.email), _member.c.standing
    ).where(
        _member.c.workspace_id == _MINE,
        among(_member.c.user_id, "names", insert)
        | among(sa.func.lower(_member.c.email), "emails", insert),
    )
)
#: The teams of people; and teams by themselves, with nobody's id.
PAYING = Statement(
    lambda insert: (
        sa.select(_member.c.user_id, _member.c.team_id, _team.c.zone)
        .join(
            _team,
            (_team.c.workspace_id == _member.c.workspace_id)
            & (_team.c.team_id == _member.c.team_id),
        )
        .where(_member.c.workspace_id == _MINE, among(_member.c.user_id, "users", insert))
        .union_all(
            sa.select(sa.literal_column("''"), _team.c.team_id, _team.c.zone).where(
                _team.c.workspace_id == _MINE, among(_team.c.team_id, "teams", insert)
            )
        )
    )
)
_NAMES = (
    "workspace_id",
    "identity_id",
    "source",
    "name",
    "account_id",
    "matched_by",
    "first_seen_at",
)
ADD_NEW = Bulk(
    _identity,
    _NAMES,
    lambda given, insert: insert_given(_identity, given, insert).on_conflict_do_nothing(),
)


def of_names(
    tx: Transaction,
    workspace_id: WorkspaceId,
    source: str,
    names: Collection[str],
    now: datetime,
) -> dict[str, Identity]:
    """The identity of each name, made and matched with the directory where it is new."""
    found = _known(tx, workspace_id, source, names)
    new = sorted(set(names) - found.keys())
    if not new:
        return found
    people = _people(tx, workspace_id, new)
    rows = []
    for name in new:
        match = people.get(name)
        account, matched_by = (member_account(match[0]), match[1].value) if match else (None, None)
        rows.append((workspace_id, ids.new(now), source, name, account, matched_by, now))
    tx.bulk(ADD_NEW, rows)
    # Another batch may have been first with one of them: what stands is what counts.
    return found | _known(tx, workspace_id, source, new)


def foreseen(
    tx: Transaction, workspace_id: WorkspaceId, source: str, names: Collection[str]
) -> dict[str, AccountId]:
    """The account that each name's usage would be charged to; nothing is made or matched."""
    found = {name: one.account for name, one in _known(tx, workspace_id, source, names).items()}
    new = sorted(set(names) - found.keys())
    people = _people(tx, workspace_id, new)
    return found | {
        name: member_account(people[name][0]) if name in people else UNATTRIBUTED for name in new
    }


def _known(
    tx: Transaction, workspace_id: WorkspaceId, source: str, names: Collection[str]
) -> dict[str, Identity]:
    values = {"workspace_id": workspace_id, "source": source, "names": tuple(names)}
    return {
        name: Identity(
            identity_id=IdentityId(identity_id),
            source=source,
            name=name,
            account=AccountId(account_id) if account_id else UNATTRIBUTED,
            matched_by=MatchedBy(matched_by) if matched_by else None,
        )
        for identity_id, name, account_id, matched_by in tx.fetch(NAMED, values)
    }


def _people(
    tx: Transaction, workspace_id: WorkspaceId, names: Sequence[str]
) -> dict[str, tuple[UserId, MatchedBy]]:
    """Whom the directory knows by these Slack ids and e-mail addresses, present people first."""
    emails = {name.lower() for name in names if rules.is_email(name)}
    slack_ids = {name for name in names if rules.is_slack_id(name)}
    if not emails and not slack_ids:
        return {}
    values = {"workspace_id": workspace_id, "names": tuple(slack_ids), "emails": tuple(emails)}
    rows = sorted(tx.fetch(PEOPLE, values), key=lambda row: row[2] == Standing.ACTIVE, reverse=True)
    by_id = {user_id: UserId(user_id) for user_id, _, _ in rows}
    by_email: dict[str, UserId] = {}
    for user_id, email, _ in rows:
        if email:
            by_email.setdefault(email, UserId(user_id))
    found = {}
    for name in names:
        if name in slack_ids and name in by_id:
            found[name] = (by_id[name], MatchedBy.SLACK_ID)
        elif name.lower() in by_email and name.lower() in emails:
            found[name] = (by_email[name.lower()], MatchedBy.EMAIL)
    return found


def payers(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Collection[AccountId]
) -> dict[AccountId, Payer]:
    """The team of each account, which pays, and its zone."""
    return payers_of(accounts, tx.fetch(*paying(workspace_id, accounts)))


def paying(workspace_id: WorkspaceId, accounts: Iterable[AccountId]) -> tuple[Statement, Values]:
    """Ask who pays; of its rows `payers_of` makes the payers."""
    owners, teams_of = by_owner(accounts)
    return PAYING, {
        "workspace_id": workspace_id,
        "users": tuple(owners.values()),
        "teams": tuple(filter(None, teams_of.values())),
    }


def by_owner(
    accounts: Iterable[AccountId],
) -> tuple[dict[AccountId, str], dict[AccountId, str]]:
    """The members' accounts with whose they are, and the others with their teams."""
    owners: dict[AccountId, str] = {}
    teams_of: dict[AccountId, str] = {}
    for account in accounts:
        kind, _, owner = account.partition(":")
        (owners if kind == AccountKind.MEMBER else teams_of)[account] = owner
    return owners, teams_of


def payers_of(accounts: Iterable[AccountId], rows: Iterable[Row]) -> dict[AccountId, Payer]:
    """The payers of these accounts, by what `paying` found."""
    owners, teams_of = by_owner(accounts)
    team_of: dict[str, tuple[TeamId, str]] = {}
    zone_of: dict[str, str] = {}
    for user_id, team_id, zone in rows:
        if user_id:
            team_of[user_id] = TeamId(team_id), zone
        else:
            zone_of[team_id] = zone
    found = {}
    for account, user_id in owners.items():
        team_id, zone = team_of.get(user_id, (EVERYONE, "UTC"))
        found[account] = Payer(account=account, user_id=user_id, team_id=team_id, zone=zone)
    for account, team in teams_of.items():
        found[account] = Payer(
            account=account,
            user_id="",
            team_id=TeamId(team) if team else NO_TEAM,
            zone=zone_of.get(team, "UTC"),
        )
    return found


def note(
    tx: Transaction, workspace_id: WorkspaceId, *, source: str, name: str, now: datetime
) -> None:
    """Make room for a name, of nobody, unless it is known."""
    tx.bulk(ADD_NEW, [(workspace_id, ids.new(now), source, name, None, None, now)])


def identity(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, *, lock: bool = False
) -> Identity | None:
    """The identity of this id; locked, nobody says meanwhile whose it is."""
    wanted = sa.select(_identity).where(
        _identity.c.workspace_id == workspace_id, _identity.c.identity_id == identity_id
    )
    if lock:
        wanted = wanted.with_for_update()
    row = tx.connection.execute(wanted).mappings().one_or_none()
    return identity_of(row) if row is not None else None


def account_of(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId
) -> AccountId | None:
    """Whose it is, `unattributed` where nobody knows; None for what is no identity."""
    found = identity(tx, workspace_id, identity_id)
    return found.account if found else None


def assign(
    tx: Transaction,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    *,
    account: AccountId,
    matched_by: MatchedBy,
) -> bool:
    """Say whose it is; False where it is somebody's by now. The guard of two who link at once."""
    changed = tx.connection.execute(
        sa.update(_identity)
        .where(
            _identity.c.workspace_id == workspace_id,
            _identity.c.identity_id == identity_id,
            _identity.c.account_id.is_(None),
        )
        .values(account_id=account, matched_by=matched_by.value)
    )
    return changed.rowcount == 1


def release(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, *, account: AccountId
) -> bool:
    """Say that nobody knows whose it is; False where it is not this account's by now."""
    changed = tx.connection.execute(
        sa.update(_identity)
        .where(
            _identity.c.workspace_id == workspace_id,
            _identity.c.identity_id == identity_id,
            _identity.c.account_id == account,
        )
        .values(account_id=None, matched_by=None)
    )
    return changed.rowcount == 1


def identity_of(row: sa.RowMapping) -> Identity:
    """The identity that a row of the table is."""
    return Identity(
        identity_id=IdentityId(row["identity_id"]),
        source=row["source"],
        name=row["name"],
        account=AccountId(row["account_id"]) if row["account_id"] else UNATTRIBUTED,
        matched_by=MatchedBy(row["matched_by"]) if row["matched_by"] else None,
    )
