"""Buttons about an allowance."""

from datetime import date

from bot.domain.allowances import Allowance, AllowanceState
from bot.slack.ids import Action
from bot.slack.render import allowance_terms as terms
from bot.slack.render.blocks import Block, button, confirm


def buttons_of(allowance: Allowance, good_until: date | None) -> list[Block]:
    """What can be done about a rule."""
    from_here = [] if allowance.vesting else [change(allowance)]
    return [*from_here, _pause_or_resume(allowance), end(allowance, good_until)]


def change(allowance: Allowance, label: str = "Change…") -> Block:
    return button(
        label,
        Action.ALLOWANCE_CHANGE,
        value=allowance.allowance_id,
        spoken=f"Change the allowance of {terms.how_much(allowance)}",
    )


def end(allowance: Allowance, good_until: date | None, *, label: str = "End…") -> Block:
    """Asks first, and says what stays."""
    question = confirm(
        "End this allowance?", terms.stays(allowance, good_until), yes="End it", no="Keep it"
    )
    return button(
        label,
        Action.ALLOWANCE_END,
        value=allowance.allowance_id,
        confirm=question,
        spoken=f"End the allowance of {terms.how_much(allowance)}",
    )


def all_allowances() -> Block:
    return button("All allowances", Action.ALLOWANCES_FIRST, spoken="Show all allowances")


def _pause_or_resume(allowance: Allowance) -> Block:
    label, action = (
        ("Resume", Action.ALLOWANCE_RESUME)
        if allowance.state is AllowanceState.PAUSED
        else ("Pause", Action.ALLOWANCE_PAUSE)
    )
    return button(
        label,
        action,
        value=allowance.allowance_id,
        spoken=f"{label} the allowance of {terms.how_much(allowance)}",
    )


def cancel(label: str) -> Block:
    return button(label, Action.ALLOWANCE_CANCEL, spoken="Leave everything as it is")


def new(subject: str = "") -> Block:
    return button(
        "New allowance…", Action.OPEN_ALLOWANCE, value=subject, spoken="Set a new allowance"
    )


def end_now(allowance: Allowance) -> Block:
    """For where what it means has been said already."""
    return button(
        "End it",
        Action.ALLOWANCE_END,
        value=allowance.allowance_id,
        style="danger",
        spoken=f"End the allowance of {terms.how_much(allowance)}",
    )
