"""Whose call it is that is about to be made, who pays for it, and what holds for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.identities import whose
from bot.domain.ledger import UNATTRIBUTED, AccountId
from bot.domain.policies import Rules
from bot.storage import holders, policies
from bot.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account, the team that pays for it, and what limits its calls."""

    account: AccountId
    team_id: TeamId
    #: In which the team's days begin.
    zone: ZoneInfo
    rules: Rules

    @property
    def user_id(self) -> UserId | None:
        """The person, if it is one's: a pool's calls are its team's services'."""
        return whose(self.account)

    @property
    def is_known(self) -> bool:
        return self.account != UNATTRIBUTED

    @property
    def is_plain(self) -> bool:
        """Whether whatever fits into what is available may be held, and nothing else."""
        return self.is_known and self.rules.is_plain


def of_accounts(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId], now: datetime
) -> dict[AccountId, Holder]:
    """The holders of accounts, with what holds for each as of now."""
    payers = holders.payers(tx, workspace_id, accounts)
    paid = {account: team_id for account, (team_id, _) in payers.items()}
    rules = policies.rules(tx, workspace_id, paid, now)
    return {
        account: Holder(account=account, team_id=team_id, zone=ZoneInfo(zone), rules=rules[account])
        for account, (team_id, zone) in payers.items()
    }


def of_account(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime
) -> Holder:
    """The same of one alone."""
    return of_accounts(tx, workspace_id, [account], now)[account]
