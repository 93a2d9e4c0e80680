"""How large a text is for several models, what it would cost, and what share of what one has."""

from datetime import datetime

from bot import estimation, prices
from bot.domain import estimates as rules
from bot.domain.balances import Balance
from bot.domain.counts import Counts
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.estimates import Model, ModelSize, TextSize
from bot.domain.participants import is_outsider
from bot.domain.usage_events import UsageEvent
from bot.services import balances, charging
from bot.storage.database import Database


def is_ready(seconds: float = 0.0) -> bool:
    """Whether texts can be counted without waiting, at the latest by then."""
    return estimation.is_ready(seconds)


def estimate(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    text: str,
    model: str = "",
    now: datetime,
) -> TextSize:
    """The text as input of the model, if it is one that is offered, or of one of each family.

    It is counted before the database is asked for anything, and kept nowhere.
    """
    models = rules.asked_for(model)
    encodings = {one.family.encoding for one in models}
    counted = {encoding: estimation.count(text, encoding) for encoding in encodings}
    tokens = [counted[one.family.encoding].tokens for one in models]
    own = balances.balance(database, workspace_id, viewer=user_id, subject=user_id, now=now)
    events = [_event(one, n, now) for one, n in zip(models, tokens, strict=True)]
    with database.reading() as tx:
        charges = charging.by_cards(tx, workspace_id, events)
    return TextSize(
        sizes=tuple(
            ModelSize(
                model=one,
                tokens=n,
                is_estimate=one.family.is_estimate or counted[one.family.encoding].is_estimate,
                charge=charge.tokens,
                cost_nano=charge.cost_nano,
            )
            for one, n, charge in zip(models, tokens, charges, strict=True)
        ),
        available=_available(own),
        prices=prices.VERSION,
    )


def _event(model: Model, tokens: int, now: datetime) -> UsageEvent:
    """A call that puts in the text and gets nothing out."""
    return UsageEvent(
        source="",
        external_id="",
        occurred_at=now,
        user="",
        model=model.name,
        provider=model.provider,
        counts=Counts(input_uncached=tokens),
    )


def _available(own: Balance) -> int | None:
    takes_part = own.balance or own.held or not is_outsider(own.viewer)
    return own.available if takes_part else None
