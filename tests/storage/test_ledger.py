from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import (
    BALANCE_MAX,
    CONSUMED,
    TOKENS_MAX,
    TREASURY,
    AccountId,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    Receipt,
    member_account,
)
from bot.domain.refusals import (
    AlreadyReversed,
    BalanceOutOfRange,
    KeyReused,
    NotEnoughTokens,
)
from bot.storage import entries, ledger
from tests.company import Company


def entry(company: Company, *postings: Posting, key: str = "k1", note: str = "") -> Entry:
    return Entry(
        kind=EntryKind.TRANSFER,
        actor=UserId("UALICE"),
        postings=postings,
        note=note,
        key=IdempotencyKey(key),
        now=company.now,
    )


def record(company: Company, wish: Entry) -> Receipt:
    with company.database.writing() as tx:
        return ledger.record(tx, company.workspace_id, wish)


def change_account(company: Company, account: AccountId, assignment: str) -> None:
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text(f"UPDATE account SET {assignment} WHERE account_id = :account"),  # noqa: S608 - names of our own
            {"account": account},
        )


def test_all_of_a_balance_can_be_spent_and_not_one_token_more(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)
    record(company, entry(company, Posting(a, b, 999_999), key="k1"))
    record(company, entry(company, Posting(a, b, 1), key="k2"))

    with pytest.raises(NotEnoughTokens) as refused:
        record(company, entry(company, Posting(a, b, 1), key="k3"))

    assert (refused.value.user_id, refused.value.needed, refused.value.available) == (alice, 1, 0)
    assert (company.available(alice), company.available(bob)) == (0, 1_000_000)


def test_held_tokens_can_not_be_spent(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)
    change_account(company, a, "held = 400000")

    with pytest.raises(NotEnoughTokens) as refused:
        record(company, entry(company, Posting(a, b, 600_001)))
    receipt = record(company, entry(company, Posting(a, b, 600_000)))

    assert refused.value.available == 600_000
    assert receipt.available[a] == 0


