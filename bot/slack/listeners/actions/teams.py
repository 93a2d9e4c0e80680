"""Buttons about teams: open one, its forms, and what was asked before it is done."""

import json
from datetime import datetime

from bot.domain.directory import TeamId, UserId
from bot.domain.roles import Deed
from bot.services import team_ends, team_members, team_views, teams, usergroups
from bot.services.team_choice import Asked
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.slack.render.views import TeamDraft
from bot.storage.database import Database

_INSTEAD = "/tokens team list"


def open_panel(database: Database, said: Click, now: datetime) -> Answer:
    """*Open*"""
    seen = team_views.panel(database, said.workspace_id, _asked(said), now)
    if seen.open is None or not seen.teams:
        return Show(messages.own_team(seen.open))
    return Open(views.team_panel(seen.viewer, seen.open), _INSTEAD)


def new(database: Database, said: Click, _now: datetime) -> Answer:
    """*New team…*"""
    zone = teams.require_making(database, said.workspace_id, said.user_id)
    return Open(views.team_form(TeamDraft(zone=zone)), "/tokens team create ml-platform @ana")


def people(database: Database, said: Click, now: datetime) -> Answer:
    """*People…*"""
    shown = team_views.to_change(database, said.workspace_id, _asked(said), Deed.RUN_TEAM, now)
    return Open(views.team_people_form(shown), "/tokens team add ml-platform @ana")


def managers(database: Database, said: Click, now: datetime) -> Answer:
    """*Managers…*"""
    shown = team_views.to_change(database, said.workspace_id, _asked(said), Deed.MAKE_TEAM, now)
    return Open(views.team_managers_form(shown), "/tokens team manager ml-platform @mia")


def settings(database: Database, said: Click, now: datetime) -> Answer:
    """*Settings…*"""
    shown = team_views.to_change(database, said.workspace_id, _asked(said), Deed.RUN_TEAM, now)
    return Open(views.team_settings_form(shown.team), "/tokens team zone ml-platform Berlin")


def move(database: Database, said: Click, now: datetime) -> Answer:
    """*Do it*, under what it takes along."""
    carried = json.loads(said.value)
    done = team_members.move(
        database,
        said.workspace_id,
        Asked(actor=said.user_id, team_id=TeamId(carried["team"])),
        joining=[UserId(user_id) for user_id in carried["in"]],
        leaving=[UserId(user_id) for user_id in carried["out"]],
        now=now,
    )
    return Show(messages.team_moved(done), replaces_original=True)


def follow(database: Database, said: Click, now: datetime) -> Answer:
    """*Follow the group*"""
    carried = json.loads(said.value)
    team = usergroups.follow(
        database,
        said.workspace_id,
        Asked(actor=said.user_id, team_id=TeamId(carried["team"])),
        usergroup_id=carried["id"],
        handle=carried["handle"],
        now=now,
    )
    return Show(messages.team_follows(team), replaces_original=True)


def unfollow(database: Database, said: Click, now: datetime) -> Answer:
    """*Stop following the group*"""
    team = usergroups.unfollow(database, said.workspace_id, _asked(said), now=now)
    return Show(messages.team_unfollowed(team))


def end(database: Database, said: Click, now: datetime) -> Answer:
    """*End the team*, which a question of Slack's own comes before."""
    before = team_ends.end(database, said.workspace_id, asked=_asked(said), now=now)
    return Show(messages.team_ended(before), replaces_original=True)


def keep(_database: Database, _said: Click, _now: datetime) -> Answer:
    """*Cancel*, where a question was asked."""
    return Show(messages.team_kept(), replaces_original=True)


def _asked(said: Click) -> Asked:
    return Asked(actor=said.user_id, team_id=TeamId(said.value))
