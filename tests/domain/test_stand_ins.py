from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain import roles, topups
from bot.domain.directory import EVERYONE, Member, Standing, TeamId, UserId
from bot.domain.roles import Deed
from bot.domain.stand_ins import Absence, acting, present

DESIGN = TeamId("design")
LATER = datetime(2026, 12, 15, tzinfo=UTC)


def person(
    name: str, *, is_admin: bool = False, manages: TeamId | None = None, team: TeamId = DESIGN
) -> Member:
    return Member(
        user_id=UserId(name),
        standing=Standing.ACTIVE,
        team_id=team,
        is_admin=is_admin,
        manages=frozenset({manages} if manages else ()),
    )


def away(absent: Member, stand_in: Member) -> Absence:
    return Absence(absent=absent, stand_in=stand_in, ends_at=LATER)


ALICE, BEN, CARLA = person("alice"), person("ben"), person("carla", team=EVERYONE)
MIA, SAM = person("mia", manages=DESIGN), person("sam", manages=DESIGN)
LEO = person("leo", is_admin=True)


def may(actor: Member, subject: Member, *absences: Absence) -> bool:
    return roles.may(acting(actor, absences, subject), Deed.DECIDE, subject)


def asked(requester: Member, approvers: list[Member], *absences: Absence) -> list[str]:
    return [one.user_id for one in topups.approvers_asked(requester, approvers, absences)]


def test_a_stand_in_may_what_the_absent_manager_may_and_no_more() -> None:
    assert may(BEN, ALICE, away(MIA, BEN))
    assert not may(BEN, CARLA, away(MIA, BEN))
    assert not may(CARLA, ALICE, away(MIA, BEN))


def test_a_stand_in_of_an_admin_may_decide_for_everyone() -> None:
    assert may(BEN, CARLA, away(LEO, BEN))


def test_a_stand_in_keeps_what_they_may_themselves() -> None:
    sales = person("sue", manages=TeamId("sales"))

    both = acting(sales, [away(MIA, sales)], ALICE)

    assert both.manages == {DESIGN, TeamId("sales")}


def test_nobody_lends_what_they_may_not_do_themselves() -> None:
    assert not may(BEN, MIA, away(MIA, BEN))


@pytest.mark.parametrize("gone", [Standing.DEACTIVATED, Standing.GUEST, Standing.MISSING])
def test_a_stand_in_who_is_no_longer_active_borrows_nothing(gone: Standing) -> None:
    ben = replace(BEN, standing=gone)

    assert not may(ben, ALICE, away(MIA, ben))


def test_who_is_no_approver_any_more_lends_nothing() -> None:
    assert not may(BEN, ALICE, away(replace(MIA, manages=frozenset()), BEN))
    assert not may(BEN, ALICE, away(replace(LEO, standing=Standing.DEACTIVATED), BEN))


def test_what_was_lent_is_not_lent_on() -> None:
    assert not may(CARLA, ALICE, away(MIA, BEN), away(BEN, CARLA))


def test_the_stand_in_is_asked_in_the_place_of_who_is_away() -> None:
    assert asked(ALICE, [MIA, SAM, LEO], away(MIA, BEN)) == ["ben", "sam"]


def test_a_stand_in_who_is_an_approver_is_asked_once() -> None:
    assert asked(ALICE, [MIA, SAM, LEO], away(MIA, SAM)) == ["sam"]


def test_a_stand_in_who_left_leaves_it_to_the_admins() -> None:
    gone = replace(BEN, standing=Standing.DEACTIVATED)

    assert asked(ALICE, [LEO, MIA], away(MIA, gone)) == ["leo"]


def test_a_stand_in_is_not_asked_to_decide_their_own_request() -> None:
    assert asked(BEN, [LEO, MIA], away(MIA, BEN)) == ["leo"]


def test_stand_ins_of_stand_ins_are_not_asked() -> None:
    assert asked(ALICE, [LEO, MIA, SAM], away(MIA, SAM), away(SAM, CARLA)) == ["carla"]
    assert present([MIA], ALICE, [away(MIA, SAM), away(SAM, CARLA)]) == []


def test_the_stand_in_of_an_admin_is_asked_for_what_the_admin_would_be() -> None:
    assert asked(ALICE, [LEO], away(LEO, BEN)) == ["ben"]


def test_rather_somebody_who_is_away_than_nobody() -> None:
    gone = replace(BEN, standing=Standing.DEACTIVATED)

    assert asked(ALICE, [MIA], away(MIA, gone)) == ["mia"]
    assert asked(ALICE, [LEO], away(LEO, gone)) == ["leo"]


def test_the_only_approver_decides_their_own_and_no_stand_in_of_theirs() -> None:
    assert asked(LEO, [LEO], away(LEO, BEN)) == ["leo"]
