"""Whose call it is that is about to be made, each by a statement without lists."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import sqlalchemy as sa

from bot.domain import identities as rules
from bot.domain.directory import EVERYONE, Standing, TeamId, WorkspaceId
from bot.domain.identities import NO_TEAM
from bot.domain.ledger import UNATTRIBUTED, AccountId, AccountKind, account_kind, account_owner
from bot.storage.database import Call, Transaction
from bot.storage.statements import Statement, Values
from bot.storage.tables import IdentityRow, MemberRow, TeamRow, table

_identity = table(IdentityRow)
_member = table(MemberRow)
_team = table(TeamRow)

_TEXT = sa.String()
_MINE = sa.bindparam("workspace_id", type_=_TEXT)


def _place(number: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(number), sa.Integer())


_ACCOUNT_OF = sa.literal_column(f"'{AccountKind.MEMBER}:'", _TEXT) + _member.c.user_id
#: As `identities.of_names` finds them: what is linked, then Slack ids, then addresses, of several
#: people with one address whoever is active.
NAMED = Statement(
    lambda _insert: (
        sa.union_all(
            sa.select(_place(0).label("place"), _identity.c.account_id.label("account_id")).where(
                _identity.c.workspace_id == _MINE,
                _identity.c.source == sa.bindparam("source", type_=_TEXT),
                _identity.c.name == sa.bindparam("name", type_=_TEXT),
            ),
            sa.select(_place(1), _ACCOUNT_OF).where(
                _member.c.workspace_id == _MINE,
                _member.c.user_id == sa.bindparam("slack_id", type_=_TEXT),
            ),
            sa.select(
                sa.case(
                    (
                        _member.c.standing == sa.literal_column(f"'{Standing.ACTIVE}'"),
                        _place(2),
                    ),
                    else_=_place(3),
                ),
                _ACCOUNT_OF,
            ).where(
                _member.c.workspace_id == _MINE,
                sa.func.lower(_member.c.email) == sa.bindparam("email", type_=_TEXT),
            ),
        )
        .order_by("place", "account_id")
        .limit(sa.literal_column("1"))
    )
)
PAYER_OF_MEMBER = Statement(
    lambda _insert: (
        sa.select(_member.c.team_id, _team.c.zone)
        .join(
            _team,
            (_team.c.workspace_id == _member.c.workspace_id)
            & (_team.c.team_id == _member.c.team_id),
        )
        .where(
            _member.c.workspace_id == _MINE,
            _member.c.user_id == sa.bindparam("owner", type_=_TEXT),
        )
    )
)
PAYER_OF_POOL = Statement(
    lambda _insert: sa.select(_team.c.team_id, _team.c.zone).where(
        _team.c.workspace_id == _MINE, _team.c.team_id == sa.bindparam("owner", type_=_TEXT)
    )
)


_PAYER: Mapping[AccountKind, Statement] = MappingProxyType(
    {AccountKind.MEMBER: PAYER_OF_MEMBER, AccountKind.POOL: PAYER_OF_POOL}
)


def named(
    tx: Transaction, workspace_id: WorkspaceId, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], AccountId]:
    """By source and what it calls the person: the account of their calls; nothing is made."""
    ordered = list(names)
    found = tx.batch([(NAMED, _named(workspace_id, *one)) for one in ordered]) if ordered else []
    return {
        one: AccountId(rows[0][1]) if rows and rows[0][1] is not None else UNATTRIBUTED
        for one, rows in zip(ordered, found, strict=True)
    }


def _named(workspace_id: WorkspaceId, source: str, name: str) -> Values:
    return {
        "workspace_id": workspace_id,
        "source": source,
        "name": name,
        "slack_id": name if rules.is_slack_id(name) else None,
        "email": name.lower() if rules.is_email(name) else None,
    }


def payers(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> dict[AccountId, tuple[TeamId, str]]:
    """The team that pays for each account, and its zone."""
    kinds = {account: account_kind(account) for account in accounts}
    asked = [account for account, kind in kinds.items() if kind in _PAYER]
    calls: list[Call] = [
        (
            _PAYER[kinds[account]],
            {"workspace_id": workspace_id, "owner": account_owner(account)},
        )
        for account in asked
    ]
    found: dict[AccountId, tuple[TeamId, str]] = dict.fromkeys(accounts, (NO_TEAM, "UTC"))
    for account, rows in zip(asked, tx.batch(calls) if calls else [], strict=True):
        found[account] = (TeamId(rows[0][0]), str(rows[0][1])) if rows else (EVERYONE, "UTC")
    return found
