"""Buttons of usage: other days, what used most, one call, and charts as a message."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.domain.allowances import Subject
from bot.domain.ledger import IdempotencyKey
from bot.domain.usage_views import Stretch
from bot.services import calls, usage_views
from bot.slack import carried
from bot.slack.answers import Answer, Show
from bot.slack.ids import Action
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.slack.render.blocks import Message
from bot.storage.database import Database

_STRETCHES: Mapping[str, Stretch] = MappingProxyType(
    {
        Action.USAGE_WEEK: Stretch.WEEK,
        Action.USAGE_THIRTY_DAYS: Stretch.THIRTY_DAYS,
        Action.USAGE_MONTH: Stretch.MONTH,
    }
)


def look(database: Database, said: Click, now: datetime) -> Answer:
    """*7 days*, *30 days*, *This month*"""
    seen = _seen(database, said, _STRETCHES[said.action_id], now)
    return Show(seen, replaces_original=True, title="Usage")


def open_team(database: Database, said: Click, now: datetime) -> Answer:
    """*Usage* of a team, over its panel."""
    return Show(_seen(database, said, Stretch.WEEK, now), title="Usage")


def most(database: Database, said: Click, now: datetime) -> Answer:
    """*What used most*"""
    chosen, subject = _read(said.value)
    found = calls.most(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=subject,
        chosen=chosen,
        now=now,
    )
    return Show(messages.most_used(found), replaces_original=True, title="What used most")


def chart(database: Database, said: Click, now: datetime) -> Answer:
    """*Show chart*"""
    chosen, subject = _read(said.value)
    usage_views.send_chart(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=subject,
        chosen=chosen,
        key=IdempotencyKey(f"usage:{said.trigger_id}"),
        now=now,
    )
    return Show(messages.say("The chart is on its way to you, as a direct message from me."))


def call(database: Database, said: Click, _now: datetime) -> Answer:
    """*Details*"""
    source, external_id = carried.called(said.value)
    found = calls.chosen(
        database,
        said.workspace_id,
        viewer=said.user_id,
        source=source,
        external_id=external_id,
    )
    return Show(messages.call(found), title="One call")


def _seen(database: Database, said: Click, chosen: Stretch, now: datetime) -> Message:
    found = usage_views.view(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=Subject.parse(said.value),
        chosen=chosen,
        now=now,
    )
    return messages.usage_view(found)


def _read(value: str) -> tuple[Stretch, Subject]:
    chosen, _, subject = value.partition(":")
    return Stretch(chosen), Subject.parse(subject)