def test_an_account_below_zero_spends_nothing(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    overdraft = Posting(member_account(alice), CONSUMED, 1_500_000)
    record(company, replace(entry(company, overdraft), may_overdraw=True))

    wish = entry(company, Posting(member_account(alice), member_account(bob), 1), key="k2")
    with pytest.raises(NotEnoughTokens) as refused:
        record(company, wish)

    assert refused.value.available == -500_000
    assert company.available(alice) == -500_000


def test_an_account_that_nothing_has_reached_is_empty(company: Company) -> None:
    alice, bob = company.member("alice"), company.member("bob")

    with pytest.raises(NotEnoughTokens) as refused:
        record(company, entry(company, Posting(member_account(alice), member_account(bob), 5)))

    assert (refused.value.needed, refused.value.available) == (5, 0)
    assert company.rows("SELECT account_id FROM account WHERE kind = 'member'") == []


def test_a_refused_posting_takes_the_whole_entry_with_it(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob", available=7)
    carla = member_account(company.member("carla"))

    with pytest.raises(NotEnoughTokens):
        record(
            company,
            entry(
                company,
                Posting(member_account(alice), carla, 250_000),
                Posting(member_account(bob), carla, 8),
            ),
        )

    assert (company.available(alice), company.available(bob)) == (1_000_000, 7)
    assert company.entries() == []


def test_tokens_that_pass_through_an_account_need_not_have_been_there(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)

    receipt = record(company, entry(company, Posting(a, b, 250_000), Posting(b, CONSUMED, 100_000)))

    assert receipt.available == {a: 750_000, b: 150_000}


def test_no_balance_leaves_what_the_books_can_hold(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    change_account(company, member_account(alice), f"balance = {BALANCE_MAX - 250_000}")

    with pytest.raises(BalanceOutOfRange) as refused:
        record(company, entry(company, Posting(TREASURY, member_account(alice), 250_001)))
    receipt = record(company, entry(company, Posting(TREASURY, member_account(alice), 250_000)))

    assert (refused.value.user_id, refused.value.tokens) == (alice, 250_001)
    assert receipt.available == {member_account(alice): BALANCE_MAX}


def test_the_largest_posting_is_recorded_to_the_token(company: Company) -> None:
    alice = member_account(company.member("alice"))

    record(company, entry(company, Posting(TREASURY, alice, TOKENS_MAX), key="k1"))
    receipt = record(company, entry(company, Posting(TREASURY, alice, TOKENS_MAX - 1), key="k2"))

    assert receipt.available == {alice: 2 * TOKENS_MAX - 1}


def test_a_receipt_says_which_accounts_the_entry_opened(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)

    first = record(company, entry(company, Posting(a, b, 250_000), key="k1"))
    second = record(company, entry(company, Posting(a, b, 250_000), key="k2"))

    assert (first.opened, second.opened) == (frozenset({b}), frozenset())


def test_the_same_key_gives_the_first_receipt_with_what_is_available_now(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)
    wish = entry(company, Posting(a, b, 250_000), key="k1", note="for the demo")
    first = record(company, wish)
    record(company, entry(company, Posting(a, b, 100_000), key="k2"))
    company.later(hours=1)

    again = record(company, replace(wish, now=company.now))

    assert again == replace(
        first, is_new=False, available={a: 650_000, b: 350_000}, opened=frozenset()
    )


@pytest.mark.parametrize("changed", ["tokens", "recipient", "note", "actor"])
def test_the_same_key_with_other_content_is_refused(company: Company, changed: str) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    a, b = member_account(alice), member_account(bob)
    wish = entry(company, Posting(a, b, 250_000))
    record(company, wish)
    other = {
        "tokens": replace(wish, postings=(Posting(a, b, 250_001),)),
        "recipient": replace(wish, postings=(Posting(a, AccountId("member:UCARLA"), 250_000),)),
        "note": replace(wish, note="for the party"),
        "actor": replace(wish, actor=UserId("UBOB")),
    }[changed]

    with pytest.raises(KeyReused) as refused:
        record(company, other)

    assert refused.value.key == "k1"
    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert len(company.entries()) == 1


def test_a_refused_wish_does_not_use_up_its_key(company: Company) -> None:
    alice, bob = company.member("alice"), company.member("bob")
    wish = entry(company, Posting(member_account(alice), member_account(bob), 250_000))
    with pytest.raises(NotEnoughTokens):
        record(company, wish)
    record(company, entry(company, Posting(TREASURY, member_account(alice), 250_000), key="k2"))

    assert record(company, wish).is_new


def test_one_workspace_never_meets_another(company: Company) -> None:
    other = Company(company.database, "T2")
    for each, tokens in ((company, 1_000_000), (other, 70_000)):
        each.member("alice", available=tokens)
        each.member("bob")
    a, b = member_account(UserId("UALICE")), member_account(UserId("UBOB"))

    ours = record(company, entry(company, Posting(a, b, 250_000)))
    theirs = record(other, entry(other, Posting(a, b, 30_000)))

    assert (ours.available, theirs.available) == ({a: 750_000, b: 250_000}, {a: 40_000, b: 30_000})
    with company.database.reading() as tx:
        assert entries.entry(tx, WorkspaceId("T2"), ours.entry_id) is None
        assert entries.entry(tx, WorkspaceId("T2"), theirs.entry_id) is not None


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("UPDATE account SET held = -1", "account_held"),
        ("UPDATE account SET balance = 4000000000000000001 WHERE balance > 0", "in_range"),
        ("UPDATE account SET balance = 0 WHERE kind = 'treasury'", "account_cached"),
        ("UPDATE account SET balance = NULL WHERE kind = 'member'", "account_cached"),
        ("UPDATE account SET kind = 'pool' WHERE kind = 'member'", "of_its_kind"),
        ("INSERT INTO posting VALUES ('T1', '{e}', 9, 'treasury', 'x', 0)", "posting_tokens"),
        ("INSERT INTO posting VALUES ('T1', '{e}', 9, 'treasury', 'x', -5)", "posting_tokens"),
        ("INSERT INTO posting VALUES ('T1', '{e}', 9, 'x', 'y', 1000000000000001)", "_tokens"),
        ("INSERT INTO posting VALUES ('T1', '{e}', 9, 'x', 'x', 5)", "posting_two_ends"),
        ("INSERT INTO posting VALUES ('T1', 'none', 0, 'x', 'y', 5)", "(?i)foreign key"),
        ("INSERT INTO role VALUES ('T1', 'UALICE', 'king', '', '2026-03-02')", "role_known"),
    ],
)
def test_the_database_itself_refuses_a_row_that_breaks_the_books(
    company: Company, sql: str, constraint: str
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    entry_id = company.transfer(alice, bob, 250_000).entry_id

    with (
        pytest.raises(IntegrityError, match=constraint),
        company.database.writing() as tx,
    ):
        tx.connection.execute(sa.text(sql.format(e=entry_id)))

    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)


def test_of_two_who_reverse_with_one_key_the_second_hears_that_it_is_reversed(
    company: Company,
) -> None:
    """Two approvers press "Reverse anyway" under the same message."""
    alice, bob = member_account(company.member("alice")), member_account(company.member("bob"))
    original = record(company, replace(entry(company, Posting(alice, bob, 5)), may_overdraw=True))
    wish = replace(
        entry(company, Posting(bob, alice, 5), key="reverse:1"),
        kind=EntryKind.REVERSAL,
        reverses=original.entry_id,
    )
    reversal = record(company, wish)

    with pytest.raises(AlreadyReversed) as refused:
        record(company, replace(wish, actor=UserId("UBOB")))

    assert refused.value.entry_id == original.entry_id
    assert refused.value.reversal_id == reversal.entry_id


def test_a_reversal_with_the_key_of_something_else_hears_so(company: Company) -> None:
    alice, bob = member_account(company.member("alice")), member_account(company.member("bob"))
    original = record(company, replace(entry(company, Posting(alice, bob, 5)), may_overdraw=True))
    wish = replace(
        entry(company, Posting(bob, alice, 5)),
        kind=EntryKind.REVERSAL,
        reverses=original.entry_id,
    )

    with pytest.raises(KeyReused):
        record(company, wish)
