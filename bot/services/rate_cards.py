"""A workspace's rate cards: what tokens cost from when on, and what that would have meant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import rates
from bot.domain.directory import WorkspaceId
from bot.domain.rates import Draft, Preset, RateCard, RatesRefused
from bot.services import charging
from bot.storage import audit, ids, rate_cards
from bot.storage.audit import Change
from bot.storage.database import Database
from bot.storage.rate_cards import UsedModel

#: How much usage a card is tried on.
PREVIEWED = timedelta(days=7)
#: More would be a mistake; all are read where they are listed.
CARDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Cards:
    """All cards of a workspace, in the order in which they count."""

    cards: tuple[RateCard, ...]
    #: None where one token is one token, for no card counts yet.
    current: RateCard | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What a model's calls would have cost under a card."""

    tokens: int
    #: Whether the card knew the model; if not, one token was one token.
    is_known: bool


@dataclass(frozen=True, slots=True)
class TriedModel:
    """A model, and what its calls would have cost under each card."""

    used: UsedModel
    #: In the order of the cards.
    costs: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the last days would have cost, model by model; most calls first."""

    since: datetime
    until: datetime
    cards: tuple[RateCard, ...]
    models: tuple[TriedModel, ...]


def cards(database: Database, workspace_id: WorkspaceId, now: datetime) -> Cards:
    """What there was, is and will be."""
    with database.reading() as tx:
        found = rate_cards.cards(tx, workspace_id)
    return Cards(tuple(found), rates.card_at(found, now))


def put(
    database: Database, workspace_id: WorkspaceId, *, draft: Draft, actor: str, now: datetime
) -> RateCard:
    """Charge by this card from its time on; the change is in the audit table.

    What was charged before stays as it is. Raises `RatesRefused`.
    """
    card = rates.card(draft, card_id=ids.new(now), now=now)
    with database.writing() as tx:
        known = rate_cards.cards(tx, workspace_id)
        if len(known) >= CARDS_MAX:
            raise RatesRefused(f"there are {len(known)} cards already, and {CARDS_MAX} is the most")
        before = rates.card_at(known, card.effective_from)
        rate_cards.add(tx, workspace_id, card, actor=actor, now=now)
        change = Change(
            actor=actor,
            what="rates",
            subject=f"{card.short_id} from {card.effective_from.isoformat()}",
            before=before.label if before else "raw",
            after=card.label,
        )
        audit.add(tx, workspace_id, change, now)
    return card


def preview(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    draft: Draft | None,
    usd_per_million_nano: int,
    now: datetime,
) -> Preview:
    """What the last seven days' usage would have cost: raw, by list price, and by one's own table.

    The table is the draft, else the one that counts now. Computed from each model's sums, so it may
    be off by half a token a call; list prices are today's.
    """
    since = now - PREVIEWED
    drafts = [
        Draft(name="raw", preset=Preset.RAW),
        Draft(name="cost", preset=Preset.COST, usd_per_million_nano=usd_per_million_nano),
    ]
    if draft is not None:  # from when it is to count doesn't matter here, and may be past
        drafts.append(replace(draft, effective_from=None))
    tried = [rates.card(one, card_id="", now=now) for one in drafts]
    with database.reading() as tx:
        used = rate_cards.used(tx, workspace_id, since=since, until=now)
        current = rates.card_at(rate_cards.cards(tx, workspace_id), now)
    if draft is None and current is not None and current.preset is Preset.TABLE:
        tried.append(current)
    models = tuple(_tried(one, tried, now) for one in used)
    return Preview(since=since, until=now, cards=tuple(tried), models=models)


def _tried(used: UsedModel, cards: Sequence[RateCard], now: datetime) -> TriedModel:
    found = [charging.rate_of(card, used.provider, used.model, now) for card in cards]
    costs = tuple(Tried(rates.tokens(used.sums, rate.weights), rate.is_known) for rate in found)
    return TriedModel(used, costs)
