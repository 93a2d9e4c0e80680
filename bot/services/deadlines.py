"""What time brings about by itself: requests that wait too long, stand-ins that begin and end."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain import deadlines as rules
from bot.domain.deadlines import Deadline, Waiting
from bot.domain.directory import WorkspaceId
from bot.domain.topups import TopUpId
from bot.services import reminders, stand_ins
from bot.storage import deadlines
from bot.storage.database import Database

#: Requests treated in one database transaction, which nobody should wait for long.
_AT_ONCE = 25

_DOING: Mapping[Deadline, Callable[[Database, WorkspaceId, Sequence[TopUpId], datetime], None]] = (
    MappingProxyType(
        {
            Deadline.EXPIRY: reminders.expire,
            Deadline.REMINDER: reminders.remind,
            Deadline.ESCALATION: reminders.escalate,
        }
    )
)


def do_due(database: Database, now: datetime) -> None:
    """Do what has become due since the clock looked last; one query where that is nothing.

    What was read may be old when its turn comes, so that each step looks again under its locks.
    """
    with database.reading() as tx:
        waiting, turning = deadlines.passed(tx, now)
    for workspace_id, named in turning:  # first, so that reminders go to whoever is here
        stand_ins.take_turn(database, workspace_id, named, now)
    for deadline, workspace_id, topup_ids in _chunks(waiting, now):
        _DOING[deadline](database, workspace_id, topup_ids, now)


def _chunks(
    waiting: Sequence[Waiting], now: datetime
) -> list[tuple[Deadline, WorkspaceId, list[TopUpId]]]:
    found: dict[tuple[Deadline, WorkspaceId], list[TopUpId]] = {}
    for one in waiting:
        for deadline in rules.due(one, now):
            found.setdefault((deadline, one.workspace_id), []).append(one.topup_id)
    return [
        (deadline, workspace_id, topup_ids[start : start + _AT_ONCE])
        for (deadline, workspace_id), topup_ids in found.items()
        for start in range(0, len(topup_ids), _AT_ONCE)
    ]
