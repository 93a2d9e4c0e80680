"""A team's pool: what fills it, what its manager gives from it, and what if it is short."""

import pytest
import sqlalchemy as sa

from bot.domain.ledger import BALANCE_MAX
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.services import books
from tests.slack.test_teams import answer, modal
from tests.slack.town import Town


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """A team *search* with Ana and Ben, whom Mia looks after, and 300k in its pool."""
    town = sqlite_town
    town.say(LEO, "team create search @ana @ben")
    town.say(LEO, "team manager search @mia")
    town.say(LEO, "team fill search 300k for the pilot")
    town.settle()
    return town


def pool(town: Town) -> int:
    (row,) = town.rows("SELECT balance FROM account WHERE kind = 'pool'")
    return int(str(row["balance"]))


def asked(town: Town) -> None:
    """Ana asks for 500k, and Mia has it."""
    town.say(ANA, "request 500k for the evaluation")
    town.dm(MIA, containing="asks for")


def states(town: Town) -> list[str]:
    return [str(row["state"]) for row in town.rows("SELECT state FROM topup")]


def seen(town: Town) -> list[str]:
    """What Mia alone sees."""
    return [town.read(one, MIA) for one in town.slack.ephemerals(MIA)]


def sound(town: Town) -> bool:
    return [str(wrong) for wrong in books.check(town.bot.database)] == []


# Filling it.


def test_an_admin_fills_a_pool_and_can_undo_it(search: Town) -> None:
    shown = search.say(LEO, "team fill search 1M")

    search.slack.click(LEO, "ephemeral", "Undo")

    assert "1M (1,000,000) tokens put into the pool of search; it has 1.3M" in shown
    search.soon(lambda: pool(search) == 300_000)
    assert sound(search)


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        (MIA, "team fill search 1M", "is for admins"),
        (ANA, "team fill search 1M", "is for admins"),
        (LEO, "team fill search 0", "0"),
        (LEO, "team fill search -5", "-5"),
        (LEO, "team fill search 1 000", "Did you mean 1,000?"),
        (LEO, "team fill everyone 1M", "no pool of its own"),
        (LEO, "team fill nowhere 1M", "No team of yours is called nowhere"),
        (LEO, "team fill search 2000000000000000", "2000000000000000"),
    ],
)
def test_what_fills_no_pool_says_why(search: Town, who: object, typed: str, said: str) -> None:
    shown = search.say(who, typed)  # type: ignore[arg-type]

    assert said in shown
    assert pool(search) == 300_000


def test_the_same_filling_twice_fills_once(search: Town) -> None:
    done = search.slack.command(LEO, "team fill search 1M")
    search.slack.resend(done.request)

    assert pool(search) == 1_300_000


def test_what_fills_a_pool_is_an_admins_to_take_back(search: Town) -> None:
    shown = search.say(LEO, "team fill search 50k")
    receipt = shown.split("Receipt ")[1][:8]

    refused = search.say(MIA, f"reverse {receipt}")
    search.say(LEO, f"reverse {receipt} too much")

    assert "approvers" in refused
    assert pool(search) == 300_000
    assert sound(search)


def test_a_pool_that_can_hold_no_more_is_named(search: Town) -> None:
    with search.bot.database.writing() as tx:
        full = sa.text("UPDATE account SET balance = :most WHERE kind = 'pool'")
        tx.connection.execute(full, {"most": BALANCE_MAX})

    shown = search.say(LEO, "team fill search 1M")

    assert "more than the books can hold for the pool of search" in shown


def test_what_is_taken_out_of_a_pool_names_its_team_never_an_id(search: Town) -> None:
    shown = search.say(LEO, "team fill search 50k")
    receipt = shown.split("Receipt ")[1][:8]
    taken = search.slack.command(LEO, f"reverse {receipt} too much")
    again = search.slack.resend(taken.request)
    search.say(LEO, "team fill search 1M")

    search.slack.click(LEO, "ephemeral", "Undo")

    path = "taken back from the pool of search to the treasury."
    assert f"50k (50,000) tokens {path}" in taken.shown
    assert "taken back from the pool of search to the treasury." in again.body
    search.soon(lambda: f"Undone: 1M (1,000,000) tokens {path}" in answer(search, LEO))


def test_what_comes_back_into_a_pool_names_its_team_however_it_is_called(search: Town) -> None:
    search.say(MIA, "grant @ana 100k")
    search.say(LEO, "team rename search to R&D")

    search.slack.click(MIA, "ephemeral", "Undo")

    search.soon(lambda: "to the pool of R&D." in answer(search, MIA))


# What its manager gives.


def test_a_manager_grants_from_the_pool_and_an_admin_from_the_treasury(search: Town) -> None:
    search.say(MIA, "grant @ana @ben 100k")
    mine = pool(search)
    search.say(LEO, "grant @ana 100k")

    assert (mine, pool(search)) == (100_000, 100_000)
    assert search.balances(ANA, BEN) == [200_000, 100_000]
    assert sound(search)


def test_more_than_the_pool_has_is_refused_whole(search: Town) -> None:
    shown = search.say(MIA, "grant @ana @ben 200k")

    assert "That needs 400k (400,000), and the pool of search has 300k (300,000) left" in shown
    assert (pool(search), search.balances(ANA, BEN)) == (300_000, [0, 0])


def test_the_form_of_a_grant_says_which_pool_pays(search: Town) -> None:
    search.say(MIA, "grant @ana")

    assert "search: 300k (300,000)" in modal(search, MIA)
    search.slack.submit(MIA, {"amount": "50k"})
    assert pool(search) == 250_000


