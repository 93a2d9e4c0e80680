"""Pulls of providers' usage reports: which day is read next, and what was taken in of it.

Each day is one step. Asking the provider is in between, outside of any database transaction; a row
says who is at it and how it went.
"""

from dataclasses import dataclass
from datetime import date, datetime

import structlog

from bot.domain import pulls as rules
from bot.domain.directory import WorkspaceId
from bot.domain.pulls import ProviderAway, ProviderRefused, Pull, Report
from bot.domain.usage_events import SourceRole, Taken
from bot.services import usage
from bot.storage import pulls, workspaces
from bot.storage.database import Database

_log = structlog.get_logger()


class NobodyToCharge(ValueError):
    """It isn't clear whose usage a provider's report is; the message says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A day that this worker is to read, and the row that says so."""

    workspace_id: WorkspaceId
    provider: str
    day: date
    pull: Pull


def payer(database: Database, named: str) -> WorkspaceId:
    """The workspace whose usage it is: the one of that id, or the only one.

    Raises `NobodyToCharge` where that leaves none or several.
    """
    with database.reading() as tx:
        found = workspaces.every(tx)
    if named:
        if named in found:
            return WorkspaceId(named)
        raise NobodyToCharge(f"USAGE_WORKSPACE is {named}, and no workspace here has that id")
    if len(found) > 1:
        raise NobodyToCharge(
            "several workspaces share this database: set USAGE_WORKSPACE to the one whose people "
            f"the provider's report is of ({', '.join(found[:5])})"
        )
    if not found:
        raise NobodyToCharge("there is no workspace yet: it appears when Slack was reached")
    return found[0]


def state(database: Database, workspace_id: WorkspaceId, provider: str) -> Pull:
    """How far the report has been read, and how the last try went."""
    with database.reading() as tx:
        return pulls.pull(tx, workspace_id, provider)


def begin(
    database: Database,
    workspace_id: WorkspaceId,
    provider: str,
    now: datetime,
    *,
    is_start: bool = False,
) -> Work | None:
    """The day to read now, this worker's for a while; None when none is due or another has it."""
    before = state(database, workspace_id, provider)
    day = rules.day_due(before, now, is_start=is_start)
    if day is None:
        return None
    after = rules.begun(before, day, now)
    with database.writing() as tx:
        if not pulls.swap(tx, workspace_id, provider, before=before, after=after):
            return None
    return Work(workspace_id=workspace_id, provider=provider, day=day, pull=after)


def take_in(database: Database, work: Work, report: Report, now: datetime) -> None:
    """Charge the day's events, and note that the day was read. Twice is as good as once.

    What was used before the report was connected is kept for comparison, and charged to nobody.
    """
    taken = usage.take_in(
        database,
        work.workspace_id,
        report.events,
        role=SourceRole.REPORT,
        owner=None,
        actor=f"provider:{work.provider}",
        now=now,
        charged_from=work.pull.charged_since,
    )
    remarks = (*report.remarks, *_rejections(work, taken))
    after = rules.after_day(work.pull, work.day, remarks, now)
    _note(database, work, after)
    if after.next_day is None:
        _log.info("usage_pulled", provider=work.provider, read_to=work.day.isoformat())
    if after.remark and after.remark != work.pull.remark:
        _log.warning("usage_pull_incomplete", provider=work.provider, remark=after.remark)


def put_off(
    database: Database, work: Work, failure: ProviderAway | ProviderRefused, now: datetime
) -> None:
    """Note why the day could not be read; it is tried again later."""
    after = rules.after_failure(work.pull, failure, now)
    _note(database, work, after)
    if after.error != work.pull.error:  # said once, not at every try
        _log.warning("usage_pull_failed", provider=work.provider, error=after.error)


def _note(database: Database, work: Work, after: Pull) -> None:
    """If another worker took over since, what it noted stands."""
    with database.writing() as tx:
        pulls.swap(tx, work.workspace_id, work.provider, before=work.pull, after=after)


def _rejections(work: Work, taken: Taken) -> tuple[str, ...]:
    if not taken.rejected:
        return ()
    many = f"{len(taken.rejected):,} rows were" if len(taken.rejected) > 1 else "a row was"
    return (f"{work.day}: {many} not taken: {taken.rejected[0].error}",)
