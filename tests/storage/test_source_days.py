"""What a source told of a day: the sums, and whose own keys sent it."""

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.directory import UserId
from bot.domain.sources import PEOPLE
from bot.storage import sources
from bot.storage.database import Database
from tests.company import MORNING, Company
from tests.metered import take, used

workspaces = count(1)
#: One is a part of another, and some are as long as ids can be.
KEYS = ("U1", "WU1", "U12", "U" + 20 * "A", "U" + 20 * "B", "W" + 20 * "C", "U" + 20 * "D", None)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=30)
@given(owners=st.lists(st.sampled_from(KEYS), min_size=1, max_size=9))
def test_a_day_knows_whose_own_keys_sent_it(database: Database, owners: Sequence[str]) -> None:
    company = Company(database, f"T{next(workspaces)}")
    for owner in owners:
        take(company, used("", 1, MORNING), owner=UserId(owner) if owner else None)

    with database.reading() as tx:
        (told,) = sources.told(tx, company.workspace_id, MORNING.date())

    assert (told.events, told.people is None) == (len(owners), None in owners)
    if told.people is not None:
        assert told.people <= set(owners)
        assert len(told.people) >= min(len(set(owners)), PEOPLE)
