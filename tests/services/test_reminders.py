"""Requests that nobody decides: reminder, escalation, expiry; each once, whatever happens."""

from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.directory import UserId
from bot.domain.leaves import Leave
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import (
    MessageRef,
    Notice,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
    kind_of,
)
from bot.domain.refusals import TopUpClosed
from bot.domain.topups import Cause, TopUp, TopUpState
from bot.services import books, deadlines, outbox, stand_ins, topups
from tests.company import MORNING, Company
from tests.spending import Look, Workers, each
from tests.threads import at_once


def sent(company: Company) -> None:
    """All that is owed arrives, each in a message of its own."""
    now = company.now
    while due := outbox.claim(company.database, now=now, spacing=timedelta(0), limit=99):
        for claimed in due:
            place = MessageRef(channel=f"D{claimed.notice.recipient}", ts=claimed.notice_id)
            outbox.mark_sent(company.database, claimed, place, now)


def tick(company: Company, **later: float) -> list[Notice]:
    """What the clock owes to people after so long, by kind and person."""
    sent(company)
    deadlines.do_due(company.database, company.later(**later))
    return sorted(company.notices(), key=lambda one: (kind_of(one), one.recipient))


def causes(found: list[Notice]) -> list[tuple[UserId, Cause]]:
    return [(one.recipient, one.cause) for one in found if isinstance(one, TopUpAsked)]


def runs(company: Company) -> list[str]:
    sql = "SELECT job FROM run WHERE workspace_id = :workspace_id ORDER BY job"
    return [str(row["job"]) for row in company.rows(sql)]


def away_from(company: Company, absent: UserId, stand_in: UserId, first: date) -> None:
    """For a month, so that nobody is back before the story ends."""
    stand_ins.name(
        company.database,
        company.workspace_id,
        actor=absent,
        stand_in=stand_in,
        leave=Leave(first, first + timedelta(days=30)),
        key=IdempotencyKey("command:away"),
        now=company.now,
    )


def asked(company: Company) -> TopUp:
    """By Alice, on Monday morning."""
    return company.ask(company.member("alice"), 500_000, note="the demo")


def test_approvers_are_reminded_after_a_working_day(company: Company) -> None:
    mia, ben = company.approver("mia"), company.approver("ben")
    company.admin("leo")
    asked(company)

    early = tick(company, hours=23.9)
    due = tick(company, hours=0.2)

    assert early == []
    assert sorted(causes(due)) == [(ben, Cause.REMINDER), (mia, Cause.REMINDER)]
    assert tick(company, hours=1) == []


def test_no_reminder_comes_on_a_weekend_of_the_team(company: Company) -> None:
    mia = company.approver("mia")
    with company.database.writing() as tx:
        tx.connection.execute(sa.text("UPDATE team SET zone = 'America/New_York'"))
    company.later(days=4)  # Friday, 4:30 in New York
    asked(company)

    assert tick(company, days=2.9) == []  # Monday, 2:10
    assert causes(tick(company, hours=2.5)) == [(mia, Cause.REMINDER)]


def test_a_reminder_is_the_one_copy_with_buttons(company: Company) -> None:
    mia = company.approver("mia")
    topup = asked(company)
    sent(company)
    first = topups.copy_of(company.database, company.workspace_id, topup.topup_id, mia)

    tick(company, days=1.1)
    (claimed,) = outbox.claim(company.database, now=company.now, spacing=timedelta(0), limit=9)
    outbox.mark_sent(company.database, claimed, MessageRef(channel="D1", ts="9.9"), company.now)

    newest = topups.copy_of(company.database, company.workspace_id, topup.topup_id, mia)
    assert newest == MessageRef(channel="D1", ts="9.9")
    changed = TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id, message=first)
    assert company.notices() == [changed]


def test_whoever_may_not_decide_any_more_gets_no_reminder(company: Company) -> None:
    mia, leo = company.approver("mia"), company.admin("leo")
    asked(company)
    company.deactivate(mia)

    assert causes(tick(company, days=1.1)) == [(leo, Cause.PASSED_ON)]


