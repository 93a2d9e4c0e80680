"""Who waits for whom: methods that Slack limits, slow calls, and what is more urgent."""

import itertools
from collections.abc import Iterator

import pytest
from slack_sdk.errors import SlackApiError

from bot.domain.directory import UserId
from bot.domain.notices import DeadReported, HomeStale
from bot.playground.server import SimulatedSlack
from bot.services import outbox
from bot.slack.telling import Undeliverable
from tests.company import Company
from tests.slack.postbox import Postbox, person

NAMES = ("ann", "bob", "cy", "di")
ANN, BOB, CY, DI = (UserId(f"U{name.upper()}") for name in NAMES)


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


def owe_home(postbox: Postbox, *users: UserId) -> None:
    company = postbox.company
    for user in users:
        stale = HomeStale(recipient=user)
        outbox.owe(company.database, company.workspace_id, stale, company.now)


def owe_report(postbox: Postbox, user: UserId) -> None:
    company = postbox.company
    report = DeadReported(recipient=user, reasons={"user_disabled": 1})
    outbox.owe(company.database, company.workspace_id, report, company.later(milliseconds=1))


def test_a_limit_to_homes_stops_no_message(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "429", "views.publish", retry_after_seconds=30)
    owe_home(postbox, CY)
    postbox.deliver()
    owe_home(postbox, DI)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver(seconds=20)
    homes_early = len(postbox.slack.calls("views.publish"))
    early = postbox.notes(BOB)
    postbox.deliver(seconds=15)

    assert early == ["n1"]
    assert homes_early == 1
    assert [call.outcome for call in postbox.slack.calls("views.publish")] == ["429", "ok", "ok"]


def test_a_limit_to_messages_stops_no_home(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=30)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.deliver()
    owe_home(postbox, CY)

    postbox.deliver(seconds=5)

    assert [call.outcome for call in postbox.slack.calls("views.publish")] == ["ok"]
    assert postbox.notes(BOB) == []


def test_the_longest_of_slacks_pauses_is_kept(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=30)
    postbox.slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=5)
    postbox.company.grant(ANN, BOB, CY, tokens=5, note="n1")

    postbox.deliver(seconds=25)
    early = len(postbox.sent())
    postbox.deliver(seconds=10)

    assert early == 2
    assert (postbox.notes(BOB), postbox.notes(CY)) == (["n1"], ["n1"])


def test_a_call_that_hangs_keeps_nobody_else_waiting(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "timeout", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    sender = postbox.sender()
    sender.step()
    postbox.slack.wait_until(postbox.sent)
    postbox.company.grant(ANN, CY, DI, tokens=5, note="n2")

    sender.step()
    postbox.slack.wait_until(lambda: len(postbox.sent()) == 3)

    outcomes = [call.outcome for call in postbox.sent()]
    assert outcomes == ["timeout", "ok", "ok"]
    assert postbox.notes(BOB) == []


def test_what_is_in_hand_is_not_sent_beside_it_when_the_clock_leaps(postbox: Postbox) -> None:
    """A machine that slept wakes to leases that have ended, its own among them."""
    postbox.slack.faults.fail_next(1, "timeout", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    sender = postbox.sender()
    sender.step()
    postbox.slack.wait_until(postbox.sent)

    postbox.company.later(hours=3)
    sender.step()
    sender.step()
    meanwhile = [call.outcome for call in postbox.sent()]
    postbox.deliver(seconds=5)

    assert meanwhile == ["timeout"]
    assert postbox.notes(BOB) == ["n1"]


def test_whoever_listens_hears_that_a_sender_is_free(postbox: Postbox) -> None:
    heard: list[int] = []
    sender = postbox.sender()
    sender.listen(lambda: heard.append(1))
    postbox.company.grant(ANN, BOB, CY, tokens=5, note="n1")

    sender.step()
    postbox.slack.wait_until(lambda: len(heard) == 2)

    assert postbox.states() == {"sent": 2}


def test_a_decision_goes_before_an_older_report_to_the_same_person(postbox: Postbox) -> None:
    owe_report(postbox, BOB)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")
    postbox.company.grant(ANN, BOB, tokens=5, note="n2")

    postbox.deliver(seconds=5)

    assert postbox.notes(BOB) == ["n1", "n2", ""]


def test_what_comes_while_something_less_urgent_is_being_sent_waits_its_second(
    postbox: Postbox,
) -> None:
    postbox.slack.faults.fail_next(1, "timeout", "chat.postMessage", performed=True)
    owe_report(postbox, BOB)
    sender = postbox.sender()
    sender.step()
    postbox.slack.wait_until(postbox.sent)
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    sender.step()
    at_once = len(postbox.sent())
    sender.close()
    postbox.senders.clear()
    postbox.deliver(seconds=10)

    times = [call.at for call in postbox.sent()]
    assert at_once == 1
    assert all((b - a).total_seconds() >= 1 for a, b in itertools.pairwise(times))
    assert [note for note in postbox.notes(BOB) if note] == ["n1"]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "restricted_action"])
def test_a_channel_that_takes_no_message_is_told_apart_from_slacks_trouble(
    postbox: Postbox, code: str
) -> None:
    teller = postbox.sender()._teller
    workspace_id = postbox.company.workspace_id
    (general, *_) = postbox.slack.workspace.channels
    postbox.slack.faults.fail_next(1, f"error:{code}", "chat.postMessage")
    postbox.slack.faults.fail_next(1, "error:internal_error", "chat.postMessage")

    with pytest.raises(Undeliverable, match=code):
        teller._post(workspace_id, general, {"text": "This week"})
    with pytest.raises(SlackApiError):
        teller._post(workspace_id, general, {"text": "This week"})


def test_a_notice_for_a_closed_channel_is_dead_with_slacks_reason(postbox: Postbox) -> None:
    postbox.slack.faults.fail_next(1, "error:is_archived", "chat.postMessage")
    postbox.company.grant(ANN, BOB, tokens=5, note="n1")

    postbox.deliver()

    (dead,) = outbox.listed(postbox.company.database, states=["dead"], limit=10)
    assert dead.error == "is_archived"
