"""Teams over the wire: made, changed, shown, ended; and what people hear of it."""

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA, Person
from tests.slack.town import Town


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """A town with a team *search*: Ana is in it, Mia looks after it. Leo is an admin."""
    town = sqlite_town
    town.say(LEO, "team create search @ana")
    town.say(LEO, "team manager search @mia")
    town.settle()
    return town


def team_of(town: Town, who: Person) -> str:
    rows = town.rows(
        "SELECT m.user_id, t.name FROM member m JOIN team t ON t.workspace_id = m.workspace_id "
        "AND t.team_id = m.team_id"
    )
    return next(str(row["name"]) for row in rows if row["user_id"] == who.id)


def modal(town: Town, who: Person) -> str:
    return town.slack.as_text(town.slack.modal(who))


def answer(town: Town, who: Person) -> str:
    """The newest thing that only they see; empty before there is one."""
    seen = town.slack.ephemerals(who)
    return town.read(seen[-1], who) if seen else ""


# Making one.


def test_a_team_is_made_in_one_line_and_its_people_hear_of_it(sqlite_town: Town) -> None:
    town = sqlite_town

    shown = town.say(LEO, "team create ml-platform @ana @ben")

    assert "ml-platform is there: 2 people: @Ana" in shown
    assert "nobody manages it, so admins decide" in shown
    assert team_of(town, ANA) == team_of(town, BEN) == "ml-platform"
    assert "You are in ml-platform now" in town.dm(ANA, containing="ml-platform").text


def test_the_same_command_twice_makes_one_team_and_tells_once(sqlite_town: Town) -> None:
    town = sqlite_town

    done = town.slack.command(LEO, "team create search @ana")
    town.slack.resend(done.request)

    assert len(town.rows("SELECT 1 FROM team WHERE name = 'search'")) == 1
    assert len([one for one in town.dms(ANA) if "You are in search" in one]) == 1


def test_without_a_name_a_form_makes_it(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(LEO, "team create @ana")

    done = town.slack.submit(
        LEO, {"name": "Data & Insights", "managers": [MIA.id], "zone": "berlin"}
    )

    assert done.is_good
    assert "Data & Insights is there: 1 person: @Ana" in modal(town, LEO)
    assert "Mia Chen looks after it" in modal(town, LEO)
    (row,) = town.rows("SELECT zone FROM team WHERE name = 'Data & Insights'")
    assert row["zone"] == "Europe/Berlin"
    assert "You look after Data & Insights now" in town.dms(MIA)[-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("team create search", "There is a team search already"),
        ("team create Search", "There is a team Search already"),
        ("team create everyone", "There is a team everyone already"),
        ("team create 7up", "A team can't be called 7up"),
        ("team create a`b", "A team can't be called"),
        (f"team create {'x' * 61}", "at most 60 characters"),
        ("team create @nobody-here", "@nobody-here"),
        ("team add nowhere @ben", "No team of yours is called nowhere"),
        ("team add everyone @ben", "Whoever is in no other team is in Everyone"),
        ("team remove search @ben", "Ben Okafor isn't in search"),
        ("team manager remove search @ben", "Ben Okafor doesn't manage search"),
        ("team manager remove search", "Whom?"),
        ("team rename search", "What is the team called?"),
        ("team rename everyone to all", "can't be renamed"),
        ("team zone search Mars/Olympus", "I know no time zone Mars/Olympus"),
        ("team zone search Europe/Berln", "Did you mean Europe/Berlin?"),
        ("team follow search", "Which user group?"),
        ("team follow search ml-eng", "ml-eng is no user group"),
        ("team end everyone", "can't be renamed or ended"),
        ("team end nowhere", "No team of yours is called nowhere"),
        ("team nowhere", "No team of yours is called nowhere"),
    ],
)
def test_what_can_t_be_done_is_said_with_what_to_do(search: Town, typed: str, said: str) -> None:
    before = search.rows("SELECT * FROM team"), search.rows("SELECT * FROM role")

    shown = search.say(LEO, typed)

    assert said in shown
    assert (search.rows("SELECT * FROM team"), search.rows("SELECT * FROM role")) == before


