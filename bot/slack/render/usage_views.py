"""Usage in words and bars: the number first, then what it was made of."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import assert_never

from bot.domain import amounts
from bot.domain.allowances import SubjectKind
from bot.domain.digests import Part
from bot.domain.directory import UserId
from bot.domain.refusals import CallAmbiguous, CallUnknown, PeriodUnclear
from bot.domain.usage import UNNAMED
from bot.domain.usage_views import Figures, Stretch, UsageView
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons, charts, days, text
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    facts,
    message,
    section,
)
from bot.slack.render.days import counted
from bot.slack.render.digests import Form, table
from bot.slack.render.text import code, escape, mention, team_name, tokens

#: With more days, each bar is for two: Slack's charts take twenty, and so do eyes.
_BARS_MAX = 16
#: A name of ours, lettered like no model's.
_OTHERS = "(others)"
_DAY = timedelta(days=1)

Row = tuple[str, int, int]


def usage_view(found: UsageView) -> Message:
    """For the one who asks, all in letters: what answers a command can't be sent anew in words
    where Slack refuses a block of it.
    """
    return message(
        _headline(found),
        context(_period(found)),
        *(_how_it_comes() if found.is_empty else [_facts(found)]),
        *_members(found),
        *_letters(found),
        *_small_print(found),
        actions(*_ways(found)),
    )


def usage_chart(found: UsageView, form: Form = Form.CHARTS) -> Message:
    """The same as a message, with a table and charts where Slack takes them."""
    pictures = _letters(found) if form is Form.WORDS else _table(found)
    if form is Form.CHARTS and not found.is_empty:
        pictures += [
            charts.columns("Tokens used by day", ("This time", "Before"), _days(found)),
            *charts.shares("Tokens used by model", [*found.models, *_others(found, found.models)]),
        ]
    return message(
        _headline(found),
        context(_period(found)),
        *([] if found.is_empty else [_facts(found)]),
        *_members(found),
        *pictures,
        *_small_print(found),
    )


def refused(refusal: PeriodUnclear | CallUnknown | CallAmbiguous) -> str:
    """Why there is nothing to show, and what to type instead."""
    match refusal:
        case PeriodUnclear(typed, nearest):
            ways = "I can show `today`, `7d`, `last week`, `30d` or `month`"
            meant = f" Did you mean `{nearest}`?" if nearest else ""
            return f"{code(typed)} is no period that I know: {ways}.{meant}"
        case CallUnknown(typed, kept_from):
            gone = (
                f" Single calls from before {days.span(kept_from, kept_from)} are no longer kept, "
                "only what they were charged."
                if kept_from
                else ""
            )
            return (
                f"I know no call {code(typed)} of yours, or of anybody whose usage you may see. "
                f"`{COMMAND} usage` and *What used most* show some with their ids. Of somebody "
                f"else's, type the whole id, or name them: `{COMMAND} usage call ID @ana`.{gone}"
            )
        case CallAmbiguous(typed):
            return f"More than one call ends in {code(typed)}. Type more of its id."
        case _:
            assert_never(refusal)


def whose(found: UsageView) -> str:
    """` by @ana`, ` in search`; nothing for one's own."""
    if found.subject.kind is not SubjectKind.MEMBER:
        return f" in {team_name(found.team.name)}"
    return "" if found.is_own or found.user_id is None else f" by {mention(found.user_id)}"


def _headline(found: UsageView) -> str:
    before = amounts.short(found.before.tokens) if found.before.tokens else "none"
    when, earlier = {
        Stretch.TODAY: ("today", "the day before"),
        Stretch.WEEK: ("in the last 7 days", "in the 7 days before"),
        Stretch.LAST_WEEK: ("last week", "in the week before"),
        Stretch.THIRTY_DAYS: ("in the last 30 days", "in the 30 days before"),
        Stretch.MONTH: ("this month", "in the same days of the month before"),
    }[found.chosen]
    return f"{tokens(found.now.tokens)} used{whose(found)} {when}, {before} {earlier}."


def _period(found: UsageView) -> str:
    span = days.span(found.days.since, found.days.until - _DAY)
    before = days.span(found.days.before, found.days.before_until - _DAY)
    only = "; only you see this" if found.is_own else ""
    so_far = "" if found.is_over else ", today so far included"
    return f"{span}{so_far}; before: {before} ({escape(found.team.zone)}){only}"


def _how_it_comes() -> list[Block]:
    return [
        section(
            "Use shows up here by itself once a tool tells of it: a gateway such as LiteLLM that "
            "an admin connects, Claude Code's telemetry, an application, or an import. Ask an "
            f"admin which of them there is here; `{COMMAND} link` connects what you use."
        )
    ]


