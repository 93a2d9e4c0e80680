"""Rate cards, which are only ever added, and the usage to try one on."""

import json
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.rates import DOLLAR_NANO, FREE_RATE, RAW, Preset, RateCard, Row, Sums, Weights
from bot.domain.usage import SEEN
from bot.storage.database import Transaction
from bot.storage.tables import RateCardRow, UsageEventRow, table

_card = table(RateCardRow)
_event = table(UsageEventRow)

_CLASSES = ("input_uncached", "cache_read", "cache_write", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedModel:
    """What was used of a model, by whoever was charged for it."""

    provider: str
    model: str
    calls: int
    sums: Sums


def add(
    tx: Transaction, workspace_id: WorkspaceId, card: RateCard, *, actor: str, now: datetime
) -> None:
    is_table, is_cost = card.preset is Preset.TABLE, card.preset is Preset.COST
    tx.connection.execute(
        sa.insert(_card).values(
            workspace_id=workspace_id,
            card_id=card.card_id,
            name=card.name,
            preset=card.preset.value,
            usd_per_million_nano=card.usd_per_million_nano if is_cost else None,
            rows=_written(card) if is_table else "",
            effective_from=card.effective_from,
            created_at=now,
            created_by=actor,
        )
    )


def cards(tx: Transaction, workspace_id: WorkspaceId) -> list[RateCard]:
    """All that there were and will be, in the order in which they count."""
    found = tx.connection.execute(
        sa.select(_card)
        .where(_card.c.workspace_id == workspace_id)
        .order_by(_card.c.effective_from, _card.c.card_id)
    ).mappings()
    return [_read(row) for row in found]


def counting(
    tx: Transaction, workspace_id: WorkspaceId, *, since: datetime, until: datetime
) -> list[RateCard]:
    """Those of them that count at some time between these two."""
    last = (
        sa.select(sa.func.max(_card.c.effective_from))
        .where(_card.c.workspace_id == workspace_id, _card.c.effective_from <= since)
        .scalar_subquery()
    )
    found = tx.connection.execute(
        sa.select(_card)
        .where(
            _card.c.workspace_id == workspace_id,
            _card.c.effective_from >= sa.func.coalesce(last, since),
            _card.c.effective_from <= until,
        )
        .order_by(_card.c.effective_from, _card.c.card_id)
    ).mappings()
    return [_read(row) for row in found]


def used(
    tx: Transaction, workspace_id: WorkspaceId, *, since: datetime, until: datetime
) -> list[UsedModel]:
    """What was charged of each model's calls between these times, most calls first."""
    calls = sa.func.count().label("calls")
    found = tx.connection.execute(
        sa.select(
            _event.c.provider,
            _event.c.model,
            calls,
            *(sa.cast(sa.func.sum(_event.c[name]), sa.BigInteger).label(name) for name in _CLASSES),
        )
        .where(
            _event.c.workspace_id == workspace_id,
            _event.c.occurred_at >= since,
            _event.c.occurred_at < until,
            _event.c.rate.not_in((FREE_RATE, SEEN)),
        )
        .group_by(_event.c.provider, _event.c.model)
        .order_by(calls.desc(), _event.c.provider, _event.c.model)
    ).mappings()
    return [
        UsedModel(
            provider=row["provider"],
            model=row["model"],
            calls=row["calls"],
            sums=Sums(**{name: int(row[name]) for name in _CLASSES}),
        )
        for row in found
    ]


def _read(row: sa.RowMapping) -> RateCard:
    default, rows = _table(row["rows"])
    return RateCard(
        card_id=row["card_id"],
        name=row["name"],
        effective_from=row["effective_from"],
        preset=Preset(row["preset"]),
        usd_per_million_nano=row["usd_per_million_nano"] or DOLLAR_NANO,
        rows=rows,
        default=default,
    )


def _written(card: RateCard) -> str:
    rows = [[row.model, row.provider, astuple(row.weights)] for row in card.rows]
    return json.dumps({"default": astuple(card.default), "rows": rows}, ensure_ascii=False)


@lru_cache(maxsize=64)  # every intake asks, and a card never changes
def _table(text: str) -> tuple[Weights, tuple[Row, ...]]:
    if not text:
        return RAW, ()
    told = json.loads(text)
    rows = [
        Row(model=model, provider=provider, weights=_weights(weights))
        for model, provider, weights in told["rows"]
    ]
    return _weights(told["default"]), tuple(rows)


def _weights(told: list[int]) -> Weights:
    return Weights(input=told[0], cached_input=told[1], cache_write=told[2], output=told[3])
