from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import ledger
from bot.domain.directory import UserId
from bot.domain.ledger import (
    CONSUMED,
    TOKENS_MAX,
    TREASURY,
    AccountId,
    AccountKind,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
    Receipt,
)
from tests.company import MORNING

ALICE, BOB = AccountId("member:UALICE"), AccountId("member:UBOB")
ACCOUNTS = st.sampled_from([TREASURY, CONSUMED, ALICE, BOB, AccountId("pool:design")])
POSTINGS = st.lists(
    st.tuples(ACCOUNTS, ACCOUNTS, st.integers(1, TOKENS_MAX))
    .filter(lambda ends: ends[0] != ends[1])
    .map(lambda ends: Posting(*ends)),
    min_size=1,
    max_size=6,
)


def entry(*postings: Posting) -> Entry:
    return Entry(
        kind=EntryKind.GRANT,
        actor=UserId("UMIA"),
        postings=postings,
        note="for the demo",
        key=IdempotencyKey("modal:V1"),
        now=MORNING,
    )


@pytest.mark.parametrize("tokens", [0, -1, TOKENS_MAX + 1])
def test_a_posting_moves_from_1_to_10_to_the_15_tokens(tokens: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000000000000000"):
        Posting(ALICE, BOB, tokens)


def test_a_posting_has_two_ends() -> None:
    with pytest.raises(ValueError, match="two accounts"):
        Posting(ALICE, ALICE, 250_000)


def test_an_entry_has_postings() -> None:
    with pytest.raises(ValueError, match="at least one posting"):
        entry()


def test_an_account_says_its_kind_and_owner() -> None:
    assert ledger.member_account(UserId("UALICE")) == ALICE
    assert (ledger.account_kind(ALICE), ledger.account_owner(ALICE)) == (
        AccountKind.MEMBER,
        "UALICE",
    )
    assert (ledger.account_kind(TREASURY), ledger.account_owner(TREASURY)) == (
        AccountKind.TREASURY,
        "",
    )


def test_the_fingerprint_tells_every_other_wish_apart() -> None:
    wish = entry(Posting(TREASURY, ALICE, 250_000))
    others = [
        replace(wish, kind=EntryKind.ISSUE),
        replace(wish, actor=UserId("ULEO")),
        replace(wish, postings=(Posting(TREASURY, BOB, 250_000),)),
        replace(wish, postings=(Posting(TREASURY, ALICE, 250_001),)),
        replace(wish, postings=(Posting(TREASURY, ALICE, 250_000),) * 2),
        replace(wish, note="for the party"),
        replace(wish, reverses=EntryId("e1")),
    ]

    assert len({each.fingerprint for each in [wish, *others]}) == len(others) + 1


def test_the_fingerprint_of_the_same_wish_is_the_same_at_any_time_and_in_any_order() -> None:
    to_alice, to_bob = Posting(TREASURY, ALICE, 250_000), Posting(TREASURY, BOB, 250_000)
    wish = entry(to_alice, to_bob)
    again = replace(
        entry(to_bob, to_alice),
        now=MORNING + timedelta(hours=3),
        key=IdempotencyKey("another"),
        may_overdraw=True,
    )

    assert wish.fingerprint == again.fingerprint


@given(POSTINGS)
def test_net_changes_conserve_tokens_and_come_in_the_order_of_accounts(
    postings: list[Posting],
) -> None:
    changes = ledger.net_changes(postings)

    assert sum(tokens for _, tokens in changes) == 0
    assert [account for account, _ in changes] == sorted({account for account, _ in changes})
    assert all(tokens for _, tokens in changes)


@given(POSTINGS)
def test_swapped_postings_take_back_exactly_what_moved(postings: list[Posting]) -> None:
    assert ledger.net_changes([*postings, *ledger.swapped(postings)]) == []


def test_members_are_named_once_and_sources_first() -> None:
    postings = [Posting(ALICE, BOB, 5), Posting(TREASURY, ALICE, 7)]

    assert ledger.members_of(postings) == ["UALICE", "UBOB"]
    assert ledger.members_credited(postings) == ["UBOB", "UALICE"]


def test_a_receipt_sums_what_moved_and_names_who_got_it() -> None:
    receipt = Receipt(
        entry_id=EntryId("e1"),
        kind=EntryKind.GRANT,
        actor=UserId("UMIA"),
        postings=(Posting(TREASURY, ALICE, 250_000), Posting(TREASURY, BOB, 250_000)),
        note="",
        recorded_at=MORNING,
        is_new=True,
    )

    assert (receipt.tokens, receipt.recipients) == (500_000, ("UALICE", "UBOB"))


def test_people_see_the_last_eight_characters_of_an_id() -> None:
    assert ledger.short_id("0195f0c2-1111-7abc-8def-0123456789ab") == "456789ab"
