"""What a person's Home tab shows."""

from dataclasses import dataclass

from bot.domain.balances import Balance
from bot.domain.history import Page
from bot.domain.topups import TopUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Balance, open requests and the last entries of one person."""

    balance: Balance
    open_topups: tuple[TopUp, ...]
    history: Page
