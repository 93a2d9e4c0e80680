"""For how long a block is lifted, as it is typed."""

from datetime import timedelta

import pytest

from bot.domain import lifts
from bot.domain.refusals import LiftFault, LiftRefused


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("", 4),
        ("1", 1),
        ("8h", 8),
        ("8 H", 8),
        ("8 hours", 8),
        ("1 hour", 1),
        ("for 12 hrs", 12),
        ("72", 72),
        ("off", 0),
        ("End", 0),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, hours: int) -> None:
    assert lifts.read(typed.split()) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("0", LiftFault.ZERO),
        ("-0", LiftFault.ZERO),
        ("00h", LiftFault.ZERO),
        ("-1", LiftFault.NEGATIVE),
        ("−4", LiftFault.NEGATIVE),
        ("73", LiftFault.TOO_LONG),
        ("999999999", LiftFault.TOO_LONG),
        ("9999999999", LiftFault.NOT_HOURS),
        ("1.5", LiftFault.NOT_HOURS),
        ("4,5", LiftFault.NOT_HOURS),
        ("٤", LiftFault.NOT_HOURS),
        ("hours", LiftFault.NOT_HOURS),
        ("for", LiftFault.NOT_HOURS),
        ("until tomorrow", LiftFault.NOT_HOURS),
        ("--4", LiftFault.NOT_HOURS),
    ],
)
def test_what_is_no_number_of_hours_is_refused_with_what_is_wrong(
    typed: str, fault: LiftFault
) -> None:
    with pytest.raises(LiftRefused) as refused:
        lifts.read(typed.split())

    assert (refused.value.typed, refused.value.fault) == (typed, fault)