def test_admins_are_asked_after_three_working_days(company: Company) -> None:
    mia = company.approver("mia")
    admins = [company.admin(f"leo{n}") for n in range(7)]
    asked(company)
    tick(company, days=1.1)

    due = tick(company, days=2)

    assert causes(due) == [(one, Cause.ESCALATION) for one in admins[:5]]
    assert {one.asked_before for one in due if isinstance(one, TopUpAsked)} == {(mia,)}
    assert tick(company, days=1) == []


def test_admins_who_have_the_request_are_not_asked_again(company: Company) -> None:
    leo = company.admin("leo")
    asked(company)

    assert causes(tick(company, days=1.1)) == [(leo, Cause.REMINDER)]
    assert tick(company, days=2) == []


def test_an_admin_is_not_asked_for_their_own_request(company: Company) -> None:
    company.approver("mia")
    leo, ada = company.admin("leo"), company.admin("ada")
    company.ask(leo, 500_000)

    assert (ada, Cause.ESCALATION) in causes(tick(company, days=3.1))
    assert leo not in [one.recipient for one in company.notices()]


def test_a_request_expires_after_fourteen_days(company: Company) -> None:
    mia = company.approver("mia")
    topup = asked(company)
    tick(company, days=1.1)
    tick(company, days=12.8)
    assert company.topup(topup.topup_id)["state"] == "open"

    due = tick(company, hours=3)

    row = company.topup(topup.topup_id)
    assert (row["state"], row["decided_by"]) == ("expired", None)
    assert due == [
        TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id),
        TopUpDecided(recipient=topup.requester, topup_id=topup.topup_id),
    ]
    assert tick(company, days=1) == []
    assert books.check(company.database) == []


def test_an_expired_request_is_not_decided_any_more(company: Company) -> None:
    mia = company.approver("mia")
    topup = asked(company)
    tick(company, days=14)

    with pytest.raises(TopUpClosed) as refused:
        company.approve(mia, topup.topup_id)

    assert refused.value.topup.state is TopUpState.EXPIRED
    assert company.available(topup.requester) == 0


def test_after_three_weeks_asleep_a_request_only_expires(company: Company) -> None:
    mia = company.approver("mia")
    company.admin("leo")
    topup = asked(company)

    due = tick(company, days=21)

    assert [type(one) for one in due] == [TopUpCopyChanged, TopUpDecided]
    assert {one.recipient for one in due} == {topup.requester, mia}
    assert runs(company) == []


def test_after_a_long_weekend_asleep_reminder_and_escalation_come_together(
    company: Company,
) -> None:
    mia, leo = company.approver("mia"), company.admin("leo")
    asked(company)

    assert causes(tick(company, days=8)) == [(leo, Cause.ESCALATION), (mia, Cause.REMINDER)]


@pytest.mark.parametrize("how", ["approved", "denied", "withdrawn"])
@pytest.mark.parametrize("days", [1.1, 3.1, 15])
def test_a_closed_request_is_left_alone(company: Company, how: str, days: float) -> None:
    mia = company.approver("mia")
    company.admin("leo")
    topup = asked(company)
    match how:
        case "approved":
            company.approve(mia, topup.topup_id)
        case "denied":
            company.deny(mia, topup.topup_id)
        case _:
            company.withdraw(topup.requester, topup.topup_id)

    assert tick(company, days=days) == []
    assert company.topup(topup.topup_id)["state"] == how
    assert runs(company) == []


def test_a_request_decided_between_reminder_and_sending_is_not_reminded_of(
    company: Company,
) -> None:
    mia = company.approver("mia")
    topup = asked(company)
    (reminder,) = tick(company, days=1.1)
    company.approve(mia, topup.topup_id)

    assert isinstance(reminder, TopUpAsked)
    copy = topups.copy(company.database, company.workspace_id, reminder, company.now)
    assert copy.is_needless


