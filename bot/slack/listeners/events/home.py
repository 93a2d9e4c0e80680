"""Somebody opened the app's Home tab."""

from datetime import datetime

from bot.domain.directory import UserId
from bot.services import directory
from bot.slack.payloads import Event
from bot.storage.database import Database


def app_home_opened(database: Database, said: Event, now: datetime) -> None:
    """Publish their Home; the tab of messages needs none."""
    if said.inner.get("tab") != "home":
        return
    directory.home_opened(
        database,
        said.workspace_id,
        user_id=UserId(said.inner["user"]),
        event_id=said.event_id,
        is_bare=not said.inner.get("view"),
        now=now,
    )
