"""The next credit of a rule, and until when what it credited is good."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.allowances import (
    Allowance,
    AllowanceId,
    AllowanceState,
    Subject,
    SubjectKind,
    Terms,
    Vesting,
)
from bot.domain.directory import EVERYONE, UserId
from bot.domain.periods import Period

WEDNESDAY = date(2026, 11, 25)


def rule(*, carry_max: int | None = 0, **other: Any) -> Allowance:
    plain: dict[str, Any] = {
        "allowance_id": AllowanceId("a1"),
        "subject": Subject(SubjectKind.MEMBER, "UALICE"),
        "team_id": EVERYONE,
        "period": Period.WEEK,
        "starts_on": WEDNESDAY,
        "terms": (Terms(from_on=date.min, tokens=2_000_000, carry_max=carry_max),),
        "created_by": UserId("ULEO"),
        "created_at": datetime(2026, 11, 25, tzinfo=UTC),
    }
    return Allowance(**{**plain, **other})


PACKAGE = rule(period=Period.MONTH, vesting=Vesting(parts=4, cliff=2), carry_max=None)


@pytest.mark.parametrize(
    ("allowance", "today", "following"),
    [
        (rule(), date(2026, 11, 24), WEDNESDAY),
        (rule(), WEDNESDAY, date(2026, 11, 30)),
        (rule(), date(2026, 11, 30), date(2026, 12, 7)),
        (rule(ends_on=date(2026, 11, 30)), WEDNESDAY, None),
        (rule(state=AllowanceState.ENDED), WEDNESDAY, None),
        (rule(anchor_on=date(2024, 1, 5)), WEDNESDAY, date(2026, 11, 27)),
        (PACKAGE, WEDNESDAY, date(2027, 1, 25)),
        (PACKAGE, date(2027, 1, 25), date(2027, 2, 25)),
        (PACKAGE, date(2027, 3, 25), None),
    ],
)
def test_the_next_credit_comes_after_todays(
    allowance: Allowance, today: date, following: date | None
) -> None:
    assert allowance.next_after(today) == following


@pytest.mark.parametrize(
    ("allowance", "last"),
    [
        (rule(), date(2026, 11, 29)),
        (rule(carry_max=5), date(2026, 11, 29)),
        (rule(carry_max=None), None),
        (PACKAGE, None),
    ],
)
def test_what_was_credited_is_good_to_the_periods_end(
    allowance: Allowance, last: date | None
) -> None:
    assert allowance.good_until(WEDNESDAY) == last
