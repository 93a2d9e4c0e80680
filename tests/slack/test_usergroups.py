"""Teams that follow a user group of Slack's, which other people change and turn off."""

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.test_teams import answer, team_of
from tests.slack.town import Town


@pytest.fixture
def grouped(sqlite_town: Town) -> Town:
    """A town with a user group @ml-eng, Ana and Ben, and a team *ml* that follows it."""
    town = sqlite_town
    town.slack.add_usergroup("ml-eng", [ANA, BEN])
    town.say(LEO, "team create ml @ml-eng")
    town.dm(LEO, containing="follows @ml-eng")
    return town


def group_id(town: Town) -> str:
    return next(iter(town.slack.workspace.usergroups))


def test_the_people_of_the_group_are_the_teams(grouped: Town) -> None:
    told = grouped.read(grouped.dm(LEO, containing="follows @ml-eng"), LEO)

    assert "2 came, 0 left" in told
    assert team_of(grouped, ANA) == team_of(grouped, BEN) == "ml"
    assert "a user group of Slack's says so" in grouped.dms(ANA)[-1]


def test_who_joins_and_leaves_the_group_does_so_in_the_team(grouped: Town) -> None:
    grouped.slack.set_usergroup_users(group_id(grouped), [BEN, MIA])

    grouped.soon(lambda: team_of(grouped, MIA) == "ml")
    grouped.soon(lambda: team_of(grouped, ANA) == "Everyone")
    assert team_of(grouped, BEN) == "ml"


def test_who_is_in_another_team_stays_there(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.add_usergroup("ml-eng", [ANA, BEN])
    town.say(LEO, "team create design @ben")

    town.say(LEO, "team create ml @ml-eng")

    told = town.read(town.dm(LEO, containing="follows @ml-eng"), LEO)
    assert "1 came, 0 left" in told
    assert "1 person of it stays in another team" in told
    assert team_of(town, BEN) == "design"


def test_by_hand_nobody_comes_or_goes_meanwhile(grouped: Town) -> None:
    refused = grouped.say(LEO, "team add ml @mia")
    grouped.say(LEO, "team unfollow ml")
    added = grouped.say(LEO, "team add ml @mia")

    assert "follows the group @ml-eng" in refused
    assert "Mia Chen came to ml" in added
    assert team_of(grouped, ANA) == "ml"


@pytest.mark.parametrize("how", ["disabled", "emptied"])
def test_a_group_that_is_gone_empties_no_team_and_is_told(grouped: Town, how: str) -> None:
    if how == "disabled":
        grouped.slack.disable_usergroup(group_id(grouped))
    else:
        grouped.slack.set_usergroup_users(group_id(grouped), [])

    told = grouped.read(grouped.dm(LEO, containing="no longer follows"), LEO)
    assert "Whoever is in the team stays" in told
    assert team_of(grouped, ANA) == team_of(grouped, BEN) == "ml"
    grouped.slack.click(LEO, grouped.dm(LEO, containing="no longer follows"), "Open")
    assert "2 people" in grouped.slack.as_text(grouped.slack.modal(LEO))


def test_following_is_asked_where_people_would_leave(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.add_usergroup("ml-eng", [BEN])
    town.say(LEO, "team create ml @ana")

    shown = town.say(LEO, "team follow ml @ml-eng")
    before = team_of(town, ANA)
    town.slack.click(LEO, "ephemeral", "Follow the group")

    assert "Of the 1 member it has, those who aren't in @ml-eng leave" in shown
    assert before == "ml"
    town.soon(lambda: (team_of(town, ANA), team_of(town, BEN)) == ("Everyone", "ml"))


def test_one_group_is_followed_by_one_team(grouped: Town) -> None:
    grouped.say(LEO, "team create other")

    refused = grouped.say(LEO, "team follow other @ml-eng")

    assert "says who is in ml already" in refused
    assert "other" not in answer(grouped, LEO) or "follows" not in answer(grouped, LEO)


def test_slack_down_while_a_group_is_read_is_made_up_for(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.add_usergroup("ml-eng", [ANA])
    town.slack.faults.fail_next(2, "429", "usergroups.users.list")

    town.say(LEO, "team create ml @ml-eng")

    town.soon(lambda: team_of(town, ANA) == "ml")
