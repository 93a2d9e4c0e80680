"""A workspace's settings, each with what it may be and what it is out of the box."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.domain.directory import WorkspaceId
from bot.storage import audit, settings
from bot.storage.audit import Change
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting means, and its values, the first of which holds until it is changed."""

    meaning: str
    values: tuple[str, ...]


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "slack_admins_are_approvers": Setting(
            "Slack's admins and owners may grant and decide.", ("yes", "no")
        ),
        "outsiders_take_part": Setting(
            "Guests and people from other organisations may hold tokens.", ("no", "yes")
        ),
    }
)


class SettingRefused(ValueError):
    """No such setting, or not one of its values."""


def put(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    name: str,
    value: str,
    actor: str,
    now: datetime,
) -> None:
    """Change a setting; the change is in the audit table. Raises `SettingRefused`."""
    if name not in SETTINGS:
        raise SettingRefused(f"no setting is called {name}; there are {', '.join(SETTINGS)}")
    if value not in SETTINGS[name].values:
        raise SettingRefused(f"{name} can be {' or '.join(SETTINGS[name].values)}, not {value}")
    with database.writing() as tx:
        before = settings.value(tx, workspace_id, name) or SETTINGS[name].values[0]
        settings.put(tx, workspace_id, name, value)
        change = Change(actor=actor, what="setting", subject=name, before=before, after=value)
        audit.add(tx, workspace_id, change, now)


def every(database: Database, workspace_id: WorkspaceId) -> dict[str, str]:
    """All settings as they are."""
    with database.reading() as tx:
        return {
            name: settings.value(tx, workspace_id, name) or setting.values[0]
            for name, setting in SETTINGS.items()
        }
