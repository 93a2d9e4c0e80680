"""What people type of an allowance, and what it is understood to be."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from bot.domain.allowance_wishes import AllowanceDraft
from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.directory import UserId
from bot.domain.periods import Period
from bot.domain.refusals import AmountFault, AmountRefused, NotASchedule
from bot.slack import allowance_words
from bot.slack.allowance_words import Who
from bot.slack.payloads import words_of

TODAY = date(2026, 11, 24)
ANA = UserId("U0000000ANA")
WEEKLY: Mapping[str, Any] = {"tokens": 2_000_000, "period": Period.WEEK}
MONTHLY: Mapping[str, Any] = {"tokens": 2_000_000, "period": Period.MONTH}


def read(text: str) -> tuple[Who, AllowanceDraft]:
    who, rest = allowance_words.who(words_of(text))
    return who, allowance_words.draft(rest, TODAY)


WHO: Mapping[str, Who] = {
    "<@U0000000ANA|ana>": Who(person=ANA),
    "for <@U0000000ANA>": Who(person=ANA),
    "ml-platform": Who(team="ml-platform"),
    "ML Platform": Who(team="ML Platform"),
    '"Team 7"': Who(team="Team 7"),
    "“Team 7”": Who(team="Team 7"),
    "pool ml-platform": Who(team="ml-platform", is_pool=True),
    "pool “Team 7”": Who(team="Team 7", is_pool=True),
    "Everyone": Who(team="Everyone"),
    "R&amp;D": Who(team="R&D"),
    "": Who(),
}


@pytest.mark.parametrize("typed", WHO)
def test_whom_it_is_for(typed: str) -> None:
    assert read(f"{typed} 2M weekly") == (WHO[typed], AllowanceDraft(**WEEKLY))
    assert read(typed) == (WHO[typed], AllowanceDraft())


SAID: Mapping[str, Mapping[str, Any]] = {
    "2M weekly": WEEKLY,
    "2M WEEKLY": WEEKLY,
    "2M a week": WEEKLY,
    "2M per week": WEEKLY,
    "2M every week": WEEKLY,
    "2M each week": WEEKLY,
    "2M week": WEEKLY,
    "2,000,000 monthly": MONTHLY,
    "2M per month": MONTHLY,
    "2M quarterly": {**WEEKLY, "period": Period.QUARTER},
    "2M yearly": {**WEEKLY, "period": Period.YEAR},
    "2M annually": {**WEEKLY, "period": Period.YEAR},
    "2M": {"tokens": 2_000_000},
    "2M for the pilot": {"tokens": 2_000_000, "note": "the pilot"},
    "2M weekly carry none": WEEKLY,
    "2M weekly carry all": {**WEEKLY, "carry_max": None},
    "2M weekly carry 500k": {**WEEKLY, "carry_max": 500_000},
    "2M weekly carry up to 500k": {**WEEKLY, "carry_max": 500_000},
    "2M carry 500k weekly": {**WEEKLY, "carry_max": 500_000},
    "2M weekly from 2026-12-01": {**WEEKLY, "starts_on": date(2026, 12, 1)},
    "2M weekly from today": {**WEEKLY, "starts_on": TODAY},
    "2M weekly from tomorrow": {**WEEKLY, "starts_on": date(2026, 11, 25)},
    "2M weekly until 2028-02-29": {**WEEKLY, "until": date(2028, 2, 29)},
    "2M weekly first-day friday": {**WEEKLY, "anchor_on": date(2024, 1, 5)},
    "2M first-day fri weekly": {**WEEKLY, "anchor_on": date(2024, 1, 5)},
    "2M monthly first-day 15": {**MONTHLY, "anchor_on": date(2024, 1, 15)},
    "2M monthly first-day 31": {**MONTHLY, "anchor_on": date(2024, 1, 31)},
    "2M yearly first-day 2026-02-01": {
        **WEEKLY,
        "period": Period.YEAR,
        "anchor_on": date(2026, 2, 1),
    },
    "2M weekly prorata": {**WEEKLY, "is_prorated": True},
    "2M weekly pro-rata": {**WEEKLY, "is_prorated": True},
    "2M weekly pro rata": {**WEEKLY, "is_prorated": True},
    "2M weekly from-pool": {**WEEKLY, "is_from_pool": True},
    "2M weekly from the pool": {**WEEKLY, "is_from_pool": True},
    "2M weekly from-treasury": {**WEEKLY, "is_from_pool": False},
    "2M weekly returns": {**WEEKLY, "returns_on_leaving": True},
    "2M weekly for carry all from today &amp; more": {
        **WEEKLY,
        "note": "carry all from today & more",
    },
    "2M monthly carry 100k from 2026-12-01 until 2026-12-31 for the pilot": {
        **MONTHLY,
        "carry_max": 100_000,
        "starts_on": date(2026, 12, 1),
        "until": date(2026, 12, 31),
        "note": "the pilot",
    },
    "2M over 12 months cliff 3 months": {**MONTHLY, "vesting": Vesting(parts=12, cliff=3)},
    "2M over a year monthly cliff 3 months": {**MONTHLY, "vesting": Vesting(parts=12, cliff=3)},
    "2M over a year monthly cliff 3": {**MONTHLY, "vesting": Vesting(parts=12, cliff=3)},
    "2M over a year monthly cliff a quarter": {**MONTHLY, "vesting": Vesting(parts=12, cliff=3)},
    "2M over 4 quarters": {**WEEKLY, "period": Period.QUARTER, "vesting": Vesting(parts=4)},
    "2M over 26 weeks": {**WEEKLY, "vesting": Vesting(parts=26)},
    "2M weekly over a year": {**WEEKLY, "vesting": Vesting(parts=52)},
    "2M over 2 years quarterly": {**WEEKLY, "period": Period.QUARTER, "vesting": Vesting(parts=8)},
}


@pytest.mark.parametrize("typed", SAID)
def test_what_is_said_of_it(typed: str) -> None:
    assert read(f"<@U0000000ANA> {typed}")[1] == AllowanceDraft(**SAID[typed])


@pytest.mark.parametrize("whom", WHO)
@pytest.mark.parametrize("said", ["weekly 2M", "Weekly 2M", "weekly 2M for <b>", "monthly 2M"])
def test_the_period_may_come_before_the_amount(whom: str, said: str) -> None:
    period, amount, *rest = said.split()

    assert read(f"{whom} {said}") == read(" ".join([whom, amount, period, *rest]))


def test_a_team_whose_name_has_a_period_in_it_is_still_a_team() -> None:
    who, asked = read("weekly review 2M weekly")

    assert who == Who(team="weekly review")
    assert asked == AllowanceDraft(**WEEKLY)


UNREADABLE: Mapping[str, tuple[str, str]] = {
    "2M daily": ("daily", "weekly"),
    "weekly 2M monthly": ("monthly", "one period"),
    "2M fortnightly": ("fortnightly", "weekly"),
    "2M per": ("", "weekly"),
    "2M per day": ("day", "weekly"),
    "2M weekly monthly": ("monthly", "one period"),
    "2M weekly from 01/12/2026": ("01/12/2026", "2026-12-01"),
    "2M weekly from 2026-02-30": ("2026-02-30", "2026-12-01"),
    "2M weekly from 2026-2-3": ("2026-2-3", "2026-12-01"),
    "2M weekly from 20261201": ("20261201", "2026-12-01"),
    "2M weekly from 2026-W10-1": ("2026-W10-1", "2026-12-01"),
    "2M weekly from dec 1": ("dec", "2026-12-01"),
    "2M weekly from": ("", "2026-12-01"),
    "2M weekly from the bank": ("bank", "treasury"),
    "2M weekly until yesterday": ("yesterday", "today"),
    "2M weekly until \u0662026-12-01": ("\u0662026-12-01", "2026-12-01"),
    "2M weekly first-day 15": ("15", "weekday"),
    "2M weekly first-day fr": ("fr", "weekday"),
    "2M monthly first-day friday": ("friday", "1 to 31"),
    "2M monthly first-day 32": ("32", "1 to 31"),
    "2M monthly first-day 0": ("0", "1 to 31"),
    "2M weekly carry": ("", "none"),
    "2M weekly soon": ("soon", "until"),
    "2M weekly pro bono": ("pro bono", "prorata"),
    "2M over 10 months quarterly": ("10 months", "quarters"),
    "2M over 12 months weekly": ("12 months", "weeks"),
    "2M over 12 parsecs": ("12 parsecs", "months"),
    "2M over many months": ("many months", "12 months"),
    "2M over 99999 months": ("99999 months", "12 months"),
    "2M over": ("", "12 months"),
    "2M monthly cliff 3 months": ("cliff 3 months", "over 12 months"),
    "2M over a year carry all": ("carry", "don't expire"),
}


@pytest.mark.parametrize("typed", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_what_could_stand_there(typed: str) -> None:
    with pytest.raises(NotASchedule) as refused:
        read(f"<@U0000000ANA> {typed}")

    word, expected = UNREADABLE[typed]
    assert refused.value.typed == word
    assert expected in refused.value.expected


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("-5 weekly", AmountFault.NEGATIVE),
        ("0 weekly", AmountFault.ZERO),
        ("1 M weekly", AmountFault.SPACED),
        ("2M weekly carry -5", AmountFault.NEGATIVE),
        ("2M weekly carry 1,5M", AmountFault.DECIMAL_COMMA),
        ("2M weekly carry some", AmountFault.NOT_A_NUMBER),
    ],
)
def test_amounts_are_refused_as_everywhere(typed: str, fault: AmountFault) -> None:
    with pytest.raises(AmountRefused) as refused:
        read(f"<@U0000000ANA> {typed}")

    assert refused.value.fault is fault


def test_a_wish_is_whole_with_an_amount_and_a_period() -> None:
    ana = Subject(SubjectKind.MEMBER, ANA)

    assert AllowanceDraft(tokens=5).wish(ana) is None
    assert AllowanceDraft(period=Period.WEEK).wish(ana) is None
    assert AllowanceDraft(tokens=5, period=Period.WEEK).wish(ana) is not None
