"""Keeping Homes fresh: whose is kept so, which of them are stale, and what each was drawn from.

A Home that is stale is owed as a notice, of which one waits at a time and one is sent a second; so
however much changes, a person's Home is published once a second at most, and what is published
last is what there is. Several processes may look at once: a notice that waits is owed once.
"""

from datetime import datetime, timedelta

from bot.domain import roles
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.home import WATCHED_FOR, Home
from bot.domain.notices import HomeStale
from bot.domain.roles import Deed
from bot.storage import homes, outbox
from bot.storage.database import Database
from bot.storage.homes import Drawing, Sight

#: A click on a Home says that it is looked at still; but not each of them is written.
_WATCHED_EXACTLY = timedelta(hours=1)
#: Homes owed at one look: so few that what is more urgent never waits long behind them.
STALE_MAX = 200
#: What no comparison tells: that a stand-in's time began, that a week's first day has passed.
_WIDE_LOOKED_AFTER = timedelta(minutes=1)
_LOOKED_AFTER = timedelta(minutes=30)


def clicked(database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> None:
    """Somebody pressed a button there, so they look at it still."""
    until = now + WATCHED_FOR
    with database.reading() as tx:
        known = homes.watched_until(tx, workspace_id, user_id)
    if known is None or known < until - _WATCHED_EXACTLY:
        with database.writing() as tx:
            homes.watch(tx, workspace_id, user_id, until=until, is_bare=False, now=now)


def look(database: Database, now: datetime) -> int:
    """Owe each Home that shows something else than there is; how many."""
    with database.reading() as tx:
        watched = homes.watched(tx, now)
        found = {one.workspace_id: homes.stale(tx, one, now, limit=STALE_MAX) for one in watched}
    for workspace_id, user_ids in found.items():
        if user_ids:
            with database.writing() as tx:
                for user_id in user_ids:
                    stale = HomeStale(recipient=user_id, is_refresh=True)
                    outbox.add(tx, workspace_id, stale, now)
    return sum(map(len, found.values()))


def sight(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> Sight:
    """What there is to be drawn, to be read before it is."""
    with database.reading() as tx:
        return homes.sight(tx, workspace_id, user_id)


def drawn(
    database: Database,
    workspace_id: WorkspaceId,
    shown: Home,
    *,
    of: Sight,
    fingerprint: str,
    now: datetime,
) -> None:
    """Slack has this Home now."""
    viewer = shown.balance.viewer
    is_wide = sees_others(viewer)
    after = _WIDE_LOOKED_AFTER if is_wide else _LOOKED_AFTER
    by_clock = [moment for moment in (of.next_due_at, shown.day_ends_at) if moment]
    drawing = Drawing(
        is_wide=is_wide,
        seen=of.seen,
        tide=of.wide_tide if is_wide else of.tide,
        look_at=min([now + after, *(moment for moment in by_clock if moment > now)]),
        drawn=fingerprint,
    )
    with database.writing() as tx:
        homes.draw(tx, workspace_id, viewer.user_id, drawing, now)


def not_taken(
    database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> None:
    """Slack takes no Home for this person: there is none to keep fresh until they open it."""
    with database.writing() as tx:
        homes.let_go(tx, workspace_id, user_id, now)


def sees_others(viewer: Member) -> bool:
    """Whether their Home shows figures that are not theirs alone."""
    return roles.may_for_someone(viewer, Deed.SEE_BALANCE)
