"""*I'm back* and *Change…* under one's stand-ins."""

from datetime import datetime

from bot.services import stand_ins
from bot.slack.answers import Answer, Open, Show
from bot.slack.listeners.commands.stand_ins import EXAMPLE
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.slack.render.views import AwayDraft
from bot.storage.database import Database


def end(database: Database, said: Click, now: datetime) -> Answer:
    """The value is when it starts; all that ended before is as good as ended now."""
    ended = stand_ins.end(
        database,
        said.workspace_id,
        actor=said.user_id,
        starts_at=datetime.fromisoformat(said.value),
        now=now,
    )
    return Show(messages.back(ended), replaces_original=True)


def open_form(database: Database, said: Click, now: datetime) -> Answer:
    """*Change…*, which only approvers are shown."""
    stand_ins.of(database, said.workspace_id, said.user_id, now)
    return Open(views.away_form(AwayDraft()), EXAMPLE)
