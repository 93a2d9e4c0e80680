import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.notices import TokensReceived
from bot.domain.refusals import (
    KeyReused,
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberUnknown,
    NotEnoughTokens,
    NoteTooLong,
    Refusal,
    ToOneself,
)
from tests.company import Company


def moved_nothing(company: Company, sender: UserId, had: int) -> bool:
    is_untouched = (company.entries(), company.notices()) == ([], [])
    return is_untouched and company.available(sender) == had


def test_a_transfer_moves_tokens_and_answers_with_a_receipt(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    at = company.now

    receipt = company.transfer(alice, bob, 250_000, note="  for the\ndemo ")

    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert receipt.available == {member_account(alice): 750_000, member_account(bob): 250_000}
    assert (receipt.kind, receipt.actor, receipt.note) == ("transfer", alice, "for the demo")
    assert (receipt.recorded_at, receipt.is_new, receipt.tokens) == (at, True, 250_000)


def test_the_recipient_is_told_once_and_the_sender_is_not(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    receipt = company.transfer(alice, bob, 250_000, note="the demo")

    assert company.notices() == [
        TokensReceived(
            recipient=bob,
            giver=alice,
            tokens=250_000,
            note="the demo",
            entry_id=receipt.entry_id,
            is_transfer=True,
            is_first=True,
        )
    ]


def test_only_the_first_tokens_are_told_as_the_first(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    company.transfer(alice, bob, 250_000)
    company.transfer(alice, bob, 100_000)
    company.transfer(bob, alice, 50_000)

    firsts = [n.is_first for n in company.notices() if isinstance(n, TokensReceived)]
    assert firsts == [True, False, False]


def test_the_same_key_twice_moves_tokens_once_and_tells_once(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    first, again = (company.transfer(alice, bob, 250_000, key="modal:V1") for _ in range(2))

    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert [notice.recipient for notice in company.notices()] == [bob]


@pytest.mark.parametrize("changed", ["recipient", "tokens", "note", "sender"])
def test_the_same_key_with_other_content_is_refused(company: Company, changed: str) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    carla = company.member("carla", available=900_000)
    company.transfer(alice, bob, 250_000, key="modal:V1", note="the demo")

    with pytest.raises(KeyReused):
        company.transfer(
            carla if changed == "sender" else alice,
            carla if changed == "recipient" else bob,
            250_001 if changed == "tokens" else 250_000,
            note="the party" if changed == "note" else "the demo",
            key="modal:V1",
        )

    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert len(company.notices()) == 1


def test_a_refused_transfer_can_be_made_later_with_its_key(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice"), company.member("bob")
    with pytest.raises(NotEnoughTokens):
        company.transfer(alice, bob, 250_000, key="modal:V1")
    company.grant(mia, alice, tokens=300_000)

    assert company.transfer(alice, bob, 250_000, key="modal:V1").is_new
    assert company.available(alice) == 50_000


def test_more_than_one_has_is_refused_with_the_figures(company: Company) -> None:
    alice, bob = company.member("alice", available=249_999), company.member("bob")

    with pytest.raises(NotEnoughTokens) as refused:
        company.transfer(alice, bob, 250_000)

    facts = (refused.value.user_id, refused.value.needed, refused.value.available)
    assert facts == (alice, 250_000, 249_999)
    assert moved_nothing(company, alice, 249_999)


def test_a_transfer_to_oneself_is_refused(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)

    with pytest.raises(ToOneself):
        company.transfer(alice, alice, 250_000)

    assert moved_nothing(company, alice, 1_000_000)


def recipient_of(company: Company, kind: str) -> UserId:
    return {
        "bot": lambda: company.bot("robo"),
        "deactivated": lambda: company.deactivate(company.member("dora")),
        "guest": lambda: company.guest("gus"),
        "foreign": lambda: company.foreigner("fritz"),
        "stranger": lambda: company.stranger("nemo"),
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("bot", MemberIsBot),
        ("deactivated", MemberDeactivated),
        ("guest", MemberIsGuest),
        ("foreign", MemberIsForeign),
        ("stranger", MemberUnknown),
    ],
)
def test_a_transfer_to_somebody_who_takes_no_part_is_refused(
    company: Company, kind: str, refusal: type[Refusal]
) -> None:
    alice = company.member("alice", available=1_000_000)
    recipient = recipient_of(company, kind)

    with pytest.raises(refusal) as refused:
        company.transfer(alice, recipient, 250_000)

    assert refused.value.args == (recipient,)
    assert moved_nothing(company, alice, 1_000_000)


def test_whoever_has_left_sends_nothing(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    company.deactivate(alice)

    with pytest.raises(MemberDeactivated):
        company.transfer(alice, bob, 250_000)

    assert moved_nothing(company, alice, 1_000_000)


def test_outsiders_take_part_where_the_setting_says_so(company: Company) -> None:
    gus, fritz = company.guest("gus", available=1_000_000), company.foreigner("fritz")
    company.put_setting("outsiders_take_part", "yes")

    company.transfer(gus, fritz, 250_000)

    assert (company.available(gus), company.available(fritz)) == (750_000, 250_000)


def test_a_reason_too_long_is_refused_before_anything_moves(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    with pytest.raises(NoteTooLong):
        company.transfer(alice, bob, 250_000, note="x" * 5_000)

    assert moved_nothing(company, alice, 1_000_000)


@pytest.mark.parametrize(
    "note", ["<!channel> *bold* `code`", "🎉 שלום עולם", "a\x00b", "' OR 1=1 --"]
)
def test_a_reason_is_kept_as_it_was_typed_but_for_control_characters(
    company: Company, note: str
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    company.transfer(alice, bob, 250_000, note=note)

    assert company.entries()[0].note == note.replace("\x00", " ")


def test_the_same_people_in_two_workspaces_have_two_accounts(company: Company) -> None:
    other = Company(company.database, "T2")
    for each, tokens in ((company, 1_000_000), (other, 70_000)):
        each.member("alice", available=tokens)
        each.member("bob")
    alice, bob = UserId("UALICE"), UserId("UBOB")

    company.transfer(alice, bob, 250_000, key="modal:V1")
    other.transfer(alice, bob, 30_000, key="modal:V1")

    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert (other.available(alice), other.available(bob)) == (40_000, 30_000)