def test_a_grant_from_a_pool_is_undone_into_it(search: Town) -> None:
    search.say(MIA, "grant @ana 100k")

    search.slack.click(MIA, "ephemeral", "Undo")

    search.soon(lambda: pool(search) == 300_000)
    assert search.balances(ANA) == [0]


# Deciding.


def test_a_request_that_fits_is_paid_by_the_pool(search: Town) -> None:
    search.say(ANA, "request 200k for the evaluation")
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve 200k")

    search.soon(lambda: states(search) == ["approved"])
    assert (pool(search), search.balances(ANA)) == (100_000, [200_000])


def test_a_pool_that_is_short_leaves_the_request_open_and_offers_what_fits(search: Town) -> None:
    asked(search)
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve 500k")

    search.soon(lambda: "The pool of search has 300k" in answer(search, MIA))
    before = states(search), search.balances(ANA)
    clicked = search.slack.click(MIA, "ephemeral", "Approve 300k")
    search.slack.resend(clicked.request)

    assert before == (["open"], [0])
    search.soon(lambda: states(search) == ["approved"])
    assert (pool(search), search.balances(ANA)) == (0, [300_000])
    assert "300k" in search.dms(ANA)[-1]
    assert sound(search)


def test_what_the_pool_can_t_give_is_passed_to_the_admins_once(search: Town) -> None:
    asked(search)
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve 500k")
    search.soon(lambda: "The pool of search has 300k" in answer(search, MIA))

    clicked = search.slack.click(MIA, "ephemeral", "Pass to the admins")
    search.slack.resend(clicked.request)

    passed = search.dm(LEO, containing="the pool of their team has too little")
    assert "Mia Chen passed this on" in search.read(passed, LEO)
    assert len([one for one in search.dms(LEO) if "too little" in one]) == 1
    search.slack.click(LEO, passed, "Approve 500k")
    search.soon(lambda: states(search) == ["approved"])
    assert (pool(search), search.balances(ANA)) == (300_000, [500_000])


def test_another_amount_than_the_pool_has_is_answered_in_its_form(search: Town) -> None:
    asked(search)
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve another amount…")

    search.slack.submit(MIA, {"amount": "400k"})

    assert "The pool of search has 300k (300,000) tokens" in modal(search, MIA)
    search.slack.click(MIA, "modal", "Approve 300k")
    assert "300k (300,000) tokens approved" in modal(search, MIA)
    assert search.balances(ANA) == [300_000]


def test_what_fitted_once_and_no_longer_does_is_asked_again(search: Town) -> None:
    asked(search)
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve 500k")
    search.soon(lambda: "The pool of search has 300k" in answer(search, MIA))
    offer = search.slack.ephemerals(MIA)[-1]
    search.say(MIA, "grant @ben 250k")

    search.slack.click(MIA, offer, "Approve 300k")

    search.soon(lambda: any("The pool of search has 50k" in one for one in seen(search)))
    assert states(search) == ["open"]


def test_a_managers_own_request_goes_to_the_admins(search: Town) -> None:
    search.say(LEO, "team add search @mia")
    search.say(LEO, "team manager search @ben")
    search.say(MIA, "request 50k for me")

    assert "Mia Chen asks for" in search.read(search.dm(LEO, containing="asks for"), LEO)
    assert not [one for one in search.dms(BEN) if "asks for" in one]


# A budget.


def test_a_budget_is_set_shown_and_kept(search: Town) -> None:
    shown = search.say(LEO, "team budget search 100k weekly")
    search.say(MIA, "grant @ana 60k")
    refused = search.say(MIA, "grant @ana 60k")
    search.say(MIA, "team search")

    assert "100k (100,000) tokens may leave the pool of search every week" in shown
    assert "the budget of search allows 40k (40,000) until Mon 9 Mar 2026" in refused
    assert "60k of 100k spent this week" in modal(search, MIA)
    assert search.balances(ANA) == [60_000]


def test_a_request_beyond_the_budget_is_offered_what_fits(search: Town) -> None:
    search.say(LEO, "team budget search 100k monthly")
    asked(search)
    search.slack.click(MIA, search.dm(MIA, containing="asks for"), "Approve another amount…")

    search.slack.submit(MIA, {"amount": "200k"})
    assert "The budget of search has 100k (100,000) tokens left" in modal(search, MIA)
    search.slack.click(MIA, "modal", "Approve 100k")

    assert (states(search), search.balances(ANA)) == (["approved"], [100_000])


@pytest.mark.parametrize("typed", ["search off", "search none", '"search" off'])
def test_a_budget_is_taken_off_again(search: Town, typed: str) -> None:
    search.say(LEO, "team budget search 1k")

    shown = search.say(LEO, f"team budget {typed}")

    assert "has no budget" in shown
    assert "granted" in search.say(MIA, "grant @ana 60k")


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        (MIA, "team budget search 1M", "is for admins"),
        (LEO, "team budget search 0 monthly", "0"),
        (LEO, "team budget search 1M fortnightly", "fortnightly"),
        (LEO, "team budget everyone 1M", "no pool of its own"),
        (LEO, "team budget nowhere 1M", "No team of yours is called nowhere"),
        (LEO, "team budget nowhere off", "No team of yours is called nowhere"),
    ],
)
def test_what_is_no_budget_says_why(search: Town, who: object, typed: str, said: str) -> None:
    shown = search.say(who, typed)  # type: ignore[arg-type]

    assert said in shown
    assert search.rows("SELECT 1 FROM budget_rule") == []
