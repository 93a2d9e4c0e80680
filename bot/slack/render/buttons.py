"""Buttons that stand in more than one message or view."""

from typing import Literal

from bot.domain import amounts
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import AccountId, EntryId
from bot.domain.topups import TopUp
from bot.slack.ids import Action
from bot.slack.render.blocks import Block, button, confirm

#: What Slack lets a button carry.
_VALUE_MAX = 2_000


def transfer(words: str = "") -> Block:
    """`words` were typed already, and stand in the form."""
    return button(
        "Transfer…",
        Action.OPEN_TRANSFER,
        value=words[:_VALUE_MAX],
        spoken="Transfer tokens to a colleague",
    )


def request(
    label: str = "Request more…", *, words: str = "", style: Literal["primary"] | None = None
) -> Block:
    """`words` were typed already, and stand in the form."""
    return button(
        label,
        Action.OPEN_REQUEST,
        value=words[:_VALUE_MAX],
        style=style,
        spoken="Request more tokens",
    )


def advance() -> Block:
    return button(
        "Take an advance…",
        Action.OPEN_ADVANCE,
        spoken="See what you can take in advance of your next allowance",
    )


def usage(account: AccountId | None = None) -> Block:
    """Of an account, or of whoever presses it."""
    return button("See usage", Action.SEE_USAGE, value=account or "", spoken="See usage by day")


def limits() -> Block:
    return button("My limits", Action.SEE_WHY, spoken="See every limit of your calls")


def history(user_id: UserId) -> Block:
    return button(
        "History", Action.NEWEST, value=f"{user_id}:", spoken="See what came and what went"
    )


def most(value: str) -> Block:
    """`{7d, 30d or month}:{whose}`"""
    return button(
        "What used most", Action.USAGE_MOST, value=value, spoken="Show the calls that used most"
    )


def chart(value: str) -> Block:
    """`{7d, 30d or month}:{whose}`"""
    return button(
        "Show chart",
        Action.USAGE_CHART,
        value=value,
        spoken="Send me this with charts as a message",
    )


def grant(to: UserId | None = None) -> Block:
    return button("Grant…", Action.OPEN_GRANT, value=to or "", spoken="Grant tokens")


def undo(entry_id: EntryId) -> Block:
    return button("Undo", Action.UNDO, value=entry_id, spoken="Undo: take the tokens back")


def withdraw(topup: TopUp) -> Block:
    """Asks first: a withdrawn request can't be opened again."""
    asked = amounts.both(topup.tokens)
    question = confirm(
        "Withdraw the request?",
        f"Your request for {asked} tokens closes, and nobody needs to decide it.",
        yes="Withdraw",
        no="Keep it open",
    )
    return button(
        "Withdraw",
        Action.WITHDRAW,
        value=topup.topup_id,
        confirm=question,
        spoken=f"Withdraw the request for {amounts.short(topup.tokens)} tokens",
    )


def all_requests() -> Block:
    """For who decides requests: the list, to look through and decide several at once."""
    return button(
        "All requests…", Action.ALL_REQUESTS, spoken="See all open requests, and decide several"
    )


def fill_pool(team_id: TeamId, *, style: Literal["primary"] | None = None) -> Block:
    return button(
        "Fill the pool…",
        Action.TEAM_FILL,
        value=team_id,
        style=style,
        spoken="Put tokens into the team's pool",
    )
