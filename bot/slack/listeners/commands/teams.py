"""`/tokens team …`"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain.directory import UserId
from bot.domain.refusals import NameFault, NotAGroup, TeamNameRefused
from bot.domain.roles import Deed
from bot.services import (
    team_ends,
    team_managers,
    team_members,
    team_views,
    teams,
    usergroups,
)
from bot.services.team_choice import Asked
from bot.slack import team_words
from bot.slack.answers import Answer, Open, Show
from bot.slack.listeners.commands import pools
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages, views
from bot.slack.render.views import TeamDraft
from bot.storage.database import Database

_EXAMPLE = "/tokens team create ml-platform @ana @ben"


def team(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens team` opens a panel; the next word, if it is no name, says what to do."""
    verb = as_typed(said.words[0]).lower() if said.words else ""
    handle = _HANDLERS.get(verb)
    if handle is None:
        return _panel(database, said, said.words, now)
    return handle(database, said, said.words[1:], now)


def _panel(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team`, `/tokens team ml-platform`"""
    asked = _asked(said, team_words.name([as_typed(word) for word in words]))
    seen = team_views.panel(database, said.workspace_id, asked, now)
    if not seen.teams:
        return Show(messages.own_team(seen.open))
    if seen.open is not None:
        return Open(views.team_panel(seen.viewer, seen.open), "/tokens team list")
    return Open(views.team_panels(seen.viewer, seen.teams), "/tokens team list")


def _list(database: Database, said: Command, _words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team list`"""
    viewer, found = team_views.views(database, said.workspace_id, said.user_id, now)
    return Show(messages.team_list(viewer, found))


def _create(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team create ml-platform @ana @ben`; without a name a form opens."""
    named = team_words.named(words)
    zone = teams.require_making(database, said.workspace_id, said.user_id)
    if not named.name:
        return Open(views.team_form(TeamDraft("", named.people, zone)), _EXAMPLE)
    made = teams.create(
        database,
        said.workspace_id,
        actor=said.user_id,
        name=named.name,
        members=named.people,
        managers=(),
        zone="",
        key=said.key,
        now=now,
    )
    if named.group is None:
        return Show(messages.team_created(made))
    asked = Asked(actor=said.user_id, team_id=made.team.team_id)
    group_id, handle = named.group
    followed = usergroups.follow(
        database, said.workspace_id, asked, usergroup_id=group_id, handle=handle, now=now
    )
    return Show(messages.team_follows(followed))


def _add(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team add ml-platform @ana @ben`"""
    named = team_words.named(words)
    if named.group is not None:
        return _follow(database, said, words, now)
    if not named.people:
        return _people(database, said, named.name, now)
    asked = _asked(said, named.name)
    return change_people(database, said, asked, joining=named.people, leaving=(), now=now)


def _remove(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team remove ml-platform @ana`"""
    named = team_words.named(words)
    if not named.people:
        return _people(database, said, named.name, now)
    asked = _asked(said, named.name)
    return change_people(database, said, asked, joining=(), leaving=named.people, now=now)


def _people(database: Database, said: Command, name: str, now: datetime) -> Answer:
    """The form, where nobody was named."""
    asked = _asked(said, name)
    shown = team_views.to_change(database, said.workspace_id, asked, Deed.RUN_TEAM, now)
    return Open(views.team_people_form(shown), "/tokens team add ml-platform @ana")


def change_people(
    database: Database,
    said: Command,
    asked: Asked,
    *,
    joining: Sequence[UserId],
    leaving: Sequence[UserId],
    now: datetime,
) -> Answer:
    """Done at once, but where somebody loses an allowance by it: then shown first."""
    seen = team_members.look(
        database, said.workspace_id, asked, joining=joining, leaving=leaving, now=now
    )
    if seen.is_costly:
        return Show(messages.team_moving(seen))
    done = team_members.move(
        database, said.workspace_id, asked, joining=joining, leaving=leaving, now=now
    )
    return Show(messages.team_moved(done))


def _manager(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team manager ml-platform @mia`, `/tokens team manager remove ml-platform @mia`"""
    verb = as_typed(words[0]).lower() if words else ""
    is_leaving = verb in {"remove", "off"}
    named = team_words.named(words[1:] if is_leaving or verb == "add" else words)
    asked = _asked(said, named.name)
    if not named.people and not is_leaving:
        shown = team_views.to_change(database, said.workspace_id, asked, Deed.MAKE_TEAM, now)
        return Open(views.team_managers_form(shown), "/tokens team manager ml-platform @mia")
    act = team_managers.dismiss if is_leaving else team_managers.name
    act(database, said.workspace_id, asked, people=named.people, now=now)
    shown = team_views.to_change(database, said.workspace_id, asked, Deed.MAKE_TEAM, now)
    return Show(messages.team_managers_changed(shown))


def _rename(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team rename ml-platform to ml-core`"""
    old, new = team_words.renamed(words)
    if not new:
        raise TeamNameRefused(new, NameFault.EMPTY)
    team, before = teams.rename(database, said.workspace_id, _asked(said, old), name=new, now=now)
    return Show(messages.team_renamed(team, before))


def _zone(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team zone ml-platform Europe/Berlin`"""
    name, zone = team_words.last(words)
    team = teams.set_zone(database, said.workspace_id, _asked(said, name), zone=zone, now=now)
    return Show(messages.team_settings_changed(team))


def _follow(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team follow ml-platform @ml-eng`"""
    named = team_words.named(words)
    if named.group is None:
        raise NotAGroup(as_typed(words[-1]) if len(words) > 1 else "")
    asked = _asked(said, named.name)
    group_id, handle = named.group
    shown = team_views.to_change(database, said.workspace_id, asked, Deed.RUN_TEAM, now)
    if shown.people and shown.team.usergroup_id != group_id and not shown.team.is_everyone:
        question = messages.team_to_follow(
            shown.team, shown.people, usergroup_id=group_id, handle=handle
        )
        return Show(question)
    team = usergroups.follow(
        database, said.workspace_id, asked, usergroup_id=group_id, handle=handle, now=now
    )
    return Show(messages.team_follows(team))


def _unfollow(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team unfollow ml-platform`"""
    asked = _asked(said, team_words.named(words).name)
    team = usergroups.unfollow(database, said.workspace_id, asked, now=now)
    return Show(messages.team_unfollowed(team))


def _end(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team end ml-platform`: what it takes along is shown first."""
    asked = _asked(said, team_words.named(words).name)
    shown = team_ends.to_end(database, said.workspace_id, asked, now)
    return Show(messages.team_to_end(shown))


def _asked(said: Command, name: str) -> Asked:
    return Asked(actor=said.user_id, typed=name, channel=said.channel_id)


_Handler = Callable[[Database, Command, Sequence[str], datetime], Answer]
_HANDLERS: Mapping[str, _Handler] = MappingProxyType(
    {
        "list": _list,
        "create": _create,
        "new": _create,
        "add": _add,
        "remove": _remove,
        "manager": _manager,
        "managers": _manager,
        "rename": _rename,
        "zone": _zone,
        "follow": _follow,
        "unfollow": _unfollow,
        "fill": pools.fill,
        "budget": pools.budget,
        "end": _end,
    }
)
