"""What usage events cost: tokens of an allowance by a rate card, and dollars."""

from collections.abc import Sequence
from datetime import datetime

from bot import prices
from bot.domain import rates
from bot.domain.directory import WorkspaceId
from bot.domain.rates import Preset, Rate, RateCard, Weights
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
    asked = rate_cards.at_times(workspace_id, [event.occurred_at for event in events])
    return priced(events, rate_cards.of_rows(tx.fetch(*asked)))


def priced(events: Sequence[UsageEvent], cards: Sequence[RateCard]) -> list[Charge]:
    """What each event costs by the card that counts at its time; raw before the first card.

    A batch costs the sum of its events: each is rounded by itself. With its counts and the rate
    kept with it (`domain.rates.read`), every charge can be computed again. A cost that the source
    doesn't tell is estimated by list price; it is None for a model that nobody has a price of.
    """
    ordered = rates.in_order(cards)
    by_table: dict[tuple[str, str, str], Weights] = {}
    written: dict[tuple[str, Weights | None], tuple[Rate, str]] = {}
    charges = []
    for event in events:
        if event.is_free:
            charges.append(_FREE)
            continue
        card = rates.card_at(ordered, event.occurred_at)
        weights = _weights(card, event, by_table)
        key = (card.card_id if card else "", weights)
        if key not in written:
            rate = _rate(card, weights)
            written[key] = (rate, str(rate))
        charges.append(_charged(event, *written[key]))
    return charges


def rate_of(card: RateCard | None, provider: str, model: str, at: datetime) -> Rate:
    """At which rate a call of this model is charged then, under this card."""
    return _rate(card, _weights_of(card, provider, model, at))


def _weights(
    card: RateCard | None, event: UsageEvent, by_table: dict[tuple[str, str, str], Weights]
) -> Weights | None:
    """As `_weights_of`; a table's rows are gone through once for each model of a batch."""
    if card is None or card.preset is not Preset.TABLE:
        return _weights_of(card, event.provider, event.model, event.occurred_at)
    key = (card.card_id, event.provider, event.model)
    if key not in by_table:
        by_table[key] = card.weights(provider=event.provider, model=event.model)
    return by_table[key]


def _weights_of(card: RateCard | None, provider: str, model: str, at: datetime) -> Weights | None:
    """None where the card goes by list price, and there is none."""
    if card is None or card.preset is Preset.RAW:
        return rates.RAW
    if card.preset is Preset.TABLE:
        return card.weights(provider=provider, model=model)
    return prices.weights(provider, model, at, usd_per_million_nano=card.usd_per_million_nano)


def _rate(card: RateCard | None, weights: Weights | None) -> Rate:
    if card is None or card.preset is Preset.RAW:
        return _RAW
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
