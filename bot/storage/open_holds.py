"""The open holds of many accounts, for whoever settles what is due on them under their locks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.holds import HoldState, OpenHold
from bot.domain.ledger import AccountId
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)

_OPEN = _hold.c.state == sa.literal_column(f"'{HoldState.OPEN}'")
OPEN_OF_ACCOUNTS = Statement(
    lambda insert: (
        sa.select(_hold.c.account_id, _hold.c.hold_id, _hold.c.held, _hold.c.expires_at)
        .where(
            _hold.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            among(_hold.c.account_id, "accounts", insert),
            _OPEN,
        )
        .order_by(_hold.c.hold_id)
    )
)
EXPIRE = Bulk(
    _hold,
    ("workspace_id", "hold_id"),
    lambda given, _insert: (
        sa.update(_hold)
        .where(*(_hold.c[name] == given[name] for name in given))
        .values(
            state=sa.literal_column(f"'{HoldState.EXPIRED}'"),
            promised=sa.literal_column("0"),
            held=sa.literal_column("0"),
        )
    ),
)
#: What is still to come of each open hold of an account.
PROMISED = Statement(
    lambda _insert: sa.select(
        _hold.c.model, _hold.c.promised, _hold.c.held, _hold.c.expires_at
    ).where(
        _hold.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
        _hold.c.account_id == sa.bindparam("account_id", type_=sa.String()),
        _OPEN,
    )
)
PROMISED_FOR_PROJECT = Statement(
    lambda insert: sa.select(
        sa.func.coalesce(sa.func.sum(_hold.c.promised), sa.literal_column("0"))
    ).where(
        _hold.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
        among(_hold.c.team_id, "teams", insert),
        _hold.c.project == sa.bindparam("project", type_=sa.String()),
        _OPEN,
        _hold.c.expires_at > sa.bindparam("now", type_=_hold.c.expires_at.type),
    )
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the call of an open hold may use still, and what of that is held."""

    model: str
    tokens: int
    held: int


def promises(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime
) -> list[Promise]:
    """Of the account's holds that are open at that time."""
    rows = tx.fetch(PROMISED, {"workspace_id": workspace_id, "account_id": account})
    return [
        Promise(model, tokens, held)
        for model, tokens, held, ends in rows
        if (moment := as_moment(ends)) is not None and moment > now
    ]


def promised_for_project(
    tx: Transaction,
    workspace_id: WorkspaceId,
    teams: Sequence[TeamId],
    project: str,
    now: datetime,
) -> int:
    """What open holds of these teams' people may use for a project still."""
    values = {
        "workspace_id": workspace_id,
        "teams": tuple(teams),
        "project": project,
        "now": now,
    }
    return int(tx.fetch(PROMISED_FOR_PROJECT, values)[0][0])


def by_account(
    rows: Sequence[Row], accounts: Iterable[AccountId]
) -> dict[AccountId, list[OpenHold]]:
    """The open holds of each, of what `OPEN_OF_ACCOUNTS` found."""
    found: dict[AccountId, list[OpenHold]] = {account: [] for account in accounts}
    for account, hold_id, held, expires_at in rows:
        ends = as_moment(expires_at)
        if ends is None:
            raise TypeError(f"hold {hold_id} has no end")
        found[account].append(OpenHold(hold_id, held, ends))
    return found
