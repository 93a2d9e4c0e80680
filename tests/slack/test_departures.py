"""A workspace lets go of the app: nothing is sent, nothing dies, and a return goes on."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.playground.people import ANA, BEN, LEO, MIA
from bot.services import books
from tests.slack.town import TEAM, Town
from tests.waiting import until

UNINSTALLED = {"type": "app_uninstalled"}
NEXT_MONDAY = datetime(2026, 3, 9, 9, 5, tzinfo=UTC)


def leave(town: Town, code: str = "account_inactive") -> None:
    """Slack takes no call of the app's any more."""
    town.slack.faults.always(f"error:{code}")


def come_back(town: Town) -> None:
    """An admin installs the app again, and somebody opens it."""
    town.slack.faults.clear()
    town.slack.open_home(ANA)
    until(lambda: not town.rows("SELECT why FROM departure"))


def departures(town: Town) -> list[object]:
    return [row["why"] for row in town.rows("SELECT why FROM departure")]


def states(town: Town) -> dict[str, int]:
    rows = town.rows("SELECT state, count(*) AS n FROM outbox GROUP BY state")
    return {str(row["state"]): int(str(row["n"])) for row in rows}


def told_ana(town: Town) -> int:
    return len(town.slack.dm(ANA))


def test_an_uninstalled_app_sends_nothing_and_loses_nothing(town: Town) -> None:
    leave(town)
    done = town.slack.send_event(UNINSTALLED)
    again = town.slack.send_event({"type": "tokens_revoked", "tokens": {"bot": ["U1"]}})
    calls = len(town.slack.calls())
    town.handle.use(TEAM, ANA.id, 5)

    town.say(LEO, "grant @ana 1M")
    town.clock.forward(minutes=10)
    town.handle.tick(town.clock())

    assert (done.status, again.status) == (200, 200)
    assert departures(town) == ["app_uninstalled"]
    assert states(town).get("dead", 0) == 0
    assert town.waiting() >= 1
    sent = [call.method for call in town.slack.calls()[calls:]]
    assert set(sent) <= {"auth.test"}  # it asks whether it is taken back
    assert books.check(town.bot.database) == []


def test_a_return_delivers_what_is_still_good(town: Town) -> None:
    leave(town)
    town.slack.send_event(UNINSTALLED)
    town.say(LEO, "grant @ana 1M for the demo")

    come_back(town)

    assert "1M" in town.read(town.dm(ANA, containing="the demo"), ANA)
    assert states(town).get("dead", 0) == 0
    changes = town.rows("SELECT before, after FROM audit WHERE what = 'installation' ORDER BY at")
    assert [(row["before"], row["after"]) for row in changes] == [
        ("installed", "app_uninstalled"),
        ("app_uninstalled", "installed"),
    ]


def test_what_waited_for_too_long_ends_where_an_admin_sees_it(town: Town) -> None:
    leave(town)
    town.slack.send_event(UNINSTALLED)
    town.say(LEO, "grant @ana 1M for the demo")
    town.clock.forward(days=8)
    town.handle.tick(town.clock())
    (row,) = town.rows("SELECT state, error FROM outbox WHERE kind = 'tokens_received'")

    come_back(town)
    town.settle()

    assert (row["state"], row["error"]) == (
        "stale",
        "not delivered in time: Slack had let go of the app",
    )
    assert told_ana(town) == 0
    assert town.available(ANA) == 1_000_000


@pytest.mark.parametrize("code", ["account_inactive", "token_revoked", "invalid_auth"])
def test_a_call_that_slack_refuses_for_good_stops_the_rest(sqlite_town: Town, code: str) -> None:
    town = sqlite_town
    leave(town, code)
    for name in ("ana", "ben", "mia"):
        town.say(LEO, f"grant @{name} 1M")

    town.soon(lambda: departures(town) == [code])

    assert states(town).get("dead", 0) == 0
    come_back(town)
    for who in (ANA, BEN, MIA):
        town.dm(who, containing="1M")


def test_digests_of_weeks_away_are_not_made_up_for(town: Town) -> None:
    town.slack.command(MIA, "digest here")
    town.settle()
    leave(town)
    town.slack.send_event(UNINSTALLED)
    for week in range(3):
        town.handle.tick(NEXT_MONDAY + timedelta(weeks=week))
    made = town.rows("SELECT state FROM outbox WHERE kind = 'digest'")
    town.clock.forward(days=7 * 3 + 1)

    come_back(town)
    town.handle.tick(town.clock())
    town.settle()

    assert made == []
    (digest,) = town.rows("SELECT state FROM outbox WHERE kind = 'digest'")
    assert digest["state"] == "sent"


@pytest.mark.parametrize(
    "tokens",
    [{"oauth": ["U04LEO"]}, {"oauth": ["U04LEO"], "bot": []}, {}, None, [], "bot", {"bot": None}],
)
def test_a_person_who_revokes_their_own_token_stops_nothing(lobby: Town, tokens: object) -> None:
    done = lobby.slack.send_event({"type": "tokens_revoked", "tokens": tokens})

    assert done.status == 200
    assert departures(lobby) == []


def test_a_late_word_of_an_uninstallation_is_mended_by_itself(sqlite_town: Town) -> None:
    """Slack sends an event again for minutes; by then the app may be back."""
    sqlite_town.slack.send_event(UNINSTALLED)

    come_back(sqlite_town)

    sqlite_town.fund(BEN)
    sqlite_town.dm(BEN, containing="1M")


def test_a_workspace_that_is_not_served_here_leaves_no_row(sqlite_town: Town) -> None:
    body = (
        b'{"type":"event_callback","team_id":"TOTHER","event_id":"Ev9","api_app_id":"A1",'
        b'"event":{"type":"app_uninstalled"}}'
    )

    sqlite_town.slack.raw(body, headers={"Content-Type": "application/json"})

    assert departures(sqlite_town) == []


def test_readiness_and_metrics_tell_of_it(sqlite_town: Town) -> None:
    leave(sqlite_town)
    sqlite_town.slack.send_event(UNINSTALLED)

    ready = httpx.get(f"{sqlite_town.handle.url}/readyz")
    figures = httpx.get(f"{sqlite_town.handle.url}/metrics")

    assert ready.status_code == 200
    assert ready.json()["slack"] == "let go of the app: app_uninstalled"
    assert "tokenbot_workspaces_departed 1.0" in figures.text
