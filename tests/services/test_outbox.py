from datetime import datetime, timedelta

import pytest

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.notices import (
    GOOD_FOR,
    REPLY_GOOD_FOR,
    Claimed,
    DeadReported,
    HomeStale,
    MessageRef,
    Notice,
    Reply,
    TokensReceived,
    TopUpAsked,
)
from bot.services import outbox, topups
from bot.services.outbox import LEASE, SENT_KEPT
from bot.storage.outbox import Waiting
from tests.company import Company
from tests.threads import at_once

ALICE, BOB, CARLA = UserId("UALICE"), UserId("UBOB"), UserId("UCARLA")
SPACING = timedelta(seconds=1)


def received(recipient: UserId, tokens: int) -> TokensReceived:
    return TokensReceived(
        recipient=recipient,
        giver=UserId("UMIA"),
        tokens=tokens,
        note="",
        entry_id="e1",  # type: ignore[arg-type]  # short, to be read
        is_transfer=False,
        is_first=False,
    )


def owe(company: Company, *notices: Notice) -> None:
    for notice in notices:
        at = company.later(milliseconds=1)
        outbox.owe(company.database, company.workspace_id, notice, at)


def claim(company: Company, limit: int = 10) -> list[Claimed]:
    return outbox.claim(company.database, now=company.now, spacing=SPACING, limit=limit)


def send(company: Company, claimed: Claimed, message: MessageRef | None = None) -> None:
    outbox.mark_sent(company.database, claimed, message, company.now)


def whom_and_what(claimed: list[Claimed]) -> list[tuple[UserId, int]]:
    return [
        (each.notice.recipient, each.notice.tokens)
        for each in claimed
        if isinstance(each.notice, TokensReceived)
    ]


def test_a_notice_is_claimed_as_it_was_owed(company: Company) -> None:
    notice = received(ALICE, 250_000)
    owe(company, notice)

    (claimed,) = claim(company)

    assert (claimed.notice, claimed.workspace_id, claimed.attempts) == (notice, "T1", 1)
    assert claimed.good_until == company.now + GOOD_FOR


def test_a_reply_is_good_for_as_long_as_its_response_url(company: Company) -> None:
    owe(
        company,
        Reply(recipient=ALICE, response_url="https://r", message="{}", replaces_original=False),
    )

    (claimed,) = claim(company)

    assert claimed.good_until == company.now + REPLY_GOOD_FOR


def test_each_person_gets_their_notices_in_order_and_nobody_waits_for_another(
    company: Company,
) -> None:
    owe(company, received(ALICE, 1), received(ALICE, 2), received(BOB, 3), received(ALICE, 4))

    rounds = []
    while claimed := claim(company):
        rounds.append(whom_and_what(claimed))
        for each in claimed:
            send(company, each)
        company.later(seconds=1)

    assert rounds == [[(ALICE, 1), (BOB, 3)], [(ALICE, 2)], [(ALICE, 4)]]


def test_what_is_owed_to_somebody_at_one_time_comes_in_the_order_it_was_added(
    company: Company,
) -> None:
    for number in range(1, 9):
        notice = received(ALICE, number)
        outbox.owe(company.database, company.workspace_id, notice, company.now)

    told = []
    while claimed := claim(company):
        told += whom_and_what(claimed)
        for each in claimed:
            send(company, each)
        company.later(seconds=1)

    assert told == [(ALICE, number) for number in range(1, 9)]


def test_decisions_go_before_reports_and_answers_before_both(company: Company) -> None:
    report = DeadReported(recipient=ALICE, reasons={"user_disabled": 1})
    answer = Reply(recipient=CARLA, response_url="https://r", message="{}", replaces_original=False)
    owe(company, report, received(BOB, 1), received(ALICE, 2), answer)

    rounds = []
    while claimed := claim(company):
        rounds.append([each.kind for each in claimed])
        for each in claimed:
            send(company, each)
        company.later(seconds=1)

    assert rounds == [["reply", "tokens_received", "tokens_received"], ["dead_reported"]]


