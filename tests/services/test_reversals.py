import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import (
    CONSUMED,
    TREASURY,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
    member_account,
)
from bot.domain.notices import EntryReversed
from bot.domain.refusals import (
    AlreadyReversed,
    EntryAmbiguous,
    EntryUnknown,
    KeyReused,
    NotAllowed,
    NotReversible,
    Overdraft,
    ReversalOverdraws,
    SelfGrant,
    UndoSpent,
    UndoTooLate,
)
from bot.domain.roles import Deed
from bot.storage import ledger
from tests.company import Company
from tests.threads import at_once


def record(company: Company, kind: EntryKind, *postings: Posting) -> EntryId:
    """An entry of a kind that no command makes yet."""
    wish = Entry(
        kind=kind,
        actor=UserId("UMIA"),
        postings=postings,
        note="",
        key=IdempotencyKey(f"{kind}:1"),
        now=company.now,
    )
    with company.database.writing() as tx:
        return ledger.record(tx, company.workspace_id, wish).entry_id


def test_a_reversal_swaps_what_the_entry_moved(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)

    receipt = company.reverse(mia, sent.entry_id, note="wrong bob")

    assert (company.available(alice), company.available(bob)) == (1_000_000, 0)
    assert (receipt.kind, receipt.note) == (EntryKind.REVERSAL, "wrong bob")
    entry = company.entries()[-1]
    assert entry.reverses == sent.entry_id
    assert entry.postings == (("member:UBOB", "member:UALICE", 250_000),)


def test_everyone_whose_tokens_moved_is_told_but_for_the_actor(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)
    before = len(company.notices())

    receipt = company.reverse(mia, sent.entry_id, note="wrong bob")

    told = company.notices()[before:]
    assert sorted(told, key=lambda notice: notice.recipient) == [
        EntryReversed(
            recipient=one,
            actor=mia,
            entry_id=sent.entry_id,
            reversal_id=receipt.entry_id,
            change=change,
            note="wrong bob",
        )
        for one, change in ((alice, 250_000), (bob, -250_000))
    ]


