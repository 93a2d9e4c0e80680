"""The Home tab."""

from bot.domain import amounts, roles
from bot.domain.balances import Balance
from bot.domain.home import Home
from bot.domain.roles import Deed
from bot.slack.ids import COMMAND
from bot.slack.render import balances, buttons
from bot.slack.render.blocks import Block, View, actions, context, divider, header, section
from bot.slack.render.history import line
from bot.slack.render.topups import open_request


def home(shown: Home) -> View:
    """Balance first, then what can be done, what is open and what happened lately."""
    viewer = shown.balance.viewer
    # In their places, whatever there is to send; a link of a refused call leads to the first.
    steps = [buttons.request(), buttons.transfer()]
    if roles.may_for_someone(viewer, Deed.GRANT):
        steps.append(buttons.grant())
    if shown.balance.has_advance:
        steps.append(buttons.advance())
    return {
        "type": "home",
        "blocks": [
            *_balance(shown.balance),
            actions(*steps),
            *_open(shown),
            divider(),
            *_lately(shown),
            context(f"`{COMMAND} help` shows everything you can do"),
        ],
    }


def _balance(found: Balance) -> list[Block]:
    if balances.is_empty(found):
        return [
            header("No tokens right now"),
            section("Ask for some: your approvers get a message at once."),
            *balances.small_print(found),
        ]
    unit = "token" if abs(found.available) == 1 else "tokens"
    exact = f"Exactly {amounts.exact(found.available)}"
    return [
        header(f"{amounts.short(found.available)} {unit} available"),
        *([context(exact)] if amounts.short(found.available) not in exact else []),
        *balances.small_print(found),
    ]


def _open(shown: Home) -> list[Block]:
    if not shown.open_topups:
        return []
    return [
        section("*Your open requests*"),
        *(block for topup in shown.open_topups for block in open_request(topup)),
    ]


def _lately(shown: Home) -> list[Block]:
    page = shown.history
    if not page.lines:
        return [section("*Lately*\nNothing yet. Whatever comes or goes will stand here.")]
    more = [context(f"`{COMMAND} history` shows more")] if page.older else []
    return [section("*Lately*"), *(block for one in page.lines for block in line(one)), *more]
