"""What a Home shows, to whom, and what that costs."""

import pytest

from bot.domain.directory import UserId
from bot.domain.home import GLANCES_MAX, NAMED_MAX, QUEUE_MAX, Home, Queue
from bot.services import home
from tests.clockwork import use
from tests.company import Company
from tests.held import hold
from tests.services.test_stand_ins import away
from tests.test_schedule import counted

#: What a Home may ask of the database beside its few hot statements, whatever the size of the
#: company.
MEMBER_MAX, APPROVER_MAX = 11, 18


def shown(company: Company, user: UserId) -> Home:
    return home.home(company.database, company.workspace_id, user, company.now)


def build(company: Company, people: int) -> tuple[UserId, UserId, UserId]:
    """Teams of so many people, who use and ask for tokens; a member, their manager, an admin."""
    mia, leo = company.member("mia"), company.admin("leo")
    for name in ("Search", "Ads", "Data", "Mail"):
        members = [company.member(f"{name}{n}", available=100_000) for n in range(people)]
        company.team(name, *members, managers=(mia,))
        for member in members:
            use(company, member, 95_000)
            company.ask(member, 5, note="for the run")
    return UserId("USEARCH0"), mia, leo


@pytest.mark.parametrize("people", [1, 8])
def test_a_home_costs_as_many_statements_whatever_there_is_to_show(
    company: Company, people: int
) -> None:
    ana, mia, leo = build(company, people)
    hold(company, ana, 100)
    asked = {}

    for user in (ana, mia, leo):
        with counted() as statements:
            shown(company, user)
        asked[user] = len(statements)

    assert asked[ana] <= MEMBER_MAX
    assert max(asked[mia], asked[leo]) <= APPROVER_MAX


def test_what_is_shown_of_others_is_bounded_and_the_rest_is_counted(company: Company) -> None:
    _, mia, _ = build(company, 8)

    found = shown(company, mia)

    assert found.queue is not None
    assert [one.topup.asked_at for one in found.queue.first] == sorted(
        one.topup.asked_at for one in found.queue.first
    )
    assert (len(found.queue.first), found.queue.count) == (QUEUE_MAX, 32)
    assert (len(found.glances), found.more_teams) == (GLANCES_MAX, 1)
    assert {len(one.near) for one in found.glances} == {NAMED_MAX}
    assert {one.near_count for one in found.glances} == {8}


def test_a_member_sees_nothing_of_others(company: Company) -> None:
    ana, _, _ = build(company, 2)

    found = shown(company, ana)

    assert (found.queue, found.glances, found.missing) == (None, (), ())
    assert found.week.tokens == 95_000


def test_an_open_request_says_who_decides_it(company: Company) -> None:
    mia, leo, ana = company.approver("mia"), company.approver("leo"), company.member("ana")
    company.ask(ana, 5)
    (asking,) = shown(company, ana).open_topups
    company.deactivate(leo)

    (later,) = shown(company, ana).open_topups
    company.deactivate(mia)
    (at_last,) = shown(company, ana).open_topups

    assert set(asking.deciders) == {mia, leo}
    assert later.deciders == (mia,)
    assert at_last.deciders == ()


def test_an_open_request_waits_for_whom_stands_in_and_not_for_whom_is_away(
    company: Company,
) -> None:
    mia, ben, ana = company.approver("mia"), company.member("ben"), company.member("ana")
    company.ask(ana, 5)
    away(company, mia, ben)

    (asking,) = shown(company, ana).open_topups

    assert asking.deciders == (ben,)


def test_an_only_approver_decides_their_own_request(company: Company) -> None:
    leo = company.admin("leo")
    company.ask(leo, 500)

    (asking,) = shown(company, leo).open_topups

    assert asking.deciders == (leo,)


def test_a_manager_sees_their_own_teams_and_no_other(company: Company) -> None:
    build(company, 1)
    kim = company.member("kim")
    company.team("Legal", company.member("lou", available=5), managers=(kim,))

    found = shown(company, kim)

    assert [one.team.name for one in found.glances] == ["Legal"]
    assert found.glances[0].near == ()
    assert found.queue is not None
    assert found.queue.count == 0


def test_finance_sees_the_teams_and_decides_nothing(company: Company) -> None:
    build(company, 1)
    fay = company.finance("fay")

    found = shown(company, fay)

    assert len(found.glances) == GLANCES_MAX
    assert (found.queue, found.missing) == (None, ())


def test_whoever_lost_the_role_keeps_no_request_to_decide(company: Company) -> None:
    _, mia, _ = build(company, 1)
    company.deactivate(mia)

    assert shown(company, mia).queue == Queue((), 0)


def test_the_only_approver_sees_their_own_request(company: Company) -> None:
    leo = company.admin("leo")
    company.ask(leo, 500)

    found = shown(company, leo)

    assert found.queue is not None
    assert found.queue.count == 1
    other = company.admin("ada")
    assert shown(company, leo).queue == Queue((), 0)
    assert shown(company, other).queue == Queue((), 0)
