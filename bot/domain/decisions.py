"""A decision on a top-up request."""

from dataclasses import dataclass

from bot.domain.ledger import Receipt
from bot.domain.topups import TopUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A request that has just been decided; `receipt` is the grant that an approval made."""

    topup: TopUp
    receipt: Receipt | None = None
