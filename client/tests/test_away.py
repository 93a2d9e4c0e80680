"""Answers that get lost and a tokenbot that is away: no call waits for it, none counts twice."""

from collections import deque

import pytest
from bank import problem
from callers import ANA, AWAY, GONE, Clock, Settings, usage
from peers import Answer, Tokenbot

from tokenbot_client import (
    Away,
    Patience,
    Tokens,
)


@pytest.mark.parametrize("lost", [GONE, Answer({}, 500), Answer({}, 503, {"retry-after": "0"})])
def test_a_lost_answer_holds_once_and_charges_once(
    tokens: Tokens, tokenbot: Tokenbot, lost: Answer
) -> None:
    tokenbot.holds.losses["/holds"] = deque([lost, lost])
    tokenbot.holds.losses["/settle"] = deque([lost, lost])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokenbot.holds.paths() == ["holds"] * 3 + ["settle h1"] * 3
    for path in ("/holds", "/settle"):
        first, *more = tokenbot.holds.said(path)
        assert more == [first, first]
    assert (hold.available, tokenbot.holds.available) == (9_750, 9_750)


def test_waits_between_tries_double_and_end(
    closed: Tokens, tokenbot: Tokenbot, clock: Clock
) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 9)

    with pytest.raises(Away, match="gave no answer"):
        closed.hold(ANA, amount=600)

    first, second = clock.waits
    assert 0.05 <= first <= 0.1 <= second <= 0.2
    assert len(tokenbot.holds.asked) == 3


def test_a_server_that_asks_for_more_patience_than_there_is_is_away_at_once(
    closed: Tokens, tokenbot: Tokenbot, clock: Clock
) -> None:
    tokenbot.holds.failures["/holds"] = deque([Answer({}, 503, {"retry-after": "10"})])

    with pytest.raises(Away, match="503"):
        closed.hold(ANA, amount=600)

    assert (clock.waits, len(tokenbot.holds.asked)) == ([], 1)


def test_an_unknown_failure_is_told_with_its_reference(closed: Tokens, tokenbot: Tokenbot) -> None:
    failing = problem(500, "internal", reference="4f2a")
    tokenbot.holds.failures["/holds"] = deque([failing] * 9)

    with pytest.raises(Away, match="status 500, reference 4f2a in its log"):
        closed.hold(ANA, amount=600)


def test_a_slow_server_is_away_in_the_time_that_a_call_may_be_delayed_by(
    settings: Settings, tokenbot: Tokenbot
) -> None:
    tokenbot.is_awake.clear()
    patience = Patience(try_seconds=0.05, seconds=0.2, first_wait_seconds=0.01)

    with Tokens(patience=patience, **settings) as tokens, tokens.hold(ANA, amount=600) as hold:
        assert hold.is_away
        tokenbot.is_awake.set()
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
    assert tokenbot.events == []


@pytest.mark.parametrize("lost", [GONE, Answer({}, 500), Answer({}, 502)])
def test_a_hold_whose_answer_was_lost_is_found_and_charged_rather_than_left_standing(
    tokens: Tokens, tokenbot: Tokenbot, lost: Answer
) -> None:
    tokenbot.holds.losses["/holds"] = deque([lost] * 3)

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(100), final=False)
        hold.settle(usage(150))

    assert hold.is_away
    assert tokens.flush(15)
    assert tokenbot.holds.paths().count("settle h1") == 2
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
    assert tokenbot.events == []


def test_a_hold_whose_answer_was_lost_is_freed_when_no_call_was_made(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.losses["/holds"] = deque([GONE] * 3)

    with pytest.raises(RuntimeError), tokens.hold(ANA, amount=600):
        raise RuntimeError

    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 10_000)


