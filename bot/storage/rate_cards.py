"""Rate cards, which are only ever added, and the usage to try one on."""

import json
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.rates import DOLLAR_NANO, FREE_RATE, RAW, Preset, RateCard, Row, Sums, Weights
from bot.domain.usage import SEEN
from bot.storage.database import Call, Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row as StoredRow
from bot.storage.statements import Statement, Values
from bot.storage.tables import RateCardRow, UsageEventRow, table

_card = table(RateCardRow)
_event = table(UsageEventRow)

_MINE = sa.bindparam("workspace_id", type_=sa.String())
_SINCE = sa.bindparam("since", type_=_card.c.effective_from.type)
_CLASSES = ("input_uncached", "cache_read", "cache_write", "output")


def _cards(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(
            _card.c.card_id,
            _card.c.name,
            _card.c.preset,
            _card.c.usd_per_million_nano,
            _card.c.rows,
            _card.c.effective_from,
        )
        .where(_card.c.workspace_id == _MINE, *where)
        .order_by(_card.c.effective_from, _card.c.card_id)
    )


EVERY = Statement(lambda _insert: _cards())
#: Every intake and every hold begins with it.
COUNTING = Statement(
    lambda _insert: _cards(
        _card.c.effective_from
        >= sa.func.coalesce(
            sa.select(sa.func.max(_card.c.effective_from))
            .where(_card.c.workspace_id == _MINE, _card.c.effective_from <= _SINCE)
            .scalar_subquery(),
            _SINCE,
        ),
        _card.c.effective_from <= sa.bindparam("until", type_=_card.c.effective_from.type),
    )
)


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
    return list(map(_read, tx.fetch(EVERY, {"workspace_id": workspace_id})))


def counting(
    tx: Transaction, workspace_id: WorkspaceId, *, since: datetime, until: datetime
) -> list[RateCard]:
    """Those of them that count at some time between these two."""
    return of_rows(tx.fetch(COUNTING, _between(workspace_id, since, until)))


def at_times(workspace_id: WorkspaceId, times: Collection[datetime]) -> Call:
    """Ask which count at these times; of its rows `of_rows` makes the cards."""
    return COUNTING, _between(workspace_id, min(times), max(times))


def _between(workspace_id: WorkspaceId, since: datetime, until: datetime) -> Values:
    return {"workspace_id": workspace_id, "since": since, "until": until}


def of_rows(rows: Iterable[StoredRow]) -> list[RateCard]:
    """What `at_times` found, in the order in which they count."""
    return list(map(_read, rows))


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


def _read(row: StoredRow) -> RateCard:
    card_id, name, preset, usd_per_million_nano, text, since = row
    default, rows = _table(text)
    effective_from = as_moment(since)
    if effective_from is None:
        raise TypeError("a rate card has its time")
    return RateCard(
        card_id=card_id,
        name=name,
        effective_from=effective_from,
        preset=Preset(preset),
        usd_per_million_nano=usd_per_million_nano or DOLLAR_NANO,
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
