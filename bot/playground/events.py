"""Events that the app subscribed to, and their redelivery."""

from typing import Any

from bot.playground import outcomes, payloads
from bot.playground.outcomes import Outcome
from bot.playground.people import Json
from bot.playground.stage import Stage


def send(
    stage: Stage, inner: Json, *, event_id: str | None = None, bot_url: str | None = None
) -> Outcome:
    """Send an event; it can be sent again by its id."""
    workspace = stage.workspace
    with workspace.reading():
        chosen = event_id or f"Ev{workspace.next_number():08d}"
        outer = payloads.event(workspace, inner, chosen)
        workspace.sent_events[chosen] = outer
    return _deliver(stage, outer, {}, bot_url)


def redeliver(
    stage: Stage, event_id: str, *, retry: int, reason: str, bot_url: str | None
) -> Outcome:
    """Send an event again, as Slack does after a failure."""
    headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
    return _deliver(stage, stage.workspace.sent_events[event_id], headers, bot_url)


def home_opened(stage: Stage, user_id: str, tab: str, *, bot_url: str | None) -> Outcome:
    """The person looks at the app's Home or messages."""
    workspace = stage.workspace
    with workspace.changing():
        inner: Json = {
            "type": "app_home_opened",
            "user": workspace.person(user_id).id,
            "channel": workspace.dm_with(user_id).id,
            "tab": tab,
            "event_ts": workspace.next_ts(),
        }
        if tab == "home" and user_id in workspace.homes:
            inner["view"] = workspace.view_json(workspace.homes[user_id])
    return send(stage, inner, bot_url=bot_url)


def user_changed(stage: Stage, user_id: str, kind: str) -> Outcome:
    """`user_change` or `team_join` about this person as they are now."""
    workspace = stage.workspace
    with workspace.reading():
        inner: dict[str, Any] = {
            "type": kind,
            "user": workspace.user_json(workspace.person(user_id)),
            "cache_ts": int(workspace.clock().timestamp()),
            "event_ts": workspace.next_ts(),
        }
    return send(stage, inner)


def _deliver(stage: Stage, outer: Json, headers: dict[str, str], bot_url: str | None) -> Outcome:
    request, answer = stage.delivery.send(
        "events_api", outer, bot_url=bot_url, extra_headers=headers
    )
    return outcomes.of_answer(request, answer)
