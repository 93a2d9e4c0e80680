"""Whose call it is that is about to be made, and who pays for it: of many in one go."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from bot.domain import identities as rules
from bot.domain.directory import EVERYONE, Standing, TeamId, WorkspaceId
from bot.domain.identities import NO_TEAM
from bot.domain.ledger import UNATTRIBUTED, AccountId, AccountKind, account_kind, account_owner
from bot.storage.database import Call, Transaction
from bot.storage.statements import Bulk, Given, Row, Statement, among
from bot.storage.tables import IdentityRow, MemberRow, TeamRow, table

_identity = table(IdentityRow)
_member = table(MemberRow)
_team = table(TeamRow)

_TEXT = sa.String()
_MINE = sa.bindparam("workspace_id", type_=_TEXT)


_NOBODY = sa.literal_column("''", _TEXT)
_ACCOUNT_OF = sa.literal_column(f"'{AccountKind.MEMBER}:'", _TEXT) + _member.c.user_id
#: How calls name a person, read as what it may be.
_NAMES = sa.table(
    "name",
    *(sa.column(one, _TEXT) for one in ("workspace_id", "source", "name", "slack_id", "email")),
)


def _named(given: Given, _insert: Any) -> sa.ClauseElement:
    """As `identities.of_names` finds them: what is linked, if to nobody, then Slack ids, then
    addresses; of several people with one address whoever is active.
    """
    mine = given["workspace_id"]
    linked = sa.select(sa.func.coalesce(_identity.c.account_id, _NOBODY)).where(
        _identity.c.workspace_id == mine,
        _identity.c.source == given["source"],
        _identity.c.name == given["name"],
    )
    by_id = sa.select(_ACCOUNT_OF).where(
        _member.c.workspace_id == mine, _member.c.user_id == given["slack_id"]
    )
    by_address = sa.select(sa.func.min(_ACCOUNT_OF)).where(
        _member.c.workspace_id == mine, sa.func.lower(_member.c.email) == given["email"]
    )
    active = by_address.where(
        _member.c.standing == sa.literal_column(f"'{Standing.ACTIVE}'", _TEXT)
    )
    ways = (one.scalar_subquery() for one in (linked, by_id, active, by_address))
    return sa.select(given["source"], given["name"], sa.func.coalesce(*ways))


NAMED = Bulk(_NAMES, tuple(_NAMES.c.keys()), _named)
PAYERS_OF_MEMBERS = Statement(
    lambda insert: (
        sa.select(_ACCOUNT_OF, _member.c.team_id, _team.c.zone)
        .join(
            _team,
            (_team.c.workspace_id == _member.c.workspace_id)
            & (_team.c.team_id == _member.c.team_id),
        )
        .where(_member.c.workspace_id == _MINE, among(_member.c.user_id, "owners", insert))
    )
)
PAYERS_OF_POOLS = Statement(
    lambda insert: sa.select(
        sa.literal_column(f"'{AccountKind.POOL}:'", _TEXT) + _team.c.team_id,
        _team.c.team_id,
        _team.c.zone,
    ).where(_team.c.workspace_id == _MINE, among(_team.c.team_id, "owners", insert))
)
_PAYERS: Mapping[AccountKind, Statement] = MappingProxyType(
    {AccountKind.MEMBER: PAYERS_OF_MEMBERS, AccountKind.POOL: PAYERS_OF_POOLS}
)


def named(
    tx: Transaction, workspace_id: WorkspaceId, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], AccountId]:
    """By source and what it calls the person: the account of their calls; nothing is made."""
    found = dict.fromkeys(names, UNATTRIBUTED)
    rows = [_read(workspace_id, *one) for one in found]
    for source, name, account in tx.bulk_rows(NAMED, rows):
        if account:
            found[source, name] = AccountId(account)
    return found


def _read(workspace_id: WorkspaceId, source: str, name: str) -> Row:
    slack_id = name if rules.is_slack_id(name) else None
    return (workspace_id, source, name, slack_id, name.lower() if rules.is_email(name) else None)


def payers(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> dict[AccountId, tuple[TeamId, str]]:
    """The team that pays for each account, and its zone."""
    owners: dict[AccountKind, list[str]] = {}
    for account in accounts:
        owners.setdefault(account_kind(account), []).append(account_owner(account))
    calls: list[Call] = [
        (_PAYERS[kind], {"workspace_id": workspace_id, "owners": tuple(some)})
        for kind, some in owners.items()
        if kind in _PAYERS
    ]
    found = {
        one: (EVERYONE, "UTC") if account_kind(one) in _PAYERS else (NO_TEAM, "UTC")
        for one in accounts
    }
    for rows in tx.batch(calls) if calls else []:
        found |= {AccountId(one): (TeamId(team_id), str(zone)) for one, team_id, zone in rows}
    return found
