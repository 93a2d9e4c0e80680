"""Stand-ins: who decides while an approver is away, and what is passed on to whom."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.domain.directory import Person, UserId
from bot.domain.leaves import Leave
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import StandInTold, TopUpAsked
from bot.domain.refusals import (
    AwayFault,
    AwayRefused,
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberUnknown,
    NotAllowed,
    OwnRequest,
    Refusal,
    SelfGrant,
)
from bot.domain.stand_ins import Phase, StandIn
from bot.domain.topups import Cause
from bot.services import deadlines, directory, members, stand_ins, topups
from tests.company import MORNING, Company
from tests.services.test_reminders import causes, sent
from tests.threads import at_once

TODAY = MORNING.date()
DAY = timedelta(days=1)


def away(
    company: Company,
    absent: UserId,
    stand_in: UserId,
    *,
    first: date | None = None,
    last: date = TODAY + 7 * DAY,
    key: str = "",
) -> StandIn:
    return stand_ins.name(
        company.database,
        company.workspace_id,
        actor=absent,
        stand_in=stand_in,
        leave=Leave(first, last),
        key=IdempotencyKey(key or f"command:{company.now}"),
        now=company.later(seconds=1),
    )


def back(company: Company, absent: UserId) -> list[StandIn]:
    return stand_ins.end(
        company.database,
        company.workspace_id,
        actor=absent,
        starts_at=None,
        now=company.later(seconds=1),
    )


def of(company: Company, absent: UserId) -> list[StandIn]:
    return stand_ins.of(company.database, company.workspace_id, absent, company.now)


def tick(company: Company, **later: float) -> list[tuple[UserId, Cause]]:
    """What the clock asks of whom after so long."""
    sent(company)
    deadlines.do_due(company.database, company.later(**later))
    return sorted(causes(company.notices()))


def told(company: Company) -> list[tuple[UserId, Phase]]:
    found = company.notices()
    return sorted((one.recipient, one.phase) for one in found if isinstance(one, StandInTold))


def asked(company: Company) -> list[UserId]:
    return sorted(one.recipient for one in company.notices() if isinstance(one, TopUpAsked))


def changes(company: Company) -> list[tuple[str, str, str]]:
    rows = company.rows("SELECT actor, what, subject FROM audit ORDER BY audit_id")
    found = [(str(row["actor"]), str(row["what"]), str(row["subject"])) for row in rows]
    return [one for one in found if one[1] == "stand_in"]


# Who is asked, and who may decide.


def test_a_new_request_goes_to_the_stand_in_instead(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    away(company, mia, ben)

    topup = company.ask(alice, 500_000)

    assert asked(company) == [ben]
    asked_of = TopUpAsked(recipient=ben, topup_id=topup.topup_id)
    copy = topups.copy(company.database, company.workspace_id, asked_of, company.now)
    assert [one.absent.user_id for one in copy.absences] == [mia]


def test_the_stand_in_decides_and_grants_for_whom_the_approver_may(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    away(company, mia, ben)
    topup = company.ask(alice, 500_000)

    company.approve(ben, topup.topup_id)
    company.grant(ben, alice, tokens=20_000)

    assert company.available(alice) == 520_000
    assert [entry.actor for entry in company.entries()] == [ben, ben]


def test_before_and_after_the_stand_in_is_a_member_like_others(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    first = TODAY + DAY
    away(company, mia, ben, first=first, last=first)
    topup = company.ask(alice, 500_000)

    with pytest.raises(NotAllowed):
        company.approve(ben, topup.topup_id)
    company.later(days=1)
    company.grant(ben, alice, tokens=7)
    company.later(days=1)
    with pytest.raises(NotAllowed):
        company.approve(ben, topup.topup_id)
    with pytest.raises(NotAllowed):
        company.grant(ben, alice, tokens=7)

    assert company.available(alice) == 7


def test_a_stand_in_decides_nothing_of_their_own(company: Company) -> None:
    mia, leo, ben = company.approver("mia"), company.admin("leo"), company.member("ben")
    away(company, mia, ben)

    topup = company.ask(ben, 500_000)

    assert asked(company) == [leo]
    with pytest.raises(OwnRequest):
        company.approve(ben, topup.topup_id)
    with pytest.raises(SelfGrant):
        company.grant(ben, ben, tokens=5)
    assert company.available(ben) == 0


def test_a_stand_in_decides_nothing_of_the_absent_approvers(company: Company) -> None:
    mia, leo, ben = company.approver("mia"), company.admin("leo"), company.member("ben")
    away(company, mia, ben)

    topup = company.ask(mia, 500_000)

    assert asked(company) == [leo]
    with pytest.raises(NotAllowed):
        company.approve(ben, topup.topup_id)
    with pytest.raises(NotAllowed):
        company.grant(ben, mia, tokens=5)
    assert company.available(mia) == 0


def test_the_stand_in_of_an_admin_decides_what_the_admin_would_be_asked_for(
    company: Company,
) -> None:
    leo, ben, alice = company.admin("leo"), company.member("ben"), company.member("alice")
    away(company, leo, ben)

    topup = company.ask(alice, 500_000)
    company.deny(ben, topup.topup_id)

    assert company.topup(topup.topup_id)["decided_by"] == ben


def test_a_stand_in_may_open_the_form_of_a_grant(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    with pytest.raises(NotAllowed):
        members.require_grants(company.database, company.workspace_id, ben, company.now)

    away(company, mia, ben)

    members.require_grants(company.database, company.workspace_id, ben, company.now)


# What is passed on.


def test_what_the_approver_holds_is_passed_on_at_once_when_it_begins_now(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    company.ask(alice, 500_000)
    sent(company)

    away(company, mia, ben)

    assert causes(company.notices()) == [(ben, Cause.PASSED_ON)]
    assert told(company) == [(ben, Phase.BEGUN)]
    assert tick(company, minutes=1) == []
    assert told(company) == []


def test_what_the_approver_holds_is_passed_on_when_a_later_one_begins(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    company.ask(alice, 500_000)
    sent(company)

    away(company, mia, ben, first=TODAY + DAY)
    named = told(company)
    early = tick(company, hours=14)
    due = tick(company, hours=1)

    assert named == [(ben, Phase.NAMED)]
    assert (early, due) == ([], [(ben, Cause.PASSED_ON)])
    assert told(company) == [(ben, Phase.BEGUN)]


def test_clocks_of_two_workers_pass_on_once(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    for n in range(120):
        company.ask(company.member(f"m{n}"), 5)
    away(company, mia, ben, first=TODAY + DAY)
    sent(company)
    at = company.later(hours=15)

    running = at_once([lambda: deadlines.do_due(company.database, at)] * 4)

    assert [one.join() for one in running] == [None] * 4
    assert causes(company.notices()) == [(ben, Cause.PASSED_ON)] * 120
    assert told(company) == [(ben, Phase.BEGUN)]


def test_when_it_is_over_open_requests_go_to_the_approver(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    away(company, mia, ben, last=TODAY)
    company.ask(alice, 500_000)

    assert tick(company, hours=15) == [(mia, Cause.PASSED_ON)]
    assert tick(company, minutes=1) == []


def test_when_the_approver_is_back_open_requests_go_to_them_at_once(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    away(company, mia, ben)
    topup = company.ask(alice, 500_000)
    sent(company)

    (ended,) = back(company, mia)

    assert ended.stand_in == ben
    assert causes(company.notices()) == [(mia, Cause.PASSED_ON)]
    assert told(company) == [(ben, Phase.ENDED)]
    assert of(company, mia) == []
    with pytest.raises(NotAllowed):
        company.approve(ben, topup.topup_id)
    assert tick(company, minutes=1) == []


def test_a_stand_in_who_leaves_leaves_requests_to_the_admins(company: Company) -> None:
    mia, leo = company.approver("mia"), company.admin("leo")
    ben, alice, bob = (company.member(name) for name in ("ben", "alice", "bob"))
    away(company, mia, ben)
    company.ask(alice, 500_000)
    sent(company)

    company.deactivate(ben)
    company.ask(bob, 500_000)

    assert asked(company) == [leo]
    assert tick(company, minutes=1) == [(leo, Cause.PASSED_ON)]
    assert tick(company, minutes=1) == []


def test_reminders_go_to_who_is_here(company: Company) -> None:
    mia, ben, alice = company.approver("mia"), company.member("ben"), company.member("alice")
    company.ask(alice, 500_000)
    away(company, mia, ben)

    assert tick(company, days=1.1) == [(ben, Cause.REMINDER)]


def test_an_escalation_goes_to_the_stand_ins_of_admins_who_are_away(company: Company) -> None:
    company.approver("mia")
    leo, ben, alice = company.admin("leo"), company.member("ben"), company.member("alice")
    away(company, leo, ben)
    company.ask(alice, 500_000)

    assert (ben, Cause.ESCALATION) in tick(company, days=3.1)
    assert leo not in asked(company)


# Naming.


def test_a_naming_is_written_down(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")

    away(company, mia, ben)
    back(company, mia)

    assert changes(company) == [(mia, "stand_in", mia)] * 2
    (first, second) = company.rows(
        "SELECT before, after FROM audit WHERE what = 'stand_in' ORDER BY audit_id"
    )
    assert str(first["after"]).startswith("UBEN 2026-03-02T")
    assert second["before"] == first["after"]


def test_a_naming_heard_twice_is_one(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")

    for _ in range(2):
        away(company, mia, ben, key="command:1.2")

    assert len(of(company, mia)) == 1
    assert len(changes(company)) == 1
    assert told(company) == [(ben, Phase.BEGUN)]


def test_a_later_naming_for_the_same_time_takes_the_place_of_the_earlier(company: Company) -> None:
    mia, ben, carla = company.approver("mia"), company.member("ben"), company.member("carla")
    away(company, mia, ben)
    company.ask(company.member("alice"), 500_000)
    sent(company)

    away(company, mia, carla)

    assert [one.stand_in for one in of(company, mia)] == [carla]
    assert told(company) == [(ben, Phase.ENDED), (carla, Phase.BEGUN)]
    assert causes(company.notices()) == [(carla, Cause.PASSED_ON)]


def test_a_naming_for_later_days_cuts_the_earlier_one_there(company: Company) -> None:
    mia, ben, carla = company.approver("mia"), company.member("ben"), company.member("carla")
    away(company, mia, ben, last=TODAY + 9 * DAY)
    sent(company)

    away(company, mia, carla, first=TODAY + 5 * DAY, last=TODAY + 6 * DAY)

    first, second = of(company, mia)
    assert (first.stand_in, second.stand_in) == (ben, carla)
    assert first.ends_at == second.starts_at
    assert told(company) == [(ben, Phase.NAMED), (carla, Phase.NAMED)]


def test_other_days_for_the_same_stand_in_are_told_once(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    away(company, mia, ben, first=TODAY + DAY)
    sent(company)

    away(company, mia, ben, first=TODAY + DAY, last=TODAY + 3 * DAY)

    assert len(of(company, mia)) == 1
    assert told(company) == [(ben, Phase.NAMED)]


def test_days_that_do_not_touch_stay_beside_each_other(company: Company) -> None:
    mia, ben, carla = company.approver("mia"), company.member("ben"), company.member("carla")
    away(company, mia, ben, first=TODAY + 20 * DAY, last=TODAY + 21 * DAY)

    away(company, mia, carla, last=TODAY + DAY)

    assert [one.stand_in for one in of(company, mia)] == [carla, ben]


def test_a_naming_for_later_can_be_called_off(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    named = away(company, mia, ben, first=TODAY + DAY)
    sent(company)

    ended = stand_ins.end(
        company.database,
        company.workspace_id,
        actor=mia,
        starts_at=named.starts_at,
        now=company.now,
    )

    assert len(ended) == 1
    assert told(company) == [(ben, Phase.ENDED)]
    assert tick(company, days=2) == []
    assert told(company) == []
    assert back(company, mia) == []


def test_namings_at_once_leave_one_for_each_time(company: Company) -> None:
    mia = company.approver("mia")
    people = [company.member(f"m{n}") for n in range(6)]
    now = company.now

    running = at_once(
        [
            lambda one=one: stand_ins.name(  # type: ignore[misc]  # mypy infers no lambda with a default
                company.database,
                company.workspace_id,
                actor=mia,
                stand_in=one,
                leave=Leave(None, TODAY + DAY),
                key=IdempotencyKey(f"command:{one}"),
                now=now,
            )
            for one in people
        ]
    )

    assert [one.join() for one in running] == [None] * 6
    assert len(of(company, mia)) == 1


def test_days_are_those_of_the_approver(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    in_tokyo = Person(user_id=mia, name="mia", zone="Asia/Tokyo")
    directory.learn(company.database, company.workspace_id, [in_tokyo], company.now)

    named = away(company, mia, ben, first=TODAY + DAY, last=TODAY + DAY)

    assert (named.starts_at.hour, named.ends_at - named.starts_at) == (15, DAY)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_without_a_zone_that_is_known_days_are_those_of_the_team(
    company: Company, zone: str
) -> None:
    mia, ben = company.approver("mia"), company.member("ben")
    lost = Person(user_id=mia, name="mia", zone=zone)
    directory.learn(company.database, company.workspace_id, [lost], company.now)

    named = away(company, mia, ben, first=TODAY + DAY)

    assert named.starts_at.hour == 0


STAND_INS: list[tuple[Callable[[Company], UserId], type[Refusal]]] = [
    (lambda company: company.stranger("nemo"), MemberUnknown),
    (lambda company: company.bot("robo"), MemberIsBot),
    (lambda company: company.guest("gus"), MemberIsGuest),
    (lambda company: company.foreigner("eve"), MemberIsForeign),
    (lambda company: company.deactivate(company.member("dora")), MemberDeactivated),
]


@pytest.mark.parametrize(("who", "refusal"), STAND_INS, ids=[one[1].__name__ for one in STAND_INS])
def test_whoever_takes_no_part_stands_in_for_nobody(
    company: Company, who: Callable[[Company], UserId], refusal: type[Refusal]
) -> None:
    mia, stand_in = company.approver("mia"), who(company)
    company.put_setting("outsiders_take_part", "yes")

    with pytest.raises(refusal):
        away(company, mia, stand_in)

    assert of(company, mia) == []
    assert company.notices() == []


def test_nobody_stands_in_for_themselves(company: Company) -> None:
    mia = company.approver("mia")

    with pytest.raises(AwayRefused) as refused:
        away(company, mia, mia)

    assert refused.value.fault is AwayFault.ONESELF


def test_days_in_the_past_name_nobody(company: Company) -> None:
    mia, ben = company.approver("mia"), company.member("ben")

    with pytest.raises(AwayRefused):
        away(company, mia, ben, last=TODAY - DAY)

    assert (of(company, mia), changes(company), company.notices()) == ([], [], [])


@pytest.mark.parametrize("who", ["member", "finance"])
def test_who_approves_nothing_names_nobody(company: Company, who: str) -> None:
    company.approver("mia")
    actor = company.finance("fay") if who == "finance" else company.member("alice")
    ben = company.member("ben")

    with pytest.raises(NotAllowed):
        away(company, actor, ben)
    with pytest.raises(NotAllowed):
        of(company, actor)
    with pytest.raises(NotAllowed):
        back(company, actor)


def test_a_stand_in_names_no_stand_in(company: Company) -> None:
    mia, ben, carla = company.approver("mia"), company.member("ben"), company.member("carla")
    away(company, mia, ben)

    with pytest.raises(NotAllowed):
        away(company, ben, carla)


def test_an_approver_who_lost_the_role_lends_nothing(company: Company) -> None:
    mia, leo = company.approver("mia"), company.admin("leo")
    ben, alice = company.member("ben"), company.member("alice")
    away(company, mia, ben)
    topup = company.ask(alice, 500_000)
    company.deactivate(mia)

    with pytest.raises(NotAllowed):
        company.approve(ben, topup.topup_id)
    sent(company)
    company.ask(alice, 5)

    assert asked(company) == [leo]
