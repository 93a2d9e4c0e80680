from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.deadlines import Deadline, Waiting, due
from bot.domain.directory import WorkspaceId
from bot.domain.topups import TopUpId

#: A Friday in Lisbon, where it is 15:00.
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
REMINDER, ESCALATION, EXPIRY = Deadline


def waiting(*, is_reminded: bool = False, is_escalated: bool = False) -> Waiting:
    return Waiting(
        workspace_id=WorkspaceId("T1"),
        topup_id=TopUpId("t1"),
        asked_at=FRIDAY,
        zone="Europe/Lisbon",
        is_reminded=is_reminded,
        is_escalated=is_escalated,
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (2, []),  # Sunday
        (2.99, []),
        (3, [REMINDER]),  # Monday, 15:00
        (4, [REMINDER]),
        (5, [REMINDER, ESCALATION]),  # Wednesday, if the machine slept till then
        (13.99, [REMINDER, ESCALATION]),
        (14, [EXPIRY]),
        (35, [EXPIRY]),
    ],
)
def test_what_is_due_over_a_weekend(days: float, expected: list[Deadline]) -> None:
    assert due(waiting(), FRIDAY + timedelta(days=days)) == expected


def test_what_was_done_is_not_due_again() -> None:
    wednesday = FRIDAY + timedelta(days=5)

    assert due(waiting(is_reminded=True), wednesday) == [ESCALATION]
    assert due(waiting(is_reminded=True, is_escalated=True), wednesday) == []
    assert due(waiting(is_reminded=True, is_escalated=True), FRIDAY + timedelta(14)) == [EXPIRY]
