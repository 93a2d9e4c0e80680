"""Decisions undone within a minute: the tokens come back, the requests are open again."""

import pytest

from bot.domain.bulks import Verdict
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import (
    Claimed,
    MessageRef,
    NoticeId,
    TopUpCopyChanged,
    TopUpDecided,
    TopUpReopened,
)
from bot.domain.notices import dump as dumped
from bot.domain.refusals import DecisionRefused, NotAllowed, TopUpUnknown
from bot.domain.refusals.topups import DecisionFault
from bot.services import deadlines, outbox, undoing
from bot.storage import audit
from tests.company import Company
from tests.services.bulk_company import MILLION, Floor, verdicts
from tests.services.test_bulks import NOWHERE, expiring_pool

PLACE = MessageRef(channel="D1", ts="1.2")


@pytest.fixture
def floor(company: Company) -> Floor:
    return Floor(company)


def deliver(company: Company, notice: TopUpDecided) -> None:
    """The requester's message of a decision has come to Slack, and we learn where it stands."""
    (row,) = company.rows(
        "SELECT notice_id, good_until, payload FROM outbox WHERE payload = :payload"
        " AND state = 'waiting'",
        payload=dumped(notice),
    )
    claimed = Claimed(
        notice_id=NoticeId(str(row["notice_id"])),
        workspace_id=company.workspace_id,
        kind="topup_decided",
        payload=str(row["payload"]),
        attempts=1,
        good_until=company.now,
    )
    outbox.mark_sent(company.database, claimed, PLACE, company.now)


def test_an_undone_approval_takes_the_tokens_back_and_opens_the_request(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)

    topup = floor.undo(floor.mia, topup_id, seconds=30)

    grant, reversal = floor.company.entries()[-2:]
    assert (topup.state, topup.reopened) == ("open", 1)
    assert (topup.decided_by, topup.decided_at, topup.entry_id) == (None, None, None)
    assert reversal.reverses == grant.entry_id
    assert reversal.postings == ((f"member:{floor.ana}", floor.pool, 500_000),)
    assert (floor.company.available(floor.ana), floor.has()) == (0, 10 * MILLION)
    assert floor.is_sound()


def test_an_undone_denial_opens_the_request_and_moves_nothing(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.deny(floor.mia, topup_id, note="no")
    entries = floor.company.entries()

    topup = floor.undo(floor.mia, topup_id)

    assert (topup.state, topup.decision_note) == ("open", "")
    assert floor.company.entries() == entries
    assert floor.is_sound()


def test_what_was_undone_can_be_decided_anew_and_undone_again(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)
    floor.undo(floor.mia, topup_id)

    floor.approve(floor.leo, [topup_id])
    floor.undo(floor.leo, topup_id, reopened=1)
    floor.company.approve(floor.mia, topup_id, tokens=300_000)

    keys = [one.key for one in floor.company.entries() if one.key.startswith("topup:")]
    assert keys == [f"topup:{topup_id}{end}" for end in ("", ":1", ":2")]
    assert floor.company.available(floor.ana) == 300_000
    assert floor.is_sound()


def test_what_was_decided_stays_in_the_audit_table(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    receipt = floor.company.approve(floor.mia, topup_id).receipt
    assert receipt is not None

    floor.undo(floor.mia, topup_id)

    with floor.company.database.reading() as tx:
        change = audit.changes(tx, floor.company.workspace_id)[-1]
    assert (change.actor, change.what, change.subject) == (floor.mia, "topup", topup_id)
    assert (change.before, change.after) == (f"approved 500000 {receipt.entry_id}", "open")


def test_undo_works_for_a_minute_and_no_longer(floor: Floor) -> None:
    first, second = floor.ask(500_000, 300_000)
    floor.company.approve(floor.mia, first)
    floor.undo(floor.mia, first, seconds=59)  # the approval's own second is the first
    floor.company.approve(floor.mia, second)

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.mia, second, seconds=60)

    assert refused.value.fault is DecisionFault.TOO_LATE
    assert floor.states([first, second]) == ["open", "approved"]


def test_only_who_decided_undoes_it(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)

    for other in (floor.leo, floor.ana):
        with pytest.raises(NotAllowed):
            floor.undo(other, topup_id)

    assert floor.states([topup_id]) == ["approved"]


def test_twice_undone_is_once(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)

    first, again = (floor.undo(floor.mia, topup_id) for _ in range(2))

    assert first == again
    assert floor.has() == 10 * MILLION
    assert len([e for e in floor.company.entries() if e.kind == "reversal"]) == 1


def test_a_button_of_an_undone_decision_does_not_undo_the_next(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)
    floor.undo(floor.mia, topup_id)
    floor.company.approve(floor.mia, topup_id)

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.mia, topup_id, reopened=0)

    assert refused.value.fault is DecisionFault.CHANGED
    assert floor.states([topup_id]) == ["approved"]


