"""The audit of charges: what each call was charged, computed again from its counts and its rate."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from bot.domain import rates
from bot.domain.books import Discrepancy
from bot.domain.counts import COUNT_MAX
from bot.domain.rates import RatesRefused
from bot.storage.database import Transaction
from bot.storage.discrepancies import off

#: Rates of one statement, each of which reads all events.
_CHUNK = 1_000
_CLASSES = ("input_uncached", "cache_read", "cache_write", "output")
_WEIGHTS = tuple(f"{name}_{part}" for name in _CLASSES for part in ("whole", "rest"))
_IN_RANGE = " AND ".join(f"e.{name} BETWEEN 0 AND {COUNT_MAX}" for name in _CLASSES)
# As `domain.rates.tokens`; a weight by its whole and its millionths, so that nothing overflows.
_DUE = (
    " + ".join(f"e.{name} * r.{name}_whole" for name in _CLASSES)
    + " + ("
    + " + ".join(f"e.{name} * r.{name}_rest" for name in _CLASSES)
    + f" + {rates.SCALE // 2}) / {rates.SCALE}"
)


def priced(tx: Transaction) -> Iterator[Discrepancy]:
    """An event is charged what its counts cost at the rate that is kept with it."""
    found = tx.connection.execute(sa.text("SELECT DISTINCT rate FROM usage_event"))
    texts = sorted(found.scalars())
    for start in range(0, len(texts), _CHUNK):
        yield from _priced(tx, texts[start : start + _CHUNK])


def _priced(tx: Transaction, texts: Sequence[str]) -> list[Discrepancy]:
    given: dict[str, str | int] = {}
    rows = []
    for number, text in enumerate(texts):
        given[f"rate_{number}"] = text
        rows.append(f"(CAST(:rate_{number} AS TEXT), {_weights(text)})")
    # CROSS JOIN keeps SQLite to the order: each event's rate is looked up, not each rate's events.
    sql = f"""
        WITH r (rate, {", ".join(_WEIGHTS)}) AS (VALUES {", ".join(rows)}),
        again AS (
          SELECT e.workspace_id, e.source, e.external_id, e.rate, e.tokens,
            CASE WHEN {_IN_RANGE} THEN {_DUE} END AS due
          FROM usage_event e CROSS JOIN r WHERE r.rate = e.rate)
        SELECT workspace_id, source || ' ' || external_id,
          COALESCE(CAST(due AS TEXT) || ' tokens', 'counts and a rate in range'),
          CAST(tokens AS TEXT) || ' tokens at ' || rate
        FROM again WHERE due IS NULL OR due <> tokens"""  # noqa: S608 - whole numbers of ours
    return off(tx, "charge_is_its_counts_at_its_rate", "usage_event", sql, **given)


def _weights(text: str) -> str:
    """The values of `_WEIGHTS`, in SQL; none of them for what is no rate."""
    try:
        found = rates.read(text).weights
    except RatesRefused:
        return ", ".join("CAST(NULL AS BIGINT)" for _ in _WEIGHTS)
    each = (found.input, found.cached_input, found.cache_write, found.output)
    return ", ".join(
        f"CAST({part} AS BIGINT)" for weight in each for part in divmod(weight, rates.SCALE)
    )
