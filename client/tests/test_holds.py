"""Holds over real sockets: each call held for once and charged once, whatever happens between."""

import pickle
from collections import deque
from datetime import datetime, timezone

import pytest
from bank import problem
from callers import ANA, Settings, usage
from peers import Answer, Tokenbot

from tokenbot_client import (
    ApiKeyRefused,
    Counts,
    Hold,
    HoldEnded,
    HoldUnknown,
    KeyReused,
    LimitReached,
    NotValid,
    PersonUnknown,
    Problem,
    Tokens,
    TooManyHolds,
    acting_for,
)


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


def test_each_hold_has_a_key_of_its_own(tokens: Tokens, tokenbot: Tokenbot) -> None:
    for _ in range(2):
        tokens.hold(ANA, amount=600)

    assert len({body["idempotency_key"] for body in tokenbot.holds.said("/holds")}) == 2


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
