"""Allowances over the wire: typed, by form, by button; at most once, and shown before it is done.

The town's day is Monday 2 March 2026.
"""

from collections.abc import Mapping

import pytest

from bot.playground.people import ANA, BEN, LEO
from tests.slack.town import Town


def said_last(town: Town, who: object = LEO) -> str:
    town.settle()
    return town.read(town.slack.ephemerals(who)[-1], who)  # type: ignore[arg-type]


def rules(town: Town) -> int:
    return len(town.rows("SELECT 1 FROM allowance WHERE state <> 'ended'"))


def test_a_person_gets_the_first_credit_at_once_and_a_message(town: Town) -> None:
    shown = town.say(LEO, "allowance @ana 2M weekly carry 500k for the search prototype")

    assert "2M (2,000,000) tokens every week for @Ana Silva, from today." in shown
    assert "the search prototype" in shown
    assert "today, Mon 2 Mar 2026: 2M, good until Sun 8 Mar 2026" in shown
    assert "Mon 9 Mar 2026: 2M" in shown
    assert "up to 500k (500,000) carries over" in shown
    assert "From the treasury" in shown
    assert town.available(ANA) == 2_000_000
    told = town.read(town.dm(ANA, containing="are yours now"), ANA)
    assert "and again every week: an allowance from @Leo" in told
    assert "The next 2M comes Mon 9 March." in told
    assert town.wrong_in_the_books() == []


def test_the_same_command_sent_again_sets_it_once(town: Town) -> None:
    typed = town.slack.command(LEO, "allowance @ana 2M weekly")

    again = town.slack.resend(typed.request)

    assert "Done already: nothing was set twice" in again.body
    assert (rules(town), town.available(ANA)) == (1, 2_000_000)