def test_what_is_withheld_waits_and_keeps_those_behind_it_waiting(company: Company) -> None:
    owe(company, received(ALICE, 1), HomeStale(recipient=ALICE))
    withheld = frozenset({("T1", "tokens_received")})

    claimed = outbox.claim(
        company.database, now=company.now, spacing=SPACING, limit=10, withheld=withheld
    )

    assert [each.kind for each in claimed] == ["home_stale"]
    assert outbox.next_due(company.database, withheld=withheld) == company.now + LEASE
    assert whom_and_what(claim(company)) == [(ALICE, 1)]


def test_the_next_message_to_somebody_waits_a_second(company: Company) -> None:
    owe(company, received(ALICE, 1), received(ALICE, 2))
    (first,) = claim(company)
    send(company, first)

    company.later(milliseconds=999)
    too_soon = claim(company)
    company.later(milliseconds=1)

    assert too_soon == []
    assert whom_and_what(claim(company)) == [(ALICE, 2)]


def test_a_claimed_notice_is_nobody_elses_until_its_lease_ends(company: Company) -> None:
    owe(company, received(ALICE, 1), received(ALICE, 2))
    (first,) = claim(company)

    company.now += LEASE - timedelta(microseconds=1)
    meanwhile = claim(company)
    company.now += timedelta(microseconds=1)
    (again,) = claim(company)

    assert meanwhile == []
    assert (again.notice_id, again.attempts) == (first.notice_id, 2)


def test_several_senders_never_claim_the_same_notice(company: Company) -> None:
    owe(company, *(received(UserId(f"U{n}"), n) for n in range(1, 31)))

    running = at_once([lambda: claim(company, limit=8) for _ in range(6)])
    claimed = [each.notice_id for one in running for each in one.result()]
    while more := claim(company, limit=8):
        claimed += [each.notice_id for each in more]

    assert len(claimed) == len(set(claimed)) == 30


def test_at_most_so_many_are_claimed_the_oldest_first(company: Company) -> None:
    owe(company, received(CARLA, 1), received(ALICE, 2), received(BOB, 3))

    assert whom_and_what(claim(company, limit=2)) == [(CARLA, 1), (ALICE, 2)]


def test_a_notice_put_off_comes_back_and_those_behind_it_wait(company: Company) -> None:
    owe(company, received(ALICE, 1), received(ALICE, 2), received(BOB, 3))
    first, other = claim(company)
    send(company, other)
    at = company.now + timedelta(seconds=30)

    outbox.put_off(company.database, first, due_at=at, error="429")
    company.later(seconds=29)
    too_soon = claim(company)
    company.now = at

    assert too_soon == []
    assert [(each.notice_id, each.attempts) for each in claim(company)] == [(first.notice_id, 2)]


@pytest.mark.parametrize("state", ["dead", "stale"])
def test_a_notice_that_ended_badly_does_not_block_those_behind_it(
    company: Company, state: str
) -> None:
    owe(company, received(ALICE, 1), received(ALICE, 2))
    (first,) = claim(company)

    outbox.bury(company.database, first, state=state, error="user_not_found", now=company.now)

    assert whom_and_what(claim(company)) == [(ALICE, 2)]
    (row,) = outbox.listed(company.database, states=[state], limit=10)
    assert (row.notice_id, row.error, row.kind) == (
        first.notice_id,
        "user_not_found",
        "tokens_received",
    )


def test_an_admin_can_have_the_dead_tried_again(company: Company) -> None:
    owe(company, received(ALICE, 1), received(BOB, 2))
    for each in claim(company):
        outbox.bury(company.database, each, state="dead", error="x", now=company.now)
    company.later(days=9)

    revived = outbox.retry(company.database, company.now)

    assert revived == 2
    claimed = claim(company)
    assert whom_and_what(claimed) == [(ALICE, 1), (BOB, 2)]
    assert {each.good_until for each in claimed} == {company.now + GOOD_FOR}


def test_a_home_tried_again_is_no_trouble_to_one_that_waits(company: Company) -> None:
    owe(company, HomeStale(recipient=ALICE))
    (first,) = claim(company)
    outbox.bury(company.database, first, state="dead", error="x", now=company.now)
    owe(company, HomeStale(recipient=ALICE))

    assert outbox.retry(company.database, company.now) == 1
    assert len(company.notices()) == 2


