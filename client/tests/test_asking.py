"""What is asked without a hold, and what of a call is sent at all."""

from collections import deque
from datetime import date
from typing import Any

import pytest
from callers import ANA, Settings
from peers import Answer, Tokenbot

from tokenbot_client import (
    LimitReached,
    Tokens,
)


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
