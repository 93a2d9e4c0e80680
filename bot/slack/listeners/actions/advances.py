"""Buttons about advances: look, take."""

from datetime import date, datetime

from bot.services import advances
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.storage.database import Database


def look(database: Database, said: Click, now: datetime) -> Answer:
    """*Take an advance…*"""
    found = advances.look(database, said.workspace_id, actor=said.user_id, now=now)
    return Show(messages.advance(found))


def take(database: Database, said: Click, now: datetime) -> Answer:
    """*Take it*; a button of an earlier period shows what is on offer now."""
    found = advances.take(
        database,
        said.workspace_id,
        actor=said.user_id,
        repaid_on=date.fromisoformat(said.value),
        now=now,
    )
    return Show(messages.advance(found), replaces_original=True)
