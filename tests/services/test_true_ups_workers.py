"""Several workers and ticks true up once."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot import schedule
from bot.domain.directory import UserId
from bot.services import books, true_ups
from bot.storage.database import Database
from tests.company import Company
from tests.threads import at_once
from tests.trued_up import (
    HOUR,
    SETTLED,
    SUNDAY,
    called,
    entries,
    grown,
    report,
    row,
    spent,
    true_up,
)


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000_000)


def test_two_workers_at_once_true_up_once(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    running = at_once(
        [partial(true_ups.true_up, company.database, company.workspace_id, SETTLED)] * 4
    )

    assert sum(one.result() for one in running) == 1
    assert spent(company, ana) == 1_000
    assert books.check(company.database) == []


def test_a_worker_that_read_before_another_wrote_changes_nothing(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    (late,) = true_ups.plan(company.database, company.workspace_id, SUNDAY)
    true_up(company)

    assert not true_ups.write(company.database, company.workspace_id, late, now=SETTLED)

    assert spent(company, ana) == 1_000
    assert len(entries(company)) == 1


def test_a_late_writer_undoes_what_it_had_begun(company: Company, ana: UserId) -> None:
    """Of two people in one commit the first is new, the second was trued up meanwhile."""
    zoe = company.member("zoe", available=1_000_000)
    called(company, zoe, 900)
    report(company, row(ana, 50), row(zoe, 1_000))
    (late,) = true_ups.plan(company.database, company.workspace_id, SUNDAY)
    theirs = replace(late, changes=late.changes[1:])
    assert true_ups.write(company.database, company.workspace_id, theirs, now=SETTLED)

    assert not true_ups.write(company.database, company.workspace_id, late, now=SETTLED)
    assert (spent(company, ana), spent(company, zoe)) == (0, 1_000)
    true_up(company)

    assert (spent(company, ana), spent(company, zoe)) == (50, 1_000)


def test_a_worker_that_dies_between_reading_and_writing_leaves_all_to_the_next(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    assert list(true_ups.plan(company.database, company.workspace_id, SUNDAY))

    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_a_tick_looks_once_an_hour(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    first = row(ana, 1_000)
    report(company, first)
    schedule.tick(company.database, SETTLED)
    assert spent(company, ana) == 1_000

    report(company, grown(first, 1_200))
    schedule.tick(company.database, SETTLED + timedelta(minutes=59))
    assert spent(company, ana) == 1_000
    schedule.tick(company.database, SETTLED + HOUR)

    assert spent(company, ana) == 1_200


def test_each_workspace_has_its_own_reports(database: Database) -> None:
    ours, theirs = Company(database, "T-OURS"), Company(database, "T-THEIRS")
    ana = ours.member("ana", available=1_000_000)
    theirs.member("ana", available=1_000_000)
    called(ours, ana, 900)
    called(theirs, ana, 900)
    report(ours, row(ana, 1_000))

    schedule.tick(database, SETTLED)

    assert (spent(ours, ana), spent(theirs, ana)) == (1_000, 900)
