"""Calls told by their text, by the stated rules: a word counts one here."""

from typing import Any

import pytest

from bot.adapters import told_by_text
from bot.adapters.told_by_text import counted, is_told
from bot.domain.holds import HoldRefused

Json = dict[str, Any]


def words(_model: str, text: str) -> int:
    return len(text.split())


def tokens(**estimate: object) -> int:
    told: Json = counted({"user": "U1", "estimate": estimate}, words)
    found: int = told["estimate"]["input_tokens"]
    return found


def chat(*messages: Json, **more: object) -> int:
    return tokens(messages=list(messages), **more)


def test_a_text_becomes_its_figure() -> None:
    told = counted({"user": "U1", "estimate": {"text": "one two three", "strict": True}}, words)

    assert told["estimate"]["input_tokens"] == 3
    assert told["estimate"]["strict"] is True
    assert "one two" not in str(told)


def test_a_chat_counts_its_messages_with_what_is_put_around_them() -> None:
    hello = {"role": "user", "content": "hello to you"}

    assert chat() == 3
    assert chat(hello) == 3 + 3 + 1 + 3
    assert chat(hello, hello) == 3 + 2 * 7
    assert chat({**hello, "name": "ana"}) == 10 + 1 + 1
    assert chat({"role": "assistant", "content": None}) == 3 + 3 + 1


def test_pictures_and_parts_count_by_the_stated_rule() -> None:
    def part(one: object) -> int:
        return chat({"role": "user", "content": [one]}) - 7

    assert part({"type": "text", "text": "two words"}) == 2
    assert part({"type": "refusal", "refusal": "two words"}) == 2
    assert part({"type": "image_url", "image_url": {"url": "data:x"}}) == 765
    assert part({"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}}) == 85
    assert part({"type": "input_image", "image_url": "data:x", "detail": "low"}) == 85
    assert part({"type": "input_audio", "input_audio": {"data": "many words " * 99}}) == 765
    assert part("two words") == 2
    assert part(None) == 1
    assert part({}) == 765


def test_tools_and_calls_of_tools_count_as_they_are_written() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "does this and that"}}
    call = {"role": "assistant", "tool_calls": [{"function": {"arguments": "a b c"}}]}

    assert chat(tools=[tool]) == 3 + 4
    assert chat(call) == 3 + 3 + 1 + 3


def test_the_model_decides_how_it_is_counted_and_may_stand_outside() -> None:
    def asked(fields: Json) -> list[str]:
        models: list[str] = []

        def count(model: str, _text: str) -> int:
            models.append(model)
            return 1

        counted(fields, count)
        return models

    assert asked({"estimate": {"model": "gpt-4", "text": "a"}}) == ["gpt-4"]
    assert asked({"model": "o3", "estimate": {"model": "gpt-4", "text": "a"}}) == ["o3"]
    assert asked({"estimate": {"text": "a"}}) == [""]
    assert asked({"model": 5, "estimate": {"text": "a"}}) == ["5"]


def test_other_content_of_the_same_size_has_another_fingerprint() -> None:
    first, other = (counted({"estimate": {"text": text}}, words) for text in ("a b", "c d"))

    assert first["estimate"]["input_tokens"] == other["estimate"]["input_tokens"] == 2
    assert first != other
    assert first == counted({"estimate": {"text": "a b"}}, words)


def test_each_of_many_is_counted() -> None:
    many = {"holds": [{"estimate": {"text": "a b"}}, 5, {"amount": 3}, {"estimate": {"text": 5}}]}

    told = counted(many, words)["holds"]

    assert told[0]["estimate"]["input_tokens"] == 2
    assert told[1:] == many["holds"][1:]


@pytest.mark.parametrize(
    "fields",
    [
        5,
        None,
        [],
        {},
        {"estimate": None},
        {"estimate": 5},
        {"holds": 5},
        {"estimate": {"input_tokens": 5}},
        {"estimate": {"text": None, "input_tokens": 5}},
    ],
)
def test_what_has_no_text_stays_as_it_is(fields: object) -> None:
    assert counted(fields, words) == fields


@pytest.mark.parametrize(
    ("estimate", "why"),
    [
        ({"text": 5}, "estimate.text must be a text"),
        ({"text": ["a"]}, "estimate.text must be a text"),
        ({"messages": "hello"}, "estimate.messages must be a JSON array of objects"),
        ({"messages": {}}, "estimate.messages must be a JSON array of objects"),
        ({"messages": ["hello"]}, "estimate.messages must be a JSON array of objects"),
        ({"messages": [None]}, "estimate.messages must be a JSON array of objects"),
        ({"text": "a", "messages": []}, "estimate needs one of input_tokens, messages and text"),
        ({"text": "a", "input_tokens": 5}, "estimate needs one of input_tokens"),
    ],
)
def test_what_cannot_be_read_stays_and_is_refused_in_words(estimate: Json, why: str) -> None:
    assert counted({"estimate": estimate}, words) == {"estimate": estimate}

    with pytest.raises(HoldRefused, match=why):
        told_by_text.check(estimate)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"estimate": {"text": "a"}}, True),
        ({"estimate": {"messages": []}}, True),
        ({"holds": [{"amount": 5}, {"estimate": {"text": "a"}}]}, True),
        ({"user": "U1", "amount": 5, "metadata": {"text": "a"}}, False),
        ({"estimate": {"input_tokens": 5}}, False),
        ({"holds": [5, None]}, False),
        ([], False),
    ],
)
def test_a_plain_hold_is_known_at_a_glance(fields: object, expected: bool) -> None:  # noqa: FBT001
    assert is_told(fields) is expected
