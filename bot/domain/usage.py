"""Usage: what was used already is recorded whole, and summed by day for whoever looks later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import notes
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import (
    CONSUMED,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    member_account,
)

#: Projects of one team and day that stand by their names; the rest are `OTHER`.
PROJECTS_MAX = 200
OTHER = "other"
UNNAMED = "unnamed"
#: Of a model's or a project's name.
NAME_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Tokens that a member used on a day with a model for a project; `team_id` paid."""

    team_id: TeamId
    day: date
    user_id: UserId
    model: str
    project: str
    tokens: int
    calls: int = 1


def name(given: str) -> str:
    """A model's or project's name as it is stored: one line, not endless, never empty."""
    return notes.clean(given[:NAME_MAX]) or UNNAMED


def entry(user_id: UserId, tokens: int, *, note: str, key: IdempotencyKey, now: datetime) -> Entry:
    """What a member used. It happened, so it may take them below zero."""
    return Entry(
        kind=EntryKind.USAGE,
        actor=user_id,
        postings=(Posting(member_account(user_id), CONSUMED, tokens),),
        note=note,
        key=key,
        now=now,
        may_overdraw=True,
    )


def folded(used: Iterable[Used], known: Mapping[tuple[TeamId, date], frozenset[str]]) -> list[Used]:
    """The same with projects beyond the most that a day takes under `OTHER`, first come first."""
    names = {day: set(projects) for day, projects in known.items()}
    return [replace(one, project=_fitting(one, names)) for one in used]


def _fitting(one: Used, names: dict[tuple[TeamId, date], set[str]]) -> str:
    projects = names.setdefault((one.team_id, one.day), set())
    if one.project not in projects and len(projects - {OTHER}) >= PROJECTS_MAX:
        return OTHER
    projects.add(one.project)
    return one.project
