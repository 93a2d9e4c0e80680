"""Said twice, done once: whatever Slack or a person sends again."""

from concurrent.futures import ThreadPoolExecutor

from bot.domain.directory import UserId
from bot.domain.notices import TopUpAsked
from bot.domain.topups import TopUpId
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.services import outbox
from tests.slack.town import TEAM, Town


def test_the_same_signed_command_again_shows_the_first_receipt_and_moves_nothing(
    town: Town,
) -> None:
    town.fund(ANA)
    first = town.slack.command(ANA, "transfer @ben 250k for the demo")

    again = [town.slack.resend(first.request) for _ in range(3)]
    town.settle()

    assert [answer.status for answer in again] == [200] * 3
    for answer in again:
        assert "Done already: nothing was moved twice" in answer.body
        assert "250k (250,000)" in answer.body
    assert town.balances(ANA, BEN) == [750_000, 250_000]
    assert len(town.slack.dm(BEN)) == 1


def test_a_command_typed_again_is_a_new_wish(town: Town) -> None:
    town.fund(ANA)

    for _ in range(2):
        town.say(ANA, "transfer @ben 250k for the demo")

    assert town.balances(ANA, BEN) == [500_000, 500_000]


def test_a_request_sent_again_asks_once(town: Town) -> None:
    first = town.slack.command(BEN, "request 500k")

    again = town.slack.resend(first.request)
    town.settle()

    assert "500k (500,000)" in again.body
    assert len(town.slack.dm(MIA)) == 1
    assert len(town.rows("SELECT 1 FROM topup")) == 1


def test_the_same_key_with_other_words_is_refused(town: Town) -> None:
    town.fund(ANA)
    first = town.slack.command(ANA, "transfer @ben 250k").request
    assert first is not None

    other = town.slack.raw(first.body.replace(b"250k", b"350k"))

    assert "sent before with other content" in other.body
    assert town.balances(ANA, BEN) == [750_000, 250_000]


def test_a_form_sent_twice_is_one_wish(town: Town) -> None:
    town.say(LEO, "grant")
    first = town.slack.submit(
        LEO, {"Who gets them?": [ANA.id, BEN.id], "How many for each?": "250k"}
    )

    again = town.slack.resend(first.request)

    assert "Done already: nothing was moved twice" in again.body
    assert town.balances(ANA, BEN) == [250_000, 250_000]
    assert town.entries() == ["grant"]


def test_a_double_click_on_approve_decides_once(town: Town) -> None:
    town.say(BEN, "request 500k")
    request = town.dm(MIA, containing="asks for")

    first = town.slack.click(MIA, request, "Approve 500k")
    second = town.slack.resend(first.request)
    town.settle()

    assert (first.status, second.status) == (200, 200)
    assert town.available(BEN) == 500_000
    assert town.entries() == ["grant"]
    assert len(town.slack.dm(BEN)) == 1
    assert "was closed before you clicked" in town.read(town.slack.ephemerals(MIA)[-1], MIA)


def test_two_approvers_who_click_at_once_decide_once_and_both_see_who_did(town: Town) -> None:
    town.handle.add_approver(TEAM, LEO.id)
    town.say(BEN, "request 500k")
    copies = {who.id: town.dm(who, containing="asks for") for who in (MIA, LEO)}

    with ThreadPoolExecutor(2) as both:
        clicks = [
            both.submit(town.slack.click, who, copies[who.id], "Approve 500k") for who in (MIA, LEO)
        ]

    assert all(click.result().is_good for click in clicks)
    town.settle()
    assert town.entries() == ["grant"]
    (row,) = town.rows("SELECT decided_by FROM topup")
    winner = {MIA.id: MIA, LEO.id: LEO}[str(row["decided_by"])]
    for who in (MIA, LEO):
        shown = town.read(copies[who.id], who)
        assert f"Approved 500k (500,000) by @{winner.real_name}" in shown
        assert "[Approve" not in shown


def test_a_form_opened_before_another_decided_says_so_and_moves_nothing(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(BEN, "request 500k")
    request = town.dm(MIA, containing="asks for")
    town.slack.click(MIA, request, "Approve another amount…")
    town.say(BEN, "withdraw")

    late = town.slack.submit(MIA, {"How many to grant?": "300k"})

    assert "was closed before you clicked: Withdrawn by @Ben Okafor" in late.shown
    assert town.entries() == []


def test_a_stray_copy_of_a_request_is_mended_at_its_first_click(town: Town) -> None:
    """Slack sent it, its answer was lost, and another copy was sent and recorded."""
    town.slack.faults.fail_next(1, "drop", "chat.postMessage", performed=True)
    town.say(BEN, "request 500k")
    town.soon(lambda: len(town.slack.dm(MIA)) == 2)
    town.settle()
    stray, recorded = town.slack.dm(MIA)

    town.slack.click(MIA, recorded, "Approve 500k")
    town.dm(MIA, containing="Approved")
    clicked = town.slack.click(MIA, stray, "Approve 500k")
    town.settle()

    assert clicked.status == 200
    for copy in (stray, recorded):
        assert "Approved 500k (500,000) by @Mia Chen" in town.read(copy, MIA)
        assert "[Approve" not in town.read(copy, MIA)
    assert town.entries() == ["grant"]


def test_a_decision_by_the_stray_copy_mends_both(town: Town) -> None:
    town.slack.faults.fail_next(1, "drop", "chat.postMessage", performed=True)
    town.say(BEN, "request 500k")
    town.soon(lambda: len(town.slack.dm(MIA)) == 2)
    town.settle()

    town.slack.click(MIA, town.slack.dm(MIA)[0], "Approve 500k")
    town.settle()

    for copy in town.slack.dm(MIA):
        assert "[Approve" not in town.read(copy, MIA)


def test_a_button_of_an_old_version_does_nothing_and_says_so(lobby: Town) -> None:
    lobby.say(ANA, "help")
    shown = lobby.slack.ephemerals(ANA)[-1]
    for block in shown.blocks:
        for element in block.get("elements", []):
            if element.get("type") == "button":
                element["action_id"] = "from_2019"

    clicked = lobby.slack.click(ANA, shown, "from_2019")
    lobby.settle()

    assert clicked.is_good
    assert "from an older message" in lobby.read(lobby.slack.ephemerals(ANA)[-1], ANA)


def test_a_copy_that_was_never_sent_needs_no_change(town: Town) -> None:
    town.slack.faults.always("429", "chat.postMessage", retry_after_seconds=600)
    town.say(BEN, "request 500k")
    # Until it is put off: a pause that began after the time had passed would last for longer.
    town.slack.wait_until(lambda: town.rows("SELECT 1 FROM outbox WHERE error <> ''"), 15.0)
    town.say(BEN, "withdraw")
    town.slack.faults.clear()

    town.clock.forward(seconds=700)
    town.settle()

    (copy,) = town.slack.dm(MIA)
    assert "[" not in town.read(copy, MIA)
    assert "Withdrawn" in town.read(copy, MIA)


def test_a_notice_owed_for_a_request_that_is_gone_is_dead_and_blocks_nobody(town: Town) -> None:
    gone = TopUpAsked(recipient=UserId(MIA.id), topup_id=TopUpId("gone"))
    outbox.owe(town.bot.database, TEAM, gone, town.clock())

    town.say(BEN, "request 500k")

    town.dm(MIA, containing="asks for")
    (row,) = town.rows("SELECT error FROM outbox WHERE state = 'dead'")
    assert row["error"] == "TopUpUnknown"
