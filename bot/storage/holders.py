"""Whose call it is that is about to be made, found for one at a time: statements without lists."""

import sqlalchemy as sa

from bot.domain import identities as rules
from bot.domain.directory import EVERYONE, Standing, TeamId, WorkspaceId
from bot.domain.identities import NO_TEAM
from bot.domain.ledger import UNATTRIBUTED, AccountId, AccountKind, account_kind, account_owner
from bot.storage.database import Transaction
from bot.storage.statements import Statement
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


def named(tx: Transaction, workspace_id: WorkspaceId, source: str, name: str) -> AccountId:
    """The account that a call of whom this source calls so is charged to; nothing is made."""
    values = {
        "workspace_id": workspace_id,
        "source": source,
        "name": name,
        "slack_id": name if rules.is_slack_id(name) else None,
        "email": name.lower() if rules.is_email(name) else None,
    }
    rows = tx.fetch(NAMED, values)
    account = rows[0][1] if rows else None
    return AccountId(account) if account is not None else UNATTRIBUTED


def payer(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> tuple[TeamId, str]:
    """The team that pays for an account, and its zone."""
    kind = account_kind(account)
    if kind not in {AccountKind.MEMBER, AccountKind.POOL}:
        return NO_TEAM, "UTC"
    statement = PAYER_OF_MEMBER if kind is AccountKind.MEMBER else PAYER_OF_POOL
    values = {"workspace_id": workspace_id, "owner": account_owner(account)}
    rows = tx.fetch(statement, values)
    return (TeamId(rows[0][0]), str(rows[0][1])) if rows else (EVERYONE, "UTC")
