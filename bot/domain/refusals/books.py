"""What the books don't allow."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class NotEnoughTokens(Refusal):
    """`needed` is more than what `user_id` has available."""

    user_id: UserId
    needed: int
    available: int


@dataclass(eq=False)
class BalanceOutOfRange(Refusal):
    """A credit that would lift a balance above what the books can hold."""

    #: Whose balance; None for that of a team's pool.
    user_id: UserId | None
    tokens: int
    team: str = ""


@dataclass(eq=False)
class KeyReused(Refusal):
    """The idempotency key has been used for something else."""

    key: str
