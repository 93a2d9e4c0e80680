from collections.abc import Callable

import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import EntryKind
from bot.domain.notices import MessageRef, TopUpAsked, TopUpCopyChanged, TopUpDecided
from bot.domain.refusals import (
    KeyReused,
    MemberDeactivated,
    MemberUnknown,
    NoApprover,
    NotAllowed,
    OwnRequest,
    TooManyOpen,
    TopUpClosed,
    TopUpUnknown,
)
from bot.domain.topups import TopUp, TopUpId, TopUpState, Urgency
from bot.services import decisions, topups
from bot.services.topups import ClickedCopy
from tests.company import Company
from tests.threads import at_once

NOWHERE = TopUpId("00000000-0000-7000-8000-000000000000")


def test_a_request_is_sent_to_the_managers(company: Company) -> None:
    mia, ben = company.approver("mia"), company.approver("ben")
    company.admin("leo")
    alice = company.member("alice")

    topup = company.ask(alice, 500_000, note="the demo", urgency=Urgency.TODAY)

    assert topup.state is TopUpState.OPEN
    assert (topup.tokens, topup.note, topup.urgency) == (500_000, "the demo", Urgency.TODAY)
    assert company.told() == [("topup_asked", ben), ("topup_asked", mia)]
    assert topups.open_of(company.database, company.workspace_id, alice) == [topup]


def test_without_managers_a_request_is_sent_to_at_most_five_admins(company: Company) -> None:
    admins = [company.admin(f"leo{n}") for n in range(7)]
    alice = company.member("alice")

    company.ask(alice, 500_000)

    assert company.told() == [("topup_asked", one) for one in admins[:5]]


def test_a_request_moves_nothing(company: Company) -> None:
    company.admin("leo")
    alice = company.member("alice")

    company.ask(alice, 500_000)

    assert company.available(alice) == 0
    assert company.entries() == []


def test_a_request_that_nobody_could_decide_is_refused(company: Company) -> None:
    company.finance("fay")
    alice = company.member("alice")

    with pytest.raises(NoApprover):
        company.ask(alice, 500_000)

    assert company.notices() == []


@pytest.mark.parametrize("who", ["deactivated", "stranger"])
def test_whoever_takes_no_part_asks_for_nothing(company: Company, who: str) -> None:
    company.admin("leo")
    asker = (
        company.stranger("nemo")
        if who == "stranger"
        else company.deactivate(company.member("dora"))
    )

    with pytest.raises(MemberUnknown if who == "stranger" else MemberDeactivated):
        company.ask(asker, 500_000)

    assert company.notices() == []


