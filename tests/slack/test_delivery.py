"""Notices and a Slack that limits, fails, hangs or is gone: none is lost, few come twice."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.directory import UserId
from bot.domain.notices import Reply, TopUpAsked
from bot.domain.topups import TopUpId
from bot.playground.server import SimulatedSlack
from bot.services import outbox
from tests.company import Company
from tests.slack.postbox import Postbox, person, released

NAMES = ("ann", "bob", "cy", "di")


@pytest.fixture
def postbox(company: Company) -> Iterator[Postbox]:
    """Ann may grant; Bob, Cy and Di are colleagues."""
    company.approver("ann")
    for name in NAMES[1:]:
        company.member(name)
    cast = [person(f"U{name.upper()}") for name in NAMES]
    with SimulatedSlack(clock=lambda: company.now, people=cast, team_id="T1") as slack:
        made = Postbox(company, slack)
        yield made
        made.close()


ANN, BOB, CY, DI = (UserId(f"U{name.upper()}") for name in NAMES)


def test_slacks_retry_after_is_respected_to_the_second(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=30)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=28)
    early = len(postbox.sent())
    postbox.deliver(seconds=5)

    assert early == 1
    assert [call.outcome for call in postbox.sent()] == ["429", "ok"]
    assert postbox.notes(BOB) == ["n1"]


def test_a_rate_limit_makes_everybodys_messages_wait(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "429", retry_after_seconds=30)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.deliver()
    postbox.company.grant(ANN, CY, tokens=5, note="n2")

    postbox.deliver(seconds=20)
    early = len(postbox.slack.calls())
    postbox.deliver(seconds=20)

    assert early == 1
    assert (postbox.notes(BOB), postbox.notes(CY)) == (["n1"], ["n2"])


def test_an_error_of_slacks_is_tried_again_ever_more_seldom(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(8, "500", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    began = postbox.company.now

    postbox.deliver(seconds=360)

    waits = [round((call.at - began).total_seconds()) for call in postbox.sent()]
    gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 3
    assert max(gaps) <= 61
    assert postbox.notes(BOB) == ["n1"]


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("500", "chat.postMessage"),
        ("drop", "conversations.open"),
        ("timeout", "chat.postMessage"),
        ("error:internal_error", "chat.postMessage"),
    ],
)
def test_a_call_that_failed_is_made_again(postbox: Postbox, fault: str, method: str) -> None:
    postbox.slack.faults.fail_next(1, fault, method)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=5)

    assert postbox.notes(BOB) == ["n1"]
    assert postbox.states() == {"sent": 1}


@pytest.mark.parametrize("fault", ["drop", "timeout", "500"])
def test_a_message_whose_fate_is_unknown_is_sent_once_more(postbox: Postbox, fault: str) -> None:
    postbox.slack.faults.fail_next(1, fault, "chat.postMessage", performed=True)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=5)

    assert postbox.notes(BOB) == ["n1", "n1"]
    assert postbox.states() == {"sent": 1}


def test_through_an_hour_of_trouble_nothing_is_lost_and_order_is_kept(postbox: Postbox) -> None:
    """Every third call fails in one way or another, half of those after Slack did it."""
    postbox.slack.faults.random(0.35, 11, ["429", "500", "drop"], "*")
    for minute in range(30):
        postbox.company.grant(ANN, BOB, CY, tokens=5, note=f"n{minute}")
        postbox.company.transfer(BOB, DI, 3, note=f"t{minute}")
        postbox.deliver(seconds=2)

    postbox.slack.faults.clear()
    postbox.deliver(seconds=120)

    assert set(postbox.states()) == {"sent"}
    unknown = postbox.unknown_outcomes()
    for user, prefix in ((BOB, "n"), (CY, "n"), (DI, "t")):
        expected = [f"{prefix}{minute}" for minute in range(30)]
        assert list(dict.fromkeys(postbox.notes(user))) == expected
    for name, count in postbox.taken().items():
        assert count <= 1 + unknown[name], name


def test_while_slack_is_unreachable_for_an_hour_notices_wait_and_then_all_come(
    postbox: Postbox,
) -> None:
    postbox.slack.faults.always("drop")
    for minute in range(6):
        postbox.company.grant(ANN, BOB, CY, tokens=5, note=f"n{minute}")
        postbox.deliver(seconds=600, step=30)
    waiting = postbox.states()

    postbox.slack.faults.clear()
    postbox.deliver(seconds=90)

    assert waiting == {"waiting": 12}
    for user in (BOB, CY):
        assert postbox.notes(user) == [f"n{minute}" for minute in range(6)]
    assert postbox.states() == {"sent": 12}


def test_a_permission_that_is_missing_loses_nothing(postbox: Postbox) -> None:
    postbox.slack.faults.always("error:missing_scope")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.deliver(seconds=60)

    postbox.slack.faults.clear()
    postbox.deliver(seconds=61)

    assert postbox.notes(BOB) == ["n1"]


def test_a_dead_notice_is_kept_for_the_admin_and_blocks_nobody_behind_it(
    postbox: Postbox,
) -> None:
    postbox.slack.faults.fail_next(1, "error:invalid_blocks", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.company.grant(ANN, BOB, tokens=5, note="n2")

    postbox.deliver(seconds=3)

    (dead,) = outbox.listed(postbox.company.database, states=["dead"], limit=10)
    assert (dead.kind, dead.queue, dead.error) == ("tokens_received", BOB, "invalid_blocks")
    assert postbox.notes(BOB) == ["n2"]


def test_a_dead_notice_is_sent_once_it_is_revived(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "error:invalid_blocks", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.deliver()

    revived = outbox.retry(postbox.company.database, postbox.company.now)
    postbox.deliver(seconds=3)

    assert revived == 1
    assert postbox.notes(BOB) == ["n1"]


def test_a_notice_too_old_to_help_ends_stale_and_visible(postbox: Postbox) -> None:
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.company.later(days=8)
    postbox.company.grant(ANN, BOB, tokens=5, note="n2")

    postbox.deliver(seconds=3)

    (stale,) = outbox.listed(postbox.company.database, states=["stale"], limit=10)
    assert stale.error == "not delivered in time"
    assert postbox.notes(BOB) == ["n2"]


def test_two_that_deliver_at_once_send_each_notice_once(postbox: Postbox) -> None:
    for number in range(12):
        postbox.company.grant(ANN, BOB, CY, DI, tokens=5, note=f"n{number}")
    two = [postbox.sender(), postbox.sender()]
    postbox.company.later(seconds=1)

    def send_all() -> None:
        while set(postbox.states()) != {"sent"}:
            for sender in two:
                if threading.current_thread().name == f"sender {two.index(sender)}":
                    sender.deliver_due()
            postbox.company.later(seconds=0.5)

    released([threading.Thread(target=send_all, name=f"sender {n}", daemon=True) for n in (0, 1)])

    for user in (BOB, CY, DI):
        assert postbox.notes(user) == [f"n{number}" for number in range(12)]


def test_what_a_process_had_claimed_when_it_died_is_sent_by_another_after_its_lease(
    postbox: Postbox,
) -> None:
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    claimed = outbox.claim(
        postbox.company.database, now=postbox.company.now, spacing=timedelta(0), limit=10
    )

    postbox.deliver(seconds=50)
    early = postbox.notes(BOB)
    postbox.deliver(seconds=15)

    assert len(claimed) == 1
    assert early == []
    assert postbox.notes(BOB) == ["n1"]


def test_a_person_gets_at_most_one_message_a_second(postbox: Postbox) -> None:
    for number in range(5):
        postbox.company.grant(ANN, BOB, tokens=5, note=f"n{number}")

    postbox.deliver(seconds=10)

    times = [call.at for call in postbox.sent()]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= timedelta(seconds=1)
    assert postbox.notes(BOB) == [f"n{number}" for number in range(5)]


def test_an_answer_to_a_click_whose_response_url_is_used_up_is_dead_and_blocks_nobody(
    postbox: Postbox,
) -> None:
    url = f"{postbox.slack.url}/response/1/nothing"
    reply = Reply(
        recipient=BOB, response_url=url, message='{"text": "late"}', replaces_original=False
    )
    outbox.reply(postbox.company.database, postbox.company.workspace_id, reply, postbox.company.now)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=3)

    (dead,) = outbox.listed(postbox.company.database, states=["dead"], limit=10)
    assert (dead.kind, dead.error) == ("reply", "response_url answered 404")
    assert postbox.notes(BOB) == ["n1"]


def test_a_notice_that_cannot_be_put_into_words_stops_no_other(postbox: Postbox) -> None:
    broken = TopUpAsked(recipient=BOB, topup_id=TopUpId("nothing"))
    outbox.owe(postbox.company.database, postbox.company.workspace_id, broken, postbox.company.now)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=3)

    assert postbox.states() == {"dead": 1, "sent": 1}
    assert postbox.notes(BOB) == ["n1"]


def test_a_deactivated_recipient_leaves_a_dead_notice(postbox: Postbox) -> None:
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.slack.change_person(BOB, tell=False, deleted=True)

    postbox.deliver(seconds=3)

    (dead,) = outbox.listed(postbox.company.database, states=["dead"], limit=10)
    assert dead.error == "user_disabled"


def test_a_dm_that_is_gone_is_opened_anew(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "error:channel_not_found", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=3)

    assert postbox.notes(BOB) == ["n1"]
    assert postbox.states() == {"sent": 1}
