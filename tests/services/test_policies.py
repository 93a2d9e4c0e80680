"""What a team's policy lets pass, what it refuses, and by which limit."""

from collections.abc import Iterator
from functools import partial

import pytest

from bot.domain.directory import EVERYONE, UserId
from bot.domain.holds import TTL_MAX
from bot.domain.ledger import TOKENS_MAX, member_account
from bot.domain.limits import LimitReached, Measure
from bot.domain.policies import CAPS_MAX, LIFT_MAX, CapPeriod, Mode, Policy
from bot.domain.refusals import NotAllowed, PolicyRefused, WhichTeam
from bot.services import books, holds, policies
from bot.services.team_choice import Asked
from tests import clockwork, held
from tests.company import Company
from tests.metered import take, used
from tests.threads import at_once


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


@pytest.fixture
def leo(company: Company) -> UserId:
    return company.admin("leo")


def refused(company: Company, user: UserId, tokens: int, **call: str) -> LimitReached:
    with pytest.raises(LimitReached) as found:
        held.hold(company, user, tokens, **call)  # type: ignore[arg-type]
    return found.value


# What happens at the end of an allowance.


def test_out_of_the_box_a_call_that_does_not_fit_is_refused(company: Company) -> None:
    ana = company.member("ana", available=1_000)

    found = refused(company, ana, 1_001)

    assert (found.limit.measure, found.limit.left, found.needed) == (
        Measure.ALLOWANCE,
        1_000,
        1_001,
    )
    assert [limit.measure for limit in found.chain] == [Measure.ALLOWANCE]


@pytest.mark.parametrize(("mode", "is_told"), [(Mode.OFF, False), (Mode.WARN, True)])
def test_a_policy_that_refuses_nothing_holds_what_there_is_and_lets_the_rest_pass(
    company: Company, leo: UserId, mode: Mode, *, is_told: bool
) -> None:
    ana, ben = company.member("ana", available=1_000), company.member("ben")
    held.set_policy(company, leo, Policy(mode=mode))

    standing = held.hold(company, ana, 1_500)
    nothing = held.hold(company, ben, 1)

    assert (standing.hold.tokens, standing.hold.held, standing.available) == (1_500, 1_000, 0)
    assert (nothing.hold.held, nothing.available) == (0, 0)
    assert [one.passed is not None for one in (standing, nothing)] == [is_told] * 2
    assert held.settle(company, standing, 1_200).available == -200


def test_grace_lets_calls_pass_beyond_what_there_is_up_to_so_many_tokens(
    company: Company, leo: UserId
) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(mode=Mode.SOFT, grace_tokens=500))

    within = held.hold(company, ana, 900)
    beyond = held.hold(company, ana, 400)

    assert (within.passed, within.hold.held) == (None, 900)
    assert beyond.passed is not None
    assert beyond.hold.held == 100
    # Of 1,500 there are 1,300 promised by now, whatever of it is held.
    assert refused(company, ana, 201).limit.left == -300
    assert held.hold(company, ana, 200).available == 0


def test_grace_may_be_a_part_of_what_the_period_has(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(mode=Mode.SOFT, grace_percent=10))

    assert refused(company, ana, 1_101).limit.grace == 100
    assert held.hold(company, ana, 1_100).passed is not None


# Limits beside the allowance.


def test_one_call_may_need_so_much_at_most(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(request_max=300))

    assert refused(company, ana, 301).limit.measure is Measure.REQUEST
    assert held.hold(company, ana, 300).available == 700


def test_what_was_used_and_is_promised_today_counts_towards_the_day(
    company: Company, leo: UserId
) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(day_tokens=500))
    take(company, used(ana, 200, company.now))
    held.hold(company, ana, 200)

    found = refused(company, ana, 101)

    assert (found.limit.measure, found.limit.left) == (Measure.DAY, 100)
    assert found.limit.frees_at is not None
    assert found.limit.frees_at.isoformat() == "2026-03-03T00:00:00+00:00"
    company.later(days=1)
    assert held.hold(company, ana, 500).available == 300


def test_the_day_may_be_a_part_of_what_the_period_has(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(day_percent=30))

    assert refused(company, ana, 301).limit.most == 300


def test_a_cap_counts_what_a_person_uses_of_the_models_that_fit_its_pattern(
    company: Company, leo: UserId
) -> None:
    ana, ben = company.member("ana", available=1_000), company.member("ben", available=1_000)
    held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 300, fallback_model="gpt-4o-mini")
    take(company, used(ana, 100, company.now))
    held.hold(company, ana, 100, model="openai/gpt-4.1")
    held.hold(company, ana, 300, model="claude-haiku")

    found = refused(company, ana, 101)

    assert (found.limit.measure, found.limit.name, found.limit.left) == (
        Measure.MODEL,
        "gpt-4*",
        100,
    )
    assert found.fallback_model == "gpt-4o-mini"
    assert held.hold(company, ben, 300).available == 700


