"""Forms about teams: a new one, its people, its managers, its settings."""

import json
from dataclasses import dataclass
from typing import Any

from bot.domain.directory import UserId
from bot.domain.teams import NAME_MAX, NAMED_MAX, Team, TeamView
from bot.slack.ids import NO, YES, Callback, Field
from bot.slack.render.blocks import Block, View, modal, plain, section
from bot.slack.render.days import WEEKDAYS
from bot.slack.render.inputs import field, initial
from bot.slack.render.text import people, team_name

_ZONE_LENGTH_MAX = 60
_HOURS = range(24)


@dataclass(frozen=True, slots=True)
class TeamDraft:
    """What was typed of a new team so far."""

    name: str = ""
    members: tuple[UserId, ...] = ()
    zone: str = ""


def team_form(draft: TeamDraft) -> View:
    """A name, who is in it, who looks after it; what was typed already stands in it."""
    return modal(
        "New team",
        [
            _name(draft.name),
            _people(Field.RECIPIENTS, "Who is in it?", draft.members, optional=True),
            _people(
                Field.MANAGERS,
                "Who looks after it?",
                (),
                optional=True,
                hint="They decide its requests and grant from its pool. Nobody: admins do.",
            ),
            _zone(draft.zone),
        ],
        callback_id=Callback.TEAM_CREATE,
        submit="Make it",
    )


def people_form(shown: TeamView) -> View:
    """Who comes and who goes; what that takes along is shown before it is done."""
    name = shown.team.name
    return modal(
        "People of the team",
        [
            section(f"*{team_name(name)}*: {_inside(shown)}"),
            _people(Field.RECIPIENTS, "Who comes?", (), optional=True),
            _people(Field.LEAVING, "Who leaves?", (), optional=True),
        ],
        callback_id=Callback.TEAM_PEOPLE,
        submit="Go on",
        metadata=_metadata(shown.team),
    )


def managers_form(shown: TeamView) -> View:
    label = f"Who looks after {shown.team.name}?"
    hint = "They decide its requests and grant from its pool. Nobody: admins do."
    if shown.team.is_everyone:  # it has no pool
        label = "Who approves?"
        hint = "Requests of people without a team of their own go to them. Nobody: admins decide."
    return modal(
        "Approvers" if shown.team.is_everyone else "Managers",
        [_people(Field.MANAGERS, label, shown.managers, optional=True, hint=hint)],
        callback_id=Callback.TEAM_MANAGERS,
        submit="Save",
        metadata=_metadata(shown.team),
    )


def settings_form(team: Team) -> View:
    """Name, zone, when its digest comes, and whether that may name people."""
    named = [] if team.is_everyone else [_name(team.name)]
    return modal(
        "Settings of the team",
        [
            *named,
            _zone(team.zone),
            field(
                Field.WEEKDAY,
                "Weekly digest on",
                _menu([(str(n), name) for n, name in enumerate(WEEKDAYS)], team.digest_weekday),
            ),
            field(
                Field.HOUR,
                "At",
                _menu([(str(n), f"{n:02}:00") for n in _HOURS], team.digest_hour),
                hint="It needs a channel first: Channel for the digest…, or /tokens digest here.",
            ),
            field(Field.LEADERBOARD, "Who used most", _leaderboard(team)),
        ],
        callback_id=Callback.TEAM_SETTINGS,
        submit="Save",
        metadata=_metadata(team),
    )


def _inside(shown: TeamView) -> str:
    rest = shown.people - len(shown.shown)
    more = f" and {rest:,} more" if rest else ""
    return f"{people(shown.shown)}{more}" if shown.people else "nobody yet"


def _name(typed: str) -> Block:
    element = {
        "type": "plain_text_input",
        "placeholder": plain("ml-platform"),
        "max_length": NAME_MAX,
        **initial("value", typed[:NAME_MAX]),
    }
    return field(Field.NAME, "What is it called?", element)


def _zone(typed: str) -> Block:
    element = {
        "type": "plain_text_input",
        "placeholder": plain("Europe/Berlin"),
        "max_length": _ZONE_LENGTH_MAX,
        **initial("value", typed[:_ZONE_LENGTH_MAX]),
    }
    hint = "Its weeks and months begin at midnight there. A city is enough: Berlin."
    return field(Field.ZONE, "Time zone", element, hint=hint)


def _people(
    name: Field, label: str, chosen: tuple[UserId, ...], *, optional: bool, hint: str = ""
) -> Block:
    element = {
        "type": "multi_users_select",
        "placeholder": plain("Choose people"),
        "max_selected_items": NAMED_MAX,
        **initial("users", list(chosen[:NAMED_MAX])),
    }
    return field(name, label, element, hint=hint, optional=optional)


def _menu(choices: list[tuple[str, str]], chosen: int) -> dict[str, Any]:
    options = [{"text": plain(label), "value": value} for value, label in choices]
    return {"type": "static_select", "options": options, "initial_option": options[chosen]}


def _leaderboard(team: Team) -> dict[str, Any]:
    options = [
        {"text": plain("The digest names nobody"), "value": NO},
        {"text": plain("It may name five; each can stay out"), "value": YES},
    ]
    chosen = options[1 if team.shows_leaderboard else 0]
    return {"type": "radio_buttons", "options": options, "initial_option": chosen}


def _metadata(team: Team) -> str:
    return json.dumps({"team_id": team.team_id})
