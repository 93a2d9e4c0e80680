"""What a member has and used lately, in one statement: it is asked all day long."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.domain.directory import EVERYONE, Member, UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.storage import usage_views
from bot.storage.database import Transaction
from bot.storage.directory import MEMBER_COLUMNS, WITH_ROLES, people_of
from bot.storage.moments import as_moment
from bot.storage.statements import Statement
from bot.storage.tables import AccountRow, MemberRow, RollupRow, TeamRow, table

_account = table(AccountRow)
_member = table(MemberRow)
_rollup = table(RollupRow)
_team = table(TeamRow)

_TEXT = sa.String()
_WORKSPACE = sa.bindparam("workspace_id", type_=_TEXT)
_USER = sa.bindparam("user_id", type_=_TEXT)
_MINE = (_rollup.c.workspace_id == _WORKSPACE) & (_rollup.c.user_id == _USER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWithUse:
    """A person, what is on their account, and what they used by day since one."""

    person: Member
    balance: int = 0
    held: int = 0
    next_due_at: datetime | None = None
    #: Of their team.
    zone: str = "UTC"
    first_on: date | None = None
    days: dict[date, int]


def _with_use(insert: Any) -> sa.ClauseElement:
    """The days come as one text: rows of their own would come once for each role."""
    by_day = (
        sa.select(_rollup.c.day, sa.func.sum(_rollup.c.tokens).label("tokens"))
        .where(_MINE, _rollup.c.day >= sa.bindparam("since", type_=_TEXT))
        .group_by(_rollup.c.day)
        .subquery("by_day")
    )
    joined: Any = sa.func.string_agg if insert is postgresql.insert else sa.func.group_concat
    space: sa.ColumnElement[str] = sa.literal_column("' '")
    comma: sa.ColumnElement[str] = sa.literal_column("','")
    pair = by_day.c.day.concat(space).concat(sa.cast(by_day.c.tokens, sa.Text()))
    return (
        sa.select(
            *MEMBER_COLUMNS,
            _account.c.balance,
            _account.c.held,
            _account.c.next_due_at,
            _team.c.zone,
            sa.select(sa.func.min(_rollup.c.day)).where(_MINE).scalar_subquery(),
            sa.select(joined(pair, comma)).scalar_subquery(),
        )
        .select_from(
            WITH_ROLES.outerjoin(
                _account,
                (_account.c.workspace_id == _member.c.workspace_id)
                & (_account.c.account_id == sa.bindparam("account_id", type_=_TEXT)),
            ).outerjoin(
                _team,
                (_team.c.workspace_id == _member.c.workspace_id)
                & (_team.c.team_id == _member.c.team_id),
            )
        )
        .where(_member.c.workspace_id == _WORKSPACE, _member.c.user_id == _USER)
    )


WITH_USE = Statement(_with_use)


def with_use(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, *, since: date
) -> AccountWithUse:
    """What somebody has and used by day since; of standing `UNSEEN` where nobody knows them."""
    values = {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "account_id": member_account(user_id),
        "since": since.isoformat(),
    }
    rows = tx.fetch(WITH_USE, values)
    person = people_of(rows).get(user_id)
    if person is None:  # they may have used something all the same, by a key of their own
        zone, first_on, days = usage_views.own_days(
            tx, workspace_id, user_id, team_id=EVERYONE, since=since
        )
        return AccountWithUse(
            person=Member(user_id=user_id), zone=zone, first_on=first_on, days=days
        )
    balance, held, next_due_at, zone, first, used = rows[0][-6:]
    return AccountWithUse(
        person=person,
        balance=balance or 0,
        held=held or 0,
        next_due_at=as_moment(next_due_at),
        zone=zone or "UTC",
        first_on=date.fromisoformat(first) if first else None,
        days=_days(used),
    )


def _days(used: str | None) -> dict[date, int]:
    pairs = (one.split(" ") for one in used.split(",")) if used else ()
    return {date.fromisoformat(day): int(tokens) for day, tokens in pairs}
