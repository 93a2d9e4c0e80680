"""A true-up charges no more than the report has, whoever else was charged for it."""

import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.services import true_ups
from tests.company import Company
from tests.metered import put_down_to
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


def of_the_gateway(company: Company, ana: UserId, *, ben: UserId) -> None:
    """The gateway charges both; the report has their calls by its key, which is nobody's."""
    called(company, ana, 1_000)
    called(company, ben, 500)
    report(company, row("api_key:key_gw", 1_500))


def test_calls_are_not_charged_again_to_whomever_the_gateways_own_key_is_linked(
    company: Company, ana: UserId
) -> None:
    ben, mia = (company.member(name, available=1_000_000) for name in ("ben", "mia"))
    of_the_gateway(company, ana, ben=ben)
    put_down_to(company, "api_key:key_gw", member_account(mia))

    assert true_up(company) == 0
    assert [spent(company, one) for one in (ana, ben, mia)] == [1_000, 500, 0]


def test_the_least_that_is_missing_is_charged_first_and_what_does_not_fit_is_not(
    company: Company, ana: UserId
) -> None:
    """The report has 100 more than was charged: 80 of Cem's own key, 20 that the gateway lost."""
    ben, cem, mia = (company.member(name, available=1_000_000) for name in ("ben", "cem", "mia"))
    of_the_gateway(company, ana, ben=ben)
    report(company, grown(row("api_key:key_gw", 1_500), 1_520), row(cem, 80))
    put_down_to(company, "api_key:key_gw", member_account(mia))

    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in range(2)]

    assert done == [1, 0]
    assert [spent(company, one) for one in (ana, ben, cem, mia)] == [1_000, 500, 80, 20]


def test_calls_of_nobody_take_room_in_the_report(company: Company, ana: UserId) -> None:
    called(company, "somebody's laptop", 900)
    report(company, row("api_key:key_gw", 1_000))
    put_down_to(company, "api_key:key_gw", member_account(ana))

    true_up(company)

    assert spent(company, ana) == 100


def test_calls_that_come_late_make_room_of_what_others_were_trued_up_by(
    company: Company, ana: UserId
) -> None:
    mia = company.member("mia", available=1_000_000)
    called(company, ana, 1_000)
    report(company, row("api_key:key_gw", 1_500))
    put_down_to(company, "api_key:key_gw", member_account(mia))
    true_up(company)
    assert spent(company, mia) == 500

    called(company, ana, 300)
    true_up(company, at=SETTLED + HOUR)
    assert (spent(company, ana), spent(company, mia)) == (1_300, 200)

    put_down_to(company, "api_key:key_gw", None)
    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in (2, 3)]
    assert (done, spent(company, ana), spent(company, mia)) == ([1, 0], 1_300, 0)


def test_what_is_given_back_makes_room_also_where_it_takes_many_commits(
    company: Company, ana: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is cut off between the commits leaves nobody charged for more than there is."""
    zoe = company.member("zoe", available=1_000_000)
    monkeypatch.setattr(true_ups, "CHUNK", 1)
    called(company, zoe, 900)
    report(company, row(zoe, 500), row(ana, 400))

    works = list(true_ups.plan(company.database, company.workspace_id, SUNDAY))

    assert [(one.account, one.tokens) for work in works for one in work.changes] == [
        (member_account(zoe), -400),
        (member_account(ana), 400),
    ]
    assert true_up(company) == 2
    assert (spent(company, ana), spent(company, zoe)) == (400, 500)


def test_the_worked_example_comes_to_what_its_page_says(company: Company, ana: UserId) -> None:
    for model, tokens in (("gpt-4o", 900), ("gpt-5", 700), ("o3", 500), ("gpt-4.1", 300)):
        called(company, ana, tokens, model=model)
    hers = (("gpt-4o", 1_000), ("gpt-5", 600), ("o3", 200), ("o4-mini", 80))
    report(
        company,
        *(row(ana, tokens, model=model) for model, tokens in hers),
        row("api_key:key_gw", 400, model="o3"),
        row("api_key:key_gw", 300, model="gpt-4.1"),
    )

    true_up(company)

    assert sorted(one[2] for one in entries(company)[0][1]) == [80, 100, 100]
    assert spent(company, ana) == 2_480
