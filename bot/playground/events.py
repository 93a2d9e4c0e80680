"""Events that the app subscribed to, and their redelivery."""

from typing import Any

from bot.playground import outcomes, payloads
from bot.playground.outcomes import Outcome
from bot.playground.people import Json
from bot.playground.stage import Stage
from bot.playground.usergroups import TOLD_USERS_MAX, UserGroup


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


def usergroup_updated(stage: Stage, group: UserGroup) -> Outcome:
    """`subteam_updated`: the group as it is now."""
    workspace = stage.workspace
    with workspace.reading():
        subteam = group.as_json(workspace.identity.team_id, with_users=True)
        subteam["users"] = subteam["users"][:TOLD_USERS_MAX]
        inner: Json = {
            "type": "subteam_updated",
            "subteam": subteam,
            "event_ts": workspace.next_ts(),
        }
    return send(stage, inner)


def usergroup_members_changed(
    stage: Stage, group: UserGroup, *, before: list[str], since: int
) -> Outcome:
    """`subteam_members_changed`: who came and who went."""
    added = [one for one in group.users if one not in before]
    removed = [one for one in before if one not in group.users]
    with stage.workspace.reading():
        inner: Json = {
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": stage.workspace.identity.team_id,
            "date_previous_update": since,
            "date_update": group.updated_at,
            "added_users": added,
            "added_users_count": str(len(added)),
            "removed_users": removed,
            "removed_users_count": str(len(removed)),
            "event_ts": stage.workspace.next_ts(),
        }
    return send(stage, inner)


def _deliver(stage: Stage, outer: Json, headers: dict[str, str], bot_url: str | None) -> Outcome:
    request, answer = stage.delivery.send(
        "events_api", outer, bot_url=bot_url, extra_headers=headers
    )
    return outcomes.of_answer(request, answer)
