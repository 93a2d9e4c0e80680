"""Buttons about policies: look, change, cap, uncap, use *Everyone*'s."""

from datetime import datetime

from bot.domain.directory import TeamId
from bot.domain.roles import Deed
from bot.services import policies
from bot.services.team_choice import Asked
from bot.slack import carried
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.storage.database import Database


def open_panel(database: Database, said: Click, now: datetime) -> Answer:
    """*Policy…*"""
    seen = policies.of_team(database, said.workspace_id, _asked(said), now)
    return Open(views.policy_panel(seen), "/tokens policy ml-platform")


def open_change(database: Database, said: Click, now: datetime) -> Answer:
    """*Change…*"""
    seen = policies.of_team(database, said.workspace_id, _asked(said), now, Deed.RUN_TEAM)
    form = views.policy_form(seen)
    return Open(form, "/tokens policy ml-platform soft 10%", replaces_view=True)


def open_cap(database: Database, said: Click, now: datetime) -> Answer:
    """*Add a cap…*"""
    seen = policies.of_team(database, said.workspace_id, _asked(said), now, Deed.RUN_TEAM)
    form = views.cap_form(seen)
    return Open(form, "/tokens policy ml-platform cap gpt-4* 1M a week", replaces_view=True)


def drop_cap(database: Database, said: Click, now: datetime) -> Answer:
    """*Remove* beside a cap, which a question of Slack's own comes before."""
    team_id, cap_id = carried.capped(said.value)
    asked = Asked(actor=said.user_id, team_id=team_id)
    seen, gone = policies.drop_cap(database, said.workspace_id, asked, cap_id=cap_id, now=now)
    return Show(messages.policy_uncapped(seen, gone), replaces_original=True)


def use_default(database: Database, said: Click, now: datetime) -> Answer:
    """*Use Everyone's*, which a question of Slack's own comes before."""
    seen = policies.put(database, said.workspace_id, _asked(said), policy=None, now=now)
    return Show(messages.policy_as_everyone(seen), replaces_original=True)


def _asked(said: Click) -> Asked:
    return Asked(actor=said.user_id, team_id=TeamId(said.value))
