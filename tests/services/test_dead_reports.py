"""Admins hear of what could not be delivered: once a day at the most, and never of the hearing."""

from datetime import timedelta

import pytest

from bot.domain.directory import UserId
from bot.domain.notices import DeadReported, Notice, TokensReceived
from bot.services import outbox
from bot.services.outbox import REPORTED_EVERY
from tests.company import Company
from tests.threads import at_once

BOB, CARLA = UserId("UBOB"), UserId("UCARLA")


def received(recipient: UserId) -> TokensReceived:
    return TokensReceived(
        recipient=recipient,
        giver=UserId("UMIA"),
        tokens=1,
        note="",
        entry_id="e1",  # type: ignore[arg-type]  # short, to be read
        is_transfer=False,
        is_first=False,
    )


def die(
    company: Company, notice: Notice, error: str = "user_disabled", state: str = "dead"
) -> None:
    """Owed, tried, and given up."""
    company.later(minutes=1)
    outbox.owe(company.database, company.workspace_id, notice, company.now)
    company.later(seconds=2)
    for claimed in outbox.claim(company.database, now=company.now, spacing=timedelta(0), limit=100):
        outbox.bury(company.database, claimed, state=state, error=error, now=company.now)
    company.later(minutes=2)


def report(company: Company) -> list[DeadReported]:
    """What is owed to admins after the clock's look, claimed so that it does not count again."""
    outbox.report_dead(company.database, company.now)
    company.later(seconds=2)
    claimed = outbox.claim(company.database, now=company.now, spacing=timedelta(0), limit=100)
    for each in claimed:
        outbox.mark_sent(company.database, each, None, company.now)
    return [each.notice for each in claimed if isinstance(each.notice, DeadReported)]


def test_each_admin_hears_how_many_and_why(company: Company) -> None:
    leo, mia = company.admin("leo"), company.admin("mia")
    company.approver("ann")
    for recipient, error in ((BOB, "user_disabled"), (CARLA, "user_disabled"), (BOB, "bad")):
        die(company, received(recipient), error)

    told = report(company)

    reasons = {"user_disabled": 2, "bad": 1}
    assert sorted(one.recipient for one in told) == [leo, mia]
    assert [one.reasons for one in told] == [reasons, reasons]


def test_nothing_dead_is_nothing_to_tell(company: Company) -> None:
    company.admin("leo")
    die(company, received(BOB), state="stale")

    assert report(company) == []


def test_a_day_passes_before_admins_hear_again_and_then_only_of_what_is_new(
    company: Company,
) -> None:
    company.admin("leo")
    die(company, received(BOB), "first")
    (first,) = report(company)
    die(company, received(BOB), "second")

    too_soon = report(company)
    company.later(seconds=REPORTED_EVERY.total_seconds())
    (second,) = report(company)
    company.later(days=2)

    assert (dict(first.reasons), too_soon) == ({"first": 1}, [])
    assert dict(second.reasons) == {"second": 1}
    assert report(company) == []


def test_a_report_that_can_not_be_delivered_leads_to_no_other(company: Company) -> None:
    leo = company.admin("leo")
    die(company, DeadReported(recipient=leo, reasons={"user_disabled": 1}))
    company.later(days=2)

    assert report(company) == []


def test_where_there_is_no_admin_the_approvers_hear_and_else_it_waits(company: Company) -> None:
    die(company, received(BOB))
    nobody = report(company)
    ann = company.approver("ann")

    (told,) = report(company)

    assert nobody == []
    assert told.recipient == ann


def test_a_workspace_hears_of_its_own_alone(company: Company) -> None:
    other = Company(company.database, "T2")
    company.admin("leo")
    other.admin("eve")
    die(company, received(BOB))

    told = report(company)

    assert [one.recipient for one in told] == ["ULEO"]


@pytest.mark.parametrize("_round", range(3))
def test_of_two_clocks_that_look_at_once_one_tells(company: Company, _round: int) -> None:
    company.admin("leo")
    die(company, received(BOB))

    at_once([lambda: outbox.report_dead(company.database, company.now) for _ in range(4)])

    assert [type(notice) for notice in company.notices()] == [DeadReported]