def test_clocks_of_two_workers_do_each_thing_once(company: Company) -> None:
    company.approver("mia")
    company.admin("leo")
    people = [company.member(f"m{n}") for n in range(30)]
    for person in people:
        company.ask(person, 5)
    sent(company)

    for days, expected in ((1.1, {Cause.REMINDER: 30}), (2.0, {Cause.ESCALATION: 30})):
        at = company.later(days=days)
        running = at_once([lambda at=at: deadlines.do_due(company.database, at)] * 4)  # type: ignore[misc]  # mypy infers no lambda with a default
        assert [one.join() for one in running] == [None] * 4
        assert Counter(cause for _, cause in causes(company.notices())) == expected
        sent(company)
    at = company.later(days=11)
    running = at_once([lambda: deadlines.do_due(company.database, at)] * 4)
    assert [one.join() for one in running] == [None] * 4

    assert Counter(kind for kind, _ in company.told()) == {
        "topup_decided": 30,
        "topup_copy_changed": 60,
    }
    assert books.check(company.database) == []


@pytest.mark.parametrize("killed", [0, 2])
def test_clocks_of_several_processes_do_each_thing_once_even_where_some_are_killed(
    company: Company, database_url: str, killed: int
) -> None:
    mia, leo, ben = company.approver("mia"), company.admin("leo"), company.member("ben")
    people = [company.member(f"m{n}") for n in range(60)]
    for person in people:
        company.ask(person, 5)
    away_from(company, mia, ben, MORNING.date() + timedelta(days=1))
    sent(company)

    hours = [15, 25, 73, 14 * 24 + 1]
    workers = Workers(database_url, each(4, 4, lambda _, n: Look(hours[n])))
    workers.first_answer()
    for process in workers.processes[:killed]:
        process.kill()
    workers.outcomes()
    for at in hours:  # whoever is alive looks again, a minute later
        deadlines.do_due(company.database, MORNING + timedelta(hours=at, minutes=1))

    assert Counter(causes(company.notices())) == {
        (ben, Cause.PASSED_ON): 60,
        (ben, Cause.REMINDER): 60,
        (leo, Cause.ESCALATION): 60,
    }
    assert Counter(kind for kind, _ in company.told())["topup_decided"] == 60
    assert books.check(company.database) == []


def test_expiry_and_decision_at_once_leave_one_of_them(company: Company) -> None:
    mia = company.approver("mia")
    topups_asked = [company.ask(company.member(f"m{n}"), 5) for n in range(8)]
    at = company.later(days=14)

    running = at_once(
        [lambda: deadlines.do_due(company.database, at)]
        + [lambda one=one: company.approve(mia, one.topup_id) for one in topups_asked]  # type: ignore[misc]  # as above
    )

    refused = sum(isinstance(one.join(), TopUpClosed) for one in running)
    states = Counter(str(company.topup(one.topup_id)["state"]) for one in topups_asked)
    assert running[0].join() is None
    assert states == Counter({"expired": refused, "approved": 8 - refused}) - Counter()
    assert books.check(company.database) == []


def test_workspaces_are_served_apart(company: Company) -> None:
    other = Company(company.database, "T2")
    company.approver("mia")
    other.approver("sam")
    asked(company)
    other.later(hours=12)
    asked(other)

    deadlines.do_due(company.database, company.later(hours=25))

    assert [one for one in causes(other.notices()) if one[1] is Cause.REMINDER] == []
    assert [one for one in causes(company.notices()) if one[1] is Cause.REMINDER] != []


def test_with_nothing_due_the_clock_asks_once(company: Company) -> None:
    company.approver("mia")
    for n in range(20):
        company.ask(company.member(f"m{n}"), 5)
    at = company.later(days=1.1)
    deadlines.do_due(company.database, at)

    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        deadlines.do_due(company.database, at + timedelta(hours=12))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    assert [one.split()[0] for one in statements] == ["SELECT"]
