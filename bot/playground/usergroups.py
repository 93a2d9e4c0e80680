"""User groups: a handle that stands for several people."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
#: The event that tells of a group names no more of its people than this.
TOLD_USERS_MAX = 500


@dataclass(slots=True, eq=False, kw_only=True)
class UserGroup:
    """A group as Slack keeps it; times are whole seconds."""

    id: str
    handle: str
    name: str
    users: list[str]
    created_at: int
    updated_at: int
    #: Zero while the group is enabled.
    disabled_at: int = 0

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at > 0

    def as_json(self, team_id: str, *, with_users: bool = False, with_count: bool = False) -> Json:
        """The usergroup object of Slack's API."""
        body: Json = {
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "description": "",
            "handle": self.handle,
            "is_external": False,
            "date_create": self.created_at,
            "date_update": self.updated_at,
            "date_delete": self.disabled_at,
            "auto_type": None,
            "auto_provision": False,
            "enterprise_subteam_id": "",
            "created_by": "USLACKBOT",
            "updated_by": "USLACKBOT",
            "deleted_by": "USLACKBOT" if self.is_disabled else None,
            "prefs": {"channels": [], "groups": []},
            "channel_count": 0,
        }
        if with_users:
            body["users"] = list(self.users)
        if with_users or with_count:
            body["user_count"] = len(self.users)
        return body
