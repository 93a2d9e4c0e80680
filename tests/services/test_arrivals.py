"""One welcome for each workspace, whoever comes at once and whatever ends in the middle."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.domain.arrivals import Step, next_monday
from bot.domain.directory import Person, UserId
from bot.domain.notices import AdminWelcomed, WelcomeStale
from bot.domain.refusals import NotAllowed
from bot.services import arrivals, directory
from tests.company import MORNING, Company
from tests.threads import at_once


def came(company: Company, user: UserId) -> bool:
    return arrivals.came(company.database, company.workspace_id, user, company.now)


def learn(company: Company, user: UserId, *, is_admin: bool) -> None:
    person = Person(user_id=user, name="new", is_admin=is_admin)
    directory.learn(company.database, company.workspace_id, [person], company.now)


def welcomed(company: Company) -> list[UserId]:
    return [one.recipient for one in company.notices() if isinstance(one, AdminWelcomed)]


def test_of_many_admins_at_once_one_is_welcomed(company: Company) -> None:
    admins = [company.admin(f"admin{n}") for n in range(8)]

    done = at_once([partial(came, company, user) for user in admins])

    assert [each.error for each in done] == [None] * 8
    assert len(welcomed(company)) == 1


def test_members_managers_and_finance_are_not_welcomed(company: Company) -> None:
    people = [company.member("ana"), company.approver("mia"), company.finance("fay")]

    known = [came(company, user) for user in people]

    assert known == [False] * 3
    assert welcomed(company) == []


def test_a_welcome_that_was_broken_off_leaves_nothing_and_comes_the_next_time(
    company: Company,
) -> None:
    leo = company.admin("leo")

    with pytest.raises(ZeroDivisionError):
        break_off(company, leo)
    before = welcomed(company)

    assert before == []
    assert came(company, leo)
    assert welcomed(company) == [leo]


def break_off(company: Company, user: UserId) -> None:
    """As a process that ends before its commit."""
    with company.database.writing() as tx:
        arrivals.meet(tx, company.workspace_id, user, company.now)
        raise ZeroDivisionError


@pytest.mark.parametrize("is_admin", [True, False])
def test_somebody_unknown_is_welcomed_once_slack_says_that_they_are_an_admin(
    company: Company, *, is_admin: bool
) -> None:
    eve = company.stranger("eve")
    came(company, eve)
    came(company, eve)

    learn(company, eve, is_admin=is_admin)
    learn(company, eve, is_admin=is_admin)

    assert welcomed(company) == [eve] * is_admin
    assert company.rows("SELECT * FROM knock") == []


def test_an_admin_who_comes_while_they_are_learnt_is_welcomed(company: Company) -> None:
    """Whichever is first: the one waits for the other, or finds what it left."""
    for n in range(10):
        eve, nth = company.stranger(f"eve{n}"), Company(company.database, f"T{n}0")
        directory.want(nth.database, nth.workspace_id, [eve])

        acts: list[Callable[[], object]] = [
            partial(came, nth, eve),
            partial(learn, nth, eve, is_admin=True),
        ]
        at_once(acts)

        assert welcomed(nth) == [eve]


def test_another_workspace_has_a_welcome_of_its_own(company: Company) -> None:
    other = Company(company.database, "T2")
    leo, pia = company.admin("leo"), other.admin("pia")

    came(company, leo)
    came(other, pia)

    assert (welcomed(company), welcomed(other)) == ([leo], [pia])


def test_what_is_set_up_before_anybody_came_draws_nothing_anew(company: Company) -> None:
    company.admin("leo")
    company.approver("mia")

    assert [one for one in company.notices() if isinstance(one, WelcomeStale)] == []


def test_a_step_is_skipped_by_admins_alone(company: Company) -> None:
    for user in (company.member("ana"), company.approver("mia"), company.finance("fay")):
        with pytest.raises(NotAllowed):
            arrivals.skip(
                company.database,
                company.workspace_id,
                actor=user,
                step=Step.DIGEST,
                now=company.now,
            )

    assert company.rows("SELECT * FROM skipped_step") == []


def test_two_who_skip_the_same_step_at_once_skip_it_once(company: Company) -> None:
    leo, pia = company.admin("leo"), company.admin("pia")
    skip = partial(
        arrivals.skip, company.database, company.workspace_id, step=Step.DIGEST, now=company.now
    )

    done = at_once([partial(skip, actor=user) for user in (leo, pia) * 3])

    assert [each.error for each in done] == [None] * 6
    assert len(company.rows("SELECT * FROM skipped_step")) == 1


def test_a_suggested_allowance_starts_on_a_monday_today_if_it_is_one() -> None:
    monday = MORNING.date()

    days = [next_monday(monday.replace(day=monday.day + n)) for n in (0, 1, 6, 7)]

    assert [(day - monday).days for day in days] == [0, 7, 7, 7]