def test_the_same_key_asks_once(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")

    first, again = (company.ask(alice, 500_000, note="the demo", key="modal:V1") for _ in range(2))

    assert again == first
    assert company.told() == [("topup_asked", leo)]


@pytest.mark.parametrize("changed", ["tokens", "note", "urgency", "requester"])
def test_the_same_key_for_another_request_is_refused(company: Company, changed: str) -> None:
    company.admin("leo")
    alice, bob = company.member("alice"), company.member("bob")
    company.ask(alice, 500_000, note="the demo", key="modal:V1")

    with pytest.raises(KeyReused):
        company.ask(
            bob if changed == "requester" else alice,
            500_001 if changed == "tokens" else 500_000,
            note="the party" if changed == "note" else "the demo",
            urgency=Urgency.WHENEVER if changed == "urgency" else Urgency.THIS_WEEK,
            key="modal:V1",
        )

    assert len(company.notices()) == 1


def test_a_member_has_at_most_three_open_requests(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    first, *_ = (company.ask(alice, tokens) for tokens in (100_000, 200_000, 300_000))

    with pytest.raises(TooManyOpen) as refused:
        company.ask(alice, 400_000)
    company.ask(bob, 400_000)
    company.deny(leo, first.topup_id)
    company.ask(alice, 400_000)

    assert refused.value.limit == 3
    found = topups.open_of(company.database, company.workspace_id, alice)
    assert [topup.tokens for topup in found] == [400_000, 300_000, 200_000]


def test_three_at_most_are_open_when_many_are_asked_at_once(company: Company) -> None:
    company.admin("leo")
    alice = company.member("alice")

    running = at_once([lambda: company.ask(alice, 100_000) for _ in range(8)])

    assert sorted(type(each.error).__name__ for each in running) == (
        ["NoneType"] * 3 + ["TooManyOpen"] * 5
    )
    assert len(topups.open_of(company.database, company.workspace_id, alice)) == 3


def test_an_approval_grants_what_was_asked(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice", available=70_000)
    topup = company.ask(alice, 500_000, note="the demo")

    decision = company.approve(mia, topup.topup_id, note="have fun")

    (entry,) = company.entries()
    assert company.available(alice) == 570_000
    assert (entry.kind, entry.actor, entry.note) == (EntryKind.GRANT, mia, "the demo")
    assert decision.receipt is not None
    assert decision.receipt.entry_id == entry.entry_id
    closed = decision.topup
    assert (closed.state, closed.decided_by, closed.decided_tokens, closed.decision_note) == (
        TopUpState.APPROVED,
        mia,
        500_000,
        "have fun",
    )
    assert closed.entry_id == entry.entry_id


def test_an_approval_of_another_amount_grants_that(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)

    closed = company.approve(mia, topup.topup_id, tokens=300_000).topup

    assert company.available(alice) == 300_000
    assert (closed.tokens, closed.decided_tokens) == (500_000, 300_000)


def test_a_denied_request_moves_nothing(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice", available=70_000)
    topup = company.ask(alice, 500_000)

    closed = company.deny(mia, topup.topup_id, note="next month").topup

    assert company.available(alice) == 70_000
    assert company.entries() == []
    assert (closed.state, closed.decided_by, closed.decision_note) == (
        TopUpState.DENIED,
        mia,
        "next month",
    )


@pytest.mark.parametrize("decide", [Company.approve, Company.deny])
def test_requester_and_every_copy_learn_of_a_decision(
    company: Company, decide: Callable[..., object]
) -> None:
    mia, ben, alice = company.approver("mia"), company.approver("ben"), company.member("alice")
    topup = company.ask(alice, 500_000)

    decide(company, mia, topup.topup_id)

    assert company.told() == [
        ("topup_asked", ben),
        ("topup_asked", mia),
        ("topup_copy_changed", ben),
        ("topup_copy_changed", mia),
        ("topup_decided", alice),
    ]


@pytest.mark.parametrize("first", ["approve", "deny", "withdraw"])
@pytest.mark.parametrize("second", ["approve", "deny", "withdraw"])
def test_a_request_ends_once(company: Company, first: str, second: str) -> None:
    mia, leo, alice = company.approver("mia"), company.admin("leo"), company.member("alice")
    topup = company.ask(alice, 500_000)
    getattr(company, first)(alice if first == "withdraw" else mia, topup.topup_id)
    available, told = company.available(alice), company.told()

    with pytest.raises(TopUpClosed) as refused:
        getattr(company, second)(alice if second == "withdraw" else leo, topup.topup_id)

    ended = {"approve": "approved", "deny": "denied", "withdraw": "withdrawn"}[first]
    assert refused.value.topup.state == ended
    assert (company.available(alice), company.told()) == (available, told)


@pytest.mark.parametrize("decide", [Company.approve, Company.deny])
@pytest.mark.parametrize("who", ["member", "finance", "requester", "former approver"])
def test_only_an_approver_decides(
    company: Company, decide: Callable[..., object], who: str
) -> None:
    company.approver("mia")
    alice = company.member("alice")
    topup = company.ask(alice, 500_000)
    actor = {
        "member": lambda: company.member("bob"),
        "finance": lambda: company.finance("fay"),
        "requester": lambda: alice,
        "former approver": lambda: company.deactivate(company.approver("max")),
    }[who]()

    with pytest.raises(NotAllowed):
        decide(company, actor, topup.topup_id)

    assert company.topup(topup.topup_id)["state"] == "open"
    assert company.available(alice) == 0


@pytest.mark.parametrize("decide", [Company.approve, Company.deny])
def test_nobody_decides_their_own_request_while_there_are_others_to_ask(
    company: Company, decide: Callable[..., object]
) -> None:
    mia, leo = company.approver("mia"), company.admin("leo")
    for approver in (mia, leo):
        topup = company.ask(approver, 500_000)

        with pytest.raises(OwnRequest):
            decide(company, approver, topup.topup_id)

    assert company.entries() == []


def test_the_only_approver_decides_their_own_and_the_entry_says_so(company: Company) -> None:
    leo = company.admin("leo")
    topup = company.ask(leo, 500_000)

    decision = company.approve(leo, topup.topup_id)

    assert decision.receipt is not None
    assert decision.receipt.is_self_approved
    assert company.entries()[0].is_self_approved
    assert company.available(leo) == 500_000


def test_a_request_of_someone_who_has_left_is_not_decided(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)
    company.deactivate(alice)

    with pytest.raises(MemberDeactivated):
        company.approve(mia, topup.topup_id)

    assert company.topup(topup.topup_id)["state"] == "open"


def test_an_unknown_request_is_not_decided(company: Company) -> None:
    mia = company.approver("mia")

    for decide in (company.approve, company.deny):
        with pytest.raises(TopUpUnknown):
            decide(mia, NOWHERE)


def test_a_request_of_another_workspace_is_unknown(company: Company) -> None:
    other = Company(company.database, "T2")
    mia, theirs = company.approver("mia"), other.approver("mia")
    topup = other.ask(other.member("alice"), 500_000)

    with pytest.raises(TopUpUnknown):
        company.approve(mia, topup.topup_id)
    other.approve(theirs, topup.topup_id)

    assert company.available(UserId("UALICE")) == 0
    assert other.available(UserId("UALICE")) == 500_000


def test_a_withdrawn_request_moves_nothing_and_every_copy_learns_of_it(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)

    closed = company.withdraw(alice, topup.topup_id)

    assert (closed.state, closed.decided_by) == (TopUpState.WITHDRAWN, alice)
    assert company.told() == [("topup_asked", mia), ("topup_copy_changed", mia)]
    assert company.available(alice) == 0
    assert topups.open_of(company.database, company.workspace_id, alice) == []


@pytest.mark.parametrize("who", ["bob", "mia"])
def test_only_the_requester_withdraws(company: Company, who: str) -> None:
    people = {"mia": company.approver("mia"), "bob": company.member("bob")}
    topup = company.ask(company.member("alice"), 500_000)

    with pytest.raises(TopUpUnknown):
        company.withdraw(people[who], topup.topup_id)

    assert company.topup(topup.topup_id)["state"] == "open"


def test_a_form_for_a_decision_is_refused_as_the_decision_would_be(company: Company) -> None:
    mia, leo, alice = company.approver("mia"), company.admin("leo"), company.member("alice")
    topup, own = company.ask(alice, 500_000), company.ask(leo, 500_000)

    def form(actor: UserId, topup_id: TopUpId) -> TopUp:
        return decisions.for_decision(
            company.database,
            company.workspace_id,
            actor=actor,
            topup_id=topup_id,
            now=company.now,
        )

    assert form(leo, topup.topup_id) == topup
    with pytest.raises(OwnRequest):
        form(leo, own.topup_id)
    with pytest.raises(NotAllowed):
        form(alice, topup.topup_id)
    with pytest.raises(TopUpUnknown):
        form(leo, NOWHERE)
    company.deny(mia, topup.topup_id)
    with pytest.raises(TopUpClosed):
        form(leo, topup.topup_id)


def test_an_approver_decides_by_what_the_requester_has_and_got_lately(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice", available=5_000), company.member("bob")
    company.grant(mia, alice, tokens=300_000)
    company.later(days=31)
    company.grant(mia, alice, tokens=200_000)
    company.transfer(alice, bob, 40_000)
    topup = company.ask(alice, 500_000)

    dossier = topups.dossier(company.database, company.workspace_id, topup.topup_id, company.now)

    assert dossier.topup == topup
    assert (dossier.available, dossier.got_lately, dossier.used_lately) == (465_000, 200_000, 0)


def test_a_clicked_copy_that_nobody_recorded_is_mended_too(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)
    stray = MessageRef(channel="D9", ts="9.9")

    decisions.deny(
        company.database,
        company.workspace_id,
        actor=mia,
        topup_id=topup.topup_id,
        note="",
        clicked=ClickedCopy(user_id=mia, message=stray),
        now=company.now,
    )

    changed = [n for n in company.notices() if isinstance(n, TopUpCopyChanged)]
    assert sorted(changed, key=lambda n: n.message is not None) == [
        TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id),
        TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id, message=stray),
    ]


def test_a_stale_copy_is_mended_by_itself(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)
    company.deny(mia, topup.topup_id)
    before = len(company.notices())
    stray = ClickedCopy(user_id=mia, message=MessageRef(channel="D9", ts="9.9"))

    topups.mend_copy(
        company.database, company.workspace_id, topup.topup_id, stray, company.later(seconds=9)
    )

    assert company.notices()[before:] == [
        TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id, message=stray.message)
    ]


def test_the_notices_of_a_request_name_it(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")

    topup = company.ask(alice, 500_000)
    company.deny(mia, topup.topup_id)

    by_kind = {type(notice): notice for notice in company.notices()}
    assert by_kind == {
        TopUpAsked: TopUpAsked(recipient=mia, topup_id=topup.topup_id),
        TopUpCopyChanged: TopUpCopyChanged(recipient=mia, topup_id=topup.topup_id),
        TopUpDecided: TopUpDecided(recipient=alice, topup_id=topup.topup_id),
    }


def test_an_open_request_is_passed_on_to_approvers_named_since(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)
    closed = company.ask(alice, 100_000)
    company.deny(mia, closed.topup_id)
    ben = company.approver("ben")
    before = company.told()

    for topup_id in (topup.topup_id, topup.topup_id, closed.topup_id):
        at = company.later(seconds=1)
        topups.pass_on(company.database, company.workspace_id, topup_id, at)

    assert company.told() == sorted([*before, ("topup_asked", ben)])
