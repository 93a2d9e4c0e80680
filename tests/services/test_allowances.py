"""Allowances: who may set them, what they come to, and that each happens once.

The company's day is Monday 2 March 2026.
"""

from datetime import date
from functools import partial

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish, Preview, Started
from bot.domain.allowances import AllowanceId, AllowanceState, Subject, SubjectKind, Vesting
from bot.domain.directory import UserId
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.periods import Period
from bot.domain.refusals import (
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    AllowanceUnknown,
    KeyReused,
    MemberIsBot,
    NotAllowed,
    NothingLeft,
    ReversalOverdraws,
    SelfGrant,
    SubjectUnknown,
    VestingRefused,
)
from bot.services import allowance_lists, allowances, balances, books, previews, subjects, topups
from tests.company import Company
from tests.services.test_books import plant
from tests.threads import at_once

MILLION = 1_000_000


def weekly(user: UserId, tokens: int = 2 * MILLION, **terms: object) -> AllowanceWish:
    subject = Subject(SubjectKind.MEMBER, user)
    return AllowanceWish(subject=subject, tokens=tokens, period=Period.WEEK, **terms)  # type: ignore[arg-type]


def start(company: Company, actor: UserId, wish: AllowanceWish, key: str = "command:1") -> Started:
    return allowances.start(
        company.database,
        company.workspace_id,
        actor=actor,
        wish=wish,
        key=IdempotencyKey(key),
        now=company.now,
    )


def rule_of(started: Started) -> AllowanceId:
    return started.preview.allowance.allowance_id


def has(company: Company, user: UserId) -> int:
    """What their balance shows, whether or not the clock has come round to it."""
    return balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    ).available


def rules(company: Company) -> int:
    return len(company.rows("SELECT 1 FROM allowance WHERE workspace_id = :workspace_id"))


def credit(company: Company, user: UserId) -> EntryId:
    """The newest credit of theirs by a rule."""
    found = [one for one in company.entries() if one.kind == "allowance"]
    return next(one.entry_id for one in reversed(found) if one.postings[-1][1] == f"member:{user}")


def week_later(company: Company) -> None:
    """A week passes, and the clock comes round."""
    schedule.tick(company.database, company.later(days=7))
    company.later(seconds=1)


def sound(company: Company) -> bool:
    return [str(wrong) for wrong in books.check(company.database)] == []


# Setting.


