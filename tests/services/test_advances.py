"""Advances: taken once in a period, repaid from the next allowance, whoever pays for it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bot import schedule
from bot.domain.advances import Offer, Taken
from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.directory import UserId
from bot.domain.ledger import EntryKind, member_account, short_id
from bot.domain.notices import LowBalance
from bot.domain.periods import Period
from bot.domain.policies import Policy
from bot.domain.refusals import (
    AdvanceFault,
    AdvanceRefused,
    MemberDeactivated,
    PoolShort,
    ReversalOverdraws,
)
from bot.services import (
    advances,
    allowances,
    balances,
    books,
    funds,
    history,
    team_ends,
    tidings,
)
from bot.services.team_choice import Asked
from bot.storage import opening
from bot.storage.database import Database
from tests import held
from tests.clockwork import use
from tests.company import Company
from tests.services.budget_company import Search
from tests.services.test_dues import person, start
from tests.threads import at_once

WEEK = timedelta(days=7)
#: Mondays of the company's story, which begins on one.
NEXT, AFTER = date(2026, 3, 9), date(2026, 3, 16)


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


@pytest.fixture
def leo(company: Company) -> UserId:
    """An admin, who lets everybody have 40,000 in advance."""
    leo = company.admin("leo")
    held.set_policy(company, leo, Policy(advance=40_000))
    return leo


@pytest.fixture
def ana(company: Company, leo: UserId) -> UserId:
    """Gets 100,000 every week from the treasury."""
    ana = company.member("ana")
    start(company, leo, person(ana), 100_000)
    return ana


@pytest.fixture
def search(company: Company, leo: UserId) -> Search:
    """Ana and Ben get 100,000 every week from their pool, which has 300,000 by then."""
    del leo
    search = Search(company, filled=500_000)
    search.weekly(100_000)
    return search


def take(company: Company, user: UserId, on: date | None = NEXT) -> Taken | Offer:
    now = company.later(seconds=1)
    return advances.take(
        company.database,
        company.workspace_id,
        actor=user,
        repaid_on=on or NEXT,
        now=now,
    )


def look(company: Company, user: UserId) -> Taken | Offer:
    return advances.look(
        company.database, company.workspace_id, actor=user, now=company.later(seconds=1)
    )


def fault(company: Company, user: UserId) -> AdvanceFault:
    with pytest.raises(AdvanceRefused) as found:
        look(company, user)
    return found.value.fault


def monday(company: Company, day: date) -> None:
    """The clock comes round on that day."""
    company.now = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    schedule.tick(company.database, company.now)


def owed(company: Company) -> list[tuple[int, int]]:
    """What was taken, and what of it was repaid, the oldest first."""
    rows = company.rows("SELECT tokens, repaid FROM advance ORDER BY entry_id")
    return [(int(str(row["tokens"])), int(str(row["repaid"]))) for row in rows]


def kinds(company: Company) -> list[str]:
    return [entry.kind for entry in company.entries()]


# Taken.


def test_an_advance_comes_at_once_and_the_next_allowance_is_smaller_by_it(
    company: Company, ana: UserId
) -> None:
    use(company, ana, 100_000)

    done = take(company, ana)
    had = company.available(ana)
    monday(company, NEXT)
    repaid = company.available(ana), owed(company)
    monday(company, AFTER)

    assert isinstance(done, Taken)
    assert (done.receipt.kind, done.receipt.tokens, done.then) == (
        EntryKind.ADVANCE,
        40_000,
        60_000,
    )
    assert (had, repaid) == (40_000, (100_000, [(40_000, 40_000)]))
    # Of these 60,000 had a date; what was taken in advance has none.
    assert company.available(ana) == 140_000


def test_it_is_taken_back_in_the_entry_of_the_credit(company: Company, ana: UserId) -> None:
    take(company, ana)
    monday(company, NEXT)

    credit = [entry for entry in company.entries() if entry.kind == "allowance"][-1]
    assert list(credit.postings) == [
        (f"member:{ana}", "expired", 100_000),
        (f"member:{ana}", "treasury", 40_000),
        ("treasury", f"member:{ana}", 100_000),
    ]
    line = history.page(company.database, company.workspace_id, viewer=ana, subject=ana).lines[0]
    assert (line.change, line.expired, line.repaid) == (-40_000, 100_000, 40_000)


def test_there_is_one_in_a_period_however_often_it_is_asked_for(
    company: Company, leo: UserId, ana: UserId
) -> None:
    first = take(company, ana)
    again = take(company, ana)
    held.set_policy(company, leo, Policy(advance=70_000))
    more = look(company, ana)
    held.set_policy(company, leo, Policy())
    still = look(company, ana)
    monday(company, NEXT)

    found = [one for one in (first, again, more, still) if isinstance(one, Taken)]
    assert [one.receipt.is_new for one in found] == [True, False, False, False]
    assert {one.receipt.entry_id for one in found} == {found[0].receipt.entry_id}
    assert fault(company, ana) is AdvanceFault.NOT_OFFERED
    held.set_policy(company, leo, Policy(advance=1_000))
    assert isinstance(take(company, ana, AFTER), Taken)
    assert owed(company) == [(40_000, 40_000), (1_000, 0)]


def test_of_clicks_at_once_one_takes_it(company: Company, ana: UserId) -> None:
    now = company.later(seconds=1)

    def click() -> Taken | Offer:
        return advances.take(
            company.database, company.workspace_id, actor=ana, repaid_on=NEXT, now=now
        )

    done = [each.result() for each in at_once([click] * 8)]

    new = [one for one in done if isinstance(one, Taken) and one.receipt.is_new]
    assert (len(new), owed(company)) == (1, [(40_000, 0)])


def test_of_clicks_in_two_processes_one_takes_it(
    company: Company, ana: UserId, database_url: str
) -> None:
    now = company.later(seconds=1)

    def by(database: Database) -> Callable[[], Taken | Offer]:
        return partial(
            advances.take, database, company.workspace_id, actor=ana, repaid_on=NEXT, now=now
        )

    with closing(opening.connect(database_url)) as other:
        done = at_once([by(company.database), by(other)] * 3)

    found = [each.result() for each in done]
    new = [one for one in found if isinstance(one, Taken) and one.receipt.is_new]
    assert (len(new), owed(company)) == (1, [(40_000, 0)])


def test_it_is_never_more_than_the_allowance_that_repays_it(company: Company, ana: UserId) -> None:
    held.set_policy(company, UserId("ULEO"), Policy(advance=5_000_000))

    done = take(company, ana)
    monday(company, NEXT)

    assert isinstance(done, Taken)
    assert (done.receipt.tokens, done.then) == (100_000, 0)
    assert (company.available(ana), owed(company)) == (100_000, [(100_000, 100_000)])


def test_a_button_of_last_week_shows_what_is_on_offer_now(company: Company, ana: UserId) -> None:
    monday(company, NEXT)

    found = take(company, ana, NEXT)

    assert isinstance(found, Offer)
    assert (found.tokens, found.repaid_on, owed(company)) == (40_000, AFTER, [])


def test_at_the_moment_of_the_credit_that_comes_first(company: Company, ana: UserId) -> None:
    """Whoever clicks after midnight, before the clock came round, has the new week's offer."""
    company.now = datetime(2026, 3, 9, 0, 0, 1, tzinfo=UTC)

    late = take(company, ana, NEXT)
    done = take(company, ana, AFTER)
    schedule.tick(company.database, company.later(seconds=1))

    assert (isinstance(late, Offer), isinstance(done, Taken)) == (True, True)
    assert kinds(company)[-2:] == ["allowance", "advance"]
    assert company.available(ana) == 140_000