def test_a_home_that_goes_stale_while_it_is_published_is_published_again(company: Company) -> None:
    owe(company, HomeStale(recipient=ALICE))
    (first,) = claim(company)
    owe(company, HomeStale(recipient=ALICE))
    send(company, first)
    company.later(seconds=1)

    assert [each.notice for each in claim(company)] == [HomeStale(recipient=ALICE)]


def test_a_notice_put_off_is_next_due_then(company: Company) -> None:
    owe(company, received(ALICE, 1))
    (first,) = claim(company)
    at = company.now + timedelta(seconds=30)

    outbox.put_off(company.database, first, due_at=at, error="429")

    assert outbox.next_due(company.database) == at


def test_counts_and_next_due_show_what_waits(company: Company) -> None:
    nothing = outbox.next_due(company.database)
    owe(company, received(ALICE, 1), received(BOB, 2), received(CARLA, 3))
    due_at = outbox.next_due(company.database)
    sent, dead, _ = claim(company)
    send(company, sent)
    outbox.bury(company.database, dead, state="dead", error="x", now=company.now)

    assert nothing is None
    assert due_at == company.now - timedelta(milliseconds=2)
    assert outbox.counts(company.database) == {"sent": 1, "dead": 1, "waiting": 1}
    assert outbox.next_due(company.database) == company.now + LEASE


def test_what_was_sent_is_kept_without_its_content_and_then_forgotten(company: Company) -> None:
    owe(company, received(ALICE, 250_000), received(BOB, 1))
    for each in claim(company, limit=1):
        send(company, each)
    payloads = company.rows("SELECT payload FROM outbox WHERE state = 'sent'")
    company.now += SENT_KEPT

    kept = outbox.forget_old(company.database, company.now)
    gone = outbox.forget_old(company.database, company.later(seconds=1))

    assert payloads == [{"payload": ""}]
    assert (kept, gone) == (0, 1)
    assert outbox.counts(company.database) == {"waiting": 1}


def test_where_an_approvers_message_stands_is_remembered(company: Company) -> None:
    mia, alice = company.approver("mia"), company.member("alice")
    topup = company.ask(alice, 500_000)
    message = MessageRef(channel="D1", ts="1772443800.000100")
    (claimed,) = claim(company)

    before = topups.copy_of(company.database, company.workspace_id, topup.topup_id, mia)
    send(company, claimed, message)

    assert isinstance(claimed.notice, TopUpAsked)
    assert before is None
    after = topups.copy_of(company.database, company.workspace_id, topup.topup_id, mia)
    assert after == message


def test_notices_of_all_workspaces_are_claimed_and_each_knows_its_own(company: Company) -> None:
    other = Company(company.database, "T2")
    owe(company, received(ALICE, 1))
    other.now = company.now + timedelta(milliseconds=1)
    outbox.owe(company.database, other.workspace_id, received(ALICE, 2), other.now)
    company.later(seconds=1)

    claimed = claim(company)

    assert [each.workspace_id for each in claimed] == ["T1", "T2"]
    send(company, claimed[0])
    assert [each.workspace_id for each in outbox_rows(company)] == ["T2"]


def outbox_rows(company: Company) -> list[Waiting]:
    return outbox.listed(company.database, states=["waiting"], limit=10)


def test_the_channel_of_direct_messages_is_remembered(company: Company) -> None:
    def channel(user: UserId, workspace: str = "T1") -> str | None:
        return outbox.dm_channel(company.database, WorkspaceId(workspace), user)

    before = channel(ALICE)
    outbox.set_dm_channel(company.database, company.workspace_id, ALICE, "D1")
    company.member("alice")

    assert (before, channel(ALICE), channel(ALICE, "T2"), channel(BOB)) == (None, "D1", None, None)


def test_a_reply_is_owed_to_a_response_url(company: Company) -> None:
    answer = Reply(recipient=ALICE, response_url="https://r", message="{}", replaces_original=True)

    outbox.reply(company.database, company.workspace_id, answer, moment(company))

    assert company.notices() == [answer]


def moment(company: Company) -> datetime:
    return company.later(seconds=1)
