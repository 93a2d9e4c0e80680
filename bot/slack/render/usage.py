"""What was used by day, as bars of text."""

from bot.domain import amounts
from bot.domain.funds import Funds, Usage
from bot.slack.render import buttons
from bot.slack.render.blocks import Block, Message, actions, context, message
from bot.slack.render.text import code, day_at, tokens

_BAR = 14


def usage(found: Usage) -> Message:
    """The last full days, today so far, the pace, and how long the rest lasts."""
    mine, full = found.funds, found.days[:-1]
    total = sum(used for _, used in full)
    whose = f" of the pool of {code(mine.team.name)}" if mine.is_pool else ""
    headline = f"{tokens(total)}{whose} used in the last {len(full)} days."
    steps = [] if mine.is_pool else [actions(buttons.request())]
    return message(
        headline,
        *([_bars(found)] if any(used for _, used in found.days) else []),
        context(*_small_print(found, total)),
        *steps,
        spoken=f" {amounts.both(mine.available)} left.",
    )


def _bars(found: Usage) -> Block:
    """A line a day, in letters of one width; each ends in its figure, for those who can't see."""
    most = max(used for _, used in found.days)
    lines = []
    for on, used in found.days:
        name = "Today" if on == found.days[-1][0] else f"{on:%a %d}"
        bar = "█" * -(-used * _BAR // most)
        lines.append(f"{name:<6} {bar:<{_BAR}} {amounts.short(used)}")
    text = {"type": "text", "text": "\n".join(lines)}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [text]}],
    }


def _small_print(found: Usage, total: int) -> list[str]:
    mine = found.funds
    return [f"{amounts.both(mine.available)} left", *([_pace(mine, found)] if total else [])]


def _pace(mine: Funds, found: Usage) -> str:
    if mine.pace is None:
        return "Not enough days yet to say how long it lasts"
    runs_out_at = mine.runs_out_at(found.now)
    a_day = f"about {amounts.short(mine.pace.per_day)} a day"
    if runs_out_at is None or mine.available <= 0:
        return a_day
    return f"{a_day}, which lasts until about {day_at(runs_out_at)}"
