"""Tokens that expire in two days: who is to be told."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.domain import expiries as rules
from bot.domain.alerts import EXPIRING
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.expiries import LOOKED_AT, Expiring, Lot
from bot.domain.ledger import AccountId, account_owner, member_account
from bot.storage import alerts, expiries, preferences, progress, teams
from bot.storage.alerts import NewAlert, Waiting
from bot.storage.database import Database, Transaction
from bot.storage.moments import as_text

__all__ = ["LOOKED_AT", "found", "look", "soon"]

#: Rows written at a time.
_CHUNK = 100


def look(database: Database, waiting: Waiting, now: datetime) -> None:
    """Note the lots that begin to be near their end, each member and day once."""
    workspace_id, until = waiting.workspace_id, now + LOOKED_AT
    with database.reading() as tx:
        ends = expiries.expiring(
            tx, workspace_id, after=max(waiting.expiring_after, now), until=until
        )
    for start in range(0, len(ends), _CHUNK):
        with database.reading() as tx:
            noted = _noted(tx, workspace_id, ends[start : start + _CHUNK])
        with database.writing() as tx:
            alerts.add(tx, workspace_id, noted, now)
    with database.writing() as tx:  # last, so that whoever is cut off before looks again
        progress.advance(tx, workspace_id, alerts.EXPIRIES, as_text(until))


def soon(
    database: Database, workspace_id: WorkspaceId, user_id: UserId, *, day: str, now: datetime
) -> Expiring | None:
    """What of this member's expires on a day, if anything still does."""
    account = member_account(user_id)
    with database.reading() as tx:
        return found(tx, workspace_id, [account], now).get((account, day))


def found(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId], now: datetime
) -> dict[tuple[AccountId, str], Expiring]:
    """What expires of these accounts, by account and day."""
    lots: dict[tuple[AccountId, str], list[Lot]] = {}
    for lot in expiries.lots(tx, workspace_id, accounts, after=now):
        lots.setdefault((lot.account, day_of(lot.expires_at)), []).append(lot)
    expiring = {key: rules.expiring(mine) for key, mine in lots.items()}
    return {key: one for key, one in expiring.items() if one is not None}


def day_of(expires_at: datetime) -> str:
    """The day in UTC, by which what expires is known whatever zone anybody is in."""
    return expires_at.astimezone(UTC).date().isoformat()


def _noted(
    tx: Transaction, workspace_id: WorkspaceId, ends: list[tuple[AccountId, datetime]]
) -> list[NewAlert]:
    people = preferences.contacts(
        tx, workspace_id, [UserId(account_owner(account)) for account, _ in ends]
    )
    known = teams.teams(tx, workspace_id, sorted({EVERYONE, *(p.team_id for p in people.values())}))
    noted = []
    for account, expires_at in ends:
        person = people[UserId(account_owner(account))]
        quiet = person.quiet_hours(known.get(person.team_id, known[EVERYONE]))
        tell_at = quiet.last_before(expires_at - rules.NOTICE)
        noted.append(NewAlert(account, day_of(expires_at), EXPIRING, tell_at))
    return noted