def test_clicks_and_the_clock_at_once_come_out_alike(company: Company, ana: UserId) -> None:
    take(company, ana)
    company.now = datetime(2026, 3, 9, 0, 0, 1, tzinfo=UTC)
    now = company.now

    at_once(
        [
            lambda: schedule.tick(company.database, now),
            lambda: take(company, ana, AFTER),
            lambda: schedule.tick(company.database, now),
        ]
    )
    take(company, ana, AFTER)

    assert owed(company) == [(40_000, 40_000), (40_000, 0)]
    # 40,000 from before, 60,000 of this week, and 40,000 of the next.
    assert company.available(ana) == 140_000


# Refused.


def test_without_an_allowance_there_is_nothing_to_repay_it(company: Company, leo: UserId) -> None:
    ben, cyd = company.member("ben"), company.member("cyd")
    start(
        company,
        leo,
        person(cyd),
        100_000,
        period="month",
        vesting=Vesting(parts=12),
    )

    assert fault(company, ben) is AdvanceFault.NO_ALLOWANCE
    assert fault(company, cyd) is AdvanceFault.NO_ALLOWANCE


@pytest.mark.parametrize("act", [allowances.pause, allowances.end])
def test_a_rule_that_credits_no_more_repays_nothing(
    company: Company, leo: UserId, ana: UserId, act: object
) -> None:
    (rule,) = company.rows("SELECT allowance_id FROM allowance")
    act(  # type: ignore[operator]
        company.database,
        company.workspace_id,
        actor=leo,
        allowance_id=rule["allowance_id"],
        now=company.later(seconds=1),
    )

    assert fault(company, ana) is AdvanceFault.NO_ALLOWANCE


