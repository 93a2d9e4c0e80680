"""What a person has, as a program asks for it: by Slack id or e-mail."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.balances import Balance
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.funds import Funds
from bot.domain.ledger import member_account
from bot.services import balances, funds
from bot.storage import people
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's balance with its use, and the funds of their current period."""

    balance: Balance
    funds: Funds


def standing(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId | None,
    name: str,
    now: datetime,
) -> Standing | None:
    """What there is on somebody's account; None for a name that nobody here has.

    Raises `NotAllowed` where it is none of the viewer's business; None sees all.
    """
    with database.reading() as tx:
        user_id = people.named(tx, workspace_id, name)
    if user_id is None:
        return None
    found = balances.with_use(
        database, workspace_id, viewer=viewer or user_id, subject=user_id, now=now
    )
    account = member_account(user_id)
    with database.snapshot() as tx:
        return Standing(found, funds.of(tx, workspace_id, [account], now)[account])
