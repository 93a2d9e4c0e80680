"""A request that waited too long for a thread is not begun: Slack would have given up on it."""

from collections.abc import Sequence
from contextvars import copy_context
from time import monotonic

from slack_bolt import BoltRequest, BoltResponse

from bot.playground.people import ANA, BEN
from bot.slack.app import QUEUED_SECONDS_MAX
from bot.slack.front_door import ARRIVED_AT
from tests.slack.town import Town


def dispatched(town: Town, body: str, *, waited: float) -> BoltResponse:
    """What Bolt answers to the body of a command that came so many seconds ago."""

    def go() -> BoltResponse:
        ARRIVED_AT.set(monotonic() - waited)
        headers: dict[str, str | Sequence[str]] = {
            "content-type": "application/x-www-form-urlencoded"
        }
        return town.bot._bolt.dispatch(BoltRequest(body=body, headers=headers))

    return copy_context().run(go)


def body_of(town: Town, text: str) -> str:
    """The body that Slack sent for a command."""
    request = town.slack.command(ANA, text).request
    assert request is not None
    return request.body.decode()


def test_a_late_command_moves_nothing_and_says_so(town: Town) -> None:
    town.fund(ANA)
    late = body_of(town, "balance").replace("text=balance", "text=transfer+%3C%40U02BEN%3E+250k")

    answer = dispatched(town, late, waited=QUEUED_SECONDS_MAX + 0.1)

    assert (answer.status, "nothing was moved" in answer.body) == (200, True)
    assert town.balances(ANA, BEN) == [1_000_000, 0]


def test_a_command_in_time_is_done(town: Town) -> None:
    town.fund(ANA)
    soon = body_of(town, "balance").replace("text=balance", "text=transfer+%3C%40U02BEN%3E+250k")

    answer = dispatched(town, soon, waited=0.0)

    assert (answer.status, "250k" in answer.body) == (200, True)
    assert town.balances(ANA, BEN) == [750_000, 250_000]
