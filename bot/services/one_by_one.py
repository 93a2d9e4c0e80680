"""What many could not do together is tried by each, without waiting for one thing many times."""

from collections.abc import Callable
from typing import TypeVar

from bot.domain.ledger import AccountId
from bot.storage.database import DatabaseBusy, DatabaseFault

T = TypeVar("T")


class OneByOne:
    """Each act by itself; whoever has an account, or the database, that was in vain hears so.

    To wait for a lock or a server as often as there are calls keeps all who come after waiting.
    """

    def __init__(self) -> None:
        self._busy: dict[AccountId, DatabaseBusy] = {}
        self._broken: DatabaseFault | None = None

    def outcome(self, account: AccountId, act: Callable[[], T]) -> T | Exception:
        """What the act on an account gives, or what it raises."""
        in_vain = self._broken or self._busy.get(account)
        if in_vain is not None:
            return in_vain
        try:
            return act()
        except DatabaseBusy as busy:
            self._busy[account] = busy
            return busy
        except DatabaseFault as fault:
            self._broken = fault
            return fault
        except Exception as refusal:  # noqa: BLE001 - its caller raises it
            return refusal