def test_spent_tokens_are_not_taken_back_and_what_remains_is_said(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000, of=floor.ana)
    floor.company.approve(floor.mia, topup_id)
    floor.company.transfer(floor.ana, floor.ben, 200_000)

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.mia, topup_id)

    assert (refused.value.fault, refused.value.available) == (DecisionFault.SPENT, 300_000)
    assert floor.states([topup_id]) == ["approved"]
    assert floor.company.available(floor.ana) == 300_000
    assert floor.is_sound()


def test_what_was_reversed_since_is_not_undone(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    receipt = floor.company.approve(floor.leo, topup_id).receipt
    assert receipt is not None
    floor.company.reverse(floor.leo, receipt.entry_id)

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.leo, topup_id)

    assert refused.value.fault is DecisionFault.CHANGED
    assert floor.states([topup_id]) == ["approved"]
    assert floor.is_sound()


@pytest.mark.parametrize("state", ["open", "withdrawn", "expired"])
def test_what_no_approver_decided_is_not_undone(floor: Floor, state: str) -> None:
    (topup_id,) = floor.ask(500_000)
    if state == "withdrawn":
        floor.company.withdraw(floor.ana, topup_id)
    if state == "expired":
        deadlines.do_due(floor.company.database, floor.company.later(days=15))

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.mia, topup_id)

    assert refused.value.fault is DecisionFault.CHANGED
    assert floor.states([topup_id]) == [state]


def test_an_unknown_request_or_decision_is_not_undone(floor: Floor) -> None:
    with pytest.raises(TopUpUnknown):
        floor.undo(floor.mia, NOWHERE)
    with pytest.raises(TopUpUnknown):
        undoing.undo_all(
            floor.company.database,
            floor.company.workspace_id,
            actor=floor.mia,
            key=IdempotencyKey("modal:V0"),
            now=floor.company.now,
        )


def test_lots_that_came_from_the_pool_go_back_to_it(floor: Floor) -> None:
    expiring_pool(floor)
    topup_ids = floor.ask(3_000_000, 2_000_000)
    bulk = floor.approve(floor.mia, topup_ids)

    floor.undo_all(floor.mia, bulk)

    assert floor.has() == 14 * MILLION
    assert floor.company.available(floor.ana) == floor.company.available(floor.ben) == 0
    assert floor.is_sound()


def test_all_that_were_decided_together_are_open_again(floor: Floor) -> None:
    floor.budget(2 * MILLION)
    topup_ids = floor.ask(500_000, 300_000, 250_000)
    bulk = floor.approve(floor.mia, topup_ids)

    undone = floor.undo_all(floor.mia, bulk)

    spent = floor.company.rows("SELECT spent FROM budget")
    assert verdicts(undone.items) == [Verdict.UNDONE] * 3
    assert floor.states(topup_ids) == ["open"] * 3
    assert (floor.has(), spent) == (10 * MILLION, [{"spent": 0}])
    assert floor.is_sound()


