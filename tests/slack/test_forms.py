"""Forms: opened for what is missing, filled with what was typed, and words where none opens."""

from collections.abc import Mapping

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import Town

INCOMPLETE: Mapping[str, tuple[str, ...]] = {
    "grant": ("Grant tokens",),
    "grant @ana": ("Grant tokens", ANA.id),
    "grant @ana @ben": ("Grant tokens", f"{ANA.id}, {BEN.id}"),
    "grant 1M @ana": ("Grant tokens", ANA.id, "1,000,000"),
    "grant @ana 1M @ben for the pilot": ("Grant tokens", f"{ANA.id}, {BEN.id}", "1M", "the pilot"),
    "transfer": ("Transfer tokens", "You have 0 available"),
    "transfer @ben": ("Transfer tokens", BEN.id),
    "transfer 250k": ("Transfer tokens", "250,000"),
    "transfer @ana @ben 5": ("A transfer goes to one person. Who gets it?", ANA.id),
    "request": ("Request tokens",),
}


@pytest.mark.parametrize("typed", INCOMPLETE)
def test_an_incomplete_command_opens_its_form_with_what_was_typed(lobby: Town, typed: str) -> None:
    opened = lobby.slack.command(LEO, typed)

    assert opened.is_good
    assert opened.body == ""
    shown = lobby.slack.as_text(opened.modal)
    for part in INCOMPLETE[typed]:
        assert part in shown
    lobby.slack.close_modal(LEO)


FAULTS = ("429", "500", "drop", "error:expired_trigger_id", "error:missing_scope")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("grant", "/tokens grant @ana 1M for the search prototype"),
        ("transfer", "/tokens transfer @ana 250k for the demo"),
        ("request", "/tokens request 500k for the evaluation run"),
    ],
)
def test_where_slack_opens_no_form_the_answer_says_what_to_type(
    lobby: Town, typed: str, instead: str, fault: str
) -> None:
    lobby.slack.faults.fail_next(1, fault, "views.open")

    shown = lobby.say(LEO, typed)

    assert shown == (
        f"Slack didn't open the form, so nothing was moved. Use this instead: {instead}"
    )


def test_where_slack_stays_silent_the_answer_comes_within_its_three_seconds(town: Town) -> None:
    town.slack.stage.delivery.answer_seconds = 3.0
    town.slack.faults.fail_next(1, "timeout", "views.open")

    shown = town.say(LEO, "grant")

    assert "Slack didn't open the form" in shown


def test_a_button_whose_form_does_not_open_says_what_else_to_do(lobby: Town) -> None:
    lobby.say(BEN, "request 500k")
    lobby.dm(MIA, containing="asks for")
    lobby.slack.faults.fail_next(1, "500", "views.open")

    clicked = lobby.slack.click(MIA, "dm", "Deny…")
    lobby.settle()
    lobby.say(BEN, "withdraw")

    assert clicked.is_good
    assert "Slack didn't open the form" in lobby.read(lobby.slack.ephemerals(MIA)[-1], MIA)


def test_a_button_on_home_whose_form_does_not_open_is_still_answered(lobby: Town) -> None:
    lobby.slack.open_home(LEO)
    lobby.home(LEO, containing="Grant…")
    for fault in ("500", "drop"):
        lobby.slack.faults.fail_next(2, fault, "views.open")

        clicked = lobby.slack.click(LEO, "home", "Grant…")
        lobby.slack.faults.clear()

        assert clicked.status == 200


def test_a_receipt_in_a_form_stands_where_the_form_stood(town: Town) -> None:
    town.say(LEO, "grant @ana")

    granted = town.slack.submit(LEO, {"How many for each?": "1M", "What for?": "the demo"})

    assert granted.modal is not None
    assert granted.modal.submit == ""
    assert "1M (1,000,000) tokens granted to @Ana Silva" in granted.shown


def test_a_refusal_in_a_form_stands_under_the_field_it_is_about(town: Town) -> None:
    town.fund(ANA)
    town.say(ANA, "transfer @ben 5")
    town.say(ANA, "transfer")
    before = town.balances(ANA, BEN)

    too_much = town.slack.submit(ANA, {"Who gets them?": BEN.id, "How many?": "2M"})
    to_self = town.slack.submit(ANA, {"Who gets them?": ANA.id, "How many?": "5"})
    to_bot = town.slack.submit(ANA, {"Who gets them?": "U00TOKENBOT", "How many?": "5"})
    good = town.slack.submit(ANA, {"Who gets them?": BEN.id, "How many?": "5"})

    assert list(too_much.errors) == ["amount"]
    assert list(to_self.errors) == ["recipients"]
    assert list(to_bot.errors) == ["recipients"]
    assert good.errors == {}
    assert before == [999_995, 5]
    assert town.balances(ANA, BEN) == [999_990, 10]


def test_a_refusal_about_no_field_stands_over_the_form_which_keeps_what_was_typed(
    town: Town,
) -> None:
    for _ in range(3):
        town.say(BEN, "request 5")
    town.say(BEN, "request")

    refused = town.slack.submit(BEN, {"How many?": "7", "What for?": "keep this"})
    town.slack.close_modal(BEN)

    assert "3 open requests, which is the most" in refused.shown
    assert "keep this" in town.slack.as_text(town.slack.modal(BEN))
