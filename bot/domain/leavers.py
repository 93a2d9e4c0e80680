"""What leaving a team takes along."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.account_states import Settled
from bot.domain.allowances import SubjectKind
from bot.domain.directory import UserId
from bot.domain.ledger import AccountId, account_owner


@dataclass(frozen=True, slots=True)
class GoingBack:
    """What somebody has unspent of a team's rule, which goes back to its source."""

    user_id: UserId
    tokens: int
    source: AccountId


def going_back(settled: Settled) -> Iterator[GoingBack]:
    """By the rules of the team that they are in, as far as it is available."""
    available = settled.balance - settled.held
    for turn in settled.turns:
        rule = turn.allowance
        is_teams = rule.subject.kind is SubjectKind.TEAM and turn.left_on is None
        if not (is_teams and rule.returns_on_leaving):
            continue
        own = sum(lot.remaining for lot in settled.lots if lot.allowance_id == rule.allowance_id)
        tokens = min(own, available)
        if tokens > 0:
            available -= tokens
            yield GoingBack(UserId(account_owner(settled.account)), tokens, rule.source)
