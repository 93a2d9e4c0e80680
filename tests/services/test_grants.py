import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import RECIPIENTS_MAX, member_account
from bot.domain.notices import TokensReceived
from bot.domain.refusals import (
    KeyReused,
    MemberIsBot,
    MemberUnknown,
    NotAllowed,
    SelfGrant,
    TooManyRecipients,
)
from bot.domain.roles import Deed
from tests.company import Company


def test_a_grant_comes_from_the_treasury_and_tells_the_recipient(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")

    receipt = company.grant(mia, alice, tokens=1_000_000, note="welcome")

    assert company.available(alice) == 1_000_000
    assert company.entries()[0].postings == (("treasury", "member:UALICE", 1_000_000),)
    assert company.notices() == [
        TokensReceived(
            recipient=alice,
            giver=mia,
            tokens=1_000_000,
            note="welcome",
            entry_id=receipt.entry_id,
            is_transfer=False,
            is_first=True,
        )
    ]
    assert not receipt.is_self_approved


def test_several_people_get_the_same_in_one_entry(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob, carla = (company.member(name) for name in ("alice", "bob", "carla"))

    receipt = company.grant(mia, carla, alice, bob, tokens=250_000)

    assert [company.available(one) for one in (alice, bob, carla)] == [250_000] * 3
    assert (receipt.tokens, receipt.recipients) == (750_000, (carla, alice, bob))
    assert receipt.available == {member_account(one): 250_000 for one in (alice, bob, carla)}
    assert len(company.entries()) == 1
    assert company.told() == [("tokens_received", one) for one in (alice, bob, carla)]


def test_whoever_is_named_twice_gets_it_once(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")

    company.grant(mia, alice, alice, tokens=250_000)

    assert company.available(alice) == 250_000
    assert company.told() == [("tokens_received", alice)]


@pytest.mark.parametrize("kind", ["bot", "stranger"])
def test_a_grant_to_several_reaches_all_of_them_or_none(company: Company, kind: str) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    odd = company.bot("robo") if kind == "bot" else company.stranger("nemo")

    with pytest.raises(MemberIsBot if kind == "bot" else MemberUnknown):
        company.grant(mia, alice, odd, tokens=250_000)

    assert company.available(alice) == 0
    assert (company.entries(), company.notices()) == ([], [])


@pytest.mark.parametrize("who", ["member", "finance", "former approver"])
def test_whoever_is_no_approver_grants_nothing(company: Company, who: str) -> None:
    alice = company.member("alice")
    actor = {
        "member": lambda: company.member("bob"),
        "finance": lambda: company.finance("fay"),
        "former approver": lambda: company.deactivate(company.approver("mia")),
    }[who]()

    with pytest.raises(NotAllowed) as refused:
        company.grant(actor, alice, tokens=250_000)

    assert refused.value.deed is Deed.GRANT
    assert (company.entries(), company.notices()) == ([], [])


def test_slacks_admins_grant_out_of_the_box_and_not_once_the_setting_says_no(
    company: Company,
) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    company.grant(leo, alice, tokens=250_000)
    company.put_setting("slack_admins_are_approvers", "no")

    with pytest.raises(NotAllowed):
        company.grant(leo, alice, tokens=250_000)

    assert company.available(alice) == 250_000


def test_nobody_grants_to_themselves_while_there_are_others_to_ask(company: Company) -> None:
    mia, leo, alice = company.approver("mia"), company.admin("leo"), company.member("alice")

    for approver in (mia, leo):
        with pytest.raises(SelfGrant):
            company.grant(approver, alice, approver, tokens=250_000)

    assert company.entries() == []


def test_the_only_approver_may_grant_to_themselves_and_the_entry_says_so(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    company.finance("fay")
    company.deactivate(company.approver("mia"))

    receipt = company.grant(leo, leo, alice, tokens=250_000)

    assert receipt.is_self_approved
    assert company.entries()[0].is_self_approved
    assert company.available(leo) == 250_000
    assert company.told() == [("tokens_received", alice)]


def test_a_grant_reaches_at_most_fifty_people(company: Company) -> None:
    mia = company.approver("mia")
    people = [company.member(f"m{n}") for n in range(RECIPIENTS_MAX + 1)]

    with pytest.raises(TooManyRecipients) as refused:
        company.grant(mia, *people, tokens=1_000)
    receipt = company.grant(mia, *people[:-1], people[0], tokens=1_000)

    assert (refused.value.count, refused.value.limit) == (51, 50)
    assert receipt.tokens == 50_000


def test_the_same_key_twice_grants_once_and_tells_once(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")

    first = company.grant(mia, alice, bob, tokens=250_000, key="command:1")
    again = company.grant(mia, bob, alice, tokens=250_000, key="command:1")

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert [company.available(one) for one in (alice, bob)] == [250_000, 250_000]
    assert company.told() == [("tokens_received", alice), ("tokens_received", bob)]


@pytest.mark.parametrize("recipients", [["UALICE"], ["UALICE", "UCARLA"]])
def test_the_same_key_for_other_people_is_refused(company: Company, recipients: list[str]) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice"), company.member("bob")
    company.member("carla")
    company.grant(mia, alice, bob, tokens=250_000, key="command:1")

    with pytest.raises(KeyReused):
        company.grant(mia, *map(UserId, recipients), tokens=250_000, key="command:1")

    assert len(company.entries()) == 1


def test_a_key_of_a_grant_is_no_key_for_a_transfer(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    company.grant(mia, alice, tokens=250_000, key="modal:V1")

    with pytest.raises(KeyReused):
        company.transfer(alice, bob, 250_000, key="modal:V1")

    assert company.available(alice) == 250_000


def test_somebody_whose_roles_are_not_known_yet_is_looked_up_before_they_are_refused(
    company: Company,
) -> None:
    alice, nemo = company.member("alice"), company.stranger("nemo")

    with pytest.raises(MemberUnknown) as refused:
        company.grant(nemo, alice, tokens=250_000)

    assert refused.value.user_id == nemo
    assert company.entries() == []
