"""Buttons of the Home tab, pressed by whoever sees them, and what the page shows after that."""

import pytest

from bot.domain.directory import UserId
from bot.domain.topups import TopUpId
from bot.services import decisions
from bot.slack.ids import Action
from tests.slack.town import ANA, BEN, LEO, MIA, TEAM, Town


def test_my_limits_shows_every_limit(lobby: Town) -> None:
    lobby.slack.open_home(BEN)
    lobby.home(BEN, containing="My limits")

    lobby.slack.click(BEN, "home", "My limits")

    assert "Available: nothing left" in lobby.slack.as_text(lobby.slack.modal(BEN))
    lobby.slack.close_modal(BEN)


def test_history_opens_what_came_and_went(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "1M")
    town.slack.open_home(ANA)
    town.home(ANA, containing="History")

    town.slack.click(ANA, "home", "History")

    assert "Your history" in town.slack.as_text(town.slack.modal(ANA))


@pytest.mark.parametrize(
    ("button", "title"),
    [
        ("My limits", "My limits"),
        ("History", "History"),
        ("What used most", "What used most"),
    ],
)
def test_what_a_button_only_shows_has_its_own_name_above_it(
    town: Town, button: str, title: str
) -> None:
    town.fund(ANA, "1M")
    town.handle.use("T0PLAYGROUND", ANA.id, 40_000, "opus")
    town.slack.open_home(ANA)
    town.home(ANA, containing="What used most")

    town.slack.click(ANA, "home", button)

    view = town.slack.modal(ANA)
    assert view is not None
    assert view.body["title"]["text"] == title


def test_the_chart_comes_as_a_message(town: Town) -> None:
    town.fund(ANA, "1M")
    town.handle.use("T0PLAYGROUND", ANA.id, 40_000, "opus")
    town.slack.open_home(ANA)
    shown = town.home(ANA, containing="tokens used")

    town.slack.click(ANA, "home", "Show chart")

    assert "96 % left" in shown.replace("*", "")
    town.dm(ANA, containing="40k (40,000)")


def test_a_request_is_decided_on_home_and_leaves_it(town: Town) -> None:
    town.slack.open_home(MIA)
    town.home(MIA, containing="every request that came to you is decided")
    town.say(BEN, "request 500k for the evaluation run")
    town.home(MIA, containing="the evaluation run")

    town.slack.click(MIA, "home", "Approve 500k")

    town.home(MIA, containing="every request that came to you is decided")
    assert town.available(BEN) == 500_000
    town.dm(BEN, containing="approved by")


def test_a_request_is_denied_on_home_with_its_reason(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.open_home(MIA)
    town.say(BEN, "request 500k for the evaluation run")
    town.home(MIA, containing="the evaluation run")

    town.slack.click(MIA, "home", "Deny…")
    town.slack.submit(MIA, {"reason": "<script>not</script> this week"})

    town.home(MIA, containing="every request that came to you is decided")
    town.dm(BEN, containing="this week")
    assert town.available(BEN) == 0


@pytest.mark.parametrize(
    ("action", "value", "answer"),
    [
        (Action.APPROVE, "no-such-request", "I find no such request"),
        (Action.DENY, "<script>alert(1)</script>", "I find no such request"),
        (Action.NEWEST, f"{ANA.id}:", "is private"),
        (Action.NEWEST, "<!channel>:' OR 1=1 --", "is private"),
        (Action.USAGE_CHART, f"7d:member:{ANA.id}", "is private"),
        (Action.TEAM_OPEN, "everyone", ""),
        (Action.TEAM_USAGE, "team:everyone", "A team's use is for its managers"),
        (Action.TEAM_ALLOWANCES, "<!channel>", "No allowance is set for"),
        (Action.SEE_WHY, f"{ANA.id}", "You have no tokens yet"),
    ],
)
def test_what_a_button_never_carried_shows_nothing_of_others(
    lobby: Town, action: Action, value: str, answer: str
) -> None:
    """A request that bears Slack's signature, and values that no Home of ours has."""
    lobby.slack.open_home(BEN)
    lobby.home(BEN, containing="My limits")
    forge(lobby, action, value)

    done = lobby.slack.click(BEN, "home", "Forged")

    assert done.status == 200
    modal = lobby.slack.modal(BEN)
    said = lobby.slack.as_text(modal) if modal else ""
    assert answer in said
    assert "<!channel>" not in said
    assert ANA.id not in said
    if modal:
        lobby.slack.close_modal(BEN)


def forge(town: Town, action: Action, value: str) -> None:
    """Put a button on Ben's Home that we never published there."""
    home = town.slack.home(BEN)
    assert home is not None
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Forged"},
        "action_id": action.value,
        "value": value,
    }
    home.blocks[:] = [one for one in home.blocks if one.get("block_id") != "forged"]
    home.blocks.append({"type": "actions", "block_id": "forged", "elements": [button]})


def test_a_request_that_another_decided_says_so_and_leaves_home(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.open_home(MIA)
    town.say(BEN, "request 500k")
    town.home(MIA, containing="asks for")
    (row,) = town.rows("SELECT topup_id FROM topup")
    decisions.deny(
        town.bot.database,
        TEAM,
        actor=UserId(MIA.id),
        topup_id=TopUpId(str(row["topup_id"])),
        note="",
        clicked=None,
        now=town.clock(),
    )
    town.home(MIA, containing="every request that came to you is decided")

    assert town.available(BEN) == 0


def test_a_team_opens_from_home(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.open_home(MIA)
    town.home(MIA, containing="Your team")

    town.slack.click(MIA, "home", "Open")

    assert "The treasury pays" in town.slack.as_text(town.slack.modal(MIA))


@pytest.mark.parametrize(
    ("button", "form"),
    [
        ("Choose a channel…", "Weekly digest"),
        ("New allowance…", "allowance"),
    ],
)
def test_set_up_that_is_missing_opens_its_form(lobby: Town, button: str, form: str) -> None:
    lobby.slack.open_home(LEO)
    lobby.home(LEO, containing="Still to set up")

    lobby.slack.click(LEO, "home", button)

    assert form.lower() in lobby.slack.as_text(lobby.slack.modal(LEO)).lower()
    lobby.slack.close_modal(LEO)


def test_home_is_fresh_within_a_second_of_usage_by_itself(town: Town) -> None:
    town.fund(ANA, "1M")
    town.slack.open_home(ANA)
    town.home(ANA, containing="1M tokens available")

    town.handle.use("T0PLAYGROUND", ANA.id, 250_000)

    assert "750k tokens available" in town.home(ANA, containing="750k tokens available")
