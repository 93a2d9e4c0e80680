"""Something else answers at tokenbot's address: calls go on as their caller chose, usage waits."""

from collections import deque

import pytest
from bank import problem
from callers import ANA, AWAY, GONE, Settings, usage
from peers import Answer, Tokenbot

from tokenbot_client import (
    Away,
    Tokens,
)

#: What an ingress, a firewall, a login page or another service says at tokenbot's address.
STRANGERS = [
    Answer("<html>", 404),
    Answer("<html>", 200),
    Answer([], 200),
    Answer({"id": "x"}, 200),
    Answer({}, 302, {"location": "/login"}),
    Answer({"detail": "Method Not Allowed"}, 405),
    Answer("<html>", 401),
    Answer("<html>", 403),
    Answer({}, 402),
    Answer({"type": "about:blank", "title": "Unprocessable"}, 422),
]


@pytest.mark.parametrize("said", STRANGERS)
def test_where_another_answers_calls_are_made_and_reported_later(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture, said: Answer
) -> None:
    tokenbot.holds.failures["/holds"] = deque([said])

    with tokens.hold(ANA, model="gpt-4o", amount=600) as hold:
        hold.settle(usage(250))

    assert (hold.is_away, hold.available) == (True, None)
    assert tokens.flush(15)
    [event] = tokenbot.events
    assert (event["user"], event["model"], event["input_tokens"]) == (ANA, "gpt-4o", 250)
    assert tokenbot.holds.paths() == ["holds"]
    assert f"status {said.status}, and not as tokenbot answers" in caplog.text
    assert "check that the url (TOKENBOT_URL) is tokenbot's" in caplog.text


@pytest.mark.parametrize("said", STRANGERS)
def test_a_closed_client_makes_no_call_where_another_answers(
    closed: Tokens, tokenbot: Tokenbot, settings: Settings, said: Answer
) -> None:
    tokenbot.holds.failures["/holds"] = deque([said])

    with pytest.raises(Away, match=f"status {said.status}, and not as tokenbot") as away:
        closed.hold(ANA, amount=600)

    assert settings["url"] in str(away.value)
    assert tokenbot.holds.paths() == ["holds"]


@pytest.mark.parametrize("said", STRANGERS)
def test_a_call_that_another_answers_for_is_charged_to_its_hold_later(
    tokens: Tokens, tokenbot: Tokenbot, said: Answer
) -> None:
    tokenbot.holds.failures["/settle"] = deque([said, said])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds"] + ["settle h1"] * 3
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
    assert tokenbot.events == []


def test_a_hold_that_is_made_though_its_answer_is_garbled_is_found_and_charged(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.losses["/holds"] = deque([Answer("<html>", 201)])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds", "holds", "settle h1"]
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)


def test_where_another_answers_the_question_whether_follows_the_setting(
    tokens: Tokens, closed: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/authorize"] = deque([Answer({"status": "ok"}, 200)] * 2)

    assert tokens.may(ANA, amount=1)
    with pytest.raises(Away, match="status 200"):
        closed.may(ANA, amount=1)


def test_a_balance_that_another_answers_for_is_none(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokenbot.holds.failures[ANA.replace("@", "%40")] = deque([Answer({"balance": 5}, 200)])

    with pytest.raises(Away, match="not as tokenbot answers"):
        tokens.balance(ANA)


@pytest.mark.parametrize(
    "said",
    [problem(401, "key"), problem(403, "scope"), Answer("<html>", 403), Answer("<html>", 200)],
)
def test_a_settlement_waits_while_the_key_is_refused_or_another_answers(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture, said: Answer
) -> None:
    tokenbot.holds.failures["/settle"] = deque([AWAY] * 3 + [said, said])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds"] + ["settle h1"] * 6
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
    assert caplog.text.count(f"status {said.status}") == 1


def test_a_lost_hold_waits_to_be_found_while_another_answers(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.losses["/holds"] = deque([GONE] * 3 + [Answer("<html>", 200)])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds"] * 5 + ["settle h1"]
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
