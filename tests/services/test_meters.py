"""A report's day in UTC is charged to the report or to a surer source, whoever comes at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import books, usage
from bot.storage.database import Database, Transaction
from tests.company import MORNING, Company
from tests.metered import take, used
from tests.threads import Running
from tests.waiting import until

GATEWAY, REPORT = SourceRole.GATEWAY, SourceRole.REPORT
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FUNDS = 1_000_000
workspaces = count(1)


def charged_roles(company: Company) -> dict[str, set[str]]:
    """By day in UTC, whose events were charged; all teams here count in UTC."""
    found: dict[str, set[str]] = {}
    for row in company.rows(
        "SELECT day, role FROM usage_event WHERE workspace_id = :workspace_id AND tokens > 0"
    ):
        found.setdefault(str(row["day"]), set()).add(str(row["role"]))
    return found


def test_the_first_day_of_a_gateway_is_charged_after_a_report_was_read_in(
    company: Company,
) -> None:
    ana = company.member("ana", available=1_000)
    take(company, used(ana, 100, MORNING - 2 * DAY, source="march"), role=REPORT)

    take(company, used(ana, 30, MORNING))
    take(company, used(ana, 7, MORNING - HOUR))
    take(company, used(ana, 500, MORNING, source="march"), role=REPORT)
    take(company, used(ana, 50, MORNING - DAY, source="march"), role=REPORT)

    assert company.available(ana) == 1_000 - 100 - 30 - 7 - 50
    assert list(books.check(company.database)) == []


sent = st.tuples(
    st.sampled_from(tuple(SourceRole)), st.integers(0, 20), st.integers(0, 23), st.integers(0, 2)
)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=40)
@given(sequence=st.lists(sent, min_size=1, max_size=14))
def test_no_day_is_charged_to_a_report_and_to_another(
    database: Database, sequence: list[tuple[SourceRole, int, int, int]]
) -> None:
    company = Company(database, f"T{next(workspaces)}")
    ana = company.member("ana", available=FUNDS)
    midnight = MORNING.replace(hour=0, minute=0)

    for role, days, hour, revision in sequence:
        at = midnight - days * DAY + hour * HOUR - DAY
        row = at.replace(hour=12)
        event = used(ana, 10 + revision, at, source=role.value)
        if role is REPORT:
            event = used(
                ana,
                10 + revision,
                row,
                source=role.value,
                external_id=f"{row}",
                revision=revision,
            )
        take(company, event, role=role)

    both = {day: roles for day, roles in charged_roles(company).items() if len(roles) > 1}
    assert [roles for roles in both.values() if REPORT.value in roles] == []
    assert list(books.check(database)) == []


@dataclass
class Interrupted:
    """A database on which another comes while this one is about to commit."""

    database: Database
    before_commit: Callable[[], None]

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self.database.writing() as tx:
            yield tx
            self.before_commit()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", [GATEWAY, REPORT])
def test_a_report_and_a_gateway_that_tell_of_a_day_at_once_are_not_both_charged(
    company: Company, first: SourceRole
) -> None:
    ana = company.member("ana", available=1_000)
    take(company, used(ana, 100, MORNING - 2 * DAY, source="openai"), role=REPORT)
    events = {
        GATEWAY: used(ana, 30, MORNING),
        REPORT: used(ana, 500, MORNING, source="openai"),
    }
    (second,) = events.keys() - {first}
    others: list[Running[None]] = []

    def another_comes() -> None:
        others.append(Running(lambda: send(company, company.database, second, events[second])))
        until(lambda: others[0].is_done or waits_for_a_lock(company))

    interrupted = Interrupted(company.database, another_comes)
    send(company, interrupted, first, events[first])  # type: ignore[arg-type]  # it passes all on
    others[0].result()

    assert charged_roles(company) == {"2026-02-28": {"report"}, "2026-03-02": {first.value}}


def send(company: Company, database: Database, role: SourceRole, event: UsageEvent) -> None:
    usage.take_in(
        database,
        company.workspace_id,
        [event],
        role=role,
        owner=None,
        actor="key:test",
        now=MORNING + HOUR,
    )


def waits_for_a_lock(company: Company) -> bool:
    return bool(
        company.rows(
            "SELECT 1 AS n FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
    )
