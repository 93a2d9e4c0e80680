"""Holds over real sockets: each call held for once and charged once, whatever happens between."""

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest
from bank import problem
from peers import Answer, Tokenbot

from tokenbot_client import (
    ApiKeyRefused,
    Away,
    Counts,
    Hold,
    HoldEnded,
    HoldUnknown,
    KeyReused,
    LimitReached,
    NotValid,
    Patience,
    PersonUnknown,
    Problem,
    Tokens,
    TooManyHolds,
    acting_for,
)
from tokenbot_client.retries import Times

Settings = dict[str, Any]
AWAY = Answer({}, 503)
GONE = Answer(is_gone=True)
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
ANA = "ana@example.com"


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    @property
    def times(self) -> Times:
        return Times(lambda: self.seconds, self.wait)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(settings: Settings, clock: Clock) -> Iterator[Tokens]:
    with Tokens(times=clock.times, **settings) as made:
        yield made


@pytest.fixture
def closed(settings: Settings, clock: Clock) -> Iterator[Tokens]:
    """One that makes no calls while tokenbot is away."""
    with Tokens(times=clock.times, when_away="closed", **settings) as made:
        yield made


def usage(read: int, written: int = 0) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": written}


def settle_and_fail(hold: Hold) -> None:
    hold.settle(usage(250))
    raise RuntimeError


def test_a_call_is_held_for_and_charged(tokens: Tokens, tokenbot: Tokenbot) -> None:
    with tokens.hold(ANA, model="gpt-4o", input_tokens=500, max_output_tokens=100) as hold:
        before = (hold.state, hold.amount, hold.held, hold.available)
        hold.settle(usage(400, 50))

    assert before == ("open", 600, 600, 9_400)
    assert (hold.state, hold.settled, hold.held, hold.available) == ("settled", 450, 0, 9_550)
    assert hold.expires_at == datetime(2026, 11, 29, 17, 10, tzinfo=timezone.utc)
    assert (hold.is_late, hold.is_away, hold.warning) == (False, False, None)
    assert tokenbot.holds.paths() == ["holds", "settle h1"]


