"""A word to admins when a source of usage falls silent while people are active."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import silences as rules
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.notices import SourcesSilent
from bot.domain.preferences import Contact
from bot.domain.silences import Silence
from bot.domain.sources import LOOKED_AT, SourceState, first_day
from bot.domain.sources import states as states_of
from bot.storage import outbox, preferences, roles, runs, silences, sources, teams
from bot.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is to be told, and to whom now."""

    due: Sequence[Silence]
    untold: Mapping[UserId, Sequence[Silence]]
    #: For some it is quiet: they are told later.
    is_put_off: bool


def do_due(database: Database, now: datetime) -> None:
    """Owe the admins of each workspace one notice of each silence, and a reminder after a week."""
    with database.reading() as tx:
        found = silences.workspaces(tx, now)
    for workspace_id in found:
        _tell(database, workspace_id, now)


def ongoing(
    database: Database, workspace_id: WorkspaceId, notice: SourcesSilent, now: datetime
) -> list[SourceState]:
    """Which of the notice's sources are silent still; none where all were heard since."""
    with database.reading() as tx:
        return rules.ongoing(_states(tx, workspace_id, now), notice.sources)


def _tell(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    with database.snapshot() as tx:
        plan = _planned(tx, workspace_id, now)
    if plan is None or (plan.is_put_off and not plan.untold):
        return
    with database.writing() as tx:
        for user_id, mine in sorted(plan.untold.items()):
            _owe(tx, workspace_id, user_id, mine, now)
        for one in plan.due if not plan.is_put_off else ():
            job = silences.REMINDED if one.is_reminder else silences.TOLD
            runs.claim_one(tx, workspace_id, job=job, subject=one.source, period=one.since, now=now)


def _planned(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> _Plan | None:
    """None where there is nothing to tell, or nobody to be told."""
    due = rules.due(
        _states(tx, workspace_id, now),
        told=silences.last_done(tx, workspace_id, silences.TOLD, now),
        reminded=silences.last_done(tx, workspace_id, silences.REMINDED, now),
        now=now,
    )
    people = _admins(tx, workspace_id) if due else []
    if not people:
        return None
    everyone = teams.team(tx, workspace_id, EVERYONE)
    awake = [
        one.user_id
        for one in people
        if everyone is None or not one.quiet_hours(everyone).cover(now)
    ]
    told = runs.done(tx, workspace_id, silences.TOLD_TO, awake)
    untold = {user_id: [one for one in due if (user_id, one.key) not in told] for user_id in awake}
    return _Plan(
        due=due,
        untold={user_id: mine for user_id, mine in untold.items() if mine},
        is_put_off=len(awake) < len(people),
    )


def _owe(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    mine: Sequence[Silence],
    now: datetime,
) -> None:
    by_key = {(str(user_id), one.key): one for one in mine}
    # This claim makes it one notice: a row for each person and silence, unique, and committed with
    # the notice or not at all. Who looks at once waits for it, and then finds nothing to claim.
    claimed = runs.claim(tx, workspace_id, silences.TOLD_TO, by_key, now)
    told = [one for key, one in by_key.items() if key in claimed]
    if told:
        notice = SourcesSilent(
            recipient=user_id,
            sources={one.source: one.since for one in told},
            is_reminder=all(one.is_reminder for one in told),
        )
        outbox.add(tx, workspace_id, notice, now)


def _states(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> list[SourceState]:
    return states_of(sources.told(tx, workspace_id, first_day(now, LOOKED_AT)), [], {}, now)


def _admins(tx: Transaction, workspace_id: WorkspaceId) -> list[Contact]:
    """Where there is none, whoever may decide for people."""
    approvers = roles.approvers(tx, workspace_id)
    admins = [one for one in approvers if one.is_admin] or approvers
    found = preferences.contacts(tx, workspace_id, [one.user_id for one in admins])
    return list(found.values())
