"""How a workspace is set up for usage: its sources, its rates, and what nobody has told yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.rates import RateCard
from bot.domain.sources import SourceState

#: What is shown of models without a price.
UNPRICED_DAYS = timedelta(days=30)
UNPRICED_MAX = 10


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """A model of which nobody knows what it costs, and how much it was used."""

    model: str
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """What an admin sees of it."""

    now: datetime
    sources: Sequence[SourceState]
    #: None where one token is one token.
    card: RateCard | None
    planned: RateCard | None
    #: Whose they are, and of which version.
    list_prices: str
    unpriced: Sequence[UnpricedModel]
    #: Names of whom nobody knows whose they are, and the tokens that wait for them.
    waiting_names: int
    waiting_tokens: int
    #: How many months single calls are kept, as the setting says it.
    calls_kept: str