def test_a_hold_is_asked_for_as_the_api_takes_it(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokens.hold(
        ANA,
        model="gpt-4o",
        messages=({"role": role, "content": "Hi"} for role in ("system", "user")),
        tools=[{"type": "function", "function": {"name": "look_up"}}],
        max_output_tokens=100,
        strict=True,
        ttl_seconds=60,
        project="search",
        provider="openai",
        metadata={"job": "42"},
        idempotency_key="mine",
    )

    [body] = tokenbot.holds.said("/holds")
    assert body == {
        "user": ANA,
        "model": "gpt-4o",
        "provider": "openai",
        "project": "search",
        "source": "python",
        "estimate": {
            "messages": [{"role": "system", "content": "Hi"}, {"role": "user", "content": "Hi"}],
            "tools": [{"type": "function", "function": {"name": "look_up"}}],
            "max_output_tokens": 100,
            "strict": True,
        },
        "ttl_seconds": 60,
        "metadata": {"job": "42"},
        "idempotency_key": "mine",
    }


def test_a_settlement_is_a_usage_event_of_the_call(tokens: Tokens, tokenbot: Tokenbot) -> None:
    with tokens.hold(ANA, model="gpt-4o", amount=600, project="search") as hold:
        hold.settle({"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "usage": usage(400, 50)})

    [body] = tokenbot.holds.said("/settle")
    assert datetime.fromisoformat(body.pop("at")).tzinfo is timezone.utc
    assert body == {
        "source": "python",
        "id": "chatcmpl-1",
        "project": "search",
        "model": "gpt-4o-2024-08-06",
        "input_tokens": 400,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 50,
        "reasoning_tokens": 0,
        "final": True,
    }


def test_whose_a_hold_is_goes_from_the_nearest_word_to_the_farthest(
    settings: Settings, tokenbot: Tokenbot
) -> None:
    with Tokens(user="service", project="web", **settings) as tokens:
        tokens.hold(amount=1)
        with acting_for("ben", project="search"):
            tokens.hold(amount=1)
            tokens.hold("cy", amount=1, project="own")

    assert [(body["user"], body["project"]) for body in tokenbot.holds.said("/holds")] == [
        ("service", "web"),
        ("ben", "search"),
        ("cy", "own"),
    ]


def test_what_does_not_fit_is_refused_with_all_that_helps(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    with pytest.raises(LimitReached) as refused, tokens.hold(ANA, amount=10_001):
        pytest.fail("the block of a call that may not be made")

    refusal = refused.value
    assert str(refusal) == "This call needs 10001 tokens, and 10000 are available."
    assert (refusal.needed, refusal.available, refusal.status) == (10_001, 10_000, 402)
    assert (refusal.limit.limit, refusal.limit.left, refusal.limit.most) == (
        "allowance",
        10_000,
        10_000,
    )
    assert [one.limit for one in refusal.limits] == ["allowance", "model"]
    assert [one.period for one in refusal.limits] == ["", "week"]
    first = datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert (refusal.next_allowance_at, refusal.limit.frees_at) == (first, first)
    assert refusal.limits[1].frees_at is None
    assert refusal.fallback_model == "gpt-4o-mini"
    assert refusal.slack == "slack://app?team=T1&id=A1&tab=home"
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - as a pool of processes does
    assert (type(again), str(again)) == (LimitReached, str(refusal))
    assert tokenbot.holds.paths() == ["holds"]


def test_a_bare_refusal_is_one_too(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokenbot.holds.failures["/holds"] = deque(
        [problem(402, "limit-reached", next_allowance_at="soon")]
    )

    with pytest.raises(LimitReached) as refused:
        tokens.hold(ANA, amount=1)

    refusal = refused.value
    assert (refusal.needed, refusal.available, refusal.limits) == (0, 0, ())
    assert (refusal.limit.limit, refusal.limit.most, refusal.limit.frees_at) == ("", 0, None)
    assert (refusal.next_allowance_at, refusal.fallback_model, refusal.slack) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (401, "key-unknown", ApiKeyRefused),
        (403, "scope", ApiKeyRefused),
        (400, "not-readable", NotValid),
        (413, "too-large", NotValid),
        (422, "not-a-hold", NotValid),
        (404, "person-unknown", PersonUnknown),
        (404, "hold-unknown", HoldUnknown),
        (409, "too-many-holds", TooManyHolds),
        (409, "key-reused", KeyReused),
        (409, "hold-ended", HoldEnded),
        (405, "method", Problem),
        (409, "of-tomorrow", Problem),
    ],
)
def test_each_refusal_has_its_type_and_its_words_and_is_not_asked_again(
    tokens: Tokens, tokenbot: Tokenbot, status: int, kind: str, expected: type[Problem]
) -> None:
    tokenbot.holds.failures["/holds"] = deque([problem(status, kind, "amount must be 1.")])

    with pytest.raises(Problem, match=r"^amount must be 1\.$") as refused:
        tokens.hold(ANA, amount=0)

    assert type(refused.value) is expected
    assert (refused.value.status, refused.value.kind) == (status, kind)
    assert tokenbot.holds.paths() == ["holds"]


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


def test_leaving_without_settling_frees_it_and_says_so(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture
) -> None:
    with tokens.hold(ANA, amount=600):
        pass

    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 10_000)
    assert "left without settle()" in caplog.text


def test_an_error_in_the_block_frees_it_and_passes(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RuntimeError, match="overloaded"), tokens.hold(ANA, amount=600):
        raise RuntimeError("overloaded")

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds", "void h1"]
    assert caplog.text == ""


def test_an_error_after_settling_changes_nothing(tokens: Tokens, tokenbot: Tokenbot) -> None:
    with pytest.raises(RuntimeError), tokens.hold(ANA, amount=600) as hold:
        settle_and_fail(hold)

    assert tokens.flush(15)
    assert tokenbot.holds.paths() == ["holds", "settle h1"]


def test_what_was_voided_by_hand_is_not_voided_again(tokens: Tokens, tokenbot: Tokenbot) -> None:
    with tokens.hold(ANA, amount=600) as hold:
        hold.void()

    assert tokens.flush(15)
    assert (hold.state, hold.available) == ("voided", 10_000)
    assert tokenbot.holds.paths() == ["holds", "void h1"]


def test_a_long_run_settles_part_by_part_and_the_rest_is_freed(
    tokens: Tokens, tokenbot: Tokenbot, caplog: pytest.LogCaptureFixture
) -> None:
    with tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(100), final=False)
        hold.extend(3_600)
        hold.settle(usage(100), final=False)

    assert tokens.flush(15)
    assert hold.expires_at == datetime(2026, 11, 29, 18, tzinfo=timezone.utc)
    assert (hold.state, hold.settled, hold.held) == ("open", 200, 400)
    assert tokenbot.holds.said("/extend") == [{"ttl_seconds": 3_600}]
    assert len({body["id"] for body in tokenbot.holds.said("/settle")}) == 2
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_800)
    assert caplog.text == ""