def _facts(found: UsageView) -> Block:
    now = found.now
    percent = now.cached_percent
    cached = "–" if percent is None else f"{percent} % of {amounts.short(now.input)}"
    return facts(
        ("Calls", f"{now.calls:,}"),
        ("Output", amounts.short(now.output)),
        ("Cached input", cached),
        ("Cost", _cost(now, found.has_estimates)),
    )


def _cost(now: Figures, has_estimates: bool | None) -> str:  # noqa: FBT001 (a fact of three values)
    if now.unpriced >= now.calls:
        return "not known" if now.calls else "–"
    if has_estimates is False:
        return text.dollars(now.cost_nano)
    return f"about {text.dollars(now.cost_nano)}"


def _members(found: UsageView) -> list[Block]:
    """Of a team: who used how much."""
    if not found.members:
        return []
    said = [f"{mention(UserId(one.name))} {amounts.short(one.tokens)}" for one in found.members]
    rest = found.others(found.members).tokens
    said += [f"others and services {amounts.short(rest)}"] if rest > 0 else []
    return [section(f"By member: {', '.join(said)}.")]


def _letters(found: UsageView) -> list[Block]:
    """Bars by model, by project and by day, with the time before."""
    every = {
        "By model": _rows(found, found.models),
        "By project": _rows(found, found.projects),
        "By day": _days(found) if found.now.tokens else [],
    }
    tables = {heading: rows for heading, rows in every.items() if rows}
    return [charts.letters(charts.bar_tables(tables))] if tables else []


def _table(found: UsageView) -> list[Block]:
    if not found.models:
        return []
    models, projects = _rows(found, found.models), _rows(found, found.projects)
    rows: list[Row] = [
        ("All", found.now.tokens, found.before.tokens),
        *((f"– model {name}", now, before) for name, now, before in models),
        *((f"– project {name}", now, before) for name, now, before in projects),
    ]
    return [table(("Tokens", "This time", "Before"), rows)]


def _rows(found: UsageView, parts: tuple[Part, ...]) -> list[Row]:
    """By name; nothing where nothing has one."""
    if all(part.name == UNNAMED for part in parts):
        return []
    every = [*parts, *_others(found, parts)]
    return [(part.name, part.tokens, part.before) for part in every]


def _others(found: UsageView, parts: tuple[Part, ...]) -> list[Part]:
    """What is beyond the largest; nothing where they are all."""
    rest = found.others(parts)
    if not parts or (rest.tokens <= 0 and rest.before <= 0):
        return []
    return [Part(name=_OTHERS, tokens=max(rest.tokens, 0), before=max(rest.before, 0))]


def _days(found: UsageView) -> list[Row]:
    """Each day beside its day of the time before, or two of each where there are many."""
    step = 1 if found.days.count <= _BARS_MAX else 2
    pairs = list(zip(found.days.each, found.days.each_before, strict=True))
    some = [pairs[at : at + step] for at in range(0, len(pairs), step)]
    return [
        (
            _label([day for day, _ in few]),
            sum(found.by_day.get(day, 0) for day, _ in few),
            sum(found.by_day.get(day, 0) for _, day in few if day is not None),
        )
        for few in some
    ]


def _label(few: Sequence[date]) -> str:
    first, last = few[0], few[-1]
    if first == last:
        return f"{first:%a} {first.day} {first:%b}"
    month = f" {first:%b}" if first.month != last.month else ""
    return f"{first.day}{month}–{last.day} {last:%b}"


def _small_print(found: UsageView) -> list[Block]:
    lines = []
    if found.has_estimates:
        lines.append("Part of the cost is estimated by list price")
    elif found.has_estimates is None and found.now.calls > found.now.unpriced:
        lines.append("Cost as the sources tell it, else estimated by list price")
    if found.now.unpriced:
        lines.append(f"{counted(found.now.unpriced, 'call')} of unknown models not priced")
    if found.is_partial:
        lines.append("Only what your team paid")
    if found.unattributed > 0:
        several = "tokens belong" if found.unattributed > 1 else "token belongs"
        lines.append(
            f"{amounts.short(found.unattributed)} {several} to nobody yet: "
            f"`{COMMAND} link` says whose"
        )
    return [context(*lines)] if lines else []


def _ways(found: UsageView) -> list[Block]:
    subject = str(found.subject)
    value = f"{found.chosen}:{subject}"
    is_person = found.subject.kind is SubjectKind.MEMBER
    return [
        *periods(subject),
        *([buttons.most(value)] if is_person and found.now.calls else []),
        *([] if found.is_empty else [buttons.chart(value)]),
    ]


def periods(subject: str) -> list[Block]:
    """Buttons that show whose usage it is in other days."""
    return [
        button("7 days", Action.USAGE_WEEK, value=subject, spoken="Usage of the last 7 days"),
        button(
            "30 days", Action.USAGE_THIRTY_DAYS, value=subject, spoken="Usage of the last 30 days"
        ),
        button("This month", Action.USAGE_MONTH, value=subject, spoken="Usage of this month"),
    ]