def test_whoever_looks_late_still_has_the_week_and_what_is_left_of_the_last(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly carry 500k")
    town.clock.forward(days=7)

    shown = town.say(ANA, "balance")

    assert "2.5M (2,500,000) tokens available to you." in shown
    assert "Next: 2M (2,000,000) on Mon 16 Mar 2026" in shown
    assert "2.5M expire after" in shown
    town.slack.open_home(ANA)
    assert "2.5M tokens available" in town.home(ANA, containing="2.5M tokens available")


def test_a_team_is_shown_first_and_started_by_a_button_once(town: Town) -> None:
    town.team("ml-platform", ANA, BEN)

    shown = town.say(LEO, "allowance ML-Platform 500k weekly")
    preview = town.slack.ephemerals(LEO)[-1]
    before = town.balances(ANA, BEN)
    clicked = town.slack.click(LEO, preview, "Start it")
    town.slack.resend(clicked.request)

    assert "2 people get 500k (500,000) each, 1M (1,000,000) in all, today" in shown
    assert "Nothing is set yet" in shown
    assert before == [0, 0]
    assert "500k (500,000) tokens every week for each member of ml-platform" in said_last(town)
    assert (rules(town), town.balances(ANA, BEN)) == (1, [500_000, 500_000])


def test_a_preview_that_is_cancelled_sets_nothing(town: Town) -> None:
    town.team("ml-platform", ANA, BEN)
    town.say(LEO, "allowance ml-platform 500k weekly")

    town.slack.click(LEO, "ephemeral", "Cancel")

    assert "Nothing was changed" in said_last(town)
    assert rules(town) == 0


def test_a_pool_gets_one_too(town: Town) -> None:
    town.team("ml-platform", ANA)
    shown = town.say(LEO, "allowance pool ml-platform 50M quarterly carry all")

    town.slack.click(LEO, "ephemeral", "Start it")

    assert "The pool of ml-platform gets 50M (50,000,000) today" in shown
    assert "50M (50,000,000) tokens every quarter for the pool of ml-platform" in said_last(town)
    (pool,) = town.rows("SELECT balance FROM account WHERE account_id = 'pool:ml-platform'")
    assert pool["balance"] == 50_000_000


def test_a_package_says_when_it_vests(town: Town) -> None:
    shown = town.say(LEO, "allowance @ana 12M over a year monthly cliff 3 months")

    assert "12M (12,000,000) tokens in 12 monthly parts for @Ana Silva" in shown
    assert "Tue 2 Jun 2026: 3M" in shown
    assert "Thu 2 Jul 2026: 1M" in shown
    assert "What has come doesn't expire" in shown
    assert town.available(ANA) == 0


def test_a_second_rule_is_shown_beside_the_first_and_changes_it_from_the_next_period(
    town: Town,
) -> None:
    town.say(LEO, "allowance @ana 2M weekly")

    shown = town.say(LEO, "allowance @ana 3M weekly carry all")
    town.slack.click(LEO, "ephemeral", "Change from Mon 9 Mar")
    changed = said_last(town)
    same = town.say(LEO, "allowance @ana 3M weekly carry all")

    assert "There is an allowance for @Ana Silva already. Change it from Mon 9 Mar 2026" in shown
    assert "2M (2,000,000) every week" in shown
    assert "carries over: all" in shown
    assert "Changed: 3M (3,000,000) tokens every week for @Ana Silva from Mon 9 Mar" in changed
    assert "just so" in same
    assert (rules(town), town.available(ANA)) == (1, 2_000_000)


def test_another_period_means_ending_it_first(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly")

    shown = town.say(LEO, "allowance @ana 9M monthly")
    town.slack.click(LEO, "ephemeral", "End…")
    ended = said_last(town)
    town.say(LEO, "allowance @ana 9M monthly")

    assert "How often it comes can't be changed" in shown
    assert "Ended: 2M every week for @Ana Silva" in ended
    assert "What @Ana Silva has stays good until Sun 8 Mar 2026" in ended
    assert town.available(ANA) == 11_000_000


def test_the_list_has_a_line_and_buttons_for_each_rule(town: Town) -> None:
    town.team("ml-platform", BEN)
    town.say(LEO, "allowance @ana 2M weekly")
    town.say(LEO, "allowance ml-platform 1M monthly")
    town.slack.click(LEO, "ephemeral", "Start it")

    shown = town.say(LEO, "allowance")
    town.slack.click(LEO, "ephemeral", "Pause")
    paused = said_last(town)
    town.slack.click(LEO, "ephemeral", "Resume")
    resumed = said_last(town)
    town.slack.click(LEO, "ephemeral", "All allowances")

    assert "2M every week for @Ana Silva" in shown
    assert "next 2M on Mon 9 Mar 2026" in shown
    assert "1M every month for each member of ml-platform" in shown
    assert "Paused: 2M every week for @Ana Silva" in paused
    assert "The next credit is on Mon 9 Mar 2026" in resumed
    assert "Allowances that you can change" in said_last(town)


def test_many_rules_come_eight_a_page(town: Town) -> None:
    for number in range(9):
        town.team(f"team-{number}", managers=())
        town.say(LEO, f"allowance team-{number} 1M weekly")
        town.slack.click(LEO, "ephemeral", "Start it")

    first = town.say(LEO, "allowance list")
    town.slack.click(LEO, "ephemeral", "More")
    second = said_last(town)

    assert ("team-7" in first, "team-8" in first) == (True, False)
    assert ("team-7" in second, "team-8" in second) == (False, True)


def test_pause_resume_and_end_are_typed_too(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly")

    paused = town.say(LEO, "allowance pause @ana")
    resumed = town.say(LEO, "allowance resume @ana")
    asked = town.say(LEO, "allowance end @ana")
    clicked = town.slack.click(LEO, "ephemeral", "End it")
    again = town.slack.resend(clicked.request)

    assert "Paused: 2M every week" in paused
    assert "Resumed: 2M every week" in resumed
    assert "End 2M every week for @Ana Silva? No further credits." in asked
    assert "Ended: 2M every week" in said_last(town)
    assert again.is_good
    assert rules(town) == 0


def test_what_a_button_names_may_have_ended_since(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly")
    town.say(LEO, "allowance")
    one_list = town.slack.ephemerals(LEO)[-1]
    town.say(LEO, "allowance")
    another = town.slack.ephemerals(LEO)[-1]
    town.slack.click(LEO, one_list, "End…")

    town.slack.click(LEO, another, "Pause")

    assert "That one has ended." in said_last(town)


def test_a_member_sees_their_own_and_sets_none(town: Town) -> None:
    nothing = town.say(ANA, "allowance")
    town.say(LEO, "allowance @ana 2M weekly")

    own = town.say(ANA, "allowance")
    refused = town.say(ANA, "allowance @ben 2M weekly")
    form = town.say(ANA, "allowance @ben")

    assert "You have no allowance" in nothing
    assert "2M (2,000,000) for you on Mon 9 Mar 2026." in own
    assert "2M every week" in own
    assert "Setting an allowance is for approvers" in refused
    assert "The balance of @Ben Weiss is private" in form or "private" in form
    assert rules(town) == 1


def test_nobody_sets_their_own_where_there_are_others(town: Town) -> None:
    assert "your own account" in town.say(LEO, "allowance @leo 2M weekly")
    assert rules(town) == 0


def test_a_manager_sets_it_for_their_team_from_its_pool(town: Town) -> None:
    town.team("ml-platform", ANA, managers=(BEN,))

    other = town.say(BEN, "allowance @leo 2M weekly")
    treasury = town.say(BEN, "allowance @ana 2M weekly from-treasury")
    shown = town.say(BEN, "allowance @ana 2M weekly")
    unfunded = town.read(town.dm(LEO, containing="too little in"), LEO)

    assert "isn't in it" in other
    assert "for admins" in treasury
    assert "From the pool of ml-platform" in shown
    assert "2M (2,000,000) too little in the pool of ml-platform" in unfunded
    assert "@Ana Silva needs 2M (2,000,000), and the pool has 0." in unfunded
    assert "Fill the pool…" in unfunded
    assert town.available(ANA) == 0


BAD: Mapping[str, str] = {
    "@ana 2M weekly from 2026-03-01": "Sun 1 Mar 2026 is past",
    "@ana 2M weekly from 2026-02-30": "I can't read 2026-02-30 there",
    "@ana 2M weekly from 01/12/2026": "I can't read 01/12/2026 there",
    "@ana 2M weekly from dec 1": "I can't read dec there",
    "@ana 2M weekly from 2026-03-10 until 2026-03-09": "It would end on Mon 9 Mar 2026",
    "@ana 2M weekly carry -5": "-5 is below zero",
    "@ana -2M weekly": "-2M is below zero",
    "@ana 0 weekly": "0 is no amount",
    "@ana 2M fortnightly": "I can't read fortnightly there",
    "@ana 2M monthly over 10000 months": "can't read",
    "@ana 2M over 200 months": "1 to 120 parts",
    "@ana 2M over 2 months cliff 3 months": "its cliff is no longer",
    "@ana 2M weekly first-day someday": "I can't read someday there",
    "nobody 2M weekly": "nobody is no team here",
    "everyon 2M weekly": "Did you mean Everyone?",
    "pool everyone 2M weekly": "is no team here",
    "<!channel> 2M weekly": "is no team here",
    "pause": "One part is left to say: add @ana",
    "pause @ana and more": "I find no allowance",
    "pause @ana": "No allowance is set for @Ana Silva",
    "end nobody": "nobody is no team here",
    "list @ana 2M": "is no team here",
}


@pytest.mark.parametrize("typed", BAD)
def test_what_is_not_meant_so_is_refused_and_sets_nothing(lobby: Town, typed: str) -> None:
    shown = lobby.say(LEO, f"allowance {typed}")

    assert BAD[typed] in shown
    assert rules(lobby) == 0


DRAFTS: Mapping[str, tuple[str, ...]] = {
    "new": ("New allowance",),
    "@ana 2M": ("New allowance", ANA.id, "2,000,000"),
    "@ana 2M for the pilot": (ANA.id, "the pilot"),
    "2M weekly carry 500k": ("2,000,000", "500,000"),
    "everyone 2M from 2026-12-01": ("Everyone", "2026-12-01"),
    "pool": ("New allowance",),
}


@pytest.mark.parametrize("typed", DRAFTS)
def test_an_incomplete_command_opens_the_form_with_what_was_typed(lobby: Town, typed: str) -> None:
    opened = lobby.slack.command(LEO, f"allowance {typed}")

    shown = lobby.slack.as_text(opened.modal)
    for part in DRAFTS[typed]:
        assert part in shown
    lobby.slack.close_modal(LEO)


def test_the_form_sets_a_persons_and_shows_the_receipt(town: Town) -> None:
    town.say(LEO, "allowance new")

    sent = town.slack.submit(
        LEO,
        {
            "For a person": ANA.id,
            "How many each time?": "2M",
            "How often?": "month",
            "What is left at a period's end carries over": "some",
            "Carry over up to": "500k",
            "A day on which a period begins": "2026-01-15",
            "Until": "2026-12-31",
            "And": ["prorated", "returns"],
            "What for?": "the pilot",
        },
    )

    assert "2M (2,000,000) tokens every month for @Ana Silva, from today." in sent.shown
    assert "Sun 15 Mar 2026: 2M" in sent.shown
    assert "The last day is Thu 31 Dec 2026" in sent.shown
    assert town.available(ANA) == 2_000_000 * 13 // 28


def test_the_form_shows_a_teams_before_it_starts(town: Town) -> None:
    town.team("ml-platform", ANA, BEN)
    town.say(LEO, "allowance new")

    sent = town.slack.submit(
        LEO, {"Or for a team": "team:ml-platform", "How many each time?": "500k"}
    )
    town.slack.click(LEO, "modal", "Start it")

    assert "2 people get 500k" in sent.shown
    assert town.balances(ANA, BEN) == [500_000, 500_000]
    assert "each member of ml-platform, from today" in town.slack.as_text(town.slack.modal(LEO))


def test_what_asks_in_a_modal_has_one_button_for_no_and_that_closes_it(town: Town) -> None:
    town.team("ml-platform", ANA, BEN)
    town.say(LEO, "allowance 500k weekly")
    (team,) = town.rows("SELECT team_id FROM team WHERE name = 'ml-platform'")

    sent = town.slack.submit(LEO, {"Or for a team": f"team:{team['team_id']}"})

    assert sent.modal is not None
    assert sent.modal.body["close"]["text"] == "Cancel"
    assert "[Cancel]" not in sent.shown
    assert "[Start it]" in sent.shown
    assert rules(town) == 0


def test_the_forms_mistakes_stand_under_their_fields(town: Town) -> None:
    town.say(LEO, "allowance new")
    good = {"For a person": ANA.id, "How many each time?": "2M"}
    some = {"What is left at a period's end carries over": "some"}

    nobody = town.slack.submit(LEO, {"How many each time?": "2M"})
    amount = town.slack.submit(LEO, {**good, "How many each time?": "lots"})
    cap = town.slack.submit(LEO, {**good, **some, "Carry over up to": "-5"})
    none = town.slack.submit(LEO, {**good, **some, "Carry over up to": ""})
    past = town.slack.submit(LEO, {**good, "From": "2026-03-01", "Carry over up to": "5"})
    over = town.slack.submit(LEO, {**good, "From": "2026-03-09", "Until": "2026-03-08"})
    own = town.slack.submit(LEO, {**good, "For a person": LEO.id, "From": "2026-03-09"})

    assert list(nobody.errors) == ["recipients"]
    assert list(amount.errors) == ["amount"]
    assert list(cap.errors) == ["carry_max"]
    assert list(none.errors) == ["carry_max"]
    assert list(past.errors) == ["starts_on"]
    assert list(over.errors) == ["until"]
    assert list(own.errors) == ["recipients"]
    assert rules(town) == 0


def test_change_shows_both_before_it_changes(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly")
    town.say(LEO, "allowance")
    town.slack.click(LEO, "ephemeral", "Change…")

    sent = town.slack.submit(LEO, {"How many each time?": "3M"})
    town.slack.click(LEO, "modal", "Change from Mon 9 Mar")

    assert "Change it from Mon 9 Mar 2026 on?" in sent.shown
    assert "Changed: 3M" in town.slack.as_text(town.slack.modal(LEO))
    town.clock.forward(days=7)
    assert "3M (3,000,000) tokens available" in town.say(ANA, "balance")


def test_a_transfer_of_expiring_tokens_says_so_to_both(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly")
    form = town.slack.command(ANA, "transfer @ben")
    town.slack.close_modal(ANA)

    receipt = town.say(ANA, "transfer @ben 300k")
    told = town.read(town.dm(BEN, containing="from @Ana Silva"), BEN)
    own = town.say(BEN, "balance")

    assert "they go first, and keep that date" in town.slack.as_text(form.modal)
    assert "Of these 300k expire after" in receipt
    assert "300k expire after" in told
    assert "300k expire after" in own


def test_the_history_says_what_came_and_what_expired(town: Town) -> None:
    town.say(LEO, "allowance @ana 2M weekly carry 500k")
    town.clock.forward(days=7)
    town.say(ANA, "transfer @ben 1")

    shown = town.say(ANA, "history")

    assert "allowance of Mon 9 Mar 2026: 2M came, 1.5M expired" in shown
    assert "+2M (2,000,000) allowance of Mon 2 Mar 2026" in shown
    assert town.wrong_in_the_books() == []