def test_what_is_owed_by_a_rule_that_ended_is_repaid_by_the_next(
    company: Company, leo: UserId, ana: UserId
) -> None:
    take(company, ana)
    (rule,) = company.rows("SELECT allowance_id FROM allowance")
    allowances.end(
        company.database,
        company.workspace_id,
        actor=leo,
        allowance_id=rule["allowance_id"],  # type: ignore[arg-type]
        now=company.later(seconds=1),
    )
    before = fault(company, ana)

    company.later(days=8)
    start(company, leo, person(ana), 30_000)
    once = owed(company), fault(company, ana)
    monday(company, date(2026, 3, 16))

    assert before is AdvanceFault.OWED
    assert once == ([(40_000, 30_000)], AdvanceFault.OWED)
    assert owed(company) == [(40_000, 40_000)]


def test_out_of_the_box_there_is_none(company: Company) -> None:
    leo, ben = company.admin("leo"), company.member("ben")
    start(company, leo, person(ben), 100_000)

    assert fault(company, ben) is AdvanceFault.NOT_OFFERED
    found = balances.balance(
        company.database, company.workspace_id, viewer=ben, subject=ben, now=company.now
    )
    assert not found.has_advance


def test_whoever_was_deactivated_takes_none(company: Company, ana: UserId) -> None:
    company.deactivate(ana)

    with pytest.raises(MemberDeactivated):
        take(company, ana)


def test_a_balance_says_whether_one_is_on_offer(company: Company, leo: UserId, ana: UserId) -> None:
    def offered(viewer: UserId) -> bool:
        now = company.later(seconds=1)
        found = balances.balance(
            company.database, company.workspace_id, viewer=viewer, subject=ana, now=now
        )
        return found.has_advance

    before = offered(ana), offered(leo)
    take(company, ana)
    after = offered(ana)
    monday(company, NEXT)

    assert (before, after, offered(ana)) == ((True, False), False, True)


def test_what_is_repaid_is_no_part_of_the_new_weeks_funds(company: Company, ana: UserId) -> None:
    use(company, ana, 100_000)
    take(company, ana)
    use(company, ana, 40_000)
    monday(company, NEXT)
    use(company, ana, 10_000)

    account = member_account(ana)
    with company.database.reading() as tx:
        mine = funds.of(tx, company.workspace_id, [account], company.now)[account]

    assert (mine.total, mine.available) == (60_000, 50_000)


def test_a_warning_of_a_low_balance_says_so_too(company: Company, ana: UserId) -> None:
    use(company, ana, 90_000)
    schedule.tick(company.database, company.later(minutes=5))
    (low,) = [one for one in company.notices() if isinstance(one, LowBalance)]

    def has_advance() -> bool:
        now = company.later(seconds=1)
        told = tidings.warned(company.database, company.workspace_id, low, now)
        assert told is not None
        return told.has_advance

    before = has_advance()
    take(company, ana)
    use(company, ana, 40_000)

    assert (before, has_advance()) == (True, False)


# Pools.


def test_a_pool_that_pays_the_allowance_pays_its_advance_and_gets_it_back(
    company: Company, search: Search
) -> None:
    take(company, search.ana)
    had = search.pool_has()
    monday(company, NEXT)

    assert had == (260_000, 0)
    # 60,000 for Ana and 100,000 for Ben.
    assert search.pool_has() == (100_000, 0)
    assert company.available(search.ana) == 100_000


def test_what_was_paid_in_advance_need_not_be_there_again(company: Company, search: Search) -> None:
    """The pool has just what is left to pay, and pays all of the team."""
    take(company, search.ana)
    company.grant(search.mia, search.ben, tokens=100_000)
    had = search.pool_has()

    monday(company, NEXT)

    assert had == (160_000, 0)
    assert search.pool_has() == (0, 0)
    assert (company.available(search.ana), company.available(search.ben)) == (100_000, 200_000)


