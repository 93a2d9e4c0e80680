"""Word of limits that calls met: once an hour of a refusal, once a period of what is let pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.api_keys import Caller, KeyId
from bot.domain.directory import UserId
from bot.domain.holds import TTL
from bot.domain.intents import Intent
from bot.domain.ledger import member_account
from bot.domain.limits import LimitReached, Measure
from bot.domain.notices import LimitMet, Met
from bot.domain.policies import Mode, Policy
from bot.services import authorizing, directory
from bot.services.authorizing import Asked
from bot.services.limit_news import News
from bot.services.sizing import Sizes
from bot.storage.database import Database, DatabaseFault
from tests import clockwork, held
from tests.company import Company
from tests.threads import at_once


@pytest.fixture
def leo(company: Company) -> UserId:
    return company.admin("leo")


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


def ask(
    company: Company,
    user: str,
    amount: int,
    *,
    news: News | None = None,
    database: Database | None = None,
    now: datetime | None = None,
) -> bool:
    """Hold for a call as a process does that has told nothing yet, or with what `news` has told.

    Whether it passed.
    """
    caller = Caller(
        workspace_id=company.workspace_id,
        key_id=KeyId("k1"),
        name="gateway",
        scopes=frozenset(),
    )
    intent = Intent(user=user, model="gpt-4o", amount=amount, ttl=TTL)
    (found,) = authorizing.hold_each(
        database or company.database,
        company.workspace_id,
        [Asked(caller, intent)],
        Sizes(),
        news or News(),
        now=now or company.now,
    )
    if isinstance(found, Exception) and not isinstance(found, LimitReached):
        raise found
    return not isinstance(found, Exception)


def told(company: Company) -> list[LimitMet]:
    return [one for one in company.notices() if isinstance(one, LimitMet)]


def outcomes(company: Company) -> list[Met]:
    return [one.met for one in told(company)]


# Refusals.


def test_whoever_is_refused_is_told_what_and_by_which_limit(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(request_max=900, day_tokens=500))

    assert not ask(company, ana, 901)

    (notice,) = told(company)
    assert (notice.recipient, notice.met, notice.needed, notice.model) == (
        ana,
        Met.REFUSED,
        901,
        "gpt-4o",
    )
    assert (notice.limit.measure, notice.limit.left) == (Measure.DAY, 500)
    assert notice.limit.frees_at is not None
    assert notice.limit.frees_at.isoformat() == "2026-03-03T00:00:00+00:00"


def test_a_refusal_is_told_once_an_hour_at_most_by_whichever_process(
    company: Company, ana: UserId
) -> None:
    news = News()
    company.later(minutes=25)  # five to ten: the next hour of the clock is near
    for minutes in (0, 4, 4, 30, 22):
        company.later(minutes=minutes)
        ask(company, ana, 5_000, news=news)
        ask(company, ana, 5_000)
    assert len(told(company)) == 2

    company.later(minutes=60)
    ask(company, ana, 5_000, news=news)

    assert len(told(company)) == 3
    (row,) = company.rows("SELECT count(*) AS n FROM run WHERE job = 'limit_refused'")
    assert row["n"] == 1  # of earlier hours nothing is kept


def test_of_many_refused_at_once_one_is_told(company: Company, ana: UserId) -> None:
    news = (News(), News())

    def burst(nth: int) -> bool:
        return ask(company, ana, 5_000, news=news[nth % 2])

    passed = [
        running.result()
        for running in at_once([lambda n=n: burst(n) for n in range(8)])  # type: ignore[misc]
    ]

    assert not any(passed)
    assert len(told(company)) == 1


def test_two_processes_that_refuse_on_both_sides_of_a_full_hour_tell_it_once(
    company: Company, ana: UserId
) -> None:
    for day in range(1, 9):
        full = datetime(2026, 4, day, 10, tzinfo=UTC)
        moments = [full - timedelta(milliseconds=1), full + timedelta(milliseconds=1)]

        at_once([partial(ask, company, ana, 5_000, now=moment) for moment in moments])

        assert len(told(company)) == day


class Counting:
    """A database that counts how often somebody writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.writes = 0

    def __getattr__(self, name: str) -> object:
        if name == "writing":
            self.writes += 1
        return getattr(self._database, name)


def test_a_burst_of_refusals_writes_no_more_than_the_refusals_themselves(
    company: Company, ana: UserId
) -> None:
    news, counting = News(), Counting(company.database)

    for _ in range(50):
        ask(company, ana, 5_000, news=news, database=counting)  # type: ignore[arg-type]

    # Each tries the guard of the account, and then hears from its limits why it did not pass.
    assert counting.writes - 2 * 50 <= 2
    assert len(told(company)) == 1


def test_each_person_is_told_of_their_own(company: Company, ana: UserId) -> None:
    ben, news = company.member("ben"), News()

    for user in (ana, ben, ana):
        ask(company, user, 5_000, news=news)

    assert sorted(one.recipient for one in told(company)) == [ana, ben]


def test_nobody_is_told_of_calls_of_nobody_of_a_teams_service_or_of_who_left(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(request_max=10))
    company.deactivate(ana)

    assert ask(company, "nobody@corp.test", 5_000)
    assert not ask(company, ana, 5_000)
    assert told(company) == []


def test_asking_whether_a_call_may_be_made_tells_nobody(company: Company, ana: UserId) -> None:
    caller = Caller(
        workspace_id=company.workspace_id, key_id=KeyId("k1"), name="", scopes=frozenset()
    )
    intent = Intent(user=ana, amount=5_000, ttl=TTL)

    with pytest.raises(LimitReached):
        authorizing.may(company.database, Asked(caller, intent), Sizes(), News(), now=company.now)

    assert told(company) == []


