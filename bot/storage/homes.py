"""Which Home tabs are stale: those that were drawn from other facts than there are now.

Facts are compared, not noted where they change: so no change is forgotten, whoever made it and
wherever, and what moves tokens is none the slower (docs/decisions/0016-homes-are-compared.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.storage import home_facts, upsert
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, HomeRow, OutboxRow, WorkspaceRow, table

_account = table(AccountRow)
_home = table(HomeRow)
_outbox = table(OutboxRow)
_workspace = table(WorkspaceRow)


@dataclass(frozen=True, slots=True)
class Watched:
    """A workspace in which Homes are kept fresh, and what concerns them all as it is now."""

    workspace_id: WorkspaceId
    #: For those who see their own figures, and for those who see others' too.
    tide: str
    wide_tide: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The facts behind one Home as they are now, and the view that Slack has of it."""

    seen: str
    tide: str
    #: Empty for a Home that was not drawn with figures of others: what is new there is drawn twice.
    wide_tide: str
    #: When something falls due on the account, where it does.
    next_due_at: datetime | None
    drawn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A Home as it was drawn: from what, as which view, and until when that holds by the clock."""

    is_wide: bool
    seen: str
    tide: str
    look_at: datetime
    drawn: str


def watch(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    *,
    until: datetime,
    is_bare: bool,
    now: datetime,
) -> None:
    """Keep somebody's Home fresh for a while; `is_bare` where Slack has no view of it."""
    forgotten = {"drawn": ""} if is_bare else {}
    tx.connection.execute(
        upsert.insert(tx)(_home)
        .values(_new(workspace_id, user_id, now) | {"watched_until": until})
        .on_conflict_do_update(
            index_elements=["workspace_id", "user_id"],
            set_={"watched_until": until, **forgotten},
        )
    )


def let_go(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> None:
    """Keep it fresh no longer, until it is opened again; what Slack has of it is not known."""
    tx.connection.execute(
        sa.update(_home).where(*_of(workspace_id, user_id)).values(watched_until=now, drawn="")
    )


def watched_until(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> datetime | None:
    """Until when somebody's Home is kept fresh; None where it never was."""
    return tx.connection.execute(
        sa.select(_home.c.watched_until).where(*_of(workspace_id, user_id))
    ).scalar_one_or_none()


def sight(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> Sight:
    """The facts behind a Home, read before it is drawn: what changes then is seen to differ."""
    person = sa.select(
        sa.literal(workspace_id, sa.String()).label("workspace_id"),
        sa.literal(user_id, sa.String()).label("user_id"),
    ).subquery("person")
    facts = home_facts.Facts(person, workspace_id)
    row = tx.connection.execute(
        sa.select(
            facts.seen,
            home_facts.tide(workspace_id),
            sa.case((_home.c.is_wide, home_facts.wide_tide(workspace_id)), else_=""),
            _account.c.next_due_at,
            _home.c.drawn,
        ).select_from(
            facts.joined.outerjoin(
                _home,
                (_home.c.workspace_id == person.c.workspace_id)
                & (_home.c.user_id == person.c.user_id),
            )
        )
    ).one()
    return Sight(seen=row[0], tide=row[1], wide_tide=row[2], next_due_at=row[3], drawn=row[4] or "")


def draw(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    drawing: Drawing,
    now: datetime,
) -> None:
    """Note what Slack has of it from now on."""
    known = {name: getattr(drawing, name) for name in Drawing.__dataclass_fields__}
    known["drawn_at"] = now
    tx.connection.execute(
        upsert.insert(tx)(_home)
        .values(_new(workspace_id, user_id, now) | known)
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=known)
    )


def drawn_by(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, notice_id: str) -> None:
    """The notice by which it was drawn stays, for the spacing; the one before it goes."""
    mine = _of(workspace_id, user_id)
    before = sa.select(_home.c.drawn_by).where(*mine).scalar_subquery()
    tx.connection.execute(
        sa.delete(_outbox).where(
            _outbox.c.workspace_id == workspace_id,
            _outbox.c.notice_id == before,
            _outbox.c.notice_id != notice_id,
            _outbox.c.state == "sent",
        )
    )
    tx.connection.execute(sa.update(_home).where(*mine).values(drawn_by=notice_id))


def watched(tx: Transaction, now: datetime) -> list[Watched]:
    """Where Homes are kept fresh: one statement over all workspaces."""
    here = (_home.c.workspace_id == _workspace.c.workspace_id, _home.c.watched_until > now)
    of_wide = sa.case(
        (
            sa.exists().where(*here, _home.c.is_wide).correlate(_workspace),
            home_facts.wide_tide(_workspace.c.workspace_id),
        ),
        else_="",
    )
    found = tx.connection.execute(
        sa.select(
            _workspace.c.workspace_id, home_facts.tide(_workspace.c.workspace_id), of_wide
        ).where(sa.exists().where(*here).correlate(_workspace))
    )
    return [Watched(WorkspaceId(row[0]), row[1], row[2]) for row in found]


def stale(tx: Transaction, of: Watched, now: datetime, *, limit: int) -> Sequence[UserId]:
    """Whose Homes show something else than there is, the longest undrawn first.

    Not those that are to be drawn anyway. One statement, whatever changed.
    """
    facts = home_facts.Facts(_home, of.workspace_id)
    tide = sa.case((_home.c.is_wide, of.wide_tide), else_=of.tide)
    is_owed = (
        sa.exists()
        .where(
            _outbox.c.workspace_id == _home.c.workspace_id,
            _outbox.c.queue == sa.literal("home:") + _home.c.user_id,
            _outbox.c.state == sa.literal_column("'waiting'"),
        )
        .correlate(_home)
    )
    differs = (_home.c.seen != facts.seen) | (_home.c.tide != tide) | (_home.c.look_at <= now)
    found = tx.connection.execute(
        sa.select(_home.c.user_id)
        .select_from(facts.joined)
        .where(
            _home.c.workspace_id == of.workspace_id,
            _home.c.watched_until > now,
            differs,
            ~is_owed,
        )
        .order_by(_home.c.drawn_at, _home.c.user_id)
        .limit(limit)
    )
    return [UserId(user_id) for user_id in found.scalars()]


def _new(workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> dict[str, Any]:
    """A row of somebody whose Home was never drawn."""
    return {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "watched_until": now,
        "is_wide": False,
        "seen": "",
        "tide": "",
        "look_at": now,
        "drawn": "",
        "drawn_at": now,
        "drawn_by": "",
    }


def _of(workspace_id: WorkspaceId, user_id: UserId) -> tuple[sa.ColumnElement[bool], ...]:
    return _home.c.workspace_id == workspace_id, _home.c.user_id == user_id
