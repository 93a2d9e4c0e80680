"""Balances, histories and the Home tab: who sees what."""

import pytest

from bot.domain.balances import Balance
from bot.domain.directory import Standing, UserId
from bot.domain.history import Page
from bot.domain.home import Asking
from bot.domain.ledger import EntryId, EntryKind
from bot.domain.refusals import MemberUnknown, NotAllowed
from bot.domain.roles import Deed
from bot.services import balances, history, home, members
from tests.company import Company


def seen(company: Company, viewer: UserId, subject: UserId) -> Balance:
    return balances.balance(
        company.database, company.workspace_id, viewer=viewer, subject=subject, now=company.now
    )


def page(
    company: Company,
    viewer: UserId,
    subject: UserId,
    before: EntryId | None = None,
    length: int = 8,
) -> Page:
    return history.page(
        company.database,
        company.workspace_id,
        viewer=viewer,
        subject=subject,
        before=before,
        length=length,
    )


def actor_of(company: Company, who: str) -> UserId:
    return {
        "manager": lambda: company.approver("mia"),
        "finance": lambda: company.finance("fay"),
        "admin": lambda: company.admin("leo"),
        "colleague": lambda: company.member("bob"),
        "former manager": lambda: company.deactivate(company.approver("max")),
        "stranger": lambda: company.stranger("nemo"),
    }[who]()


def test_people_see_their_own_balance(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)

    found = balances.balance(
        company.database, company.workspace_id, viewer=alice, subject=alice, now=company.now
    )

    assert (found.balance, found.held, found.available, found.is_own) == (
        1_000_000,
        0,
        1_000_000,
        True,
    )


