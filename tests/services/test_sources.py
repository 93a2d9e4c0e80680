"""How each source is: last heard, its sums, its gap to the report, and whether it is silent."""

from datetime import date, datetime, timedelta

import pytest

from bot.domain import sources as rules
from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.sources import Gap, SourceState
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import sources
from bot.storage import sources as stored
from tests.company import MORNING, Company
from tests.metered import put_down_to, take, used

TELEMETRY, REPORT = SourceRole.TELEMETRY, SourceRole.REPORT
MONDAY = MORNING.date()
DAY = timedelta(days=1)


def heard(company: Company, *events: UsageEvent, role: SourceRole = SourceRole.GATEWAY) -> None:
    """Each came a minute after it happened."""
    for event in events:
        take(company, event, role=role, now=event.occurred_at + timedelta(minutes=1))


def row(user: str, tokens: int, at: datetime = MORNING) -> UsageEvent:
    return used(user, tokens, at, source="openai")


def gaps(company: Company, now: datetime = MORNING) -> list[Gap]:
    with company.database.reading() as tx:
        told = stored.told(tx, company.workspace_id, rules.first_day(now, rules.SHOWN))
    return rules.gaps(told)


def states(company: Company, now: datetime = MORNING) -> dict[str, SourceState]:
    return {one.source: one for one in sources.states(company.database, company.workspace_id, now)}


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000_000)


def test_a_day_says_what_was_counted_and_reported(company: Company, ana: UserId) -> None:
    heard(company, used(ana, 900, MORNING), used("", 50, MORNING))
    heard(company, used(ana, 880, MORNING, source="claude-code"), role=TELEMETRY)
    heard(company, row(ana, 1_000), row("", 200), role=REPORT)

    (found,) = gaps(company)

    assert found == Gap(
        provider="openai",
        day=MONDAY,
        sources=("litellm",),
        counted=950,
        reported=1_200,
    )
    assert found.tokens == 250


def test_a_day_without_a_report_has_no_gap(company: Company, ana: UserId) -> None:
    heard(company, used(ana, 900, MORNING))

    assert [(one.reported, one.tokens) for one in gaps(company)] == [(None, None)]


def test_a_report_that_is_charged_itself_agrees(company: Company, ana: UserId) -> None:
    heard(company, row(ana, 1_000), role=REPORT)

    assert [(one.sources, one.tokens) for one in gaps(company)] == [(("openai",), 0)]


def test_a_report_that_is_all_nobodys_is_compared_with_nothing(company: Company) -> None:
    heard(company, row("", 1_000), role=REPORT)

    assert [(one.reported, one.tokens) for one in gaps(company)] == [(1_000, None)]
    assert states(company)["openai"].nobodys == 1_000


def test_what_is_linked_by_now_is_nobodys_no_more(company: Company, ana: UserId) -> None:
    heard(company, used(ana, 900, MORNING))
    heard(company, row(ana, 1_000), row("key", 200), row("", 30), role=REPORT)
    heard(company, row("old", 7, MORNING - 8 * DAY), role=REPORT)
    assert states(company)["openai"].nobodys == 230

    put_down_to(company, "key", member_account(ana))

    found = states(company)
    assert (found["openai"].nobodys, found["litellm"].nobodys) == (30, 0)


def test_seven_days_are_told_latest_first(company: Company, ana: UserId) -> None:
    for days in (7, 6, 1):
        heard(company, used(ana, 10, MORNING - days * DAY))

    assert [one.day for one in gaps(company)] == [date(2026, 3, 1), date(2026, 2, 24)]


def test_a_source_tells_its_last_event_its_lag_and_a_weeks_sums(
    company: Company, ana: UserId
) -> None:
    heard(company, used(ana, 5, MORNING - 8 * DAY))
    heard(company, used(ana, 900, MORNING - DAY), used(ana, 70, MORNING))
    heard(company, row(ana, 1_000, MORNING - DAY), role=REPORT)

    found = states(company, MORNING + timedelta(hours=1))

    litellm = found["litellm"]
    assert (litellm.last_occurred_at, litellm.lag) == (MORNING, timedelta(minutes=1))
    assert (litellm.events, litellm.tokens) == (2, 970)
    assert (litellm.compared, litellm.gap) == (900, 100)
    assert (found["openai"].role, found["openai"].gap) == (REPORT, None)


def test_a_source_is_silent_after_a_day_in_which_others_were_heard(
    company: Company, ana: UserId
) -> None:
    heard(company, used(ana, 900, MORNING - 2 * DAY))
    heard(company, used(ana, 70, MORNING, source="app"))

    assert not states(company, MORNING - DAY)["litellm"].is_silent
    found = states(company, MORNING + timedelta(hours=1))
    assert (found["litellm"].is_silent, found["app"].is_silent) == (True, False)


def test_a_source_alone_is_silent_where_it_was_heard_that_day_of_last_week(
    company: Company, ana: UserId
) -> None:
    heard(company, used(ana, 900, MORNING - 7 * DAY), used(ana, 70, MORNING - 3 * DAY))

    assert states(company, MORNING + timedelta(hours=4))["litellm"].is_silent
    assert not states(company, MORNING - DAY)["litellm"].is_silent  # a Sunday like the last one


def test_a_source_that_was_given_up_two_weeks_ago_is_not_told_of(
    company: Company, ana: UserId
) -> None:
    heard(company, used(ana, 900, MORNING - 14 * DAY))
    heard(company, used(ana, 70, MORNING, source="app"))

    assert list(states(company)) == ["app"]