def test_settling_twice_is_the_same_answer_and_counts_once(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    hold = tokens.hold(ANA, amount=600)

    hold.settle(usage(250))
    hold.settle(usage(250))

    assert (hold.settled, hold.available, tokenbot.holds.available) == (250, 9_750, 9_750)


def test_settling_what_was_voided_is_an_error(tokens: Tokens, tokenbot: Tokenbot) -> None:
    hold = tokens.hold(ANA, amount=600)
    hold.void()

    with pytest.raises(HoldEnded, match="voided"):
        hold.settle(usage(250))
    assert tokenbot.holds.available == 10_000


def test_a_late_settlement_says_so(tokens: Tokens, tokenbot: Tokenbot) -> None:
    hold = tokens.hold(ANA, amount=600)
    tokenbot.holds.losses["/settle"] = deque(
        [Answer({"id": "h1", "state": "settled", "settled": 250, "late": True, "available": 9_750})]
    )

    hold.settle(usage(250))

    assert (hold.is_late, hold.settled) == (True, 250)


@pytest.mark.parametrize("nothing", [None, 42, {}, {"usage": None}, {"total_tokens": 5}])
def test_what_tells_of_no_tokens_is_refused_and_frees_nothing(
    tokens: Tokens, tokenbot: Tokenbot, nothing: object
) -> None:
    with pytest.raises(TypeError, match="stream_options"), tokens.hold(ANA, amount=600) as hold:
        hold.settle(nothing)

    assert tokens.flush(15)
    assert tokenbot.holds.open == ["h1"]


def test_a_call_of_which_nothing_was_told_is_charged_what_its_caller_knows(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    with tokens.hold(ANA, amount=600) as hold:
        with pytest.raises(TypeError, match=r"settle\(Counts\(.*\)\) charges"):
            hold.settle(None)
        hold.settle(Counts(input_tokens=200, output_tokens=50))

    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_750)


def test_a_call_of_which_nothing_was_told_is_freed_when_its_caller_says_so(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    with tokens.hold(ANA, amount=600) as hold:
        with pytest.raises(TypeError, match=r"void\(\) nothing"):
            hold.settle(None)
        hold.void()

    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 10_000)


@pytest.mark.parametrize(
    "told",
    [
        usage(1200, 50),
        {"input_tokens": 1200, "output_tokens": 50, "cached_input_tokens": 1024},
        {"input_tokens": 76, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 100}
        | {"output_tokens": 50},
        Counts(input_tokens=1200, output_tokens=50),
    ],
)
def test_usage_is_read_whoever_wrote_it(tokens: Tokens, tokenbot: Tokenbot, told: object) -> None:
    with tokens.hold(ANA, amount=2_000) as hold:
        hold.settle(told)

    [body] = tokenbot.holds.said("/settle")
    assert (body["input_tokens"], body["output_tokens"], hold.settled) == (1200, 50, 1250)


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


def test_each_hold_has_a_key_of_its_own(tokens: Tokens, tokenbot: Tokenbot) -> None:
    for _ in range(2):
        tokens.hold(ANA, amount=600)

    assert len({body["idempotency_key"] for body in tokenbot.holds.said("/holds")}) == 2


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


def test_a_key_that_is_revoked_in_mid_stream_says_so_and_frees_nothing(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/settle"] = deque([problem(401, "key-revoked", "It was revoked.")])

    with pytest.raises(ApiKeyRefused, match="revoked"), tokens.hold(ANA, amount=600) as hold:
        hold.settle(usage(250))

    assert tokens.flush(15)
    assert tokenbot.holds.open == ["h1"]


def test_a_call_waits_for_the_ends_of_earlier_ones_rather_than_be_refused(
    tokens: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/void"] = deque([Answer({}, 503, {"retry-after": "0"})])
    for _ in range(3):
        with pytest.raises(RuntimeError), tokens.hold(ANA, amount=9_000):
            raise RuntimeError

    assert tokens.flush(15)
    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 10_000)


def test_whoever_only_asks_holds_nothing(tokens: Tokens, tokenbot: Tokenbot) -> None:
    yes = tokens.may(ANA, model="gpt-4o", input_tokens=9_000, max_output_tokens=1_000)
    no = tokens.may(ANA, amount=10_001)

    assert yes
    assert not no
    assert (yes.needed, yes.available, yes.refusal, yes.warning) == (10_000, 10_000, None, None)
    assert (no.needed, no.available) == (10_001, 10_000)
    assert isinstance(no.refusal, LimitReached)
    assert tokenbot.holds.available == 10_000


def test_what_a_policy_lets_pass_is_warned_of(tokens: Tokens, tokenbot: Tokenbot) -> None:
    limit = {"limit": "model", "name": "gpt-4*", "most": 5, "used": 5, "left": 0}
    held = {"id": "h1", "state": "open", "available": 0, "warning": limit}
    said = {"allowed": True, "needed": 1, "available": 0, "warning": limit}
    tokenbot.holds.failures["/holds"] = deque([Answer(held, 201)])
    tokenbot.holds.failures["/authorize"] = deque([Answer(said)])

    warnings = (tokens.hold(ANA, amount=1).warning, tokens.may(ANA, amount=1).warning)

    assert [(one.limit, one.name, one.grace) for one in warnings if one] == [
        ("model", "gpt-4*", 0)
    ] * 2


def test_asking_while_tokenbot_is_away_follows_the_setting(
    tokens: Tokens, closed: Tokens, tokenbot: Tokenbot
) -> None:
    tokenbot.holds.failures["/authorize"] = deque([AWAY] * 6)

    passed = tokens.may(ANA, amount=1)
    with pytest.raises(Away):
        closed.may(ANA, amount=1)

    assert (bool(passed), passed.needed) == (True, None)


def test_a_balance_is_what_the_person_has(tokens: Tokens, tokenbot: Tokenbot) -> None:
    tokens.hold("a/na@example.com", amount=600)

    found = tokens.balance("a/na@example.com")

    assert tokenbot.holds.asked[-1] == ("/v1/balances/a%2Fna%40example.com", None)
    assert (found.balance, found.held, found.available, found.used) == (10_000, 600, 9_400, 1_234)
    assert (found.per_day, found.lasts_until) == (500, date(2026, 12, 20))


def test_long_texts_and_pictures_stay_here(tokens: Tokens, tokenbot: Tokenbot) -> None:
    url = "data:image/png;base64," + "A" * 2_000_000
    picture = {"type": "image_url", "image_url": {"url": url}}
    tokenbot.holds.available = 1_000_000

    tokens.hold(ANA, messages=[{"role": "user", "content": [picture]}])
    tokens.hold(ANA, text="word " * 400_000, max_output_tokens=5, ttl_seconds=60).void()

    with_picture, long = tokenbot.holds.said("/holds")
    assert with_picture["estimate"]["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": ""}}
    ]
    assert long["estimate"] == {"input_tokens": 500_000, "max_output_tokens": 5}


