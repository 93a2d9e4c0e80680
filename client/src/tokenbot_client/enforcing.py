"""The hold of a metered call: made before it, and told of how it ended in the background."""

from collections.abc import Callable, Mapping
from typing import Any

from tokenbot_client import estimates
from tokenbot_client.counts import field
from tokenbot_client.desk import Desk
from tokenbot_client.exchange import Exchange, Made
from tokenbot_client.people import Caller
from tokenbot_client.routes import Event

#: The most that tokenbot takes as a model's name. A longer one, as some of Bedrock's are, is told
#: as far as that: it is no reason for a call not to be made.
MODEL_MAX = 100


class Ticket:
    """What lets one call pass. It ends once, whoever tells it first."""

    def __init__(self, exchange: Exchange, made: Made) -> None:
        self._exchange = exchange
        self._made = made
        self._is_over = False

    def settle(self, event: Callable[[], Event]) -> None:
        """Charges the call; `event` builds its usage event off the caller's path."""
        if self._ends_now():
            self._exchange.settle_later(self._made, event)

    def free(self) -> None:
        """Charges nothing."""
        if self._ends_now():
            self._exchange.void_later(self._made)

    def _ends_now(self) -> bool:
        was_over, self._is_over = self._is_over, True
        return not was_over


def ticket(desk: Desk, caller: Caller, provider: str, request: Mapping[str, Any]) -> Ticket:
    """The ticket of a request that is about to be made. Raises `LimitReached`, and as a hold does.

    What the request says is measured here and stays here.
    """
    body = request.get("body")
    model = field(body, "model")
    estimate: Mapping[str, Any] = estimates.of_request(body)
    wish = desk.wish(
        caller.user,
        project=caller.project,
        model=model[:MODEL_MAX] if isinstance(model, str) else "",
        provider=provider,
        **estimate,
    )
    return Ticket(desk.exchange, desk.exchange.hold(wish.body))
