"""Single calls in words: what was counted, at which rate, and what was charged by which entry."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.domain import amounts, rates
from bot.domain.calls import Call, CallView, Most, Revision
from bot.domain.directory import UserId
from bot.domain.ledger import (
    UNATTRIBUTED,
    AccountId,
    AccountKind,
    account_kind,
    account_owner,
)
from bot.domain.rates import FREE_RATE, RAW_RATE, SCALE, RatesRefused
from bot.domain.usage import SEEN, UNNAMED
from bot.domain.usage_events import SourceRole
from bot.domain.usage_views import Stretch
from bot.slack import carried
from bot.slack.ids import COMMAND, Action
from bot.slack.render import charts, text
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
from bot.slack.render.blocks import lines as lines_of
from bot.slack.render.days import counted
from bot.slack.render.text import code, mention, moment, receipt_id, signed, tokens
from bot.slack.render.usage_views import periods

#: Of a long id, its end, which differs and is enough to type.
_ID_END = 12
#: Later figures of one call that are shown.
_REVISIONS_MAX = 10

_ROLES: Mapping[SourceRole, str] = MappingProxyType(
    {
        SourceRole.GATEWAY: "the gateway",
        SourceRole.TELEMETRY: "the agents' telemetry",
        SourceRole.REPORT: "the provider's own report",
    }
)
_RATES: Mapping[str, str] = MappingProxyType(
    {
        RAW_RATE: "one token is one token",
        FREE_RATE: "free: a gateway answered from its own cache",
        SEEN: "for comparison only",
    }
)
_WHEN: Mapping[Stretch, str] = MappingProxyType(
    {
        Stretch.TODAY: "today",
        Stretch.WEEK: "in the last 7 days",
        Stretch.LAST_WEEK: "last week",
        Stretch.THIRTY_DAYS: "in the last 30 days",
        Stretch.MONTH: "this month",
    }
)


def most_used(found: Most) -> Message:
    """The largest calls, each with a way to see it whole."""
    is_own = found.subject.id == found.viewer.user_id
    by = "" if is_own else f" by {mention(UserId(found.subject.id))}"
    when = _WHEN[found.chosen]
    if not found.calls:
        return message(f"No call{by} was metered {when}.", actions(*periods(str(found.subject))))
    used = {one.charge.rate for one in found.calls}
    return message(
        f"*What used most*{by} {when}: the largest calls, most tokens first.",
        *(_line(one, with_rate=len(used) > 1) for one in found.calls),
        context(
            *(f"Rate of all these: {_rate(rate)}" for rate in used if len(used) == 1),
            f"`{COMMAND} usage call ID` shows one by its id, or by the end of it",
        ),
        actions(*periods(str(found.subject))),
    )


def call(found: CallView) -> Message:
    """One call whole."""
    one = found.call
    return message(
        _headline(one),
        *_why_not(found),
        facts(*_counts(one), *_thought(one)),
        facts(*_circumstances(one)),
        charts.letters(f"Id in {one.source}: {one.external_id}"),
        *_revisions(found.revisions),
        *_small_print(found),
    )


def _revisions(some: Sequence[Revision]) -> list[Block]:
    """The latest of what later figures changed."""
    left_out = len(some) - _REVISIONS_MAX
    earlier = [f"and {counted(left_out, 'change')} before"] if left_out > 0 else []
    return lines_of([*map(_revised, some[-_REVISIONS_MAX:]), *earlier])


def _headline(one: Call) -> str:
    if one.charge.is_seen_only:
        return "Nothing was charged for this call: it is kept for comparison only."
    return f"{tokens(one.charge.tokens)} charged for this call."


def _why_not(found: CallView) -> list[Block]:
    if not found.call.charge.is_seen_only:
        return []
    if found.charged_instead is None and found.call.account != UNATTRIBUTED:
        return [section("It is from before this report was connected: nobody is charged for it.")]
    if found.linked_to is not None:
        return [section(_linked_since(found.linked_to))]
    if found.charged_instead is None:
        return [section("It belongs to nobody yet, and others may have been charged for it.")]
    provider = code(found.call.provider) if found.call.provider else "this provider"
    instead = _ROLES[found.charged_instead]
    return [section(f"For {provider} in this team, what {instead} tells is charged instead.")]


def _linked_since(account: AccountId) -> str:
    is_persons = account_kind(account) is AccountKind.MEMBER
    whose = f"{mention(UserId(account_owner(account)))}’s" if is_persons else "a team’s"
    return (
        f"Its name was linked since and is {whose}. For ten days the true-up goes by that, and "
        "charges only what nobody was charged for yet."
    )


def _line(one: Call, *, with_rate: bool) -> Block:
    whole = button(
        "Details",
        Action.USAGE_CALL,
        value=carried.call(source=one.source, external_id=one.external_id),
        spoken=f"Details of the call of {amounts.short(one.charge.tokens)} tokens",
    )
    project = [] if one.project == UNNAMED else [code(one.project)]
    receipt = [f"receipt {receipt_id(one.entry_id)}"] if one.entry_id else []
    rate = [_rate(one.charge.rate)] if with_rate else []
    lines = (
        [f"*{amounts.exact(one.charge.tokens)}* tokens", code(one.model), *project],
        [*_in_short(one), *rate],
        [moment(one.occurred_at), code(one.source), f"call {_short(one.external_id)}", *receipt],
    )
    return section("\n".join(" · ".join(line) for line in lines), accessory=whole)


def _in_short(one: Call) -> list[str]:
    counts = one.counts
    every = (
        ("new", counts.input_uncached),
        ("from cache", counts.cache_read),
        ("into cache", counts.cache_write),
        ("output", counts.output),
    )
    return [f"{amounts.exact(count)} {name}" for name, count in every if count] or ["0 counted"]


def _counts(one: Call) -> list[tuple[str, str]]:
    """Its classes, those of which there are any; the last is output, and reasoning a part of it."""
    every = (
        ("New input", one.counts.input_uncached),
        ("Input from cache", one.counts.cache_read),
        ("Input into cache", one.counts.cache_write),
        ("Output", one.counts.output),
    )
    return [(name, amounts.exact(count)) for name, count in every if count] or [("Counted", "0")]


def _thought(one: Call) -> list[tuple[str, str]]:
    thought = one.counts.reasoning
    return [("Reasoning, in output", amounts.exact(thought))] if thought else []


def _circumstances(one: Call) -> list[tuple[str, str]]:
    return [
        ("Rate", _rate(one.charge.rate)),
        ("Cost", _cost(one)),
        ("Model", code(one.model) + (f" of {code(one.provider)}" if one.provider else "")),
        *([] if one.project == UNNAMED else [("Project", code(one.project))]),
        ("Happened", moment(one.occurred_at)),
        ("Arrived", moment(one.received_at)),
        ("Told by", f"{code(one.source)}, {_ROLES[one.role]}"),
        ("Receipt", receipt_id(one.entry_id) if one.entry_id else "none: nothing was charged"),
    ]


def _cost(one: Call) -> str:
    if one.charge.cost_nano is None:
        return "not known: nobody has a price of this model"
    shown = text.dollars(one.charge.cost_nano)
    return f"about {shown}, estimated by list price" if one.charge.cost_is_estimate else shown


def _revised(one: Revision) -> str:
    """`+1.2k by later figures (revision 3), Mar 2, receipt 9f3c21ab`."""
    receipt = f", receipt {receipt_id(one.entry_id)}" if one.entry_id else ""
    return f"{signed(one.tokens)} by later figures: revision {one.revision}, " + (
        f"{moment(one.received_at)}{receipt}"
    )


def _small_print(found: CallView) -> list[Block]:
    one, lines = found.call, []
    if one.is_estimate:
        lines.append("The source could only estimate the counts")
    if one.account == UNATTRIBUTED and found.linked_to is None:
        lines.append(f"It belongs to nobody yet: `{COMMAND} link` says whose it is")
    return [context(*lines)] if lines else []


def _rate(text: str) -> str:
    """How counts became tokens charged."""
    if text in _RATES:
        return _RATES[text]
    try:
        rate = rates.read(text)
    except RatesRefused:
        return code(text)
    if not rate.is_known:
        return f"card {code(rate.card)} doesn't know the model: one token is one token"
    w = rate.weights
    return (
        f"card {code(rate.card)}: new input {_times(w.input)}, from cache "
        f"{_times(w.cached_input)}, into it {_times(w.cache_write)}, output {_times(w.output)}"
    )


def _times(millionths: int) -> str:
    """`×1.25`"""
    whole, rest = divmod(millionths, SCALE)
    places = f".{rest:06d}".rstrip("0").rstrip(".")
    return f"×{whole}{places}"


def _short(external_id: str) -> str:
    return code(external_id if len(external_id) <= _ID_END + 1 else f"…{external_id[-_ID_END:]}")