def test_a_call_for_which_nothing_was_held_is_usage_although_it_would_not_fit_now(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/holds"] = deque([GONE] * 3)
    tokenbot.holds.available = 0

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert [event["input_tokens"] for event in tokenbot.events] == [250]


def test_while_tokenbot_is_away_calls_are_made_and_reported_once_later(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture
) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)

    with tokens.hold(ANA, model="gpt-4o", amount=600, project="search") as hold:
        hold.extend()
        hold.settle(usage(100), final=False)
        hold.settle(usage(250))
        hold.settle(usage(250))

    assert (hold.is_away, hold.state, hold.id) == (True, "away", "")
    assert (hold.available, hold.amount, hold.expires_at) == (None, None, None)
    assert "the call is made all the same, and reported later" in caplog.text
    assert tokens.flush(15)
    assert [
        (event["user"], event["project"], event["model"], event["input_tokens"])
        for event in tokenbot.events
    ] == [(ANA, "search", "gpt-4o", 100), (ANA, "search", "gpt-4o", 250)]
    assert tokenbot.repeats == 1


def test_an_away_hold_that_made_no_call_reports_nothing(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)

    with pytest.raises(RuntimeError), tokens.hold(ANA, amount=600):
        raise RuntimeError
    tokens.hold(ANA, amount=600).void()

    assert tokens.flush(15)
    assert tokenbot.events == []


def test_while_tokenbot_is_away_it_is_not_asked_for_each_call(
    tokens: Tokens, tokenbot: Tokenbot, clock: Clock
) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)

    assert all(tokens.hold(ANA, amount=1).is_away for _ in range(5))
    asked = len(tokenbot.holds.asked)
    clock.seconds += 6

    assert asked == 3
    assert tokens.hold(ANA, amount=1).state == "open"


def test_a_closed_client_makes_no_call_and_asks_each_time(
    closed: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/holds"] = deque([AWAY] * 3)

    with pytest.raises(Away), closed.hold(ANA, amount=600):
        pytest.fail("the block of a call that may not be made")

    assert closed.hold(ANA, amount=600).state == "open"


def test_a_server_that_goes_between_hold_and_settle_is_told_when_it_is_back(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/settle"] = deque([AWAY] * 3)

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert hold.state == "open"
    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)
    first, *more = tokenbot.holds.said("/settle")
    assert all(body == first for body in more)
    assert tokenbot.events == []


def test_a_void_that_finds_nobody_is_told_later(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokenbot.holds.failures["/void"] = deque([AWAY] * 3)

    tokens.hold(ANA, amount=600).void()

    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 10_000)


def test_usage_whose_hold_is_gone_when_the_server_is_back_is_reported_by_itself(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/settle"] = deque([AWAY] * 3 + [problem(404, "hold-unknown")])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    [event] = tokenbot.events
    assert (event["user"], event["input_tokens"]) == (ANA, 250)
    assert (event["source"], event["id"]) == ("python", tokenbot.holds.said("/settle")[0]["id"])
    assert "final" not in event


def test_a_lost_hold_of_one_whom_the_key_may_not_charge_by_now_is_usage(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.losses["/holds"] = deque([GONE] * 3 + [problem(403, "not-for-this-key")])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds"] * 4
    assert [event["input_tokens"] for event in tokenbot.events] == [250]


def test_a_settlement_that_can_not_be_is_dropped_and_logged(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = problem(422, "not-a-hold", "at is 91 days ago.")
    tokenbot.holds.failures["/settle"] = deque([AWAY] * 3 + [refusal])

    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert "h1: at is 91 days ago." in caplog.text
    assert tokenbot.events == []


def test_extending_while_tokenbot_is_away_stops_only_a_closed_client(
    tokens: Tokens, closed: Tokens, tokenbot: Tokenbot
) -> None:
    passing, stopped = tokens.hold(ANA, amount=1), closed.hold(ANA, amount=1)
    tokenbot.holds.failures["/extend"] = deque([AWAY] * 6)

    passing.extend(60)
    with pytest.raises(Away):
        stopped.extend(60)


def test_asking_while_tokenbot_is_away_follows_the_setting(
    tokens: Tokens, closed: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/authorize"] = deque([AWAY] * 6)

    passed = tokens.may(ANA, amount=1)
    with pytest.raises(Away):
        closed.may(ANA, amount=1)

    assert (bool(passed), passed.needed) == (True, None)
