"""What acting as a person needs: the workspace, and the way to the app."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.delivery import Delivery
from bot.playground.tickets import ResponseUrl
from bot.playground.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Stage:
    """A workspace, its delivery to the app, and the address of this simulated Slack."""

    workspace: Workspace
    delivery: Delivery
    own_url: Callable[[], str]

    def trigger(
        self, user_id: str, view_id: str | None = None, *, channel_id: str | None = None
    ) -> str:
        now = self.workspace.clock()
        return self.workspace.tickets.trigger(user_id, now, view_id, channel_id=channel_id)

    def response_url(self, user_id: str, channel_id: str, ts: str | None = None) -> ResponseUrl:
        now = self.workspace.clock()
        return self.workspace.tickets.response_url(user_id, channel_id, now, ts)

    def address(self, ticket: ResponseUrl) -> str:
        return f"{self.own_url()}/response/{ticket.token}"
