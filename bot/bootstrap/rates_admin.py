"""What the command line does to a workspace's rates; plain lines to print."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot import prices
from bot.bootstrap import clock, system_clock
from bot.bootstrap.admin import ACTOR, AdminRefused, opened, workspace_named
from bot.config import Settings
from bot.domain import rates
from bot.domain.rates import DOLLAR_NANO, Draft, Preset, RateCard, RatesRefused, Weights
from bot.services import rate_cards, rate_files
from bot.services.rate_cards import Preview, Tried

_NAME_WIDTH = 40
#: Before what is charged for a model that has no list price.
_UNKNOWN = "?"


def show(configured: Settings, workspace: str | None) -> list[str]:
    """A line for each card from the one that counts now on, and that one's table."""
    now = system_clock()
    with opened(configured) as database:
        found = rate_cards.cards(database, workspace_named(database, workspace), now)
    if found.current is None:
        lines = ["now: raw, one token is one token (no rates were ever chosen)"]
    else:
        lines = [f"now: {_named(found.current)}", *_table(found.current)]
    for card in found.cards:
        if card.effective_from > now:
            lines += [f"from {clock.shown(card.effective_from)}: {_named(card)}", *_table(card)]
    return [*lines, f"list prices, for cost and for dollars that no source tells: {prices.VERSION}"]


def preview(
    configured: Settings, workspace: str | None, *, file: Path | None, usd: str | None
) -> list[str]:
    """What the last seven days would have cost under each preset and the table; a line a model."""
    with _refused():
        draft = None if file is None else _from(file)
        worth = DOLLAR_NANO if usd is None else _nano(usd)
        with opened(configured) as database:
            workspace_id = workspace_named(database, workspace)
            found = rate_cards.preview(
                database,
                workspace_id,
                draft=draft,
                usd_per_million_nano=worth,
                now=system_clock(),
            )
    return _compared(found)


def use(
    configured: Settings,
    workspace: str | None,
    *,
    chosen: str,
    usd: str | None,
    begins: str | None,
) -> list[str]:
    """Charge by a preset or a file's table from a time on; what was done, and what comes after."""
    with _refused():
        draft = _draft(chosen, usd=usd, begins=None if begins is None else _moment(begins))
        with opened(configured) as database:
            workspace_id = workspace_named(database, workspace)
            now = system_clock()
            card = rate_cards.put(database, workspace_id, draft=draft, actor=ACTOR, now=now)
            known = rate_cards.cards(database, workspace_id, now)
    lines = [f"From {clock.shown(card.effective_from)}: {_named(card)}"]
    after = [one for one in known.cards if one.effective_from > card.effective_from]
    if after:
        lines.append(
            f"From {clock.shown(after[0].effective_from)} {_named(after[0])} counts, as planned "
            "before; plan another from that same time to replace it"
        )
    return lines


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except RatesRefused as refused:
        raise AdminRefused(str(refused)) from None


def _draft(chosen: str, *, usd: str | None, begins: datetime | None) -> Draft:
    if usd is not None and chosen != Preset.COST:
        raise AdminRefused("--usd-per-million goes with: tokenbot rates use cost")
    if chosen == Preset.RAW:
        return Draft(name="raw", preset=Preset.RAW, effective_from=begins)
    if chosen == Preset.COST:
        worth = DOLLAR_NANO if usd is None else _nano(usd)
        return Draft(
            name="cost", preset=Preset.COST, effective_from=begins, usd_per_million_nano=worth
        )
    return _from(Path(chosen), begins=begins)


def _from(file: Path, *, begins: datetime | None = None) -> Draft:
    try:
        with file.open("rb") as opened_file:
            data = opened_file.read(rate_files.FILE_MAX + 1)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise AdminRefused(
            f"{file} can't be read ({why}); the choices are raw, cost, or a file with a table"
        ) from None
    try:
        return rate_files.read(data, begins=begins)
    except RatesRefused as refused:
        raise AdminRefused(f"{file}: {refused}") from None


def _moment(text: str) -> datetime:
    try:
        return rate_files.moment(text)
    except RatesRefused as refused:
        raise AdminRefused(f"--from: {refused}") from None


def _nano(text: str) -> int:
    try:
        return rates.check_worth(int(rate_files.amount(text.removeprefix("$")) * DOLLAR_NANO))
    except RatesRefused as refused:
        raise AdminRefused(f"--usd-per-million: {refused}") from None


def _named(card: RateCard) -> str:
    return f"{card.label} ({card.short_id})"


def _table(card: RateCard) -> list[str]:
    if card.preset is not Preset.TABLE:
        return []
    named = [
        (row.model + (f" of {row.provider}" if row.provider else ""), row) for row in card.rows
    ]
    return [
        *(f"  {name:{_NAME_WIDTH}} {_weights(row.weights)}" for name, row in named),
        f"  {'any other':{_NAME_WIDTH}} {_weights(card.default)}",
    ]


def _weights(weights: Weights) -> str:
    parts = {
        "input": weights.input,
        "cached": weights.cached_input,
        "cache write": weights.cache_write,
        "output": weights.output,
    }
    return "  ".join(f"{name} {_decimal(weight)}" for name, weight in parts.items())


def _decimal(weight: int) -> str:
    whole, rest = divmod(weight, rates.SCALE)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")


def _compared(preview: Preview) -> list[str]:
    calls = sum(one.used.calls for one in preview.models)
    lines = [
        f"{clock.shown(preview.since)} to {clock.shown(preview.until)}: {calls:,} charged calls"
    ]
    if not calls:
        return lines
    heads = ["model", "calls", *(card.name for card in preview.cards)]
    body = [
        [
            f"{one.used.model} ({one.used.provider})" if one.used.provider else one.used.model,
            f"{one.used.calls:,}",
            *(_tokens(cost) for cost in one.costs),
        ]
        for one in preview.models
    ]
    sums = [
        sum(one.costs[place].tokens for one in preview.models)
        for place in range(len(preview.cards))
    ]
    lines += _aligned([heads, *body, ["all", f"{calls:,}", *(f"{one:,}" for one in sums)]])
    if any(not cost.is_known for one in preview.models for cost in one.costs):
        lines.append(f"{_UNKNOWN} no list price is known: one token is one token")
    return lines


def _tokens(cost: Tried) -> str:
    return f"{cost.tokens:,}" if cost.is_known else f"{_UNKNOWN} {cost.tokens:,}"


def _aligned(table: list[list[str]]) -> list[str]:
    """Names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
