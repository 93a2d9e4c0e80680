"""Slack's events and what they do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.slack.listeners.events import home, installations, people, usergroups
from bot.slack.payloads import Event
from bot.storage.database import Database

Handler = Callable[[Database, Event, datetime], None]

EVENTS: Mapping[str, Handler] = MappingProxyType(
    {
        "app_home_opened": home.app_home_opened,
        "team_join": people.person_changed,
        "user_change": people.person_changed,
        "subteam_members_changed": usergroups.group_changed,
        "subteam_updated": usergroups.group_changed,
        "app_uninstalled": installations.app_uninstalled,
        "tokens_revoked": installations.tokens_revoked,
    }
)