def test_a_call_to_the_cheaper_model_itself_is_named_no_other(
    company: Company, leo: UserId
) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(fallback_model="gpt-4o-mini"))
    held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 300)

    named = [
        refused(company, ana, 301, model=model).fallback_model
        for model in ("gpt-4o", "gpt-4o-mini")
    ]

    assert named == ["gpt-4o-mini", ""]


def test_a_cap_of_a_project_counts_what_the_team_uses_for_it(company: Company, leo: UserId) -> None:
    ana, ben = company.member("ana", available=1_000), company.member("ben", available=1_000)
    search = company.team("search", ana, ben)
    cyd = company.member("cyd", available=1_000)
    held.set_cap(company, leo, Measure.PROJECT, "ranking", 500, team_id=search)
    held.hold(company, ana, 300)

    found = refused(company, ben, 201)

    assert (found.limit.measure, found.limit.left) == (Measure.PROJECT, 200)
    assert held.hold(company, ben, 201, project="other").available == 799
    assert held.hold(company, cyd, 600).available == 400


def test_a_projects_cap_of_everyone_counts_all_teams(company: Company, leo: UserId) -> None:
    ana, ben = company.member("ana", available=1_000), company.member("ben", available=1_000)
    company.team("search", ana)
    held.set_cap(company, leo, Measure.PROJECT, "ranking", 500, period=CapPeriod.MONTH)
    standing = held.hold(company, ana, 300)
    held.settle(company, standing, 250)

    assert refused(company, ben, 251).limit.left == 250
    assert held.hold(company, ben, 250).available == 750


def test_of_limits_that_refuse_the_tightest_is_named_and_all_are_told(
    company: Company, leo: UserId
) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(request_max=700, day_tokens=600, fallback_model="mini"))
    held.set_cap(company, leo, Measure.MODEL, "*", 800)

    found = refused(company, ana, 5_000)

    assert found.limit.measure is Measure.DAY
    assert [(limit.measure, limit.left) for limit in found.chain] == [
        (Measure.ALLOWANCE, 1_000),
        (Measure.REQUEST, 700),
        (Measure.DAY, 600),
        (Measure.MODEL, 800),
    ]
    assert found.fallback_model == "mini"


# Whose policy, and lifts.


def test_a_team_has_its_own_policy_or_that_of_everyone(company: Company, leo: UserId) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    search = company.team("search", ana)
    held.set_policy(company, leo, Policy(mode=Mode.OFF))
    held.set_policy(company, leo, Policy(mode=Mode.HARD), team_id=search)

    refused(company, ana, 1)
    assert held.hold(company, ben, 1).hold.held == 0
    held.set_policy(company, leo, None, team_id=search)
    assert held.hold(company, ana, 1).hold.held == 0


def test_a_lift_lets_all_pass_until_it_ends(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=100)
    held.set_policy(company, leo, Policy(request_max=50))
    refused(company, ana, 500)

    held.lift(company, leo, ana, 4)
    passed = held.hold(company, ana, 500)
    company.later(hours=4)

    assert (passed.hold.held, passed.passed) == (100, None)
    refused(company, ana, 500)


def test_what_was_let_pass_beyond_counts_once_the_policy_refuses_again(
    company: Company, leo: UserId
) -> None:
    """It has yet to be charged: tokens that come meanwhile are spoken for."""
    ana = company.member("ana", available=1_000)
    held.lift(company, leo, ana, 4)
    passed = [held.hold(company, ana, 1_000, ttl=TTL_MAX) for _ in range(3)]
    held.lift(company, leo, ana, 0)
    clockwork.credit(company, member_account(ana), 2_500)

    refused(company, ana, 501)
    assert held.hold(company, ana, 500).passed is None
    refused(company, ana, 1)

    held.void(company, passed[2])
    assert held.hold(company, ana, 1_000).hold.held == 1_000


def test_a_lift_ends_at_once_when_somebody_says_so(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=100)
    held.lift(company, leo, ana, 4)
    held.lift(company, leo, ana, 0)

    refused(company, ana, 500)


def test_lifts_and_policies_are_in_the_audit_table(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=100)
    held.set_policy(company, leo, Policy(mode=Mode.SOFT, grace_tokens=500))
    held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 300)
    held.lift(company, leo, ana, 4)

    rows = company.rows(
        "SELECT actor, what, subject, after FROM audit "
        "WHERE what IN ('policy', 'cap', 'lift') ORDER BY audit_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (leo, "policy", EVERYONE, "soft grace_tokens=500"),
        (leo, "cap", EVERYONE, "300 a week of model gpt-4*"),
        (leo, "lift", ana, "2026-03-02T13:30:04+00:00"),
    ]


