"""The keys of what falls due on accounts: whoever settles it late writes it under the same."""

from datetime import date

from bot.domain.allowances import AllowanceId
from bot.domain.ledger import AccountId, IdempotencyKey
from bot.domain.lots import Taken


def credit(allowance_id: AllowanceId, account: AccountId, day: date) -> IdempotencyKey:
    """Of a rule's credit of one day."""
    return IdempotencyKey(f"allowance:{allowance_id}:{account}:{day}")


def day_of_credit(key: str) -> date | None:
    """The first day of the period that an allowance's entry is for, by its key."""
    try:
        return date.fromisoformat(key.rpartition(":")[2])
    except ValueError:
        return None


def expiry(first: Taken) -> IdempotencyKey:
    """A lot may expire in two goes, where holds covered some of it; each has its own rest."""
    return IdempotencyKey(f"expiry:{first.lot.lot_id}:{first.lot.remaining}")
