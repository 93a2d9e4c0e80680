"""Calls that come at the same moment: each is answered as if it had come alone, in its place."""

from collections.abc import Sequence

import pytest

from bot.domain.directory import UserId
from bot.domain.holds import HoldEnded
from bot.domain.limits import LimitReached
from bot.domain.policies import Policy
from bot.domain.refusals import KeyReused
from bot.services import books, holds, settlements
from bot.services.holds import Standing, Wish
from bot.services.settlements import Settlement
from tests import held
from tests.company import Company

Outcome = Standing | Exception


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


@pytest.fixture
def ben(company: Company) -> UserId:
    return company.member("ben", available=1_000)


def at_once(company: Company, *wishes: Wish) -> list[Outcome]:
    now = company.later(seconds=1)
    wished = [(held.of(company, UserId(wish.user_label), now), wish) for wish in wishes]
    found = holds.hold_each(company.database, company.workspace_id, wished, now=now)
    assert books.check(company.database) == []
    return found


def settled(company: Company, *some: Settlement) -> list[Outcome]:
    now = company.later(seconds=1)
    found = settlements.settle_each(company.database, company.workspace_id, some, now=now)
    assert books.check(company.database) == []
    return found


def kinds(found: Sequence[Outcome]) -> list[type]:
    return [type(one) for one in found]


def test_calls_of_several_people_are_each_held_on_their_own(
    company: Company, ana: UserId, ben: UserId
) -> None:
    found = at_once(company, *(held.wish(who, 400) for who in (ana, ben, ana)))

    assert kinds(found) == [Standing] * 3
    assert (company.available(ana), company.available(ben)) == (200, 600)


def test_of_one_persons_calls_that_dont_all_fit_the_first_do(
    company: Company, ana: UserId, ben: UserId
) -> None:
    found = at_once(
        company,
        *(held.wish(ana, tokens) for tokens in (600, 600, 400)),
        held.wish(ben, 1_000),
    )

    assert kinds(found) == [Standing, LimitReached, Standing, Standing]
    assert (company.available(ana), company.available(ben)) == (0, 0)


def test_who_is_refused_takes_nobody_with_them(company: Company, ana: UserId, ben: UserId) -> None:
    poor = company.member("carl")
    found = at_once(company, *(held.wish(who, 300) for who in (ana, poor, ben)))

    assert kinds(found) == [Standing, LimitReached, Standing]


def test_calls_under_more_limits_go_beside_those_of_others(
    company: Company, ana: UserId, ben: UserId
) -> None:
    search = company.team("search", ana)
    held.set_policy(company, company.admin("leo"), Policy(request_max=500), team_id=search)

    found = at_once(company, *(held.wish(who, 600) for who in (ana, ben)), held.wish(ana, 500))

    assert kinds(found) == [LimitReached, Standing, Standing]


def test_one_key_is_one_hold_and_with_other_content_an_error(
    company: Company, ana: UserId, ben: UserId
) -> None:
    wish = held.wish(ana, 100, key="k")

    first, again, other, bens = at_once(
        company, wish, wish, held.wish(ana, 200, key="k"), held.wish(ben, 100)
    )

    assert first == again
    assert kinds([other, bens]) == [KeyReused, Standing]
    assert company.available(ana) == 900


def test_settlements_that_come_together_are_each_charged_whole_and_once(
    company: Company, ana: UserId, ben: UserId
) -> None:
    now = company.now
    mine = held.hold(company, ana, 400)
    more = held.hold(company, ana, 400)
    bens = held.hold(company, ben, 400)

    found = settled(
        company,
        held.settlement(mine, 100, now),
        held.settlement(more, 700, now),
        held.settlement(bens, 400, now),
        held.settlement(mine, 100, now),
    )

    assert kinds(found) == [Standing] * 4
    assert (company.available(ana), company.available(ben)) == (200, 600)


def test_one_that_has_ended_is_refused_and_the_others_are_charged(
    company: Company, ana: UserId, ben: UserId
) -> None:
    now = company.now
    mine, bens = held.hold(company, ana, 400), held.hold(company, ben, 400)
    held.void(company, mine)

    found = settled(company, held.settlement(mine, 100, now), held.settlement(bens, 100, now))

    assert kinds(found) == [HoldEnded, Standing]
    assert (company.available(ana), company.available(ben)) == (1_000, 900)


def test_parts_of_one_call_that_come_together_are_taken_in_turn(
    company: Company, ana: UserId
) -> None:
    now = company.now
    mine = held.hold(company, ana, 400)

    found = settled(
        company,
        held.settlement(mine, 100, now, external_id="part 1", is_final=False),
        held.settlement(mine, 50, now, external_id="part 2", is_final=False),
        held.settlement(mine, 25, now),
    )

    assert [one.hold.settled for one in found if isinstance(one, Standing)] == [100, 150, 175]
    assert company.available(ana) == 825
