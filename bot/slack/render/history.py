"""A history, line by line."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain import amounts
from bot.domain.history import Line, Page
from bot.domain.ledger import EntryKind
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    message,
    quote,
    section,
)
from bot.slack.render.text import code, day, mention, moment, receipt_id, signed, without_marks


def history(page: Page) -> Message:
    """Newest first; older ones by a button."""
    is_own = page.viewer.user_id == page.subject
    whose = "Your history" if is_own else f"History of {mention(page.subject)}"
    turning = _turning(page)
    if not page.lines:
        return _empty(page, whose, turning)
    spoken = f" The newest: {without_marks(_headline(page.lines[0]))}."
    return message(
        f"*{whose}*, newest first.",
        *(block for one in page.lines for block in line(one)),
        *([actions(*turning)] if turning else []),
        *_hint(page),
        spoken=spoken if page.is_newest else "",
    )


#: What a call used, whose note names its source.
_USAGE = frozenset({EntryKind.USAGE, EntryKind.SETTLEMENT})


def line(one: Line) -> list[Block]:
    """The change first, then why, when and the id; what was written for it as a quote."""
    marks = ["reversed since"] if one.is_reversed else []
    below = " · ".join([moment(one.recorded_at), receipt_id(one.entry_id), *marks])
    said = [] if one.kind in _USAGE else quote(one.note)  # nobody wrote that
    return [section(f"{_headline(one)}\n{below}"), *said]


def _empty(page: Page, whose: str, turning: list[Block]) -> Message:
    if not page.is_newest:
        return message(f"*{whose}*: there is nothing older.", actions(*turning))
    headline = f"*{whose}* is empty so far. Whatever comes or goes will stand here."
    own = page.viewer.user_id == page.subject
    return message(headline, *([actions(buttons.request("Request tokens…"))] if own else []))


def _headline(one: Line) -> str:
    return f"{signed(one.change)} {_why(one)}"


def _why(one: Line) -> str:
    """Why tokens came or went, and with whom."""
    match one.kind:
        case EntryKind.GRANT:
            to_self = " to themselves, as the only approver" if one.is_self_approved else ""
            return f"granted by {mention(one.actor)}{to_self}"
        case EntryKind.TRANSFER:
            return _transfer(one)
        case EntryKind.ALLOWANCE:
            return _allowance(one)
        case EntryKind.USAGE | EntryKind.SETTLEMENT:
            return _usage(one)
        case EntryKind.REVERSAL:
            which = f" of {receipt_id(one.reverses)}" if one.reverses else ""
            return f"reversal{which} by {mention(one.actor)}"
        case _:
            is_back = one.kind is EntryKind.ATTRIBUTION and one.change > 0
            return _UNLINKED if is_back else _OTHER_KINDS[one.kind]


def _allowance(one: Line) -> str:
    """Where tokens expired as it came, or repaid an advance, the change is less: all is said."""
    what = f"allowance of {day(one.period_on)}" if one.period_on else "allowance"
    gone = [f"{amounts.short(one.expired)} expired"] if one.expired else []
    gone += [f"{amounts.short(one.repaid)} repaid your advance"] if one.repaid else []
    if not gone:
        return what
    came = amounts.short(one.change + one.expired + one.repaid)
    return f"{what}: {', '.join([f'{came} came', *gone])}"


def _usage(one: Line) -> str:
    """Its note names the sources; its actor is an API key, and nobody to mention."""
    what = "given back, as a source corrected its figures" if one.change > 0 else "used"
    return f"{what}: {code(one.note)}" if one.note else what


def _transfer(one: Line) -> str:
    whom = mention(one.counterparty) if one.counterparty else "someone"
    return f"{'from' if one.change > 0 else 'sent to'} {whom}"


_UNLINKED = "usage given back, as its name was unlinked"
_OTHER_KINDS: Mapping[EntryKind, str] = MappingProxyType(
    {
        EntryKind.ISSUE: "issued",
        EntryKind.EXPIRY: "expired",
        EntryKind.RETURN: "returned",
        EntryKind.ADVANCE: "in advance of the next allowance",
        EntryKind.TRUE_UP: "correction of usage",
        EntryKind.ATTRIBUTION: "usage linked later",
    }
)


def _turning(page: Page) -> list[Block]:
    older = button(
        "Older",
        Action.OLDER,
        value=f"{page.subject}:{page.older}",
        spoken="Show older entries",
    )
    newest = button(
        "Newest", Action.NEWEST, value=f"{page.subject}:", spoken="Show the newest entries"
    )
    return [*([older] if page.older else []), *([] if page.is_newest else [newest])]


def _hint(page: Page) -> list[Block]:
    if not page.viewer.is_approver:
        return []
    return [context(f"To take one back: `{COMMAND} reverse ID reason`")]