def test_nobody_lifts_their_own_block_or_a_strangers(company: Company, leo: UserId) -> None:
    ana, mia = company.member("ana"), company.member("mia")
    company.team("search", ana, managers=(mia,))

    held.lift(company, mia, ana, 1)
    for actor, subject in ((ana, ana), (mia, leo), (ana, mia)):
        with pytest.raises(NotAllowed):
            held.lift(company, actor, subject, 1)


# What can't be.


@pytest.mark.parametrize(
    "policy",
    [
        Policy(grace_tokens=-1),
        Policy(grace_percent=101),
        Policy(request_max=TOKENS_MAX + 1),
        Policy(day_tokens=-5),
        Policy(advance=TOKENS_MAX + 1),
        Policy(grace_tokens=1, grace_percent=1),
        Policy(day_tokens=1, day_percent=1),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_changes_nothing(
    company: Company, leo: UserId, policy: Policy
) -> None:
    with pytest.raises(PolicyRefused):
        held.set_policy(company, leo, policy)
    assert company.rows("SELECT * FROM policy") == []


def test_caps_have_a_name_an_amount_and_a_number(company: Company, leo: UserId) -> None:
    for measure, name, tokens in (
        (Measure.MODEL, " ", 1),
        (Measure.MODEL, "a\nb", 1),
        (Measure.PROJECT, "x" * 1_000, 1),
        (Measure.PROJECT, "x", -1),
        (Measure.DAY, "x", 1),
    ):
        with pytest.raises(PolicyRefused):
            held.set_cap(company, leo, measure, name, tokens)
    for nth in range(CAPS_MAX):
        held.set_cap(company, leo, Measure.MODEL, f"model-{nth}", 1)
    held.set_cap(company, leo, Measure.MODEL, "model-1", 2)
    with pytest.raises(PolicyRefused):
        held.set_cap(company, leo, Measure.MODEL, "one more", 1)

    with pytest.raises(PolicyRefused):
        held.lift(company, leo, company.member("ana"), LIFT_MAX.total_seconds() / 3_600 + 0.001)


def test_two_caps_at_once_never_make_one_too_many(company: Company, leo: UserId) -> None:
    for nth in range(CAPS_MAX - 1):
        held.set_cap(company, leo, Measure.MODEL, f"model-{nth}", 1)

    done = at_once(
        [
            partial(held.set_cap, company, leo, Measure.MODEL, f"another-{nth}", 1)
            for nth in range(4)
        ]
    )

    refused = [each.error for each in done if each.error is not None]
    assert [type(one) for one in refused] == [PolicyRefused] * 3
    assert len(company.rows("SELECT 1 FROM cap")) == CAPS_MAX


def test_the_same_policy_and_the_same_cap_again_are_no_news(company: Company, leo: UserId) -> None:
    for _ in range(2):
        held.set_policy(company, leo, Policy(mode=Mode.WARN))
        held.set_cap(company, leo, Measure.MODEL, "gpt-4*", 300)

    assert len(company.rows("SELECT 1 FROM audit WHERE what IN ('policy', 'cap')")) == 2


def test_changes_of_two_at_once_both_count(company: Company, leo: UserId) -> None:
    mia = company.admin("mia")
    now = company.later(seconds=1)

    def change(actor: UserId, **fields: object) -> None:
        asked = Asked(actor=actor, team_id=EVERYONE)
        policies.change(company.database, company.workspace_id, asked, changes=fields, now=now)

    done = at_once([partial(change, leo, request_max=300), partial(change, mia, mode=Mode.WARN)])

    assert [each.error for each in done] == [None, None]
    (row,) = company.rows("SELECT mode, request_max FROM policy")
    assert tuple(row.values()) == ("warn", 300)


def test_whoever_runs_the_team_may_change_its_policy_and_nobody_else(company: Company) -> None:
    ana, mia = company.member("ana"), company.member("mia")
    search = company.team("search", ana, managers=(mia,))

    held.set_policy(company, mia, Policy(mode=Mode.SOFT), team_id=search)
    seen = policies.of_team(
        company.database, company.workspace_id, Asked(actor=mia, team_id=search), company.now
    )

    assert (seen.policy.mode, seen.is_own) == (Mode.SOFT, True)
    with pytest.raises(NotAllowed):
        held.set_policy(company, ana, Policy(), team_id=search)
    with pytest.raises(WhichTeam):
        held.set_policy(company, mia, Policy())


# Asking without holding.


def test_asking_answers_as_a_hold_would_and_holds_nothing(company: Company, leo: UserId) -> None:
    ana = company.member("ana", available=1_000)
    held.set_policy(company, leo, Policy(request_max=800))

    def may(tokens: int) -> holds.Standing:
        now = company.now
        holder = held.of(company, ana, now)
        wish = held.wish(ana, tokens)
        return holds.may(company.database, company.workspace_id, holder, wish, now)

    assert may(800).available == 1_000
    with pytest.raises(LimitReached):
        may(801)
    assert company.rows("SELECT * FROM hold") == []