@pytest.mark.parametrize(
    "typed",
    [
        "team create other",
        "team manager search @ben",
        "team end search",
        "team list",
        "team add search @ben",
        "team rename search to ours",
    ],
)
def test_who_looks_after_nothing_is_told_who_does(search: Town, typed: str) -> None:
    shown = search.say(BEN, typed)

    assert "admins" in shown
    assert team_of(search, BEN) == "Everyone"


def test_a_name_in_a_form_that_is_taken_is_said_under_its_field(search: Town) -> None:
    search.say(LEO, "team create")

    refused = search.slack.submit(LEO, {"name": "SEARCH", "zone": "nowhere at all"})

    assert not refused.is_good or "errors" in refused.body
    assert "I know no time zone" in refused.body
    again = search.slack.submit(LEO, {"name": "SEARCH", "zone": "Paris"})
    assert "There is a team SEARCH already" in again.body


# Who is in it.


def test_a_manager_adds_and_removes_people_who_are_in_no_other_team(search: Town) -> None:
    added = search.say(MIA, "team add search @ben")
    inside = team_of(search, BEN)
    removed = search.say(MIA, "team remove search @ben")

    assert "Ben Okafor came to search" in added
    assert inside == "search"
    assert "Ben Okafor left search" in removed
    assert team_of(search, BEN) == "Everyone"
    assert [one for one in search.dms(BEN) if "search" in one] != []


def test_a_manager_takes_nobody_from_another_team_but_an_admin_moves_them(search: Town) -> None:
    search.say(LEO, "team create design @ben")

    refused = search.say(MIA, "team add search @ben")
    moved = search.say(LEO, "team add search @ben")

    assert "Ben Okafor is in design" in refused
    assert "came to search" in moved
    assert team_of(search, BEN) == "search"


def test_whoever_would_lose_an_allowance_is_shown_before_it_is_done(search: Town) -> None:
    search.say(LEO, "allowance search 1M weekly returns")
    search.slack.click(LEO, "ephemeral", "Start it")

    shown = search.say(MIA, "team remove search @ana")
    before = team_of(search, ANA), search.available(ANA)
    clicked = search.slack.click(MIA, "ephemeral", "Do it")
    search.slack.resend(clicked.request)

    assert "Ana Silva would leave search. Nothing is changed yet" in shown
    assert "no more 1M every week of search; what they have of it goes back" in shown
    assert "1M (1,000,000) of @Ana Silva unspent go back to the treasury" in shown
    assert before == ("search", 1_000_000)
    search.soon(lambda: "Ana Silva left search" in answer(search, MIA))
    assert (team_of(search, ANA), search.available(ANA)) == ("Everyone", 0)


def test_a_move_that_was_shown_and_left_changes_nothing(search: Town) -> None:
    search.say(LEO, "allowance search 1M weekly")
    search.slack.click(LEO, "ephemeral", "Start it")
    search.say(MIA, "team remove search @ana")

    search.slack.click(MIA, "ephemeral", "Cancel")

    search.soon(lambda: "Nothing was changed" in answer(search, MIA))
    assert team_of(search, ANA) == "search"


def test_a_request_goes_on_to_the_managers_of_the_new_team(search: Town) -> None:
    search.say(BEN, "request 500k for the evaluation")
    search.settle()

    search.say(LEO, "team add search @ben")

    assert "Ben Okafor" in search.read(search.dm(MIA, containing="asks for"), MIA)


# The panel.


def test_the_panel_of_a_manager_shows_the_team_and_what_there_is_to_do(search: Town) -> None:
    search.say(MIA, "team search")

    shown = modal(search, MIA)
    for part in ("search", "1 person: @Ana", "Mia Chen", "People…", "Settings…", "No channel yet"):
        assert part in shown
    assert "Managers…" not in shown  # an admin's


