"""Low-balance alerts: who passed a threshold since the last look, and what of it is told now.

Looking notes what was passed as rows, each of which can be there only once; telling reads them,
and how things stand by then. Both may be done twice, by two processes, or be cut off anywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import alerts as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.services import expiries, funds, tidings
from bot.services.preferences import thresholds_of
from bot.storage import alerts, ids, progress
from bot.storage import funds as figures
from bot.storage.alerts import NewAlert, Waiting
from bot.storage.database import Database, Transaction

#: An entry's id is made up to 1.5 s before others see it, and clocks of machines differ.
OVERLAP = timedelta(minutes=2)
#: Where nobody ever looked, earlier entries are no news.
FIRST_LOOK = timedelta(days=1)
#: Accounts at a time: their rows are written in well under 100 ms.
CHUNK = 100


def do_due(database: Database, now: datetime) -> None:
    """Note what was passed since the last look, and owe what is to be told by now."""
    with database.reading() as tx:
        found = alerts.waiting(
            tx, now=now, first_look=FIRST_LOOK, expiring_until=now + expiries.LOOKED_AT
        )
    for waiting in found:
        if waiting.has_moved:
            _look(database, waiting, now)
        if waiting.has_expiring:
            expiries.look(database, waiting, now)
        tidings.tell(database, waiting.workspace_id, now)


def _look(database: Database, waiting: Waiting, now: datetime) -> None:
    """Note each threshold that an account passed, or was lifted above again."""
    workspace_id = waiting.workspace_id
    with database.reading() as tx:
        moved = figures.moved(tx, workspace_id, since=waiting.since)
        linked = figures.attributed(tx, workspace_id, since=waiting.since)
    for accounts in _chunks(sorted(moved)):
        with database.snapshot() as tx:
            passed, lifted = _compared(tx, workspace_id, accounts, moved, now)
        # What somebody used long ago, and was charged as they were linked to it, is no news.
        passed = [replace(one, told_at=now) if one.account in linked else one for one in passed]
        if passed or lifted:
            with database.writing() as tx:
                alerts.add(tx, workspace_id, passed, now)
                alerts.lift(tx, workspace_id, lifted, now)
    with database.writing() as tx:  # last, so that whoever is cut off before looks again
        position = ids.first_at(now - OVERLAP)
        progress.advance(tx, workspace_id, alerts.BALANCES, position)


def _compared(
    tx: Transaction,
    workspace_id: WorkspaceId,
    accounts: Sequence[AccountId],
    credited: dict[AccountId, bool],
    now: datetime,
) -> tuple[list[NewAlert], list[str]]:
    """What is passed and not noted yet, and the ids of what is noted and passed no more."""
    found = funds.of(tx, workspace_id, accounts, now)
    thresholds = thresholds_of(tx, workspace_id, found)
    noted = alerts.live(tx, workspace_id, accounts)
    passed, lifted = [], []
    for account in accounts:
        mine = found[account]
        current = {a.threshold: a for a in noted.get(account, []) if a.period_on == mine.period_on}
        passed += [
            NewAlert(account, mine.period_on, threshold, now)
            for threshold in rules.passed(thresholds[account], mine, now)
            if threshold not in current
        ]
        lifted += [
            alert.alert_id
            for threshold, alert in current.items()
            if rules.is_lifted(threshold, mine, now, is_credited=credited[account])
        ]
    return passed, lifted


def _chunks(accounts: Sequence[AccountId]) -> Iterator[Sequence[AccountId]]:
    for start in range(0, len(accounts), CHUNK):
        yield accounts[start : start + CHUNK]
