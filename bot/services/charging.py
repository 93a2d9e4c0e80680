"""What usage events cost: tokens of an allowance by a rate card, and dollars."""

from collections.abc import Sequence
from datetime import datetime

from bot import prices
from bot.domain import rates
from bot.domain.directory import WorkspaceId
from bot.domain.rates import Preset, Rate, RateCard
from bot.domain.usage import Charge
from bot.domain.usage_events import UsageEvent
from bot.storage import rate_cards
from bot.storage.database import Transaction

#: A gateway answered from its own cache.
_FREE = Charge(tokens=0, rate=rates.FREE_RATE, cost_nano=0)
_RAW = Rate(weights=rates.RAW)


def by_cards(
    tx: Transaction, workspace_id: WorkspaceId, events: Sequence[UsageEvent]
) -> list[Charge]:
    """What each event costs by this workspace's cards; there is at least one."""
    times = [event.occurred_at for event in events]
    cards = rate_cards.counting(tx, workspace_id, since=min(times), until=max(times))
    return charge(events, cards)


def charge(events: Sequence[UsageEvent], cards: Sequence[RateCard]) -> list[Charge]:
    """What each event costs by the card that counts at its time; raw before the first card.

    A batch costs the sum of its events: each is rounded by itself. With its counts and the rate
    kept with it (`domain.rates.read`), every charge can be computed again. A cost that the source
    doesn't tell is estimated by list price; it is None for a model that nobody has a price of.
    """
    ordered = rates.in_order(cards)
    seen: dict[tuple[str, str, str, datetime | None], tuple[Rate, str]] = {}
    charges = []
    for event in events:
        if event.is_free:
            charges.append(_FREE)
            continue
        card = rates.card_at(ordered, event.occurred_at)
        # List prices change with time, a table does not.
        at = event.occurred_at if card is not None and card.preset is Preset.COST else None
        key = (card.card_id if card else "", event.provider, event.model, at)
        found = seen.get(key)
        if found is None:
            rate = rate_of(card, event.provider, event.model, event.occurred_at)
            seen[key] = found = (rate, str(rate))
        charges.append(_charged(event, *found))
    return charges


def rate_of(card: RateCard | None, provider: str, model: str, at: datetime) -> Rate:
    """At which rate a call of this model is charged then, under this card."""
    if card is None or card.preset is Preset.RAW:
        return _RAW
    if card.preset is Preset.TABLE:
        return Rate(weights=card.weights(provider=provider, model=model), card=card.short_id)
    worth = card.usd_per_million_nano
    weights = prices.weights(provider, model, at, usd_per_million_nano=worth)
    if weights is None:
        return Rate(weights=rates.RAW, card=card.short_id, is_known=False)
    return Rate(weights=weights, card=card.short_id)


def _charged(event: UsageEvent, rate: Rate, text: str) -> Charge:
    cost, is_estimate = event.cost_nano, False
    if cost is None:
        found = prices.price(event.provider, event.model, event.counts, event.occurred_at)
        cost, is_estimate = (None, False) if found is None else (found.nano, True)
    return Charge(
        tokens=rates.tokens(event.counts, rate.weights),
        rate=text,
        cost_nano=cost,
        cost_is_estimate=is_estimate,
    )