def test_a_call_that_fits_tells_nobody(company: Company, ana: UserId) -> None:
    assert ask(company, ana, 1_000)
    assert told(company) == []


class Failing(Counting):
    """A database that can't write once a call was refused."""

    def __getattr__(self, name: str) -> object:
        found = super().__getattr__(name)
        if name == "writing" and self.writes > 2:
            raise DatabaseFault("away")
        return found


def test_that_it_cannot_be_told_changes_no_answer_and_the_next_refusal_tells_it(
    company: Company, ana: UserId
) -> None:
    news = News()

    refused = ask(company, ana, 5_000, news=news, database=Failing(company.database))  # type: ignore[arg-type]
    assert not refused
    assert told(company) == []

    ask(company, ana, 5_000, news=news)
    assert len(told(company)) == 1


def test_what_is_told_in_a_turn_at_writing_is_owed_with_its_commit(
    company: Company, ana: UserId
) -> None:
    news = News()

    with company.database.together() as database:
        for _ in range(3):
            assert not ask(company, ana, 5_000, news=news, database=database)
        assert ask(company, ana, 600, news=news, database=database)

    assert len(told(company)) == 1
    assert company.available(ana) == 400


def test_a_turn_that_comes_to_nothing_leaves_the_telling_to_the_next(
    company: Company, ana: UserId
) -> None:
    news = News()

    def cut_off() -> None:
        with company.database.together() as database, database.writing():
            for _ in range(2):
                ask(company, ana, 5_000, news=news, database=database)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()

    company.later(seconds=1)
    ask(company, ana, 5_000, news=news)

    assert len(told(company)) == 1


# What is let pass.


def test_a_refusal_for_want_of_tokens_leads_to_an_advance_where_one_is_on_offer(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(advance=500, request_max=3_000))
    ask(company, ana, 2_000)
    clockwork.allowance(company, member_account(ana), period="week", next_on="2026-03-09")
    company.later(hours=2)
    ask(company, ana, 2_000)
    held.set_policy(company, leo, Policy(advance=500, request_max=800))
    company.later(hours=2)
    ask(company, ana, 900)

    # No allowance yet that would repay it; then one; and what one call may need rises by none.
    assert [one.has_advance for one in told(company)] == [False, True, False]


def test_a_policy_that_warns_tells_once_in_the_month(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(mode=Mode.WARN))
    news = News()

    for days in (0, 1, 20):
        company.later(days=days)
        assert ask(company, ana, 5_000, news=news)
        assert ask(company, ana, 5_000)
    assert outcomes(company) == [Met.WARNED]

    company.later(days=10)  # April
    ask(company, ana, 5_000, news=news)
    assert outcomes(company) == [Met.WARNED] * 2


def test_or_once_in_the_period_of_their_allowance(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(mode=Mode.WARN))
    clockwork.allowance(company, member_account(ana), period="week", next_on="2026-03-09")

    for days in (0, 3, 3):
        company.later(days=days)
        ask(company, ana, 5_000)
    assert len(told(company)) == 1


def test_calls_within_the_grace_are_told_once_with_what_is_left_of_it(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(mode=Mode.SOFT, grace_tokens=500))

    assert ask(company, ana, 900)
    assert outcomes(company) == []
    assert ask(company, ana, 300)
    assert ask(company, ana, 100)
    company.later(seconds=1)
    assert not ask(company, ana, 300)

    graced, refused = told(company)
    assert (graced.met, graced.limit.room, graced.limit.grace) == (Met.GRACED, 600, 500)
    assert refused.met is Met.REFUSED


def test_nothing_is_told_while_a_block_is_lifted_or_calls_are_only_metered(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.lift(company, leo, ana, 1)
    assert ask(company, ana, 5_000)
    company.later(hours=1)
    held.set_policy(company, leo, Policy(mode=Mode.OFF))
    assert ask(company, ana, 5_000)

    assert told(company) == []


# Where to ask for more.


def test_a_refusal_knows_the_apps_home_once_a_request_named_the_app(
    company: Company, ana: UserId
) -> None:
    news = News()
    assert news.ask_at(company.database, company.workspace_id) == ""

    directory.know_app(company.database, company.workspace_id, "A1")
    directory.know_app(company.database, company.workspace_id, "A1")

    assert news.ask_at(company.database, company.workspace_id) == (
        "slack://app?team=T1&id=A1&tab=home"
    )


# For whoever decides a request.


def test_a_request_says_by_which_limit_a_call_was_refused_within_a_day(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(day_tokens=500))
    topup = company.ask(ana, 5_000)
    assert held.dossier(company, topup).refused is None
    ask(company, ana, 600)

    found = held.dossier(company, topup).refused
    assert found is not None
    assert (found.by.measure, found.by.left, found.lifted_until) == (Measure.DAY, 500, None)

    done = held.lift(company, leo, ana, 4)
    lifted = held.dossier(company, topup).refused
    assert done.lift is not None
    assert lifted == replace(
        found,
        lifted_until=done.lift.until,
        lifted_by=leo,
        latest_lift=done.lift.lift_id,
    )
    company.later(days=1)
    assert held.dossier(company, topup).refused is None


def test_a_limit_that_holds_no_longer_is_not_told_on_a_request(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(day_tokens=500))
    topup = company.ask(ana, 5_000)
    ask(company, ana, 600)

    held.set_policy(company, leo, None)

    assert held.dossier(company, topup).refused is None
