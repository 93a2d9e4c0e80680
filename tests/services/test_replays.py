"""A wish heard again after the world changed: it was done, and its receipt says so."""

import pytest

from bot.domain.ledger import IdempotencyKey
from bot.domain.refusals import KeyReused, MemberDeactivated
from bot.services import topups
from tests.company import Company


def test_a_grant_heard_again_after_its_recipient_left_answers_with_its_receipt(
    company: Company,
) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    first = company.grant(mia, alice, tokens=250_000, key="command:1")
    company.deactivate(alice)

    again = company.grant(mia, alice, tokens=250_000, key="command:1")

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert company.available(alice) == 250_000


def test_a_transfer_heard_again_after_its_recipient_left_answers_with_its_receipt(
    company: Company,
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    first = company.transfer(alice, bob, tokens=250_000, key="command:1")
    company.deactivate(bob)

    again = company.transfer(alice, bob, tokens=250_000, key="command:1")

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert company.available(alice) == 750_000


def test_a_new_wish_is_judged_by_the_world_as_it_is(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    company.grant(mia, alice, tokens=250_000, key="command:1")
    company.deactivate(alice)

    with pytest.raises(MemberDeactivated):
        company.grant(mia, alice, tokens=250_000, key="command:2")


def test_somebody_elses_key_is_no_receipt_of_mine(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    company.grant(mia, alice, tokens=250_000, key="command:1")

    with pytest.raises(KeyReused):
        company.transfer(company.member("bob"), alice, tokens=250_000, key="command:1")


def test_a_withdrawal_heard_again_does_not_withdraw_what_was_asked_after_it(
    company: Company,
) -> None:
    company.approver("mia")
    alice = company.member("alice")
    first = company.ask(alice, tokens=250_000)

    def withdraw() -> object:
        return topups.withdraw_only(
            company.database,
            company.workspace_id,
            requester=alice,
            key=IdempotencyKey("command:7"),
            now=company.later(seconds=1),
        )

    withdrawn = withdraw()
    second = company.ask(alice, tokens=500_000)
    again = withdraw()

    assert withdrawn is not None
    assert again is None
    assert company.topup(first.topup_id)["state"] == "withdrawn"
    assert company.topup(second.topup_id)["state"] == "open"


def test_a_request_of_somebody_who_left_can_be_denied_but_not_approved(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, tokens=250_000)
    company.deactivate(alice)

    with pytest.raises(MemberDeactivated):
        company.approve(mia, topup.topup_id)
    company.deny(mia, topup.topup_id)

    assert company.topup(topup.topup_id)["state"] == "denied"
