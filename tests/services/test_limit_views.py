"""What limits somebody's calls, as they and their approvers see it: what is enforced is shown."""

from datetime import UTC, datetime

import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.limit_views import LimitView
from bot.domain.limits import LimitReached, Measure
from bot.domain.policies import CapPeriod, Mode, Policy
from bot.domain.refusals import NotAllowed
from bot.services import limit_views
from tests import clockwork, held
from tests.company import Company
from tests.metered import take, used
from tests.services.test_dues import person, start


@pytest.fixture
def leo(company: Company) -> UserId:
    return company.admin("leo")


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


def view(
    company: Company, viewer: UserId, subject: UserId | None = None, about: str = ""
) -> LimitView:
    return limit_views.view(
        company.database,
        company.workspace_id,
        viewer=viewer,
        subject=subject or viewer,
        about=about,
        now=company.later(seconds=1),
    )


def test_it_shows_the_very_chain_that_refuses(company: Company, leo: UserId, ana: UserId) -> None:
    held.set_policy(company, leo, Policy(request_max=700, day_tokens=600))
    held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 400, period=CapPeriod.MONTH)
    take(company, used(ana, 100, company.now))
    held.hold(company, ana, 200)

    found = view(company, ana)
    with pytest.raises(LimitReached) as refused:
        held.hold(company, ana, 101)

    assert found.chain == refused.value.chain
    assert found.tightest == refused.value.limit
    assert found.deciding.measure is Measure.DAY  # a cap of some models concerns not every call
    assert found.caps[0].period == "month"
    assert (found.under_way.calls, found.under_way.tokens, found.under_way.held) == (1, 200, 200)


def test_a_call_that_may_need_so_much_passes_and_one_more_does_not(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_policy(company, leo, Policy(mode=Mode.SOFT, grace_tokens=50))
    room = view(company, ana).deciding.room

    with pytest.raises(LimitReached):
        held.hold(company, ana, room + 1)
    assert held.hold(company, ana, room).available == 0
    assert view(company, ana).deciding.room == 0


def test_with_a_name_only_the_caps_of_that_model_or_project_are_shown(
    company: Company, leo: UserId, ana: UserId
) -> None:
    held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 400)
    held.set_cap(company, leo, Measure.MODEL, "claude*", 300)
    held.set_cap(company, leo, Measure.PROJECT, "Ranking", 200)

    def names(about: str) -> list[str]:
        return [cap.name for cap in view(company, ana, about=about).caps]

    assert names("") == ["Ranking", "claude*", "gpt-4*"]
    assert names("openai/gpt-4o") == ["gpt-4*"]
    assert names("ranking") == ["Ranking"]
    assert names("llama") == []
    assert view(company, ana, about="ranking").deciding.measure is Measure.PROJECT


def test_what_is_due_counts_whether_or_not_the_clock_came_round(
    company: Company, ana: UserId
) -> None:
    clockwork.allowance(company, member_account(ana), period="week", next_on="2026-03-09")
    before = view(company, ana)
    company.later(days=8)

    assert before.chain[0].frees_at is not None
    assert before.chain[0].frees_at.isoformat() == "2026-03-09T00:00:00+00:00"
    assert view(company, ana).deciding.room > before.deciding.room


def test_at_the_edge_of_a_period_it_shows_what_a_call_meets_before_the_clock_came_round(
    company: Company, leo: UserId
) -> None:
    ben = company.member("ben")
    start(company, leo, person(ben), 100_000)
    policy = Policy(mode=Mode.SOFT, grace_percent=10, day_percent=30)
    held.set_policy(company, leo, policy)
    take(company, used(ben, 60_000, company.now))
    company.now = datetime(2026, 3, 9, 0, 1, tzinfo=UTC)

    shown = view(company, ben).chain
    with pytest.raises(LimitReached) as refused:
        held.hold(company, ben, 1_000_000)

    assert shown == refused.value.chain
    assert [(one.left, one.grace) for one in shown] == [(100_000, 10_000), (30_000, 0)]
    assert shown[0].frees_at == datetime(2026, 3, 16, tzinfo=UTC)


def test_a_hold_that_is_past_its_end_is_not_under_way(company: Company, ana: UserId) -> None:
    held.hold(company, ana, 200)
    company.later(minutes=11)

    found = view(company, ana)

    assert (found.under_way.calls, found.deciding.room) == (0, 1_000)


def test_it_names_the_lift_in_force_and_the_latest_there_was(
    company: Company, leo: UserId, ana: UserId
) -> None:
    never = view(company, leo, ana)
    done = held.lift(company, leo, ana, 1)
    during = view(company, leo, ana)
    company.later(hours=1)
    after = view(company, leo, ana)

    assert done.lift is not None
    assert (never.rules.lift, never.latest_lift) == (None, "")
    assert during.rules.lift == done.lift
    assert (after.rules.lift, after.latest_lift) == (None, done.lift.lift_id)


def test_somebody_to_whom_nothing_ever_came(company: Company) -> None:
    ben = company.member("ben")

    found = view(company, ben)

    assert (found.is_begun, found.deciding.room, found.team) == (False, 0, "Everyone")


def test_who_may_see_a_balance_sees_what_limits_it_and_approvers_may_lift(
    company: Company, leo: UserId, ana: UserId
) -> None:
    mia, fay, ben = company.member("mia"), company.finance("fay"), company.member("ben")
    company.team("search", ana, managers=(mia,))

    assert [view(company, one, ana).may_lift for one in (leo, mia, fay)] == [True, True, False]
    assert not view(company, leo).may_lift
    assert view(company, mia, ana).team == "search"
    for viewer, subject in ((ben, ana), (ana, ben), (mia, ben)):
        with pytest.raises(NotAllowed):
            view(company, viewer, subject)
