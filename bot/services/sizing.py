"""How many tokens of an allowance a call is likely to cost, before it is made."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import intents
from bot.domain.counts import Counts
from bot.domain.directory import WorkspaceId
from bot.domain.intents import Estimate, Intent
from bot.domain.ledger import UNATTRIBUTED, AccountId
from bot.domain.usage_events import UsageEvent
from bot.services import charging
from bot.services.holders import Holder
from bot.storage import calls
from bot.storage.database import Transaction

#: For so long what calls used lately is taken as known: it changes slowly, and is an estimate.
FRESH = timedelta(minutes=1)
#: People and models whose figures are remembered; beyond, all are forgotten.
REMEMBERED_MAX = 10_000

_Key = tuple[WorkspaceId, AccountId, str]


class Sizes:
    """What calls of each person to each model put out lately, remembered for a minute.

    Threads may share it: a look-up that two make at once finds the same.
    """

    def __init__(self) -> None:
        self._known: dict[_Key, tuple[datetime, Sequence[int]]] = {}

    def tokens(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId,
        calls: Sequence[tuple[Holder, Intent]],
        now: datetime,
    ) -> list[int]:
        """Tokens of the allowance to hold for each call; at least one."""
        events = [
            self._likely(tx, workspace_id, holder, intent, now)
            for holder, intent in calls
            if intent.amount is None
        ]
        charged = iter(charging.by_cards(tx, workspace_id, events) if events else ())
        return [
            max(next(charged).tokens, 1) if intent.amount is None else intent.amount
            for _, intent in calls
        ]

    def _likely(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId,
        holder: Holder,
        intent: Intent,
        now: datetime,
    ) -> UsageEvent:
        """What the call will be told as, if it is as such calls are."""
        estimate = intent.estimate or Estimate(input_tokens=0)
        lately = self._lately(tx, workspace_id, holder.account, intent.model, now)
        put_out = intents.output(estimate, lately)
        return UsageEvent(
            source=intent.source,
            external_id="",
            occurred_at=now,
            user=intent.user,
            model=intent.model,
            provider=intent.provider,
            counts=Counts(input_uncached=estimate.input_tokens, output=put_out),
        )

    def _lately(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId,
        account: AccountId,
        model: str,
        now: datetime,
    ) -> Sequence[int]:
        if account == UNATTRIBUTED:
            return ()
        key = (workspace_id, account, model)
        known = self._known.get(key)
        if known is not None and now - known[0] < FRESH:
            return known[1]
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        found = calls.outputs(tx, workspace_id, account, model, limit=intents.CALLS_LOOKED_AT)
        self._known[key] = (now, found)
        return found
