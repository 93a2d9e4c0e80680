"""Rules, lots and usage as rows, for tests of what reads them.

They stand in for the services that will write them; whoever has those replaces these.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from bot.domain import ledger as books
from bot.domain.directory import EVERYONE, Person, Role, TeamId, UserId
from bot.domain.ledger import AccountId, Entry, EntryKind, IdempotencyKey, Posting
from bot.services import directory, usage
from bot.storage import ids, ledger, roles
from bot.storage.tables import (
    AllowanceRow,
    AllowanceTermsRow,
    AllowanceTurnRow,
    LotRow,
    MemberRow,
    TeamRow,
    table,
)
from tests.company import Company


def move(
    company: Company,
    source: AccountId,
    destination: AccountId,
    tokens: int,
    kind: EntryKind = EntryKind.GRANT,
) -> str:
    """An entry of this kind, which may overdraw; its id."""
    entry = Entry(
        kind=kind,
        actor=UserId("UFOUNDER"),
        postings=(Posting(source, destination, tokens),),
        note="",
        key=IdempotencyKey(f"clockwork:{ids.new(company.now)}"),
        now=company.now,
        may_overdraw=True,
    )
    with company.database.writing() as tx:
        receipt = ledger.record(tx, company.workspace_id, entry)
    company.later(seconds=1)
    return receipt.entry_id


def use(company: Company, user: UserId, tokens: int) -> None:
    """The member used tokens."""
    usage.record(
        company.database,
        company.workspace_id,
        user_id=user,
        tokens=tokens,
        model="claude-opus",
        project="",
        at=company.now,
        key=IdempotencyKey(f"clockwork:{ids.new(company.now)}"),
        now=company.now,
    )
    company.later(seconds=1)


def credit(company: Company, account: AccountId, tokens: int) -> str:
    return move(company, books.TREASURY, account, tokens, EntryKind.ISSUE)


def in_zone(company: Company, user: UserId, zone: str) -> UserId:
    """Slack says that the person is there."""
    person = Person(user_id=user, name=str(user), zone=zone)
    directory.learn(company.database, company.workspace_id, [person], company.now)
    return user


def team(company: Company, name: str, *managers: UserId, zone: str = "UTC") -> TeamId:
    team_id = TeamId(name.lower())
    row = {"team_id": team_id, "name": name, "created_at": company.now, "zone": zone}
    _insert(company, TeamRow, row)
    with company.database.writing() as tx:
        for one in managers:
            roles.give(
                tx,
                company.workspace_id,
                one,
                role=Role.MANAGER,
                team_id=team_id,
                now=company.now,
            )
    return team_id


def join(company: Company, user: UserId, team_id: TeamId) -> None:
    member = table(MemberRow)
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.update(member).where(member.c.user_id == user).values(team_id=team_id)
        )


def allowance(
    company: Company,
    account: AccountId,
    *,
    period: str = "month",
    next_on: str = "2026-04-01",
    carry_max: int | None = 0,
    team_id: TeamId = EVERYONE,
) -> str:
    """A rule whose next credit comes on a day, in UTC."""
    rule = {"allowance_id": f"a-{account}-{period}"}
    _insert(
        company,
        AllowanceRow,
        rule
        | {
            "subject": account,
            "team_id": team_id,
            "source": "treasury",
            "period": period,
            "anchor_on": "2024-01-01",
            "starts_on": "2026-01-01",
            "note": "",
            "state": "active",
            "is_prorated": False,
            "returns_on_leaving": False,
            "created_by": "UFOUNDER",
            "created_at": company.now,
            "idempotency_key": rule["allowance_id"],
        },
    )
    terms = {"from_on": "2026-01-01", "tokens": 1_000_000, "carry_max": carry_max}
    _insert(company, AllowanceTermsRow, rule | terms)
    turn = {
        "account_id": account,
        "joined_on": "2026-01-01",
        "next_on": next_on,
        "next_at": datetime.fromisoformat(next_on).replace(tzinfo=UTC),
    }
    _insert(company, AllowanceTurnRow, rule | turn)
    return rule["allowance_id"]


def lot(
    company: Company,
    user: UserId,
    tokens: int,
    *,
    expires_at: datetime,
    remaining: int | None = None,
    allowance_id: str | None = None,
) -> str:
    """Tokens that came and expire; their lot's id."""
    account = books.member_account(user)
    lot_id = ids.new(company.now)
    row = {
        "lot_id": lot_id,
        "account_id": account,
        "entry_id": credit(company, account, tokens),
        "allowance_id": allowance_id,
        "tokens": tokens,
        "remaining": tokens if remaining is None else remaining,
        "expires_at": expires_at,
    }
    _insert(company, LotRow, row)
    return lot_id


def spend(company: Company, lot_id: str, *, remaining: int) -> None:
    """So much of the lot is left; what it was spent on is no matter."""
    lots = table(LotRow)
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.update(lots).where(lots.c.lot_id == lot_id).values(remaining=remaining)
        )


def _insert(company: Company, kind: type[SQLModel], row: Mapping[str, object]) -> None:
    with company.database.writing() as tx:
        values = {"workspace_id": company.workspace_id, **row}
        tx.connection.execute(sa.insert(table(kind)).values(values))
