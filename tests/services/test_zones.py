"""A team that moves to another zone: its days stay, the moments at which they begin move."""

from datetime import UTC, datetime

import pytest

from bot.domain.directory import UserId
from bot.services import balances
from tests.company import Company
from tests.services.budget_company import Search

WEEKLY = 100_000
#: In Auckland the week of 9 March has begun.
SUNDAY_AFTERNOON = datetime(2026, 3, 8, 16, 30, tzinfo=UTC)


@pytest.fixture
def search(company: Company) -> Search:
    made = Search(company)
    made.weekly(WEEKLY)
    made.tick(SUNDAY_AFTERNOON)
    return made


def balance(search: Search, user: UserId) -> int:
    company = search.company
    return balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    ).balance


def test_a_week_that_has_begun_in_the_new_zone_is_owed_at_once(search: Search) -> None:
    search.grant(7)

    search.zone("Pacific/Auckland")

    assert search.sound()
    assert balance(search, search.ana) == WEEKLY + 7
    search.tick(search.company.later(seconds=1))
    assert balance(search, search.ana) == WEEKLY + 7
    assert search.sound()


def test_a_week_that_is_not_over_in_the_new_zone_ends_there(search: Search) -> None:
    search.zone("America/Los_Angeles")

    search.tick(datetime(2026, 3, 9, 6, 59, tzinfo=UTC))
    before = [one for one in search.company.entries() if one.kind == "allowance"]
    search.tick(datetime(2026, 3, 9, 7, 1, tzinfo=UTC))

    after = [one for one in search.company.entries() if one.kind == "allowance"]
    assert len(after) > len(before)
    assert balance(search, search.ana) == WEEKLY
    assert search.sound()