def test_those_that_cannot_be_undone_are_named_and_stop_nothing(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000, 250_000)
    bulk = floor.approve(floor.mia, topup_ids)
    floor.company.transfer(floor.ana, floor.leo, 600_000)  # of 750,000
    floor.undo(floor.mia, topup_ids[1])

    undone = floor.undo_all(floor.mia, bulk)

    assert verdicts(undone.items) == [Verdict.SPENT, Verdict.CHANGED, Verdict.SPENT]
    assert undone.items[0].available == 150_000
    assert floor.states(topup_ids) == ["approved", "open", "approved"]
    assert floor.is_sound()


def test_what_was_decided_anew_since_stays_when_the_others_are_undone(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)
    bulk = floor.approve(floor.mia, topup_ids)
    floor.undo(floor.mia, topup_ids[0])
    floor.company.approve(floor.mia, topup_ids[0])

    undone = floor.undo_all(floor.mia, bulk)

    assert verdicts(undone.items) == [Verdict.CHANGED, Verdict.UNDONE]
    assert floor.states(topup_ids) == ["approved", "open"]
    assert floor.company.available(floor.ana) == 500_000
    assert floor.is_sound()


def test_what_one_person_has_is_counted_once_over_all_that_is_undone(floor: Floor) -> None:
    topup_ids = floor.ask(300_000, 300_001, of=floor.ana)
    bulk = floor.approve(floor.mia, topup_ids)
    floor.company.transfer(floor.ana, floor.leo, 1)

    undone = floor.undo_all(floor.mia, bulk)

    assert verdicts(undone.items) == [Verdict.UNDONE, Verdict.SPENT]
    assert undone.items[1].available == floor.company.available(floor.ana) == 300_000
    assert floor.is_sound()


def test_the_undo_of_several_again_says_what_became_of_it(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)
    bulk = floor.approve(floor.mia, topup_ids)
    first = floor.undo_all(floor.mia, bulk)
    floor.company.approve(floor.mia, topup_ids[0])

    again = floor.undo_all(floor.mia, bulk, seconds=120)

    assert again.items == first.items
    assert floor.states(topup_ids) == ["approved", "open"]


def test_several_are_undone_by_who_decided_within_a_minute(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)
    bulk = floor.deny(floor.mia, topup_ids)

    with pytest.raises(NotAllowed):
        floor.undo_all(floor.leo, bulk)
    with pytest.raises(DecisionRefused) as refused:
        floor.undo_all(floor.mia, bulk, seconds=61)

    assert refused.value.fault is DecisionFault.TOO_LATE
    assert floor.states(topup_ids) == ["denied"] * 2


def test_copies_change_and_the_asker_gets_no_second_message(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.approve(floor.mia, topup_id)
    told = TopUpDecided(recipient=floor.ana, topup_id=topup_id, is_first=True)
    deliver(floor.company, told)
    before = floor.company.notices()

    floor.undo(floor.mia, topup_id)

    added = floor.company.notices()[len(before) :]
    assert TopUpReopened(recipient=floor.ana, topup_id=topup_id, message=PLACE) in added
    assert TopUpCopyChanged(recipient=floor.mia, topup_id=topup_id) in added
    assert all(isinstance(one, TopUpReopened | TopUpCopyChanged) for one in added)


def test_a_message_that_was_on_its_way_is_changed_once_it_stands(floor: Floor) -> None:
    (topup_id,) = floor.ask(500_000)
    floor.company.deny(floor.mia, topup_id)
    floor.undo(floor.mia, topup_id)
    reopened = TopUpReopened(recipient=floor.ana, topup_id=topup_id, message=PLACE)
    assert reopened not in floor.company.notices()

    deliver(floor.company, TopUpDecided(recipient=floor.ana, topup_id=topup_id))

    assert reopened in floor.company.notices()


def test_a_grant_that_expired_meanwhile_stays(company: Company) -> None:
    floor = Floor(company, filled=1)
    expiring_pool(floor)
    company.later(days=6, hours=14, minutes=29)  # Sunday, a minute before midnight in UTC
    (topup_id,) = floor.ask(500_000)
    floor.approve(floor.mia, [topup_id])

    with pytest.raises(DecisionRefused) as refused:
        floor.undo(floor.mia, topup_id, seconds=58)

    assert refused.value.fault is DecisionFault.SPENT
    assert floor.is_sound()