def test_a_wish_heard_again_sets_one_rule_and_credits_once(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")

    first = start(company, leo, weekly(alice))
    again = start(company, leo, weekly(alice))

    assert (first.is_new, again.is_new) == (True, False)
    assert rule_of(first) == rule_of(again)
    assert (rules(company), company.available(alice)) == (1, 2 * MILLION)
    with pytest.raises(KeyReused):
        start(company, leo, weekly(alice, 5))


def test_two_who_set_one_for_the_same_person_at_once_set_one(company: Company) -> None:
    leo, mia, alice = company.admin("leo"), company.admin("mia"), company.member("alice")

    both = at_once(
        [
            partial(start, company, leo, weekly(alice), "command:1"),
            partial(start, company, mia, weekly(alice, 5), "command:2"),
        ]
    )

    refused = [one.error for one in both if one.error is not None]
    assert [type(error) for error in refused] == [AllowanceExists]
    assert rules(company) == 1
    assert company.available(alice) in {2 * MILLION, 5}


def test_two_clicks_at_once_are_one_start_for_both(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    company.team("design", alice, bob)
    wish = AllowanceWish(
        subject=Subject(SubjectKind.TEAM, "design"), tokens=MILLION, period=Period.WEEK
    )

    clicks = at_once([partial(start, company, leo, wish)] * 4)

    assert len({rule_of(one.result()) for one in clicks}) == 1
    assert rules(company) == 1
    assert (company.available(alice), company.available(bob)) == (MILLION, MILLION)


def test_who_may_set_one_for_whom(company: Company) -> None:
    leo, mia = company.admin("leo"), company.member("mia")
    alice, bob = company.member("alice"), company.member("bob")
    company.team("design", alice, managers=(mia,))
    team = partial(AllowanceWish, tokens=5, period=Period.WEEK)

    with pytest.raises(NotAllowed):
        start(company, alice, weekly(bob))
    with pytest.raises(NotAllowed):
        start(company, mia, weekly(bob))
    with pytest.raises(NotAllowed):
        start(company, mia, team(subject=Subject(SubjectKind.POOL, "design")))
    with pytest.raises(NotAllowed):
        start(company, mia, team(subject=Subject(SubjectKind.TEAM, "everyone")))
    with pytest.raises(NotAllowed):
        start(company, mia, weekly(alice, is_from_pool=False))
    with pytest.raises(SelfGrant):
        start(company, leo, weekly(leo))
    with pytest.raises(MemberIsBot):
        start(company, leo, weekly(company.bot("robot")))
    assert rules(company) == 0
    start(company, mia, team(subject=Subject(SubjectKind.TEAM, "design")))


def test_the_only_approver_may_set_their_own(company: Company) -> None:
    leo = company.admin("leo")

    start(company, leo, weekly(leo))

    assert company.available(leo) == 2 * MILLION


def test_what_can_never_be_is_refused(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")

    with pytest.raises(AllowanceInPast):
        start(company, leo, weekly(alice, starts_on=date(2026, 3, 1)))
    with pytest.raises(AllowanceEndsTooSoon):
        start(company, leo, weekly(alice, until=date(2026, 3, 1)))
    with pytest.raises(VestingRefused):
        start(company, leo, weekly(alice, vesting=Vesting(parts=121)))
    with pytest.raises(VestingRefused):
        start(company, leo, weekly(alice, vesting=Vesting(parts=2, cliff=3)))
    with pytest.raises(SubjectUnknown):
        start(
            company,
            leo,
            AllowanceWish(subject=Subject(SubjectKind.TEAM, "gone"), tokens=5, period=Period.WEEK),
        )


def test_the_day_is_the_teams_own(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    company.team("kyoto", alice, zone="Asia/Tokyo")
    company.later(hours=6)  # half past three in the afternoon, and in Tokyo half past midnight

    begun = start(company, leo, weekly(alice)).preview

    assert begun.today == date(2026, 3, 3)
    assert begun.credits[0] == (date(2026, 3, 3), 2 * MILLION)


def test_a_preview_sets_nothing_and_refuses_what_a_start_would(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")

    def shown(wish: AllowanceWish) -> Preview:
        return previews.preview(
            company.database, company.workspace_id, actor=leo, wish=wish, now=company.now
        )

    assert shown(weekly(alice)).credits[1] == (date(2026, 3, 9), 2 * MILLION)
    assert rules(company) == 0
    start(company, leo, weekly(alice))
    with pytest.raises(AllowanceExists):
        shown(weekly(alice))


# Changing.


def act(company: Company, verb: str, actor: UserId, rule: AllowanceId) -> AllowanceState:
    done = getattr(allowances, verb)(
        company.database, company.workspace_id, actor=actor, allowance_id=rule, now=company.now
    )
    return AllowanceState(done.state)


def change(company: Company, actor: UserId, rule: AllowanceId, tokens: int) -> Preview:
    return allowances.change(
        company.database,
        company.workspace_id,
        actor=actor,
        allowance_id=rule,
        tokens=tokens,
        carry_max=0,
        now=company.now,
    )


def audited(company: Company) -> int:
    return len(company.rows("SELECT 1 FROM audit WHERE what = 'allowance'"))


def test_a_change_holds_from_the_next_period_and_is_written_down_once(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    rule = rule_of(start(company, leo, weekly(alice)))

    first = change(company, leo, rule, 3 * MILLION)
    again = change(company, leo, rule, 3 * MILLION)

    assert first.credits == again.credits
    assert first.credits[0] == (date(2026, 3, 9), 3 * MILLION)
    assert audited(company) == 2
    assert has(company, alice) == 2 * MILLION
    company.later(days=7)
    assert has(company, alice) == 3 * MILLION


def test_a_paused_rule_credits_nothing_until_it_is_resumed(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    rule = rule_of(start(company, leo, weekly(alice)))

    assert act(company, "pause", leo, rule) is AllowanceState.PAUSED
    company.later(days=7)
    assert has(company, alice) == 0
    assert act(company, "resume", leo, rule) is AllowanceState.ACTIVE
    week_later(company)
    assert has(company, alice) == 2 * MILLION
    assert sound(company)


def test_what_was_credited_outlives_the_rule_to_the_periods_end(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    rule = rule_of(start(company, leo, weekly(alice, carry_max=MILLION)))

    assert act(company, "end", leo, rule) is AllowanceState.ENDED
    assert act(company, "end", leo, rule) is AllowanceState.ENDED
    with pytest.raises(AllowanceUnknown):
        act(company, "pause", leo, rule)
    assert audited(company) == 2
    company.later(days=6)
    assert has(company, alice) == 2 * MILLION
    company.later(days=1)
    assert has(company, alice) == 0
    start(company, leo, weekly(alice, 5), key="command:2")
    assert has(company, alice) == 5


def test_nobody_changes_what_they_may_not_set(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    rule = rule_of(start(company, leo, weekly(alice)))

    for verb in ("pause", "resume", "end"):
        with pytest.raises(NotAllowed):
            act(company, verb, alice, rule)
    with pytest.raises(NotAllowed):
        change(company, alice, rule, 5)
    assert audited(company) == 1


# Looking.


def test_a_balance_counts_what_is_due_before_the_clock_comes_round_to_it(
    company: Company,
) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice, carry_max=500_000))
    company.later(days=21)

    found = balances.balance(
        company.database, company.workspace_id, viewer=alice, subject=alice, now=company.now
    )
    stood = company.available(alice)
    schedule.tick(company.database, company.now)

    assert (found.available, stood) == (2_500_000, 2 * MILLION)
    assert company.available(alice) == found.available
    assert [one.tokens for one in found.expiring] == [2_500_000]
    assert found.coming is not None
    assert (found.coming.on, found.coming.tokens) == (date(2026, 3, 30), 2 * MILLION)
    assert sound(company)


def test_everyone_sees_the_rules_that_concern_them(company: Company) -> None:
    leo, fay = company.admin("leo"), company.finance("fay")
    mia, alice, bob = company.member("mia"), company.member("alice"), company.member("bob")
    company.team("design", alice, managers=(mia,))
    start(company, leo, weekly(bob))
    company.later(seconds=1)
    team = AllowanceWish(subject=Subject(SubjectKind.TEAM, "design"), tokens=5, period=Period.WEEK)
    start(company, leo, team, key="command:2")

    def settable(actor: UserId) -> list[str]:
        listing = allowance_lists.all_settable(
            company.database, company.workspace_id, actor=actor, now=company.now
        )
        return [str(one.allowance.subject) for one in listing.rules]

    def of_design(actor: UserId) -> list[tuple[str, bool]]:
        named = subjects.team(
            company.database, company.workspace_id, "Design", company.now, is_pool=False
        )
        listing = allowance_lists.of_subject(
            company.database, company.workspace_id, actor=actor, named=named, now=company.now
        )
        return [(str(one.allowance.subject), one.may_set) for one in listing.rules]

    assert settable(leo) == ["member:UBOB", "team:design"]
    assert settable(mia) == ["team:design"]
    assert settable(alice) == ["team:design"]  # her own, though she sets none
    assert settable(fay) == []
    assert of_design(mia) == [("team:design", True)]
    assert of_design(alice) == of_design(fay) == [("team:design", False)]
    with pytest.raises(NotAllowed):
        of_design(bob)


def test_a_team_is_found_however_it_is_capitalised_and_the_nearest_is_named(
    company: Company,
) -> None:
    company.team("ML Platform")
    find = partial(subjects.team, company.database, company.workspace_id, is_pool=False)

    assert find("ml platform", now=company.now).team.name == "ML Platform"
    with pytest.raises(SubjectUnknown) as refused:
        find("ml platfrom", now=company.now)
    assert refused.value.nearest == "ML Platform"


def test_approvers_see_what_the_requester_has_with_what_is_due(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice))
    request = company.ask(alice, 5)
    company.transfer(alice, leo, 2 * MILLION)
    company.later(days=7)

    dossier = topups.dossier(company.database, company.workspace_id, request.topup_id, company.now)

    assert (dossier.available, company.available(alice)) == (2 * MILLION, 0)


# Taking back.


def test_an_allowance_is_taken_back_out_of_its_own_lot(company: Company) -> None:
    leo, alice, bob = (
        company.admin("leo"),
        company.member("alice", available=7),
        company.member("bob"),
    )
    start(company, leo, weekly(alice))
    company.transfer(alice, bob, 500_000)
    company.grant(leo, alice, tokens=MILLION)

    company.reverse(leo, credit(company, alice), note="too early")

    # 1.5M of the lot was left; the other half million comes from what else she has.
    assert company.available(alice) == 500_007
    entry = company.entries()[-1]
    assert entry.postings == (("member:UALICE", "treasury", 2 * MILLION),)
    found = balances.balance(
        company.database, company.workspace_id, viewer=alice, subject=alice, now=company.now
    )
    assert found.expiring == ()
    assert sound(company)


def test_a_reversal_below_zero_waits_for_a_word(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    start(company, leo, weekly(alice))
    company.transfer(alice, bob, 2 * MILLION)
    entry_id = credit(company, alice)

    with pytest.raises(ReversalOverdraws) as refused:
        company.reverse(leo, entry_id)
    company.reverse(leo, entry_id, is_confirmed=True)

    assert [one.available_after for one in refused.value.overdrafts] == [-2 * MILLION]
    assert company.available(alice) == -2 * MILLION
    assert sound(company)


def test_what_has_expired_is_not_taken_back(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice, carry_max=500_000))
    first = credit(company, alice)
    week_later(company)

    company.reverse(leo, first)

    # Of the first 2M, 500k carried over and 1.5M expired: only what carried over goes back.
    assert company.entries()[-1].postings == (("member:UALICE", "treasury", 500_000),)
    assert company.available(alice) == 2 * MILLION
    assert sound(company)


def test_an_expiry_that_came_with_a_credit_stays_when_that_is_taken_back(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice))
    week_later(company)
    second = company.entries()[-1]

    company.reverse(leo, second.entry_id)

    assert [ends[:2] for ends in second.postings] == [
        ("member:UALICE", "expired"),
        ("treasury", "member:UALICE"),
    ]
    assert company.entries()[-1].postings == (("member:UALICE", "treasury", 2 * MILLION),)
    assert company.available(alice) == 0
    assert sound(company)


@pytest.mark.parametrize(
    "corruption",
    [
        "UPDATE posting SET tokens = 2000000 WHERE entry_id = '{reversal}'",
        "INSERT INTO posting (workspace_id, entry_id, position, source, destination, tokens) "
        "VALUES ('T1', '{reversal}', 1, 'expired', 'member:UALICE', 1500000)",
        "DELETE FROM posting WHERE entry_id = '{reversal}'",
    ],
)
def test_the_books_find_a_reversal_of_more_or_less_than_was_left(
    company: Company, corruption: str
) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice, carry_max=500_000))
    first = credit(company, alice)
    week_later(company)
    reversal = company.reverse(leo, first)

    plant(company.database, corruption.format(reversal=reversal.entry_id))

    found = {wrong.rule for wrong in books.check(company.database)}
    assert "reversal_swaps_its_original" in found


def test_nothing_is_taken_back_where_all_has_expired(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    start(company, leo, weekly(alice))
    first = credit(company, alice)
    week_later(company)

    with pytest.raises(NothingLeft):
        company.reverse(leo, first)

    assert company.available(alice) == 2 * MILLION


def test_a_transfer_of_expiring_tokens_comes_back_with_their_date(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    start(company, leo, weekly(alice))
    sent = company.transfer(alice, bob, 300_000)

    company.undo(alice, sent.entry_id)

    assert [one.tokens for some in sent.expiring.values() for one in some] == [300_000]
    assert (company.available(alice), company.available(bob)) == (2 * MILLION, 0)
    company.later(days=7)
    assert has(company, alice) == 2 * MILLION
    assert sound(company)


def test_what_expired_with_the_recipient_is_not_sent_back(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    start(company, leo, weekly(alice, until=date(2026, 3, 8)))
    company.grant(leo, alice, tokens=100)
    sent = company.transfer(alice, bob, 2 * MILLION + 60)
    week_later(company)

    company.reverse(leo, sent.entry_id)

    assert company.entries()[-1].postings == (("member:UBOB", "member:UALICE", 60),)
    assert (company.available(alice), company.available(bob)) == (100, 0)
    assert sound(company)
