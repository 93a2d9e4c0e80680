"""A workspace's settings, each with what it may be and what it is out of the box."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.domain import retention
from bot.domain.directory import WorkspaceId
from bot.storage import audit, settings
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: What happens to a call that somebody is about to make whom no directory or link knows.
UNKNOWN_USERS = "unknown_users"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting means, and its values, the first of which holds until it is changed."""

    meaning: str
    values: tuple[str, ...]
    #: Whole numbers that it can be besides.
    numbers: range = range(0)

    def takes(self, value: str) -> bool:
        return value in self.values or value in map(str, self.numbers)

    @property
    def choice(self) -> str:
        """`yes or no`, `13 or forever, or a whole number from 4 to 120`."""
        words = " or ".join(self.values)
        if not self.numbers:
            return words
        return f"{words}, or a whole number from {self.numbers[0]} to {self.numbers[-1]}"


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "slack_admins_are_approvers": Setting(
            "Slack's admins and owners may grant and decide.", ("yes", "no")
        ),
        "outsiders_take_part": Setting(
            "Guests and people from other organisations may hold tokens.", ("no", "yes")
        ),
        UNKNOWN_USERS: Setting(
            "Calls of people whom nobody knows are metered as nobody's, or refused.",
            ("meter", "refuse"),
        ),
        retention.SETTING: Setting(
            "Single calls are deleted after so many months; entries and sums never are.",
            (str(retention.MONTHS), retention.FOREVER),
            range(retention.MONTHS_MIN, retention.MONTHS_MAX + 1),
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
    if not SETTINGS[name].takes(value):
        raise SettingRefused(f"{name} can be {SETTINGS[name].choice}, not {value}")
    with database.writing() as tx:
        before = current(tx, workspace_id, name)
        settings.put(tx, workspace_id, name, value)
        change = Change(actor=actor, what="setting", subject=name, before=before, after=value)
        audit.add(tx, workspace_id, change, now)


def every(database: Database, workspace_id: WorkspaceId) -> dict[str, str]:
    """All settings as they are."""
    with database.reading() as tx:
        return {name: current(tx, workspace_id, name) for name in SETTINGS}


def current(tx: Transaction, workspace_id: WorkspaceId, name: str) -> str:
    """A setting as it is."""
    return settings.value(tx, workspace_id, name) or SETTINGS[name].values[0]


def refuses_unknown_users(tx: Transaction, workspace_id: WorkspaceId) -> bool:
    """Whether calls of people whom nobody knows are refused."""
    return current(tx, workspace_id, UNKNOWN_USERS) == "refuse"
