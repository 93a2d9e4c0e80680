"""Lifts: an approver lets nothing refuse somebody's calls for some hours."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest

from bot.domain.directory import UserId
from bot.domain.leaves import Leave
from bot.domain.ledger import IdempotencyKey
from bot.domain.limits import LimitReached
from bot.domain.notices import LiftTold, TopUpCopyChanged
from bot.domain.policies import LIFT_MAX, Lifted
from bot.domain.refusals import (
    MemberDeactivated,
    MemberIsBot,
    MemberUnknown,
    NotAllowed,
    PolicyRefused,
    Refusal,
    SelfGrant,
)
from bot.services import books, stand_ins
from tests import held
from tests.company import Company
from tests.threads import at_once

#: How often two try it at once.
RACES = 8


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


@pytest.fixture
def leo(company: Company) -> UserId:
    return company.admin("leo")


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=100)


def told(company: Company) -> list[LiftTold]:
    return [one for one in company.notices() if isinstance(one, LiftTold)]


def audited(company: Company) -> list[tuple[object, ...]]:
    rows = company.rows(
        "SELECT actor, subject, before, after FROM audit WHERE what = 'lift' ORDER BY audit_id"
    )
    return [tuple(row.values()) for row in rows]


def test_the_person_hears_who_lifted_their_block_and_until_when(
    company: Company, leo: UserId, ana: UserId
) -> None:
    done = held.lift(company, leo, ana, 8)

    assert done.lift is not None
    assert held.hold(company, ana, 500).hold.held == 100
    assert told(company) == [
        LiftTold(recipient=ana, actor=leo, until=int(done.lift.until.timestamp()))
    ]


def test_another_lift_takes_the_place_of_the_one_in_force(
    company: Company, leo: UserId, ana: UserId
) -> None:
    first = held.lift(company, leo, ana, 8)
    second = held.lift(company, leo, ana, 1)
    company.later(hours=1)

    assert second.before == first.lift
    with pytest.raises(LimitReached):
        held.hold(company, ana, 500)
    assert [row[2:] for row in audited(company)] == [
        ("", "2026-03-02T17:30:02+00:00"),
        ("2026-03-02T17:30:02+00:00", "2026-03-02T10:30:03+00:00"),
    ]


def test_a_lift_that_is_ended_is_told_and_written_down(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.lift(company, leo, ana, 8)
    done = held.lift(company, leo, ana, 0)

    assert (done.lift, done.is_new) == (None, True)
    assert told(company)[-1] == LiftTold(recipient=ana, actor=leo, until=None)
    assert audited(company)[-1] == (leo, ana, "2026-03-02T17:30:02+00:00", "")


def test_ending_what_is_not_in_force_changes_nothing_and_tells_nobody(
    company: Company, leo: UserId, ana: UserId
) -> None:
    never = held.lift(company, leo, ana, 0)
    held.lift(company, leo, ana, 1)
    company.later(hours=1)
    over = held.lift(company, leo, ana, 0)

    assert [one.is_new for one in (never, over)] == [False, False]
    assert (len(told(company)), len(audited(company))) == (1, 1)


def test_a_button_lifts_once_even_if_two_press_it_at_once(
    company: Company, leo: UserId, ana: UserId
) -> None:
    mia = company.approver("mia")

    presses = [partial(held.lift, company, one, ana, 4, follows="") for one in (leo, mia)]
    both = [running.result() for running in at_once(presses)]

    assert sorted(one.is_new for one in both) == [False, True]
    assert both[0].lift == both[1].lift
    assert (len(told(company)), len(audited(company))) == (1, 1)


def test_of_two_who_lift_at_once_by_typing_the_later_says_what_it_takes_the_place_of(
    company: Company, leo: UserId, ana: UserId
) -> None:
    mia = company.approver("mia")

    for _ in range(RACES):
        company.later(hours=80)
        typed = [partial(held.lift, company, one, ana, 4) for one in (leo, mia)]
        both = [running.result() for running in at_once(typed)]

        first, second = sorted(both, key=lambda one: one.before is not None)
        assert (first.before, second.before) == (None, first.lift)
        assert sorted(row[2] == "" for row in audited(company)[-2:]) == [False, True]


def test_the_last_word_counts_also_from_a_process_whose_clock_is_behind(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.lift(company, leo, ana, 8)
    company.now -= timedelta(seconds=5)

    held.lift(company, leo, ana, 0)
    with pytest.raises(LimitReached):
        held.hold(company, ana, 500)
    held.lift(company, leo, ana, 4)

    assert held.hold(company, ana, 500).hold.held == 100


def test_a_button_that_is_pressed_as_somebody_types_never_undoes_what_was_typed(
    company: Company, leo: UserId, ana: UserId
) -> None:
    mia = company.approver("mia")
    latest = ""

    for _ in range(RACES):
        company.later(hours=80)
        press = partial(held.lift, company, leo, ana, 4, follows=latest)
        pressed, typed = (
            running.result()
            for running in at_once([press, partial(held.lift, company, mia, ana, 8)])
        )

        assert typed.lift is not None
        assert typed.before == (pressed.lift if pressed.is_new else None)
        latest = typed.lift.lift_id


def test_a_button_that_was_shown_before_another_lift_changes_nothing(
    company: Company, leo: UserId, ana: UserId
) -> None:
    first = held.lift(company, leo, ana, 8)
    assert first.lift is not None

    stale = held.lift(company, leo, ana, 4, follows="")
    late_end = held.lift(company, leo, ana, 0, follows="")
    fresh = held.lift(company, leo, ana, 0, follows=first.lift.lift_id)

    assert stale == late_end == Lifted(lift=first.lift, is_new=False)
    assert (fresh.lift, fresh.is_new) == (None, True)


def test_a_button_that_had_nothing_to_end_leaves_the_next_one_its_turn(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.lift(company, leo, ana, 0, follows="")

    assert held.lift(company, leo, ana, 4, follows="").is_new


def test_a_button_lifts_again_long_after_an_earlier_lift_was_over(
    company: Company, leo: UserId, ana: UserId
) -> None:
    first = held.lift(company, leo, ana, 1, follows="")
    assert first.lift is not None
    company.later(days=30)

    shown_long_ago = held.lift(company, leo, ana, 4, follows="")
    shown_now = held.lift(company, leo, ana, 4, follows=first.lift.lift_id)

    assert (shown_long_ago.is_new, shown_now.is_new) == (False, True)


def test_the_same_command_heard_again_lifts_once(
    company: Company, leo: UserId, ana: UserId
) -> None:
    key = IdempotencyKey("command:1")

    first, again = (held.lift(company, leo, ana, 4, key=key) for _ in range(2))

    assert (again.lift, again.is_new) == (first.lift, False)
    assert len(told(company)) == 1


def test_nobody_lifts_their_own_block_while_there_is_another_approver(
    company: Company, leo: UserId
) -> None:
    assert held.lift(company, leo, leo, 4).is_new  # he is the only one
    assert told(company) == []
    company.approver("mia")

    with pytest.raises(SelfGrant):
        held.lift(company, leo, leo, 4)


def test_managers_lift_for_their_team_and_members_for_nobody(
    company: Company, leo: UserId, ana: UserId
) -> None:
    mia, ben = company.member("mia"), company.member("ben")
    company.team("search", ana, managers=(mia,))
    fay = company.finance("fay")

    assert held.lift(company, mia, ana, 1).is_new
    for actor, subject in ((ben, ana), (ana, ben), (mia, leo), (mia, ben), (fay, ana)):
        with pytest.raises(NotAllowed):
            held.lift(company, actor, subject, 1)


def test_a_stand_in_lifts_for_whom_the_absent_approver_may(company: Company, ana: UserId) -> None:
    mia, ben = company.member("mia"), company.member("ben")
    company.team("search", ana, managers=(mia,))
    stand_ins.name(
        company.database,
        company.workspace_id,
        actor=mia,
        stand_in=ben,
        leave=Leave(None, date(2026, 3, 6)),
        key=IdempotencyKey("away"),
        now=company.later(seconds=1),
    )

    assert held.lift(company, ben, ana, 1).is_new


@pytest.mark.parametrize("hours", [-1, LIFT_MAX.total_seconds() / 3_600 + 1])
def test_hours_that_cannot_be_are_refused(
    company: Company, leo: UserId, ana: UserId, hours: float
) -> None:
    with pytest.raises(PolicyRefused):
        held.lift(company, leo, ana, hours)
    assert audited(company) == []


def test_there_is_nothing_to_lift_for_whoever_takes_no_part(company: Company, leo: UserId) -> None:
    gone = company.deactivate(company.member("gone"))
    refusals: list[tuple[UserId, type[Refusal]]] = [
        (company.bot("robot"), MemberIsBot),
        (gone, MemberDeactivated),
        (company.stranger("nobody"), MemberUnknown),
    ]
    for subject, refusal in refusals:
        with pytest.raises(refusal):
            held.lift(company, leo, subject, 1)


def test_messages_about_an_open_request_show_the_lift(
    company: Company, leo: UserId, ana: UserId
) -> None:
    topup = company.ask(ana, 500)

    held.lift(company, leo, ana, 4)

    assert TopUpCopyChanged(recipient=leo, topup_id=topup.topup_id) in company.notices()
