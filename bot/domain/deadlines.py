"""What the clock does with a request that nobody decides: reminder, escalation, expiry."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain import working_hours
from bot.domain.directory import WorkspaceId
from bot.domain.topups import ESCALATED_AFTER, EXPIRES_AFTER, REMINDED_AFTER, TopUpId


class Deadline(StrEnum):
    """Each happens once to a request, if at all; the value names the job of its `run` row."""

    REMINDER = "topup_reminder"
    ESCALATION = "topup_escalation"
    EXPIRY = "topup_expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An open request, and what was done about it so far."""

    workspace_id: WorkspaceId
    topup_id: TopUpId
    asked_at: datetime
    #: That of the requester's team.
    zone: str
    is_reminded: bool
    is_escalated: bool


def due(waiting: Waiting, now: datetime) -> list[Deadline]:
    """What is to be done now. Too late for all else, a request only expires."""
    if now - waiting.asked_at >= EXPIRES_AFTER:
        return [Deadline.EXPIRY]
    passed = working_hours.passed(waiting.asked_at, now, ZoneInfo(waiting.zone))
    found = []
    if passed >= REMINDED_AFTER and not waiting.is_reminded:
        found.append(Deadline.REMINDER)
    if passed >= ESCALATED_AFTER and not waiting.is_escalated:
        found.append(Deadline.ESCALATION)
    return found
