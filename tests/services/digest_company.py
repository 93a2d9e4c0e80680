"""A company with teams, channels and use, for stories about digests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from bot.domain import digests, notices
from bot.domain.digests import OwnWeek, Week
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import (
    TREASURY,
    AccountId,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    member_account,
)
from bot.domain.notices import Digest, Notice, OwnDigest
from bot.domain.teams import pool_account
from bot.services import reports, usage
from bot.storage import ledger
from bot.storage.moments import Moment
from tests.company import Company

#: A Monday; the week before it is the one that digests of it tell of.
MONDAY = date(2026, 3, 9)
WEEK_ON = date(2026, 3, 2)
SEARCH = TeamId("search")
CHANNEL = "C0SEARCH"
_numbers = count(1)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def execute(company: Company, sql: str, **values: object) -> None:
    with company.database.writing() as tx:
        tx.connection.execute(sa.text(sql), {"workspace_id": company.workspace_id, **values})


def add_team(
    company: Company,
    team_id: TeamId = SEARCH,
    *members: UserId,
    zone: str = "UTC",
    channel: str | None = CHANNEL,
    manager: UserId | None = None,
) -> TeamId:
    """A team that has been there since long, with these members."""
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO team (workspace_id, team_id, name, created_at, zone, channel_id)"
                " VALUES (:w, :t, :n, :c, :z, :ch)"
            ).bindparams(sa.bindparam("c", type_=Moment())),
            {
                "w": company.workspace_id,
                "t": team_id,
                "n": team_id.capitalize(),
                "c": at(date(2025, 1, 1)),
                "z": zone,
                "ch": channel,
            },
        )
    for member in members:
        execute(
            company,
            "UPDATE member SET team_id = :t WHERE workspace_id = :workspace_id AND user_id = :u",
            t=team_id,
            u=member,
        )
    if manager is not None:
        with company.database.writing() as tx:
            tx.connection.execute(
                sa.text(
                    "INSERT INTO role (workspace_id, user_id, role, team_id, given_at)"
                    " VALUES (:w, :u, 'manager', :t, :g)"
                ).bindparams(sa.bindparam("g", type_=Moment())),
                {"w": company.workspace_id, "u": manager, "t": team_id, "g": company.now},
            )
    return team_id


def change_team(company: Company, team_id: TeamId = SEARCH, **columns: object) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    execute(
        company,
        f"UPDATE team SET {sets} WHERE workspace_id = :workspace_id AND team_id = :team_id",  # noqa: S608 - the names are this file's
        team_id=team_id,
        **columns,
    )


def use(
    company: Company,
    user_id: UserId,
    tokens: int,
    day: date | datetime,
    *,
    model: str = "opus",
    project: str = "ranking",
    key: str = "",
) -> None:
    when = day if isinstance(day, datetime) else at(day)
    usage.record(
        company.database,
        company.workspace_id,
        user_id=user_id,
        tokens=tokens,
        model=model,
        project=project,
        at=when,
        key=IdempotencyKey(key or f"usage:{next(_numbers)}"),
        now=max(when, company.now),
    )


def move(
    company: Company,
    kind: EntryKind,
    source: AccountId,
    destination: AccountId,
    tokens: int,
    *,
    on: date,
) -> None:
    """An entry of that day, as other services record them."""
    entry = Entry(
        kind=kind,
        actor=UserId("UBOSS"),
        postings=(Posting(source, destination, tokens),),
        note="",
        key=IdempotencyKey(f"move:{next(_numbers)}"),
        now=at(on),
        may_overdraw=True,
    )
    with company.database.writing() as tx:
        ledger.record(tx, company.workspace_id, entry)


def fill_pool(company: Company, tokens: int, *, on: date, team_id: TeamId = SEARCH) -> None:
    move(company, EntryKind.ISSUE, TREASURY, pool_account(team_id), tokens, on=on)


def grant_from_pool(company: Company, user: UserId, tokens: int, *, on: date) -> None:
    move(company, EntryKind.GRANT, pool_account(SEARCH), member_account(user), tokens, on=on)


def tick(company: Company, now: datetime) -> int:
    return reports.prepare_due_digests(company.database, now)


def owed(company: Company, kind: type[Notice] | None = None) -> list[Notice]:
    """Notices about digests, oldest first."""
    kinds = {name for name, one in notices.KINDS.items() if kind is None or one is kind}
    return [one for one in company.notices() if notices.kind_of(one) in kinds]


def weeks(company: Company) -> dict[TeamId, Week]:
    """What the digests that are owed to channels tell."""
    found = [one for one in company.notices() if isinstance(one, Digest)]
    assert len({one.team_id for one in found}) == len(found)
    return {one.team_id: digests.load_team(one.facts) for one in found}


def own_weeks(company: Company) -> dict[UserId, OwnWeek]:
    found = [one for one in company.notices() if isinstance(one, OwnDigest)]
    assert len({one.recipient for one in found}) == len(found)
    return {one.recipient: digests.load_own(one.facts) for one in found}


def earlier(weeks_ago: int) -> date:
    """The Monday so many weeks before the week that is told of."""
    return WEEK_ON - timedelta(days=7 * weeks_ago)


@contextmanager
def counting(company: Company) -> Iterator[list[str]]:
    """Statements that SQLAlchemy runs meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
