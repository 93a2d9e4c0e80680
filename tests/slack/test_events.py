"""Events: each has its effect once, whatever Slack sends again, and a failing one is sent again."""

from bot.playground.people import ANA, BEN, Person
from tests.slack.town import Town, people

HOME = {"type": "app_home_opened", "tab": "home", "channel": "D1", "event_ts": "1.1"}


def publications(town: Town, who: Person) -> int:
    town.settle()
    return sum(call["user_id"] == who.id for call in town.slack.calls("views.publish"))


def test_an_event_delivered_four_times_has_its_effect_once(town: Town) -> None:
    first = town.slack.send_event({**HOME, "user": ANA.id}, event_id="Ev1")
    published = publications(town, ANA)

    again = [town.slack.redeliver("Ev1", retry=retry) for retry in (1, 2, 3)]

    assert [outcome.status for outcome in (first, *again)] == [200] * 4
    assert published == publications(town, ANA) == 1


def test_two_events_of_one_kind_are_two(lobby: Town) -> None:
    for event_id in ("Ev7", "Ev8"):
        lobby.slack.send_event({**HOME, "user": BEN.id}, event_id=event_id)
        lobby.settle()

    assert publications(lobby, BEN) == 2


def test_an_old_user_change_delivered_again_does_not_undo_a_newer_one(lobby: Town) -> None:
    (eve,) = people("eve")
    lobby.meets(eve)
    lobby.slack.change_person(eve, real_name="Eve Old")
    old = next(id_ for id_, sent in lobby.slack.workspace.sent_events.items() if "Old" in str(sent))
    lobby.slack.change_person(eve, real_name="Eve New")

    lobby.slack.redeliver(old)

    (row,) = lobby.rows("SELECT name FROM member WHERE user_id = :user", user=eve.id)
    assert row["name"] == "Eve New"


def test_somebody_who_leaves_and_returns_is_refused_and_taken_again(lobby: Town) -> None:
    (fay,) = people("fay")
    lobby.meets(fay)

    lobby.slack.change_person(fay, deleted=True)
    gone = lobby.say(fay, "request 5")
    lobby.slack.change_person(fay, deleted=False)
    back = lobby.say(fay, "request 5")

    assert "You are deactivated in Slack" in gone
    assert "5 tokens asked for" in back
