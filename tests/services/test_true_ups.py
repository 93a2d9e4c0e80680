"""What was charged before a provider's report came is brought to what the report says, once."""

from datetime import timedelta

import pytest

from bot.domain.directory import UserId
from tests.company import Company
from tests.trued_up import HOUR, NOON, SETTLED, called, entries, grown, report, row, spent, true_up


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000_000)


# More, less, and the same.


def test_what_the_report_has_more_is_charged_in_an_entry_that_says_so(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    assert true_up(company) == 1

    assert spent(company, ana) == 1_000
    assert entries(company) == [
        ("True-up: openai's report for 1 Mar", (("member:UANA", "consumed", 100),))
    ]


def test_what_was_charged_more_than_the_report_has_is_given_back(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 700))

    true_up(company)

    assert spent(company, ana) == 700
    assert entries(company)[0][1] == (("consumed", "member:UANA", 200),)


def test_figures_that_agree_move_nothing(company: Company, ana: UserId) -> None:
    called(company, ana, 400)
    called(company, ana, 500, NOON + HOUR)
    report(company, row(ana, 900))

    assert true_up(company) == 0
    assert entries(company) == []


def test_all_of_a_day_is_one_entry_for_each_provider(company: Company, ana: UserId) -> None:
    ben = company.member("ben", available=1_000_000)
    called(company, ana, 900)
    called(company, ben, 100)
    called(company, ben, 50, model="claude-sonnet-4-5", provider="anthropic")
    report(company, row(ana, 1_000), row(ben, 60))
    report(company, row(ben, 51, model="claude-sonnet-4-5", provider="anthropic"))

    assert true_up(company) == 2

    assert sorted(note for note, _ in entries(company)) == [
        "True-up: anthropic's report for 1 Mar",
        "True-up: openai's report for 1 Mar",
    ]
    assert (spent(company, ana), spent(company, ben)) == (1_000, 111)


def test_the_difference_is_summed_on_that_day_without_a_call(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    true_up(company)

    assert company.rows(
        "SELECT day, user_id, model, tokens, calls FROM rollup WHERE project = 'true-up'"
        " AND workspace_id = :workspace_id"
    ) == [
        {"day": "2026-03-01", "user_id": "UANA", "model": "gpt-4o", "tokens": 100, "calls": 0},
    ]


def test_a_true_up_may_take_somebody_below_zero(company: Company) -> None:
    eve = company.member("eve", available=1_000)
    called(company, eve, 900)
    report(company, row(eve, 5_000))

    true_up(company)

    assert company.available(eve) == -4_000


# As the figures change.


def test_a_report_that_grows_is_trued_up_by_the_difference(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    first = row(ana, 1_000)
    report(company, first)
    true_up(company)

    report(company, grown(first, 1_250))
    true_up(company, at=SETTLED + HOUR)
    true_up(company, at=SETTLED + 2 * HOUR)

    assert spent(company, ana) == 1_250
    assert [postings[0][2] for _, postings in entries(company)] == [100, 250]


def test_calls_that_come_after_a_true_up_are_given_back(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    true_up(company)

    called(company, ana, 100, NOON + HOUR)
    assert spent(company, ana) == 1_100
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_a_report_that_came_first_is_in_charge_and_stays_what_is_charged(
    company: Company, ana: UserId
) -> None:
    report(company, row(ana, 1_000))
    called(company, ana, 900)

    assert true_up(company) == 0
    assert spent(company, ana) == 1_000


def test_a_day_is_trued_up_from_six_hours_after_its_end_for_ten_days(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    assert true_up(company, at=SETTLED - timedelta(seconds=1)) == 0
    assert true_up(company, at=NOON + timedelta(days=11)) == 0
    assert true_up(company, at=NOON + timedelta(days=10)) == 1


# What a report does not say.


def test_what_belongs_to_nobody_is_never_charged(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    called(company, "robot", 40)
    report(company, row("", 5_000), row("api_key:key_1", 300, model="gpt-5"))

    assert true_up(company) == 0
    assert spent(company, ana) == 900


def test_nothing_is_given_back_that_nobodys_row_may_hold(company: Company, ana: UserId) -> None:
    """A gateway's calls go by its own key, which the report knows as nobody's."""
    called(company, ana, 900)
    report(company, row(ana, 300), row("api_key:gateway", 500))

    true_up(company)

    assert spent(company, ana) == 800


def test_a_model_that_the_report_does_not_name_stays_as_charged(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    called(company, ana, 70, model="gpt-5")
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_070


def test_a_dated_name_and_an_alias_are_one_model(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000, model="gpt-4o-2024-08-06"))

    true_up(company)

    assert spent(company, ana) == 1_000


def test_a_name_that_only_the_report_has_charges_nothing_twice(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, model="our-deployment")
    report(company, row(ana, 1_000, model="gpt-4o"))

    true_up(company)

    assert spent(company, ana) == 1_000


def test_what_nobodys_row_explains_leaves_a_persons_other_model_whole(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, model="gpt-5")
    report(company, row("api_key:gateway", 900, model="gpt-5"), row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_900


def test_another_providers_calls_of_the_same_model_are_left_alone(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, provider="azure")
    called(company, ana, 10)
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_900
