"""Buttons about a team's pool: its forms."""

from datetime import datetime

from bot.domain.directory import TeamId
from bot.services import team_views
from bot.services.team_choice import Asked
from bot.slack.answers import Answer, Open
from bot.slack.payloads import Click
from bot.slack.render import views
from bot.slack.render.views import PoolDraft
from bot.storage.database import Database


def fill(database: Database, said: Click, now: datetime) -> Answer:
    """*Fill the pool…*"""
    shown = team_views.pool_to_change(database, said.workspace_id, _asked(said), now)
    form = views.pool_fill_form(shown, PoolDraft())
    return Open(form, "/tokens team fill ml-platform 5M for the quarter")


def budget(database: Database, said: Click, now: datetime) -> Answer:
    """*Budget…*"""
    shown = team_views.pool_to_change(database, said.workspace_id, _asked(said), now)
    form = views.pool_budget_form(shown, PoolDraft())
    return Open(form, "/tokens team budget ml-platform 10M monthly")


def _asked(said: Click) -> Asked:
    return Asked(actor=said.user_id, team_id=TeamId(said.value))
