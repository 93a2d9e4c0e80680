"""Forms about teams, sent: a new one, its people, its managers, its settings."""

from datetime import datetime

from bot.domain.directory import TeamId
from bot.domain.roles import Deed
from bot.services import team_managers, team_members, team_views, teams
from bot.services.team_choice import Asked
from bot.slack import payloads
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import YES, Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def create(database: Database, said: Submission, now: datetime) -> Answer:
    """Name, people, managers, zone."""
    made = teams.create(
        database,
        said.workspace_id,
        actor=said.user_id,
        name=said.text(Field.NAME),
        members=said.people(Field.RECIPIENTS),
        managers=said.people(Field.MANAGERS),
        zone=said.text(Field.ZONE),
        key=said.key,
        now=now,
    )
    return Show(messages.team_created(made))


def people(database: Database, said: Submission, now: datetime) -> Answer:
    """Who comes and who goes; shown first where somebody loses an allowance by it."""
    asked = _asked(said)
    joining, leaving = said.people(Field.RECIPIENTS), said.people(Field.LEAVING)
    if not joining and not leaving:
        return Errors({Field.RECIPIENTS: "Choose who comes, or below who leaves."})
    seen = team_members.look(
        database, said.workspace_id, asked, joining=joining, leaving=leaving, now=now
    )
    if seen.is_costly:
        return Show(messages.team_moving(seen), title="Is this right?")
    done = team_members.move(
        database, said.workspace_id, asked, joining=joining, leaving=leaving, now=now
    )
    return Show(messages.team_moved(done))


def managers(database: Database, said: Submission, now: datetime) -> Answer:
    """Exactly those who are chosen; nobody is a choice too."""
    asked = _asked(said)
    team_managers.put(
        database, said.workspace_id, asked, people=said.people(Field.MANAGERS), now=now
    )
    shown = team_views.to_change(database, said.workspace_id, asked, Deed.MAKE_TEAM, now)
    return Show(messages.team_managers_changed(shown))


def settings(database: Database, said: Submission, now: datetime) -> Answer:
    """All of it or nothing."""
    chosen = teams.Settings(
        name=said.text(Field.NAME),
        zone=said.text(Field.ZONE),
        digest_weekday=int(said.choice(Field.WEEKDAY) or 0),
        digest_hour=int(said.choice(Field.HOUR) or 0),
        shows_leaderboard=said.choice(Field.LEADERBOARD) == YES,
    )
    team = teams.set_up(database, said.workspace_id, _asked(said), chosen=chosen, now=now)
    return Show(messages.team_settings_changed(team))


def _asked(said: Submission) -> Asked:
    carried = payloads.metadata(said.metadata)
    return Asked(actor=said.user_id, team_id=TeamId(carried["team_id"]))
