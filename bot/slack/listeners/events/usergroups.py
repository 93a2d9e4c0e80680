"""A user group has other people, another name, or is no more."""

from datetime import datetime

from bot.services import usergroups
from bot.slack.payloads import Event
from bot.storage.database import Database


def group_changed(database: Database, said: Event, now: datetime) -> None:
    """`subteam_updated` carries the group, `subteam_members_changed` its id alone."""
    group = said.inner.get("subteam") or {}
    usergroups.changed(
        database,
        said.workspace_id,
        usergroup_id=str(said.inner.get("subteam_id") or group.get("id") or ""),
        event_id=said.event_id,
        now=now,
    )
