"""What happened before the page is first opened, done over the wire with real commands."""

import contextlib
from collections.abc import Callable
from functools import partial

from bot.playground.outcomes import Outcome
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack

NOTICE_SECONDS_MAX = 5.0
#: The bot reads who is here once it has started; until then it may not know whom Leo means.
ATTEMPTS_MAX = 5
ATTEMPT_SECONDS = 1.0
FIRST_GRANT = "grant @ana 2M for the search prototype"
#: One of these stands in the receipt of the first grant.
FIRST_FIGURES = ("2M", "2,000,000")
#: Stands in Ben's request, and in nothing that came to Mia before it.
REQUEST_FIGURE = "750k"


def tell(slack: SimulatedSlack) -> list[str]:
    """All are given some, Ana shares, Ben asks Mia; answers what went wrong, if anything."""
    slack.say(LEO, "Budgets for the search prototype are in. Ana, Ben: type `/tokens balance`.")
    done = [
        _first_grant(slack),
        slack.command(LEO, "grant @ben 500k for the search prototype"),
        slack.command(LEO, "grant @mia 400k for planning"),
        # Nobody grants to themselves.
        slack.command(MIA, "grant @leo 400k for support"),
        slack.command(ANA, "transfer @ben 250k for the demo"),
        slack.command(BEN, f"request {REQUEST_FIGURE} for the evaluation run"),
    ]
    slack.say(BEN, "Thanks! I asked for a bit more, the evaluation run is hungry.")
    troubles = [_trouble(one) for one in done if not one.is_good]
    return troubles or _wait_for_the_request(slack)


def _first_grant(slack: SimulatedSlack) -> Outcome:
    _wait(slack, lambda: bool(slack.calls("users.list")), NOTICE_SECONDS_MAX)
    outcome = slack.command(LEO, FIRST_GRANT)
    for _ in range(ATTEMPTS_MAX):
        if any(figure in outcome.shown for figure in FIRST_FIGURES):
            break
        known = len(slack.calls())
        _wait(slack, partial(_called_since, slack, known), ATTEMPT_SECONDS)
        outcome = slack.command(LEO, FIRST_GRANT)
    return outcome


def _trouble(outcome: Outcome) -> str:
    text = outcome.request.payload["text"] if outcome.request else ""
    return f"/tokens {text}: {outcome.shown}"


def _wait_for_the_request(slack: SimulatedSlack) -> list[str]:
    def has_come() -> bool:
        return any(REQUEST_FIGURE in slack.as_text(one, MIA) for one in slack.dm(MIA))

    if _wait(slack, has_come, NOTICE_SECONDS_MAX):
        return []
    return [f"{MIA.real_name} has not heard of the request yet"]


def _wait(slack: SimulatedSlack, predicate: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    with contextlib.suppress(AssertionError):
        return slack.wait_until(predicate, seconds)
    return False


def _called_since(slack: SimulatedSlack, known: int) -> bool:
    return len(slack.calls()) > known