def test_a_grant_to_several_is_reversed_for_all(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    granted = company.grant(mia, alice, bob, tokens=250_000)

    company.reverse(mia, granted.entry_id)

    assert (company.available(alice), company.available(bob)) == (0, 0)


@pytest.mark.parametrize("length", [8, 12, 36])
def test_an_entry_is_found_by_the_end_of_its_id(company: Company, length: int) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    granted = company.grant(mia, alice, tokens=250_000)

    typed = f" `{granted.entry_id[-length:].upper()}` "
    receipt = company.reverse(mia, typed)

    assert company.entries()[-1].reverses == granted.entry_id
    assert receipt.is_new


@pytest.mark.parametrize(
    "typed", ["", "abc", "1234567", "not-an-id!", "%%%%%%%%", "0" * 8, "x" * 500, "f" * 37]
)
def test_what_is_no_id_of_an_entry_is_unknown(company: Company, typed: str) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    company.grant(mia, alice, tokens=250_000)

    with pytest.raises(EntryUnknown) as refused:
        company.reverse(mia, typed)

    assert refused.value.typed == typed


def test_an_entry_of_another_workspace_is_unknown(company: Company) -> None:
    other = Company(company.database, "T2")
    theirs = other.grant(other.approver("mia"), other.member("alice"), tokens=250_000)
    mia = company.approver("mia")

    with pytest.raises(EntryUnknown):
        company.reverse(mia, theirs.entry_id)

    assert other.available(UserId("UALICE")) == 250_000


def test_the_end_of_two_ids_is_ambiguous(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    with company.database.writing() as tx:
        for n in (1, 2):
            tx.connection.exec_driver_sql(
                f"INSERT INTO entry VALUES ('T1', '0195f0c2-111{n}-7abc-8def-0123456789ab',"  # noqa: S608 - names of our own
                f" 'grant', 'UMIA', '', 'k{n}', 'f', '2026-03-02T09:30:00+00:00', NULL, FALSE)"
            )

    with pytest.raises(EntryAmbiguous) as refused:
        company.reverse(mia, "456789ab")

    assert len(refused.value.candidates) == 2
    assert company.available(alice) == 0


def test_an_entry_is_reversed_once(company: Company) -> None:
    mia, leo, alice = company.approver("mia"), company.admin("leo"), company.member("alice")
    granted = company.grant(mia, alice, tokens=250_000)
    company.grant(mia, alice, tokens=250_000)
    first = company.reverse(mia, granted.entry_id)

    for again, actor in ((company.reverse, leo), (company.undo, mia)):
        with pytest.raises(AlreadyReversed) as refused:
            again(actor, granted.entry_id)

        assert refused.value.reversal_id == first.entry_id
    assert company.available(alice) == 250_000


def test_of_two_who_reverse_at_once_one_does(company: Company) -> None:
    approvers = [company.approver(f"mia{n}") for n in range(4)]
    alice = company.member("alice")
    granted = company.grant(approvers[0], alice, tokens=250_000)

    running = at_once(
        [lambda a=a: company.reverse(a, granted.entry_id) for a in approvers]  # type: ignore[misc]  # mypy infers no lambda with a default
    )

    assert sorted(type(each.error).__name__ for each in running) == (
        ["AlreadyReversed"] * 3 + ["NoneType"]
    )
    assert company.available(alice) == 0
    assert len(company.entries()) == 2


def test_the_same_key_reverses_once_and_tells_once(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    granted = company.grant(mia, alice, tokens=250_000)

    first, again = (company.reverse(mia, granted.entry_id, key="modal:V1") for _ in range(2))

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert company.told() == [("entry_reversed", alice), ("tokens_received", alice)]


def test_a_key_used_for_something_else_reverses_nothing(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    granted = company.grant(mia, alice, tokens=250_000, key="modal:V1")

    with pytest.raises(KeyReused):
        company.reverse(mia, granted.entry_id, key="modal:V1")

    assert company.available(alice) == 250_000


def test_a_reversal_is_not_reversed(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    granted = company.grant(mia, alice, tokens=250_000)
    reversal = company.reverse(mia, granted.entry_id)

    for again in (company.reverse, company.undo):
        with pytest.raises(NotReversible) as refused:
            again(mia, reversal.entry_id)

        assert refused.value.kind is EntryKind.REVERSAL


def test_usage_is_not_reversed_and_an_allowance_is(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice", available=1_000_000)
    account = member_account(alice)
    used = record(company, EntryKind.USAGE, Posting(account, CONSUMED, 250_000))
    allowed = record(company, EntryKind.ALLOWANCE, Posting(TREASURY, account, 100_000))

    with pytest.raises(NotReversible):
        company.reverse(mia, used)
    company.reverse(mia, allowed)

    assert company.available(alice) == 750_000


@pytest.mark.parametrize("who", ["sender", "finance", "member"])
def test_only_an_approver_reverses(company: Company, who: str) -> None:
    company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)
    actor = {
        "sender": lambda: alice,
        "finance": lambda: company.finance("fay"),
        "member": lambda: company.member("carla"),
    }[who]()

    with pytest.raises(NotAllowed) as refused:
        company.reverse(actor, sent.entry_id)

    assert refused.value.deed is Deed.REVERSE
    assert company.available(bob) == 250_000


def test_nobody_takes_tokens_back_to_their_own_account(company: Company) -> None:
    mia, bob = company.approver("mia", available=1_000_000), company.member("bob")
    leo = company.admin("leo")
    sent = company.transfer(mia, bob, 250_000)

    with pytest.raises(SelfGrant):
        company.reverse(mia, sent.entry_id)
    company.reverse(leo, sent.entry_id)

    assert company.available(mia) == 1_000_000


def test_an_approver_may_give_back_what_they_were_sent(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice", available=1_000_000)
    company.admin("leo")
    sent = company.transfer(alice, mia, 250_000)

    company.reverse(mia, sent.entry_id)

    assert (company.available(alice), company.available(mia)) == (1_000_000, 0)


def test_the_only_approver_may_take_back_to_themselves_and_the_entry_says_so(
    company: Company,
) -> None:
    leo, bob = company.admin("leo", available=1_000_000), company.member("bob")
    sent = company.transfer(leo, bob, 250_000)

    receipt = company.reverse(leo, sent.entry_id)

    assert receipt.is_self_approved
    assert company.entries()[-1].is_self_approved


def test_a_reversal_of_what_was_spent_asks_first_and_says_how_far_below_zero(
    company: Company,
) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    carla = company.member("carla")
    granted = company.grant(mia, alice, bob, tokens=250_000)
    company.transfer(alice, carla, 100_000)

    with pytest.raises(ReversalOverdraws) as refused:
        company.reverse(mia, granted.entry_id, note="oops")

    assert refused.value.entry_id == granted.entry_id
    assert refused.value.note == "oops"
    assert refused.value.overdrafts == (Overdraft(alice, -100_000),)
    assert (company.available(alice), company.available(bob)) == (150_000, 250_000)
    assert len(company.entries()) == 2


def test_a_confirmed_reversal_goes_below_zero_and_later_credits_repay_it(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    granted = company.grant(mia, alice, tokens=250_000)
    company.transfer(alice, bob, 100_000)

    company.reverse(mia, granted.entry_id, is_confirmed=True)
    below = company.available(alice)
    company.grant(mia, alice, tokens=250_000)

    assert (below, company.available(alice)) == (-100_000, 150_000)


def test_a_confirmation_of_an_entry_reversed_meanwhile_says_so(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    granted = company.grant(mia, alice, tokens=250_000)
    company.transfer(alice, bob, 100_000)
    first = company.reverse(mia, granted.entry_id, is_confirmed=True)

    with pytest.raises(AlreadyReversed) as refused:
        company.reverse(mia, granted.entry_id)

    assert refused.value.reversal_id == first.entry_id


@pytest.mark.parametrize("seconds", [0, 59, 60])
def test_ones_own_grant_or_transfer_can_be_undone_for_a_minute(
    company: Company, seconds: int
) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    granted_at = company.now
    granted = company.grant(mia, bob, tokens=500_000)
    company.now = granted_at
    sent = company.transfer(alice, bob, 250_000)

    for actor, receipt in ((alice, sent), (mia, granted)):
        company.now = granted_at
        company.later(seconds=seconds)
        company.undo(actor, receipt.entry_id)

    assert (company.available(alice), company.available(bob)) == (1_000_000, 0)
    undone = [entry.note for entry in company.entries() if entry.reverses]
    assert undone == ["undone", "undone"]


def test_after_a_minute_it_is_too_late_to_undo(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent_at = company.now
    sent = company.transfer(alice, bob, 250_000)
    company.now = sent_at
    company.later(seconds=60, microseconds=1)

    with pytest.raises(UndoTooLate) as refused:
        company.undo(alice, sent.entry_id)

    assert (refused.value.entry_id, refused.value.seconds) == (sent.entry_id, 60)
    assert company.available(bob) == 250_000


def test_an_undo_tells_the_one_who_lost_the_tokens_again(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)

    company.undo(alice, sent.entry_id)

    assert company.told() == [("entry_reversed", bob), ("tokens_received", bob)]


@pytest.mark.parametrize("who", ["recipient", "approver"])
def test_only_ones_own_entry_can_be_undone(company: Company, who: str) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)

    with pytest.raises(NotAllowed):
        company.undo(bob if who == "recipient" else mia, sent.entry_id)

    assert company.available(bob) == 250_000


def test_what_the_recipient_no_longer_has_is_not_undone(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    carla = company.member("carla")
    sent = company.transfer(alice, bob, 250_000)
    company.transfer(bob, carla, 1)

    with pytest.raises(UndoSpent) as refused:
        company.undo(alice, sent.entry_id)

    assert (refused.value.entry_id, refused.value.user_id) == (sent.entry_id, bob)
    assert company.available(bob) == 249_999
    assert len(company.entries()) == 2


def test_the_same_key_undoes_once(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    sent = company.transfer(alice, bob, 250_000)

    first, again = (company.undo(alice, sent.entry_id, key="button:1") for _ in range(2))

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert company.available(alice) == 1_000_000