def test_a_pool_that_is_short_pays_no_advance(company: Company, search: Search) -> None:
    company.grant(search.mia, search.ben, tokens=270_000)

    with pytest.raises(PoolShort):
        take(company, search.ana)
    assert (search.pool_has(), owed(company)) == ((30_000, 0), [])


def test_a_week_that_the_pool_could_not_pay_repays_nothing(
    company: Company, search: Search
) -> None:
    take(company, search.ana)
    company.grant(search.mia, search.ben, tokens=250_000)
    monday(company, NEXT)
    short = owed(company), fault(company, search.ana)

    search.fill(150_000)
    schedule.tick(company.database, company.later(minutes=1))

    assert short == ([(40_000, 0)], AdvanceFault.OWED)
    assert owed(company) == [(40_000, 40_000)]
    assert search.pool_has() == (0, 0)


def test_a_budget_counts_an_advance_once(company: Company, search: Search) -> None:
    search.budget(1_000_000, Period.MONTH)

    take(company, search.ana)
    early = search.state().spent
    monday(company, NEXT)

    # 200,000 in the first week, 40,000 in advance, 160,000 in the second.
    assert (early, search.state().spent) == (240_000, 400_000)


def test_whoever_changes_teams_repays_where_it_came_from(
    company: Company, leo: UserId, search: Search
) -> None:
    take(company, search.ana)
    search.take_in(leaving=(search.ana,))
    had = search.pool_has()

    start(company, leo, person(search.ana), 70_000)  # whose first week comes at once

    assert (had, search.pool_has()) == ((260_000, 0), (300_000, 0))
    assert owed(company) == [(40_000, 40_000)]
    assert company.available(search.ana) == 100_000 + 40_000 + 30_000


def test_what_is_owed_to_a_team_that_ends_goes_to_the_treasury(
    company: Company, leo: UserId, search: Search
) -> None:
    take(company, search.ana)
    team_ends.end(
        company.database,
        company.workspace_id,
        asked=Asked(actor=leo, team_id=search.team_id),
        now=company.later(seconds=1),
    )
    start(company, leo, person(search.ana), 70_000)

    credit = [entry for entry in company.entries() if entry.kind == "allowance"][-1]
    assert (f"member:{search.ana}", "treasury", 40_000) in credit.postings
    assert (search.pool_has(), owed(company)) == ((0, 0), [(40_000, 40_000)])


# Reversed.


def test_a_reversed_allowance_leaves_repaid_what_it_repaid(
    company: Company, leo: UserId, ana: UserId
) -> None:
    use(company, ana, 100_000)
    take(company, ana)
    monday(company, NEXT)
    credit = [entry for entry in company.entries() if entry.kind == "allowance"][-1]

    company.reverse(leo, credit.entry_id, is_confirmed=False)

    # 40,000 in advance and 60,000 of the week are there; 100,000 go back.
    assert (company.available(ana), owed(company)) == (0, [(40_000, 40_000)])


def test_where_the_advance_was_spent_a_reversal_asks_first(
    company: Company, leo: UserId, ana: UserId
) -> None:
    use(company, ana, 100_000)
    take(company, ana)
    use(company, ana, 40_000)
    monday(company, NEXT)
    credit = [entry for entry in company.entries() if entry.kind == "allowance"][-1]

    with pytest.raises(ReversalOverdraws):
        company.reverse(leo, short_id(credit.entry_id), is_confirmed=False)
    company.reverse(leo, credit.entry_id, is_confirmed=True)
    monday(company, AFTER)

    assert company.available(ana) == 60_000


def test_whoever_is_below_zero_fills_that_up_with_it(company: Company, ana: UserId) -> None:
    use(company, ana, 130_000)

    take(company, ana)
    had = company.available(ana)
    monday(company, NEXT)

    assert (had, company.available(ana)) == (10_000, 70_000)


def test_what_carries_over_is_untouched_by_it(company: Company, leo: UserId) -> None:
    ben = company.member("ben")
    start(company, leo, Subject(SubjectKind.MEMBER, ben), 100_000, carry_max=20_000)
    take(company, ben)

    monday(company, NEXT)

    # 40,000 in advance, 20,000 carried over, and 60,000 of the new week.
    assert company.available(ben) == 120_000
