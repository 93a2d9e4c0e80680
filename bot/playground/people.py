"""The people of the simulated workspace, and how Slack's API describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account of Slack: a colleague, a guest, a stranger, or a bot."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    title: str = ""
    tz: str = "UTC"
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    #: None is this workspace; another team's id makes a Slack Connect stranger of them.
    team_id: str | None = None
    enterprise_id: str | None = None

    @property
    def first_name(self) -> str:
        return self.real_name.split(" ")[0] or self.name


ANA = Person(
    id="U01ANA",
    name="ana",
    real_name="Ana Silva",
    email="ana@example.com",
    title="Engineer",
    tz="Europe/Lisbon",
)
BEN = Person(
    id="U02BEN",
    name="ben",
    real_name="Ben Okafor",
    email="ben@example.com",
    title="Engineer",
    tz="Africa/Lagos",
)
MIA = Person(
    id="U03MIA",
    name="mia",
    real_name="Mia Chen",
    email="mia@example.com",
    title="Engineering manager",
    tz="Europe/Berlin",
)
LEO = Person(
    id="U04LEO",
    name="leo",
    real_name="Leo Novak",
    email="leo@example.com",
    title="Workspace admin",
    tz="Europe/Prague",
    is_admin=True,
)
CAST: tuple[Person, ...] = (ANA, BEN, MIA, LEO)


def user_object(person: Person, home_team: str, now: datetime, *, with_email: bool) -> Json:
    """What users.info answers; a deactivated person lacks the fields that Slack leaves out."""
    user: Json = {
        "id": person.id,
        "team_id": person.team_id or home_team,
        "name": person.name,
        "deleted": person.deleted,
        "profile": _profile(person, with_email=with_email),
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if person.deleted:
        return user
    offset = ZoneInfo(person.tz).utcoffset(now)
    user |= {
        "color": "4bbe2e",
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": person.is_admin or person.is_owner,
        "is_owner": person.is_owner,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted or person.is_ultra_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
    }
    if person.is_stranger:
        user["is_stranger"] = True
    if person.enterprise_id:
        user["enterprise_user"] = {"id": person.id, "enterprise_id": person.enterprise_id}
    return user


def _profile(person: Person, *, with_email: bool) -> Json:
    profile: Json = {
        "title": person.title,
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.real_name,
        "display_name_normalized": person.real_name,
        "image_72": "https://secure.gravatar.com/avatar/0.jpg",
    }
    if with_email and person.email and not person.is_stranger:
        profile["email"] = person.email
    return profile


def by_handle(people: Mapping[str, Person], handle: str) -> Person | None:
    """The person whose handle was typed after `@`, whatever its case."""
    wanted = handle.casefold()
    return next((one for one in people.values() if one.name.casefold() == wanted), None)
