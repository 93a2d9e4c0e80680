"""The controls over HTTP: what is on is said in words, and what makes no sense is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import usage_day
from bot.playground.faults import Faults
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.playground.little_bot import Json
from tests.playground.test_page import ask
from tests.playground.test_underneath import news

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def control(slack: SimulatedSlack, act: str, **asked: object) -> tuple[int, str]:
    response, text = ask(slack, f"/ui/simulate/{act}", asked)
    return response.status, json.loads(text)["said"]


@pytest.mark.parametrize(
    ("kind", "times", "words"),
    [
        ("429", "always", "Slack answers every call with 429, too many requests."),
        ("429", "next", "Slack answers the next call with 429, too many requests."),
        ("500", "always", "Slack answers every call with 500, server error."),
        ("500", "next", "Slack answers the next call with 500, server error."),
        ("silence", "always", "Slack leaves every call without an answer."),
        ("silence", "next", "Slack leaves the next call without an answer."),
        ("charts", "always", "Slack refuses messages with charts."),
        ("off", "always", "Slack works."),
    ],
)
def test_what_is_on_is_said(slack: SimulatedSlack, kind: str, times: str, words: str) -> None:
    done = control(slack, "fail", kind=kind, times=times)

    assert done == (200, words)
    assert " ".join(news(slack)["failing"]) == words.replace("Slack works.", "")


def test_the_next_call_fails_and_then_slack_works(slack: SimulatedSlack, client: WebClient) -> None:
    control(slack, "fail", kind="429", times="next")
    before = news(slack)["choice"]

    with pytest.raises(SlackApiError, match="ratelimited"):
        client.auth_test()
    client.auth_test()

    assert before == {"kind": "429", "times": "next"}
    assert news(slack)["failing"] == []
    assert news(slack)["choice"] == {"kind": "off", "times": "always"}


def test_one_failure_takes_the_place_of_another(slack: SimulatedSlack) -> None:
    control(slack, "fail", kind="429", times="always")

    assert control(slack, "fail", kind="500", times="always")[1].count("Slack") == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "rain"}, "Slack can't fail like that."),
        ({"kind": ["429"]}, "Slack can't fail like that."),
        ({"kind": "<script>"}, "Slack can't fail like that."),
        ({}, "Slack can't fail like that."),
        ({"kind": "429", "times": "seldom"}, "Slack can't fail that often."),
        ({"kind": "429", "times": None}, "Slack can't fail that often."),
    ],
)
def test_a_failure_that_does_not_exist_changes_nothing(
    slack: SimulatedSlack, asked: Json, words: str
) -> None:
    control(slack, "fail", kind="500")

    status, said = control(slack, "fail", **asked)

    assert status == 409
    assert said.startswith(words)
    assert news(slack)["failing"] == ["Slack answers every call with 500, server error."]


def test_what_is_no_act_or_no_object_is_refused(slack: SimulatedSlack) -> None:
    assert ask(slack, "/ui/simulate/rain", {})[0].status == 404
    assert ask(slack, "/ui/simulate/fail", ["500"])[0].status == 400
    assert ask(slack, "/ui/simulate/fail")[0].status == 405
    assert ask(slack, "/ui/simulate/reset", {}, origin="https://evil.example")[0].status == 403


def test_without_a_bot_of_its_own_there_is_no_usage_and_no_reset(slack: SimulatedSlack) -> None:
    usage, reset = control(slack, "usage"), control(slack, "reset")

    assert usage == (409, "There is no bot here that could take usage.")
    assert reset == (409, "This playground can't begin anew by itself.")
    assert news(slack)["busy"] == ""


def test_every_way_to_fail_has_its_words() -> None:
    faults = Faults()
    faults.fail_next(3, "drop", "chat.postMessage")
    faults.always("error:is_archived")
    faults.random(0.25, 7, ["429"])
    faults.refuse_block("table")

    assert faults.words() == [
        "Slack drops the connection of the next 3 calls of chat.postMessage.",
        "Slack refuses every call with is_archived.",
        "Slack fails 25% of all calls, by chance.",
        "Slack refuses messages with tables.",
    ]


@pytest.mark.parametrize("person", CAST)
def test_a_day_has_dozens_of_calls_within_it(person: Person) -> None:
    calls = list(usage_day.calls(person, until=NOON, batch="b"))
    moments = [datetime.fromisoformat(one["at"]) for one in calls]

    assert 24 <= len(calls) <= 44
    assert NOON - timedelta(days=1) <= min(moments)
    assert max(moments) <= NOON
    assert len({one["source"] for one in calls}) >= 2
    assert all(one["cached_input_tokens"] <= one["input_tokens"] for one in calls)


def test_no_two_calls_have_one_id() -> None:
    people, batches = (ANA, BEN, MIA, LEO), ("a", "b")
    calls = [
        one
        for batch in batches
        for person in people
        for one in usage_day.calls(person, until=NOON, batch=batch)
    ]

    assert len({(one["source"], one["id"]) for one in calls}) == len(calls)
