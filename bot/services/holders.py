"""Whose call it is that is about to be made, who pays for it, and what holds for it."""

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


def named(
    tx: Transaction, workspace_id: WorkspaceId, *, source: str, name: str, now: datetime
) -> Holder:
    """Whom a source calls so; of nobody whom anybody knows, `unattributed`."""
    account = holders.named(tx, workspace_id, source, name)
    return of_account(tx, workspace_id, account, now)


def of_account(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime
) -> Holder:
    """The holder of an account, with what holds for it as of now."""
    team_id, zone = holders.payer(tx, workspace_id, account)
    return Holder(
        account=account,
        team_id=team_id,
        zone=ZoneInfo(zone),
        rules=policies.rules(tx, workspace_id, team_id, account, now),
    )
