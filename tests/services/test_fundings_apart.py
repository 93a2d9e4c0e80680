"""What one company's pools owe and reserve is nothing to another company on the same database."""

import pytest

from bot.storage.database import Database
from tests.company import Company
from tests.services.budget_company import MILLION, Search
from tests.services.test_budget_counts import reserve_for_two_and_pay_one


@pytest.fixture
def ours(database: Database) -> Search:
    return Search(Company(database, "T1"))


@pytest.fixture
def theirs(database: Database) -> Search:
    return Search(Company(database, "T2"))


def test_what_others_have_reserved_is_no_part_of_a_budget(ours: Search, theirs: Search) -> None:
    reserve_for_two_and_pay_one(theirs)

    ours.budget(MILLION)

    assert ours.state().spent == 0
    ours.grant(MILLION)
    assert ours.state().left == 0
    assert ours.sound()


def test_the_end_of_a_team_leaves_what_others_pools_owe(ours: Search, theirs: Search) -> None:
    theirs.weekly(20 * MILLION)
    assert theirs.company.available(theirs.ana) == 0

    ours.end()

    theirs.fill(40 * MILLION)
    theirs.tick(theirs.company.later(minutes=1))
    assert theirs.company.available(theirs.ana) == 20 * MILLION
    assert theirs.sound()
