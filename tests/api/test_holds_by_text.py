"""`/v1/holds` and `/v1/authorize` for calls that are told by their text."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot import estimation
from bot.domain.api_keys import Scope
from bot.domain.directory import UserId
from bot.domain.estimates import Encoding
from tests.api.serving import Served
from tests.texts import mixed

Json = dict[str, Any]


@pytest.fixture
def ana(served: Served) -> UserId:
    return served.company.member("ana", available=1_000_000)


def needed(served: Served, user: str, **estimate: object) -> int:
    """Without an answer: what the input alone needs."""
    asked = {"user": user, "estimate": {"max_output_tokens": 0, **estimate}}
    answer = served.client.post("/v1/authorize", json=asked)
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["needed"]
    return found


def test_a_text_is_counted_as_its_model_counts(served: Served, ana: UserId) -> None:
    text = "Zażółć gęślą jaźń"

    assert needed(served, ana, model="gpt-4o", text=text) == 11
    assert needed(served, ana, model="openai/gpt-4", text=text) == 12
    assert needed(served, ana, model="claude-sonnet-4-5", text=text) == 11
    assert needed(served, ana, model="nobody-knows-it", text=text) == 11
    assert needed(served, ana, text=text) == 11


def test_a_chat_is_counted_with_what_is_put_around_its_messages(
    served: Served, ana: UserId
) -> None:
    messages = [
        {"role": "system", "content": "hello world"},
        {"role": "user", "content": [{"type": "text", "text": "hello world"}]},
    ]

    assert needed(served, ana, model="gpt-4o", messages=messages) == 3 + 2 * (3 + 1 + 2)


def test_mixed_texts_need_what_tiktoken_counts(served: Served, ana: UserId) -> None:
    for text in (text for text in mixed(20) if "\ud800" not in text):
        exact = estimation.count(text, Encoding.O200K).tokens
        assert needed(served, ana, model="gpt-4o", text=text) == exact


def test_an_empty_text_needs_one_token_since_a_hold_is_never_of_none(
    served: Served, ana: UserId
) -> None:
    assert needed(served, ana, text="") == 1
    assert needed(served, ana, text="\x00\x1b \n") == 3


def test_a_hold_by_text_is_made_once_for_its_key_and_conflicts_with_another_text(
    served: Served, ana: UserId
) -> None:
    def hold(text: str) -> Any:
        estimate = {"model": "gpt-4o", "text": text, "max_output_tokens": 8}
        body = {"user": ana, "estimate": estimate, "idempotency_key": "k"}
        return served.client.post("/v1/holds", json=body)

    first, again, other = hold("hello world"), hold("hello world"), hold("hello there")

    assert (first.status_code, first.json()["amount"]) == (201, 10)
    assert again.json() == first.json()
    assert (other.status_code, other.json()["type"]) == (409, "urn:tokenbot:problem:key-reused")


def test_many_are_counted_and_refused_each_by_itself(served: Served, ana: UserId) -> None:
    texts = ("hello world", 5)
    holds = [{"user": ana, "estimate": {"text": one, "max_output_tokens": 0}} for one in texts]

    results = served.client.post("/v1/holds", json={"holds": holds}).json()["results"]

    assert results[0]["hold"]["amount"] == 2
    assert results[1]["problem"]["detail"] == "estimate.text must be a text."


@pytest.mark.parametrize(
    "estimate",
    [
        {"text": 5},
        {"messages": "hello"},
        {"messages": ["hello"]},
        {"text": "a", "messages": []},
        {"text": "a", "input_tokens": 1},
        {"text": None},
        {"tools": []},
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(
    served: Served, ana: UserId, estimate: Json
) -> None:
    for path in ("/v1/holds", "/v1/authorize"):
        answer = served.client.post(path, json={"user": ana, "estimate": estimate})

        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"].startswith("estimate")


def test_a_name_written_in_escapes_is_counted_too(served: Served, ana: UserId) -> None:
    body = b'{"user": "%b", "estimate": {"\\u0074ext": "hello world", "max_output_tokens": 0}}'

    answer = served.client.post(
        "/v1/authorize", content=body % ana.encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.json()["needed"] == 2


def test_half_a_character_is_no_json(served: Served, ana: UserId) -> None:
    body = json.dumps({"user": ana, "estimate": {"text": "\ud800"}})

    answer = served.client.post(
        "/v1/holds", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400


def test_nobody_has_a_text_counted_who_may_not_hold(served: Served, ana: UserId) -> None:
    body = {"user": ana, "estimate": {"text": "hello"}}
    key = served.made("meter", Scope.USAGE_WRITE).credential

    with served.speaking(str(key)) as client:
        assert client.post("/v1/holds", json=body).status_code == 403
    with served.speaking(None) as client:
        assert client.post("/v1/holds", json=body).status_code == 401


@pytest.mark.parametrize("letter", ["a", " ", "中", "\n"])
def test_a_megabyte_without_a_break_is_held_for_while_others_hold(
    served: Served, ana: UserId, letter: str
) -> None:
    size = 1_000_000 // len(json.dumps(letter)[1:-1].encode())
    long = {"user": ana, "estimate": {"text": letter * size, "max_output_tokens": 0}}

    with ThreadPoolExecutor(9) as threads:
        counted = threads.submit(served.client.post, "/v1/holds", json=long)
        plain = list(
            threads.map(
                lambda _: served.client.post("/v1/holds", json={"user": ana, "amount": 1}),
                range(24),
            )
        )

    assert {answer.status_code for answer in plain} == {201}
    assert counted.result().status_code == 201
    assert counted.result().json()["amount"] > 1_000


def test_ten_megabytes_are_refused_before_anybody_reads_them(served: Served, ana: UserId) -> None:
    body = {"user": ana, "estimate": {"text": "hello " * 1_700_000}}

    assert served.client.post("/v1/holds", json=body).status_code == 413