def test_what_is_held_is_not_available(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    with company.database.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE account SET held = 400000 WHERE kind = 'member'")

    found = balances.balance(
        company.database, company.workspace_id, viewer=alice, subject=alice, now=company.now
    )

    assert (found.balance, found.held, found.available) == (1_000_000, 400_000, 600_000)


def test_somebody_whom_the_directory_has_not_met_has_nothing_and_is_looked_up(
    company: Company,
) -> None:
    nemo = company.stranger("nemo")

    found = balances.balance(
        company.database, company.workspace_id, viewer=nemo, subject=nemo, now=company.now
    )

    assert found.available == 0
    assert found.subject.standing is Standing.UNSEEN


@pytest.mark.parametrize("who", ["manager", "finance", "admin"])
def test_those_who_look_after_people_see_their_figures(company: Company, who: str) -> None:
    alice, viewer = company.member("alice", available=1_000_000), actor_of(company, who)

    found = balances.balance(
        company.database, company.workspace_id, viewer=viewer, subject=alice, now=company.now
    )
    lines = page(company, viewer, alice).lines

    assert (found.available, found.is_own) == (1_000_000, False)
    assert [line.change for line in lines] == [1_000_000]


@pytest.mark.parametrize("who", ["colleague", "former manager"])
def test_individual_figures_are_private(company: Company, who: str) -> None:
    alice, viewer = company.member("alice", available=1_000_000), actor_of(company, who)

    with pytest.raises(NotAllowed) as balance_refused:
        balances.balance(
            company.database, company.workspace_id, viewer=viewer, subject=alice, now=company.now
        )
    with pytest.raises(NotAllowed) as history_refused:
        page(company, viewer, alice)

    assert (balance_refused.value.deed, balance_refused.value.subject) == (Deed.SEE_BALANCE, alice)
    assert (history_refused.value.deed, history_refused.value.subject) == (Deed.SEE_HISTORY, alice)


def test_a_viewer_whose_roles_are_not_known_yet_is_looked_up_first(company: Company) -> None:
    alice, nemo = company.member("alice", available=1_000_000), company.stranger("nemo")

    with pytest.raises(MemberUnknown) as refused:
        balances.balance(
            company.database, company.workspace_id, viewer=nemo, subject=alice, now=company.now
        )

    assert refused.value.user_id == nemo


def test_nobody_sees_into_another_workspace(company: Company) -> None:
    other = Company(company.database, "T2")
    leo = company.admin("leo")
    alice = other.member("alice", available=1_000_000)

    found = balances.balance(
        company.database, company.workspace_id, viewer=leo, subject=alice, now=company.now
    )

    assert found.available == 0
    assert page(company, leo, alice).lines == ()


def test_a_history_shows_the_newest_first_from_the_members_side(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice"), company.member("bob")
    granted = company.grant(mia, alice, bob, tokens=500_000, note="welcome")
    sent = company.transfer(alice, bob, 200_000, note="the demo")
    reversal = company.reverse(mia, sent.entry_id, note="oops")

    lines = page(company, alice, alice).lines

    assert [
        (line.entry_id, line.kind, line.change, line.counterparty, line.note) for line in lines
    ] == [
        (reversal.entry_id, EntryKind.REVERSAL, 200_000, bob, "oops"),
        (sent.entry_id, EntryKind.TRANSFER, -200_000, bob, "the demo"),
        (granted.entry_id, EntryKind.GRANT, 500_000, None, "welcome"),
    ]
    assert [line.is_reversed for line in lines] == [False, True, False]
    assert [line.reverses for line in lines] == [sent.entry_id, None, None]
    assert [line.actor for line in lines] == [mia, alice, mia]


def test_a_history_does_not_show_what_others_got_in_the_same_grant(company: Company) -> None:
    mia = company.approver("mia")
    alice, bob = company.member("alice"), company.member("bob")
    company.grant(mia, alice, bob, tokens=500_000)

    (line,) = page(company, alice, alice).lines

    assert (line.change, line.counterparty) == (500_000, None)
    assert "UBOB" not in repr(line)


def test_a_history_is_read_page_by_page_without_a_gap(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    granted = [company.grant(mia, alice, tokens=n).entry_id for n in range(1, 8)]

    first = page(company, alice, alice, length=3)
    company.grant(mia, alice, tokens=99)  # what comes in meanwhile moves no line
    second = page(company, alice, alice, before=first.older, length=3)
    third = page(company, alice, alice, before=second.older, length=3)

    shown = [[line.entry_id for line in each.lines] for each in (first, second, third)]
    assert shown == [granted[6:3:-1], granted[3:0:-1], granted[:1]]
    assert third.older is None
    assert [each.is_newest for each in (first, second, third)] == [True, False, False]


def test_a_page_that_ends_with_the_last_entry_has_no_older_one(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    for n in range(1, 4):
        company.grant(mia, alice, tokens=n)

    assert page(company, alice, alice, length=3).older is None
    assert page(company, alice, alice, length=2).older is not None


def test_home_shows_balance_open_requests_and_the_last_entries(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    for n in range(1, 8):
        company.grant(mia, alice, tokens=n)
    topup = company.ask(alice, 500_000)
    company.withdraw(alice, company.ask(alice, 1).topup_id)

    shown = home.home(company.database, company.workspace_id, alice, company.now)

    assert shown.balance.available == 28
    assert shown.open_topups == (Asking(topup, (mia,)),)
    assert [line.change for line in shown.history.lines] == [7, 6, 5, 4, 3]


@pytest.mark.parametrize(
    ("who", "may"),
    [("manager", True), ("admin", True), ("finance", False), ("colleague", False)],
)
def test_the_form_for_a_grant_opens_for_approvers(company: Company, who: str, *, may: bool) -> None:
    actor = actor_of(company, who)

    if may:
        members.require_grants(company.database, company.workspace_id, actor, company.now)
    else:
        with pytest.raises(NotAllowed):
            members.require_grants(company.database, company.workspace_id, actor, company.now)
    assert members.member(company.database, company.workspace_id, actor).user_id == actor
