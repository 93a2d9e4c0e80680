"""The panel under a form is drawn anew once the form, or a button over it, changed something."""

import pytest

from bot.playground.people import BEN, LEO, MIA
from tests.slack.test_teams import modal
from tests.slack.town import Town

POOL = "How many come into it?"


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """A team *search* whom Mia looks after, and 300k in its pool; Leo looks at its panel."""
    town = sqlite_town
    town.say(LEO, "team create search")
    town.say(LEO, "team manager search @mia")
    town.say(LEO, "team fill search 300k")
    town.say(LEO, "team search")
    town.settle()
    return town


def team_id(town: Town) -> str:
    (row,) = town.rows("SELECT team_id FROM team WHERE name = 'search'")
    return str(row["team_id"])


def below(town: Town) -> str:
    """What stands under the topmost modal, once nothing is owed any more."""
    town.settle()
    town.slack.close_modal(LEO)
    return modal(town, LEO)


def test_what_was_filled_in_stands_in_the_panel(search: Town) -> None:
    search.slack.click(LEO, "modal", "Fill the pool…")

    search.slack.submit(LEO, {POOL: "1M"})

    assert "1M (1,000,000) tokens put into the pool" in modal(search, LEO)
    assert "1.3M (1,300,000)" in below(search)


def test_what_was_undone_over_the_panel_stands_in_it(search: Town) -> None:
    search.slack.click(LEO, "modal", "Fill the pool…")
    search.slack.submit(LEO, {POOL: "1M"})
    search.settle()

    search.slack.click(LEO, "modal", "Undo")

    assert "Undone" in modal(search, LEO)
    assert "Pool\n300k (300,000) tokens" in below(search)


def test_who_came_stands_in_the_panel(search: Town) -> None:
    search.slack.click(LEO, "modal", "People…")

    search.slack.submit(LEO, {"Who comes?": [BEN.id]})

    assert "1 person: @Ben" in below(search)


def test_a_channel_chosen_stands_in_the_panel_of_everyone_too(search: Town) -> None:
    search.slack.close_modal(LEO, everything=True)
    search.say(LEO, "team everyone")
    before = modal(search, LEO)
    search.slack.click(LEO, "modal", "Channel for the digest…")

    search.slack.submit(LEO, {"Which channel?": search.slack.general.id})

    assert "No channel yet" in before
    assert "#general, Mondays at 09:00" in below(search)


def test_an_allowance_started_over_the_panel_stands_in_it(search: Town) -> None:
    search.slack.click(LEO, "modal", "New allowance…")
    search.slack.submit(LEO, {"How many each time?": "1M"})

    search.slack.click(LEO, "modal", "Start it")

    assert "1M every week each" in below(search)


def test_the_panel_leads_to_the_allowances_there_are_and_what_is_ended_leaves_it(
    search: Town,
) -> None:
    search.say(LEO, "allowance search 1M weekly")
    search.slack.click(LEO, "ephemeral", "Start it")
    search.slack.close_modal(LEO, everything=True)
    search.say(LEO, "team search")
    before = modal(search, LEO)

    search.slack.click(LEO, "modal", "All allowances")
    listed = modal(search, LEO)
    search.slack.click(LEO, "modal", "End…")

    assert "1M every week each" in before
    assert "1M every week for each member of search" in listed
    search.slack.close_modal(LEO)
    assert "1M every week each" not in below(search)


def test_a_new_team_stands_in_the_list_it_was_made_from(search: Town) -> None:
    search.slack.close_modal(LEO, everything=True)
    search.say(LEO, "team")
    search.slack.click(LEO, "modal", "New team…")

    search.slack.submit(LEO, {"name": "design"})

    assert "You see 3 teams." in below(search)


def test_a_panel_from_the_list_is_renewed_and_the_list_stays(search: Town) -> None:
    search.slack.close_modal(LEO, everything=True)
    search.say(LEO, "team")
    search.slack.click(LEO, "modal", "Open", value=team_id(search))
    search.slack.click(LEO, "modal", "Fill the pool…")

    search.slack.submit(LEO, {POOL: "1M"})

    assert "1.3M (1,300,000)" in below(search)
    assert "You see 2 teams." in below(search)


def test_a_panel_closed_meanwhile_leaves_nothing_owed_and_nothing_dead(search: Town) -> None:
    search.slack.click(LEO, "modal", "Fill the pool…")
    search.slack.faults.fail_next(1, "500", "views.update")
    search.slack.submit(LEO, {POOL: "1M"})

    search.slack.close_modal(LEO, everything=True)

    search.settle()
    assert search.rows("SELECT kind FROM outbox WHERE state = 'dead'") == []


def test_a_panel_that_one_may_not_see_any_more_is_left_as_it_was(search: Town) -> None:
    search.say(MIA, "team search")
    search.slack.click(MIA, "modal", "People…")
    search.slack.faults.fail_next(1, "500", "views.update")
    search.slack.submit(MIA, {"Who comes?": [BEN.id]})

    search.say(LEO, "team manager remove search @mia")

    search.settle()
    search.slack.close_modal(MIA)
    assert "Nobody is in it yet" in modal(search, MIA)
    assert search.rows("SELECT kind FROM outbox WHERE state = 'dead'") == []


def test_a_panel_of_a_team_that_ended_meanwhile_is_left_as_it_was(search: Town) -> None:
    search.slack.click(LEO, "modal", "Fill the pool…")
    search.slack.faults.fail_next(1, "500", "views.update")
    search.slack.submit(LEO, {POOL: "1M"})

    search.say(LEO, "team end search")
    search.slack.click(LEO, "ephemeral", "End the team")

    assert "Pool\n300k (300,000) tokens" in below(search)
    assert search.rows("SELECT kind FROM outbox WHERE state = 'dead'") == []


def test_a_form_from_elsewhere_renews_no_panel(search: Town) -> None:
    search.slack.close_modal(LEO, everything=True)
    search.say(LEO, "team fill search")

    search.slack.submit(LEO, {POOL: "1M"})

    search.settle()
    assert search.slack.calls("views.update") == []
