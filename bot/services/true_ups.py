"""Truing up: what was charged for a day is brought to what the provider's report says of it.

What there is to change is looked up outside of the commits that change it. Each of these rests on
what stood then: if another worker was there first, it changes nothing, and the next hour looks
again. So nothing is made good twice, and whoever is cut off leaves nothing half done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain import true_ups as rules
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.identities import Payer
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryId
from bot.domain.true_ups import Change
from bot.domain.usage import DayPlace, Used
from bot.services import dues, true_up_figures
from bot.services.true_up_figures import Calls, Report, Stands
from bot.storage import (
    charges,
    identities,
    ids,
    progress,
    pulls,
    rollups,
    true_ups,
)
from bot.storage.database import Database

#: Accounts of one commit: people wait behind it for some 50 ms.
CHUNK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be made good in one commit, in the order of accounts and models."""

    provider: str
    day: date
    changes: tuple[Change, ...]


class _Overtaken(Exception):
    """Another worker changed meanwhile what this one had read."""


def do_due(database: Database, now: datetime) -> None:
    """True up the workspaces that have reports, each once an hour."""
    with database.reading() as tx:
        found = true_ups.waiting(tx, now)
    for workspace_id in found:
        if _claim(database, workspace_id, rules.hour(now)):
            true_up(database, workspace_id, now)


def true_up(database: Database, workspace_id: WorkspaceId, now: datetime) -> int:
    """Make good what the reports of the last days say; how many commits that took."""
    return sum(
        write(database, workspace_id, work, now=now)
        for day in rules.days(now)
        for work in plan(database, workspace_id, day)
    )


def plan(database: Database, workspace_id: WorkspaceId, day: date) -> Iterator[Work]:
    """What there is to make good of a day; nobody has to do it.

    Days before a report was connected stay as they were charged.
    """
    with database.reading() as tx:  # what stands first: whoever changes it later is noticed
        stands = true_up_figures.stands(true_ups.standing(tx, workspace_id, day))
        reports = true_up_figures.reports(tx, workspace_id, day)
        providers = sorted(reports.keys() | stands.keys())
        begun = {one: pulls.pull(tx, workspace_id, one).charged_from for one in providers}
    for provider in providers:
        if day < (begun[provider] or day):
            continue
        report, trued = reports.get(provider, {}), stands.get(provider, {})
        changes = _changes(database, workspace_id, report, trued, provider=provider, day=day)
        yield from _in_chunks(changes, provider=provider, day=day)


def write(database: Database, workspace_id: WorkspaceId, work: Work, *, now: datetime) -> bool:
    """Make it good in one commit; false where another was there first, and all stays as it is."""
    try:
        _write(database, workspace_id, work, now=now)
    except _Overtaken:
        return False
    return True


@dues.settled_first
def _write(database: Database, workspace_id: WorkspaceId, work: Work, *, now: datetime) -> None:
    """Locks are taken in one order: what stands, accounts, rollups."""
    provider, day, entry_id = work.provider, work.day, EntryId(ids.new(now))
    entry = rules.entry(work.changes, provider=provider, day=day, entry_id=entry_id, now=now)
    with database.writing() as tx:
        accounts = sorted({one.account for one in work.changes})
        payers = identities.payers(tx, workspace_id, accounts)
        placed = [
            (one, one.team_id or payers[one.account].team_id)  # where it is counted it stays
            for one in work.changes
        ]
        if not true_ups.put(
            tx, workspace_id, placed, provider=provider, day=day, entry_id=entry_id, now=now
        ):
            raise _Overtaken
        charges.charge(tx, workspace_id, entry_id, entry)
        used = [_used(one, payers[one.account], team_id, day) for one, team_id in placed]
        rollups.add(tx, workspace_id, used)


def _used(one: Change, payer: Payer, team_id: TeamId, day: date) -> Used:
    """Only tokens: the calls, their counts and costs are counted by whoever told of them."""
    place = DayPlace(
        team_id=team_id,
        day=day.isoformat(),
        user_id=payer.user_id,
        model=one.called,
        project=rules.PROJECT,
    )
    return Used(
        place=place,
        tokens=one.tokens,
        calls=0,
        input_uncached=0,
        cache_read=0,
        cache_write=0,
        output=0,
        cost_nano=0,
        unpriced=0,
    )


def _claim(database: Database, workspace_id: WorkspaceId, hour: str) -> bool:
    """Take this hour's look for this worker; false where another has it."""
    with database.writing() as tx:
        before = progress.position(tx, workspace_id, true_ups.JOB)
        if before is not None and before >= hour:
            return False
        return progress.swap(tx, workspace_id, true_ups.JOB, before=before, after=hour)


# What there is to change.


def _changes(
    database: Database,
    workspace_id: WorkspaceId,
    report: Report,
    stands: Stands,
    *,
    provider: str,
    day: date,
) -> dict[AccountId, list[Change]]:
    """By account; of all at once, as what one is charged more leaves others less room."""
    accounts = sorted((report.keys() | stands.keys()) - {UNATTRIBUTED})
    charged = _charged(database, workspace_id, accounts, provider=provider, day=day)
    wanted = true_up_figures.wanted(provider, accounts, report, stands, charged)
    rest: Calls = {}
    if any(one.tokens > 0 for models in wanted.values() for one in models.values()):
        with database.reading() as tx:
            others = sorted(set(true_ups.payers(tx, workspace_id)) - set(accounts))
        rest = _charged(database, workspace_id, others, provider=provider, day=day)
    allowed = rules.within(
        wanted,
        true_up_figures.in_all_reported(report),
        true_up_figures.in_all_charged(provider, charged | rest),
    )
    return true_up_figures.changes(provider, allowed, stands, charged)


def _charged(
    database: Database,
    workspace_id: WorkspaceId,
    accounts: Sequence[AccountId],
    *,
    provider: str,
    day: date,
) -> Calls:
    """What was charged on each of these accounts; nobody waits behind reading all of it."""
    found: Calls = {}
    for start in range(0, len(accounts), CHUNK):
        some = accounts[start : start + CHUNK]
        with database.reading() as tx:
            found |= true_ups.charged(tx, workspace_id, some, provider=provider, day=day)
    return found


def _in_chunks(
    changes: Mapping[AccountId, Sequence[Change]], *, provider: str, day: date
) -> Iterator[Work]:
    """First those who only get back: it makes room for what others are charged."""
    pays = {account: any(one.tokens > 0 for one in some) for account, some in changes.items()}
    accounts = sorted(changes, key=lambda one: (pays[one], one))
    for start in range(0, len(accounts), CHUNK):
        some = sorted(accounts[start : start + CHUNK])
        together = tuple(change for account in some for change in changes[account])
        yield Work(provider=provider, day=day, changes=together)