def test_an_admin_chooses_from_the_teams_and_opens_one(search: Town) -> None:
    search.say(LEO, "team")
    assert "You see 2 teams" in modal(search, LEO)

    search.slack.click(LEO, "modal", "Open", value=team_id(search))
    assert "1 person: @Ana" in modal(search, LEO)
    search.slack.click(LEO, "modal", "Settings…")
    done = search.slack.submit(
        LEO, {"name": "find", "zone": "New York", "weekday": "4", "hour": "16"}
    )

    assert done.is_good
    assert "find goes by the days of America/New_York" in modal(search, LEO)
    (row,) = search.rows("SELECT * FROM team WHERE name = 'find'")
    assert (row["zone"], row["digest_weekday"], row["digest_hour"]) == ("America/New_York", 4, 16)


def test_people_are_chosen_in_a_form_too(search: Town) -> None:
    search.say(MIA, "team search")
    search.slack.click(MIA, "modal", "People…")

    empty = search.slack.submit(MIA, {})
    search.slack.submit(MIA, {"recipients": [BEN.id], "leaving": [ANA.id]})

    assert "Choose who comes" in empty.body
    assert "Ben Okafor came to search and @Ana Silva left search" in modal(search, MIA)
    assert (team_of(search, ANA), team_of(search, BEN)) == ("Everyone", "search")


def test_managers_are_chosen_in_a_form_too(search: Town) -> None:
    search.say(LEO, "team manager search")

    search.slack.submit(LEO, {"managers": [BEN.id]})

    assert "Ben Okafor looks after it" in modal(search, LEO)
    assert "You no longer look after search" in search.dm(MIA, containing="no longer").text


def test_a_member_sees_the_team_they_are_in_and_no_figures(search: Town) -> None:
    shown = search.say(ANA, "team")
    outside = search.say(BEN, "team")

    assert "You are in search" in shown
    assert "Mia Chen decides your requests" in shown
    assert "You are in no team of your own" in outside


def test_whoever_is_in_no_team_learns_who_decides_for_them_there(search: Town) -> None:
    shown, asked = search.say(BEN, "team"), search.say(BEN, "request 5k")

    assert "Mia Chen decides your requests" in shown
    assert "Mia Chen decides" in asked


def test_the_list_names_each_team(search: Town) -> None:
    shown = search.say(LEO, "team list")

    assert "search: 1 person, pool 0" in shown
    assert "Everyone: 3 people" in shown


# Changing and ending it.


def test_a_team_is_renamed_and_found_by_its_new_name_alone(search: Town) -> None:
    shown = search.say(MIA, "team rename search to Search & Rank")

    assert "search is called Search & Rank now" in shown
    assert "Ben Okafor came to" in search.say(MIA, 'team add "search & rank" @ben')
    assert "No team of yours is called search." in search.say(MIA, "team zone search Berlin")


def test_ending_a_team_is_asked_and_brings_its_people_back(search: Town) -> None:
    shown = search.say(LEO, "team end search")
    before = team_of(search, ANA)
    clicked = search.slack.click(LEO, "ephemeral", "End the team")
    search.slack.resend(clicked.request)

    assert "Nothing is changed yet" in shown
    assert before == "search"
    search.soon(lambda: team_of(search, ANA) == "Everyone")
    assert "You are no longer in search" in search.dm(ANA, containing="no longer").text
    assert "search is there" in search.say(LEO, "team create search")  # its name is free again


def test_what_people_typed_is_no_markup_in_a_teams_name(sqlite_town: Town) -> None:
    town = sqlite_town

    shown = town.say(LEO, "team create a&b *bold* _x_ @ana")

    assert "a&b ∗bold∗" in shown  # noqa: RUF001 (the mark that stands for one)
    assert "a&b ∗bold∗" in town.dms(ANA)[-1]  # noqa: RUF001 (the same)


def team_id(town: Town) -> str:
    (row,) = town.rows("SELECT team_id FROM team WHERE name = 'search'")
    return str(row["team_id"])
