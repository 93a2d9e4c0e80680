"""Whose a row of a report is, at what rate, and what one hears who links its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.identities import IdentityId, Moved
from bot.domain.ledger import AccountId, IdempotencyKey, member_account
from bot.domain.periods import Period
from bot.domain.rates import Draft, Preset
from bot.services import allowances, attributions, identities, rate_cards
from tests.company import Company
from tests.metered import put_down_to
from tests.trued_up import (
    HOUR,
    NOON,
    SETTLED,
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


def test_rows_that_are_linked_later_are_trued_up_by_the_next_run(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row("api_key:1", 1_000))
    assert true_up(company) == 0

    put_down_to(company, "api_key:1", member_account(ana))
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_rows_of_nobody_are_charged_once_they_are_linked_where_nothing_else_tells(
    company: Company, ana: UserId
) -> None:
    report(company, row("api_key:1", 1_000))
    assert true_up(company) == 0

    put_down_to(company, "api_key:1", member_account(ana))
    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in (1, 2)]

    assert (done, spent(company, ana)) == ([1, 0], 1_000)


def test_rows_that_turn_out_to_be_anothers_give_their_true_up_back(
    company: Company, ana: UserId
) -> None:
    ben = company.member("ben", available=1_000_000)
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    true_up(company)

    put_down_to(company, ana, member_account(ben))
    true_up(company, at=SETTLED + HOUR)

    assert (spent(company, ana), spent(company, ben)) == (900, 100)


def test_a_service_is_trued_up_from_its_teams_pool(company: Company, ana: UserId) -> None:
    called(company, ana, 1, model="gpt-5")
    company.team("Search", company.member("mia"))
    report(company, row("api_key:1", 1_000))
    put_down_to(company, "api_key:1", AccountId("pool:search"))

    true_up(company)

    assert entries(company)[0][1] == (("pool:search", "consumed", 1_000),)


def test_a_card_that_changes_within_the_day_corrects_only_what_neither_explains(
    company: Company, ana: UserId
) -> None:
    """The morning was raw and the afternoon half price; the report doesn't say when calls were."""
    company.now = NOON - HOUR
    called(company, ana, 600, NOON - 2 * HOUR)
    put_cost(company, NOON, usd_per_million_nano=5 * 10**9)  # twice gpt-4o's list price of input
    called(company, ana, 400, NOON + HOUR)
    assert spent(company, ana) == 800
    first = row(ana, 1_000)
    report(company, first)
    assert true_up(company) == 0

    report(company, grown(first, 3_000))
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_500


def test_a_card_of_the_days_before_prices_the_whole_report(company: Company, ana: UserId) -> None:
    company.now = NOON - timedelta(days=2)
    put_cost(company, company.now, usd_per_million_nano=5 * 10**9)
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 500


def test_roundings_of_calls_are_no_reason_to_correct(company: Company, ana: UserId) -> None:
    company.now = NOON - timedelta(days=2)
    put_cost(company, company.now, usd_per_million_nano=5 * 10**9)
    for minute in range(4):
        called(company, ana, 1, NOON + timedelta(minutes=minute))
    report(company, row(ana, 4))

    assert true_up(company) == 0
    assert spent(company, ana) == 4


def test_what_is_due_on_an_account_is_settled_before_it_is_trued_up(company: Company) -> None:
    boss, carla = company.admin("boss"), company.member("carla")
    wish = AllowanceWish(
        subject=Subject(SubjectKind.MEMBER, carla), tokens=10_000, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=boss,
        wish=wish,
        key=IdempotencyKey("command:carla"),
        now=company.now,
    )
    called(company, carla, 900)
    report(company, row(carla, 1_000))

    assert true_up(company, at=datetime(2026, 3, 9, 7, tzinfo=UTC)) == 1

    assert company.available(carla) == 9_900  # of the new week; the rest of the old one expired


def put_cost(company: Company, at: datetime, *, usd_per_million_nano: int) -> None:
    draft = Draft(
        name="cost",
        preset=Preset.COST,
        effective_from=at,
        usd_per_million_nano=usd_per_million_nano,
    )
    rate_cards.put(
        company.database, company.workspace_id, draft=draft, actor="command line", now=company.now
    )


def test_what_a_report_has_of_nobody_is_listed_with_what_it_counted(company: Company) -> None:
    thought = Counts(input_uncached=1_000, output=500, reasoning=400)
    report(company, replace(row("api_key:key_1", 0), counts=thought))
    called(company, "somebody's laptop", 900)

    waiting = identities.all_waiting(company.database, company.workspace_id)

    assert [(one.identity.name, one.tokens) for one in waiting] == [
        ("api_key:key_1", 1_500),
        ("somebody's laptop", 900),
    ]


def test_who_links_a_name_that_a_report_has_hears_that_the_true_up_goes_by_it(
    company: Company, ana: UserId
) -> None:
    report(company, row("api_key:key_1", 400))
    called(company, "laptop", 50)
    assert link(company, "api_key:key_1", ana) == Moved(tokens=0, is_reported=True)
    assert link(company, "api_key:key_1", ana, SETTLED + timedelta(days=10)).is_reported is False
    assert link(company, "laptop", ana) == Moved(tokens=50)


def link(company: Company, name: str, user: UserId, at: datetime = SETTLED) -> Moved:
    """An admin says whose the name is, of whichever source."""
    (known,) = company.rows(
        "SELECT identity_id FROM identity WHERE workspace_id = :workspace_id AND name = :name",
        name=name,
    )
    where = (company.database, company.workspace_id, IdentityId(str(known["identity_id"])))
    return attributions.link(*where, member_account(user), actor="test", now=at)


@pytest.mark.parametrize(
    ("gateway", "lost", "sources"),
    [(1_500, 0, ("litellm",)), (750, 750, ("litellm",)), (700, 800, ()), (0, 1_500, ())],
)
def test_who_links_the_key_of_the_gateway_hears_that_its_calls_were_charged_already(
    company: Company, ana: UserId, gateway: int, lost: int, sources: tuple[str, ...]
) -> None:
    """From half of them on."""
    mia = company.member("mia", available=1_000_000)
    if gateway:
        called(company, ana, gateway)
    report(company, row("api_key:key_gw", gateway + lost))

    assert link(company, "api_key:key_gw", mia).charged_by == sources


def test_a_key_of_what_the_gateway_does_not_see_is_linked_without_a_word(
    company: Company, ana: UserId
) -> None:
    mia = company.member("mia", available=1_000_000)
    called(company, ana, 1_500)
    called(company, ana, 400, provider="azure")
    report(company, row("api_key:key_gw", 1_500), row("api_key:mias", 400))

    assert link(company, "api_key:mias", mia) == Moved(tokens=0, is_reported=True)


def test_a_report_that_is_charged_itself_is_no_other_source(company: Company, ana: UserId) -> None:
    """Nobody else tells of calls: the key is a person's."""
    mia = company.member("mia", available=1_000_000)
    report(company, row(ana, 1_000), row("api_key:mias", 400))

    assert link(company, "api_key:mias", mia).charged_by == ()
