"""What the golden files can't say by themselves."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.ledger import EntryKind, member_account
from bot.domain.refusals import Overdraft, ReversalOverdraws
from bot.domain.topups import TopUpState
from bot.slack.ids import Action
from bot.slack.render import messages, views
from tests.slack.render import facts
from tests.slack.render.facts import (
    ANA,
    BEN,
    ENTRY,
    FAY,
    HOSTILE,
    MIA,
    TOPUP,
    TOPUP_ID,
    decided,
    dossier,
    page,
    receipt,
    sent,
)


def buttons(payload: dict[str, Any]) -> dict[str, str]:
    """Each button's action and value."""
    found = [one for block in payload["blocks"] for one in block.get("elements", [])]
    found += [block["accessory"] for block in payload["blocks"] if "accessory" in block]
    return {one["action_id"]: one.get("value", "") for one in found if one["type"] == "button"}


def test_a_sender_sees_their_own_balance_and_never_the_recipients() -> None:
    left = {member_account(ANA.user_id): 750_000, member_account(BEN.user_id): 911_911}
    plain = receipt(sent(), kind=EntryKind.TRANSFER, actor=ANA.user_id)
    slip = replace(plain, available=left)

    for message in (messages.transfer_receipt(slip), messages.undone(slip)):
        assert "750k" in json.dumps(message)
        assert "911" not in json.dumps(message)


def test_an_undo_button_names_the_entry() -> None:
    assert buttons(messages.transfer_receipt(receipt(sent()))) == {Action.UNDO: ENTRY}


def test_an_open_request_can_be_decided_and_a_closed_one_can_not() -> None:
    deciding = {Action.APPROVE, Action.APPROVE_OTHER, Action.DENY}

    is_open = buttons(messages.topup_request(dossier(TOPUP)))

    assert is_open == dict.fromkeys(deciding, TOPUP_ID) | {Action.ALL_REQUESTS: ""}
    for state in set(TopUpState) - {TopUpState.OPEN}:
        assert buttons(messages.topup_request(dossier(decided(state)))) == {}


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (TopUpState.APPROVED, "Approved 300k (300,000) by <@U0000000MIA>"),
        (TopUpState.DENIED, "Denied by <@U0000000MIA>"),
        (TopUpState.WITHDRAWN, "Withdrawn by <@U0000000MIA>"),
    ],
)
def test_a_closed_copy_says_the_outcome_first_to_who_hears_it_read(
    state: TopUpState, outcome: str
) -> None:
    copy = messages.topup_request(dossier(decided(state, tokens=300_000)))

    assert copy["text"].startswith(outcome)


def test_pages_of_a_history_lead_to_each_other() -> None:
    middle = messages.history(page(*facts.EVERY_KIND, older=ENTRY, is_newest=False))

    assert buttons(middle) == {
        Action.OLDER: f"{ANA.user_id}:{ENTRY}",
        Action.NEWEST: f"{ANA.user_id}:",
    }


def test_a_question_before_an_overdraft_carries_what_it_would_do() -> None:
    refusal = ReversalOverdraws(ENTRY, HOSTILE, (Overdraft(BEN.user_id, -1),))

    value = buttons(messages.reversal_confirmation(refusal))[Action.REVERSE_ANYWAY]

    assert json.loads(value) == {"entry_id": ENTRY, "note": HOSTILE}


def test_a_balance_offers_nobody_to_transfer_what_they_do_not_have() -> None:
    assert Action.OPEN_TRANSFER in buttons(messages.balance(facts.balance(1)))
    assert Action.OPEN_TRANSFER not in buttons(messages.balance(facts.balance(5, held=5)))
    assert Action.OPEN_TRANSFER not in buttons(messages.balance(facts.balance(-1)))


def test_home_has_its_buttons_in_their_places_whatever_there_is() -> None:
    for tokens in (-1, 0, 5):
        shown = buttons(views.home(facts.home(facts.balance(tokens))))
        assert {Action.OPEN_TRANSFER, Action.OPEN_REQUEST} <= shown.keys()


def test_an_approver_grants_from_a_balance_and_finance_only_looks() -> None:
    for_manager = messages.balance(facts.balance(1, viewer=MIA, subject=ANA))
    for_finance = messages.balance(facts.balance(1, viewer=FAY, subject=ANA))

    assert buttons(for_manager) == {Action.OPEN_GRANT: ANA.user_id}
    assert buttons(for_finance) == {}


def test_help_shows_nobody_what_they_may_not_do() -> None:
    def shown(message: dict[str, Any]) -> str:
        return json.dumps(message)

    assert "grant" not in shown(messages.help(ANA))
    assert "balance @ana" not in shown(messages.help(ANA))
    assert "balance @ana" in shown(messages.help(FAY))
    assert "grant" not in shown(messages.help(FAY))
    assert "grant @ana @ben 1M" in shown(messages.help(MIA))
    assert "reverse" in shown(messages.help(MIA))


def test_a_reason_stands_letter_by_letter_in_a_block_of_its_own() -> None:
    slip = messages.transfer_receipt(receipt(sent(), note=HOSTILE))

    [quoted] = [block for block in slip["blocks"] if block["type"] == "rich_text"]
    [line] = quoted["elements"]
    assert line["elements"] == [{"type": "text", "text": HOSTILE}]
