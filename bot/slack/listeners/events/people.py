"""Somebody joined, or their facts changed."""

from datetime import datetime

from bot.services import directory
from bot.slack import payloads
from bot.slack.payloads import Event
from bot.storage.database import Database


def person_changed(database: Database, said: Event, now: datetime) -> None:
    """`team_join` and `user_change` carry the whole user."""
    directory.person_changed(
        database,
        said.workspace_id,
        person=payloads.person(said.inner["user"], said.workspace_id),
        event_id=said.event_id,
        now=now,
    )