@pytest.mark.parametrize("odd", [object(), {"role": b"user"}, {"a": [{1, 2}]}])
def test_what_is_no_message_is_refused_here(tokens: Tokens, tokenbot: Tokenbot, odd: Any) -> None:
    with pytest.raises(TypeError, match="a message can't hold a"):
        tokens.hold(ANA, messages=[odd])

    assert tokenbot.holds.asked == []


def test_messages_within_messages_without_end_are_refused(tokens: Tokens) -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(TypeError, match="nested too deep"):
        tokens.hold(ANA, messages=endless)


def test_what_is_no_setting_is_refused_in_words(settings: Settings) -> None:
    odd: Any = "ajar"
    with pytest.raises(ValueError, match="open or closed, not 'ajar'"):
        Tokens(when_away=odd, **settings)
    with pytest.raises(ValueError, match="http://"):
        Tokens(url="tokenbot.example.com", api_key="k")


def test_many_threads_share_one(tokens: Tokens, tokenbot: Tokenbot) -> None:
    def spend() -> None:
        for _ in range(10):
            with tokens.hold(ANA, amount=100) as hold:
                hold.settle(usage(10))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_200)


def test_a_process_that_ends_in_a_block_frees_what_it_held(
    tokenbot: Tokenbot, settings: Settings
) -> None:
    script = """
import sys
from tokenbot_client import Tokens
with Tokens().hold("ana", amount=600):
    sys.exit(3)
"""

    assert run(script, settings) == (3, "")
    assert tokenbot.holds.paths() == ["holds", "void h1"]


def test_a_forked_child_holds_and_settles_by_itself(tokenbot: Tokenbot, settings: Settings) -> None:
    script = """
import os
from tokenbot_client import Tokens
tokens = Tokens()
usage = {"prompt_tokens": 100, "completion_tokens": 0}
held = tokens.hold("ana", amount=600)
child = os.fork()
if child == 0:
    with tokens.hold("ben", amount=600) as hold:
        hold.settle(usage)
    with tokens.hold("ben", amount=600):
        os._exit(0 if tokens.flush(15) else 1)
assert os.waitpid(child, 0)[1] == 0
held.settle(usage)
print(held.available)
"""

    assert run(script, settings, warnings="ignore::DeprecationWarning") == (0, "9200\n")
    assert tokenbot.holds.paths().count("settle h1") == 1


def run(script: str, settings: Settings, *, warnings: str = "error") -> tuple[int, str]:
    """How a process of its own ends, and what it prints."""
    access = {"TOKENBOT_URL": settings["url"], "TOKENBOT_API_KEY": settings["api_key"]}
    done = subprocess.run(  # noqa: S603 - this file's own scripts
        [sys.executable, "-W", warnings, "-c", script],
        env={**os.environ, **access},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
