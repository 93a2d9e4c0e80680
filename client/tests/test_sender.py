"""Delivery: nothing lost while tokenbot is away, nothing that the caller would notice."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import openai
import pytest
import shapes
from bank import problem
from peers import Answer, Provider, Tokenbot

from tokenbot_client import Reporter, acting_for, metered
from tokenbot_client.access import Access
from tokenbot_client.routes import BATCH_MAX, USAGE
from tokenbot_client.sender import WAITING_MAX, Sender, _back_off

Reported = Callable[[], list[dict[str, Any]]]
Settings = dict[str, Any]
CHAT = "/v1/chat/completions"
ASK: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
#: Has the next try come without a wait.
AT_ONCE = {"retry-after": "0"}
LONG_AGO = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))


def test_what_is_reported_by_hand_arrives_as_the_api_takes_it(
    tokenbot: Tokenbot, settings: Settings, reported: Reported
) -> None:
    reporter = Reporter(source="nightly", user="ana@example.com", **settings)

    reporter.report(
        id="call-1",
        at=LONG_AGO,
        model="mistral-large",
        provider="mistral",
        input_tokens=1200,
        cached_input_tokens=1024,
        output_tokens=50,
        project="search",
        metadata={"job": "42"},
    )

    assert reported() == [
        {
            "source": "nightly",
            "id": "call-1",
            "at": "2026-03-01T08:30:00+00:00",
            "user": "ana@example.com",
            "project": "search",
            "model": "mistral-large",
            "provider": "mistral",
            "input_tokens": 1200,
            "cached_input_tokens": 1024,
            "cache_write_tokens": 0,
            "output_tokens": 50,
            "reasoning_tokens": 0,
            "metadata": {"job": "42"},
        }
    ]
    [request] = tokenbot.requests
    assert request.path == "/v1/usage"
    assert request.headers["Authorization"] == f"Bearer {settings['api_key']}"


def test_whose_a_report_is_goes_from_the_nearest_word_to_the_farthest(
    settings: Settings, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENBOT_USER", "from-environment")

    Reporter(**settings).report(model="m", id="1")
    Reporter(user="from-reporter", **settings).report(model="m", id="2")
    with acting_for("from-context"):
        Reporter(user="from-reporter", **settings).report(model="m", id="3")
        Reporter(**settings).report(model="m", id="4", user="from-call")

    assert [event["user"] for event in reported()] == [
        "from-environment",
        "from-reporter",
        "from-context",
        "from-call",
    ]


def test_url_and_key_come_from_the_environment(
    settings: Settings, reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENBOT_URL", settings["url"] + "/\n")
    monkeypatch.setenv("TOKENBOT_API_KEY", settings["api_key"])

    Reporter().report(model="m")

    assert len(reported()) == 1


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKENBOT_URL", raising=False)
    monkeypatch.delenv("TOKENBOT_API_KEY", raising=False)

    with pytest.raises(ValueError, match=r"TOKENBOT_URL.* and .*TOKENBOT_API_KEY"):
        Reporter()
    with pytest.raises(ValueError, match="http://"):
        Reporter(url="tokenbot.example.com", api_key="k")


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://[half",
        "http://tokenbot..svc",
        "http://bot:three",
        "https://name:password@bot",
    ],
)
def test_an_address_that_leads_nowhere_is_refused_and_its_password_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="without a password") as error:
        Reporter(url=url, api_key="k")

    assert "name:password" not in str(error.value)


@pytest.mark.parametrize("stranger", [object(), "client", None, 42, openai])
def test_what_is_no_client_is_refused_in_words(stranger: object, settings: Settings) -> None:
    with pytest.raises(TypeError, match=r"openai or anthropic.*Reporter"):
        metered(stranger, **settings)


@pytest.mark.parametrize(
    "failure",
    [
        Answer({}, status=500),
        Answer({}, status=503, headers={"retry-after": "0"}),
        Answer({}, status=429, headers={"retry-after": "Sun, 01 Nov 2020 10:00:00 GMT"}),
        Answer({}, status=502, headers={"retry-after": "soon"}),
    ],
)
def test_what_fails_for_now_is_sent_again(
    tokenbot: Tokenbot, settings: Settings, reported: Reported, failure: Answer
) -> None:
    tokenbot.failures.extend([failure])

    Reporter(**settings).report(model="m", id="1")

    assert [event["id"] for event in reported()] == ["1"]
    assert len(tokenbot.requests) == 2


def test_each_absence_of_tokenbot_is_told_of_once(
    tokenbot: Tokenbot, settings: Settings, reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = Reporter(**settings)

    for number in range(2):
        tokenbot.failures.extend([Answer({}, status=502, headers={"retry-after": "0"})] * 3)
        reporter.report(model="m", id=str(number))
        reported()

    assert len(tokenbot.requests) == 8
    assert caplog.text.count("no answer (status 502)") == 2


def test_a_flush_does_not_wait_for_the_hour_of_the_next_try(
    tokenbot: Tokenbot, settings: Settings, reported: Reported
) -> None:
    tokenbot.failures.append(Answer({}, status=503, headers={"retry-after": "200"}))
    Reporter(**settings).report(model="m", id="1")
    assert tokenbot.asked.wait(15)

    assert [event["id"] for event in reported()] == ["1"]


def test_a_flush_before_there_is_anything_leaves_events_to_go_in_batches(
    tokenbot: Tokenbot, settings: Settings
) -> None:
    sender = Sender(Access(**settings), replace(USAGE, linger_seconds=60.0))
    assert sender.flush(15)

    sender.wake()
    sender.add(lambda: {"source": "python", "id": "1"})

    assert not tokenbot.asked.wait(0.2)
    assert sender.flush(15)
    assert [event["id"] for event in tokenbot.events] == ["1"]


#: What a firewall, an ingress, a login page or another service says at tokenbot's address.
STRANGERS = [
    Answer("<html>", 200, AT_ONCE),
    Answer(["hello"], 200, AT_ONCE),
    Answer({}, 302, AT_ONCE),
    Answer("<html>", 401, AT_ONCE),
    Answer("<html>", 403, AT_ONCE),
    Answer("<html>", 404, AT_ONCE),
    Answer({}, 405, AT_ONCE),
    Answer({"detail": []}, 422, AT_ONCE),
]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_while_another_answers_usage_waits_and_is_sent_once(
    tokenbot: Tokenbot,
    settings: Settings,
    reported: Reported,
    caplog: pytest.LogCaptureFixture,
    stranger: Answer,
) -> None:
    tokenbot.failures.extend([stranger] * 3)
    reporter = Reporter(**settings)

    for number in range(3):
        reporter.report(model="m", id=str(number))

    assert sorted(event["id"] for event in reported()) == ["0", "1", "2"]
    assert reporter.dropped == 0
    [record] = [one for one in caplog.records if one.name == "tokenbot_client"]
    assert record.levelno == logging.ERROR
    assert f"status {stranger.status}, and not as tokenbot answers" in record.message
    assert "usage events wait here and are sent again" in record.message


@pytest.mark.parametrize("status", [401, 403])
def test_while_the_key_is_refused_usage_waits_and_is_sent_once_it_is_good_again(
    tokenbot: Tokenbot,
    settings: Settings,
    reported: Reported,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    tokenbot.failures.extend([problem(status, "key", "It is not good.")] * 2)
    reporter = Reporter(**settings)

    reporter.report(model="m", id="1")
    assert tokenbot.asked.wait(15)
    reporter.report(model="m", id="2")

    assert sorted(event["id"] for event in reported()) == ["1", "2"]
    assert reporter.dropped == 0
    [record] = [one for one in caplog.records if one.name == "tokenbot_client"]
    assert record.levelno == logging.ERROR
    assert f"API key refused (status {status}: It is not good.)" in record.message
    assert settings["api_key"] not in caplog.text


def test_a_key_that_is_refused_anew_is_told_of_anew(
    tokenbot: Tokenbot, settings: Settings, reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = Reporter(**settings)

    for number in range(2):
        tokenbot.failures.append(Answer("<html>", 403, AT_ONCE))
        reporter.report(model="m", id=str(number))
        reported()

    assert caplog.text.count("status 403") == 2


def test_while_the_key_is_refused_no_more_waits_than_may(
    tokenbot: Tokenbot, settings: Settings, reported: Reported
) -> None:
    tokenbot.failures.append(Answer("<html>", 403, {"retry-after": "200"}))
    reporter = Reporter(**settings)
    reporter.report(model="m", id="first")
    assert tokenbot.asked.wait(15)

    for number in range(WAITING_MAX + 7):
        reporter.report(model="m", id=str(number))

    assert reporter.dropped == 7
    assert len(reported()) == WAITING_MAX + 1


def test_waits_between_tries_double_up_to_a_minute() -> None:
    most = [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]

    shares = [wait / full for full, wait in zip(most, _back_off(), strict=False)]

    assert min(shares) >= 0.5
    assert max(shares) <= 1


def test_usage_waits_for_a_tokenbot_that_is_too_old_for_it(
    tokenbot: Tokenbot, settings: Settings, reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    tokenbot.failures.append(problem(404, "not-found", "GET /docs lists the routes."))

    Reporter(**settings).report(model="m", id="1")

    assert [event["id"] for event in reported()] == ["1"]
    assert "refused (status 404: GET /docs lists the routes.)" in caplog.text


@pytest.mark.parametrize("status", [200, 422])
def test_refused_events_are_named_in_the_log_and_not_sent_again(
    tokenbot: Tokenbot, settings: Settings, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    refusal = {"index": 0, "id": "1", "error": "at is 91 days ago"}
    said = {"accepted": 0, "duplicates": 0, "rejected": [refusal]}
    tokenbot.failures.append(Answer(said, status=status))
    reporter = Reporter(**settings)

    reporter.report(model="m", id="1")

    assert reporter.flush(15)
    assert (len(tokenbot.requests), reporter.dropped) == (1, 1)
    assert "1: at is 91 days ago" in caplog.text


@pytest.mark.parametrize(
    "refusal",
    [
        problem(400, "not-readable", "It can't be read."),
        problem(413, "too-large", "It can't be read."),
        problem(422, "not-usage", "It can't be read."),
        Answer({"detail": "It can't be read."}, 413),
    ],
)
def test_an_event_that_can_not_be_read_is_dropped_and_keeps_no_other(
    tokenbot: Tokenbot,
    settings: Settings,
    reported: Reported,
    caplog: pytest.LogCaptureFixture,
    refusal: Answer,
) -> None:
    tokenbot.failures.append(refusal)
    reporter = Reporter(**settings)

    reporter.report(model="m", id="1")
    assert reporter.flush(15)
    reporter.report(model="m", id="2")

    assert [event["id"] for event in reported()] == ["2"]
    assert (len(tokenbot.requests), reporter.dropped) == (2, 1)
    assert "refused 1 usage events, first: It can't be read." in caplog.text


def test_a_batch_too_large_is_halved(
    tokenbot: Tokenbot, settings: Settings, reported: Reported
) -> None:
    tokenbot.is_awake.clear()
    reporter = Reporter(**settings)
    reporter.report(model="m", id="first")
    threading.Thread(target=reporter.flush).start()
    assert tokenbot.asked.wait(15)
    none = Answer({"accepted": 0, "duplicates": 1, "rejected": []})
    tokenbot.failures.extend([none, Answer({}, status=413), Answer({}, status=413)])

    for number in range(8):
        reporter.report(model="m", id=str(number))
    tokenbot.is_awake.set()

    assert sorted(event["id"] for event in reported()) == [str(number) for number in range(8)]
    assert [len(request.body["events"]) for request in tokenbot.requests] == [1, 8, 4, 2, 2, 4]


def test_many_threads_lose_nothing_and_send_in_batches(
    tokenbot: Tokenbot, settings: Settings, reported: Reported
) -> None:
    def report(writer: int) -> None:
        reporter = Reporter(**settings)
        for number in range(250):
            reporter.report(model="m", id=f"{writer}-{number}")

    threads = [threading.Thread(target=report, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(reported()) == 2_000
    assert max(len(request.body["events"]) for request in tokenbot.requests) <= BATCH_MAX
    assert len(tokenbot.requests) < 20


def test_a_full_queue_drops_counts_and_says_so_once(
    tokenbot: Tokenbot, settings: Settings, reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    tokenbot.is_awake.clear()
    reporter = Reporter(**settings)
    reporter.report(model="m", id="first")
    assert not reporter.flush(0.01)
    assert tokenbot.asked.wait(15)

    for number in range(WAITING_MAX + 7):
        reporter.report(model="m", id=str(number))

    assert reporter.dropped == 7
    assert caplog.text.count("are dropped") == 1
    tokenbot.is_awake.set()
    assert len(reported()) == WAITING_MAX + 1


def test_an_event_that_cannot_be_made_costs_no_other(
    settings: Settings, reported: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    odd: Any = {"metadata": 42}, {"input_tokens": float("nan")}, {"user": object()}, {"model": b"m"}
    reporter = Reporter(**settings)

    for one in odd:
        reporter.report(**{"model": "m", **one})
    reporter.report(model="m", id="good", project="half a pair: \ud83d")

    assert [event["id"] for event in reported()] == ["good"]
    assert reporter.dropped == len(odd)
    assert caplog.text.count("could not be read") == 1


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(
    tokenbot: Tokenbot, key: str
) -> None:
    with pytest.raises(ValueError, match="api_key has characters") as error:
        Reporter(url=tokenbot.url, api_key=key)

    assert key not in str(error.value)


def test_no_call_waits_for_a_tokenbot_that_sleeps(
    provider: Provider,
    openai_client: openai.OpenAI,
    tokenbot: Tokenbot,
    settings: Settings,
    reported: Reported,
) -> None:
    provider.will(CHAT, *[shapes.chat(response_id=str(number)) for number in range(20)])
    tokenbot.is_awake.clear()
    client = metered(openai_client, **settings)

    for _ in range(20):
        client.chat.completions.create(**ASK)

    assert tokenbot.events == []
    tokenbot.is_awake.set()
    assert len(reported()) == 20


def run(script: str, settings: Settings, *, warnings: str = "error", **more: str) -> str:
    """What a process of its own prints, once it has ended."""
    environment = {
        **os.environ,
        **more,
        "TOKENBOT_URL": settings["url"],
        "TOKENBOT_API_KEY": settings["api_key"],
    }
    done = subprocess.run(  # noqa: S603 - this file's own scripts
        [sys.executable, "-W", warnings, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout + done.stderr


def test_a_process_that_ends_sends_what_waits(tokenbot: Tokenbot, settings: Settings) -> None:
    said = run(
        "from tokenbot_client import Reporter\nReporter().report(model='m', id='last')", settings
    )

    assert [event["id"] for event in tokenbot.events] == ["last"]
    assert said == ""


def test_a_process_ends_although_tokenbot_sleeps(tokenbot: Tokenbot, settings: Settings) -> None:
    tokenbot.is_awake.clear()

    said = run("from tokenbot_client import Reporter\nReporter().report(model='m')", settings)

    assert tokenbot.events == []
    assert "did not take 1 usage events before the exit" in said


def test_no_call_fails_with_a_tokenbot_that_is_not_there(
    provider: Provider, settings: Settings
) -> None:
    provider.will(CHAT, shapes.chat())
    script = """
from openai import OpenAI
from tokenbot_client import metered
for url in ("http://127.0.0.1:9", "http://no.such.host.invalid"):
    client = metered(OpenAI(), url=url)
    for _ in range(3):
        ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
        print(client.chat.completions.create(**ask).id)
"""

    said = run(script, settings, OPENAI_BASE_URL=f"{provider.url}/v1", OPENAI_API_KEY="sk-test")

    assert said.count("chatcmpl-1\n") == 6
    assert said.count("tokenbot at") <= 2
    assert "Traceback" not in said


def test_a_process_ends_although_its_streams_were_never_read(
    provider: Provider, tokenbot: Tokenbot, settings: Settings
) -> None:
    """Python collects them last, when no thread runs any more."""
    provider.will("/v1/messages", shapes.message_stream())
    script = """
from anthropic import Anthropic
from tokenbot_client import metered
client = metered(Anthropic())
ask = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
unread = client.messages.create(stream=True, **ask)
begun = client.messages.create(stream=True, **ask)
next(begun)
"""

    said = run(script, settings, ANTHROPIC_BASE_URL=provider.url, ANTHROPIC_API_KEY="sk-test")

    assert said == ""
    assert tokenbot.events == []


def test_a_forked_child_reports_its_own_and_only_that(
    tokenbot: Tokenbot, settings: Settings
) -> None:
    script = """
import os
from tokenbot_client import Reporter
reporter = Reporter()
reporter.report(model="m", id="parent")
child = os.fork()
if child == 0:
    reporter.report(model="m", id="child")
    os._exit(0 if reporter.flush(15) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    # Newer Pythons warn of forking beside a thread, which is what this is about.
    run(script, settings, warnings="ignore::DeprecationWarning")

    sent = [event["id"] for request in tokenbot.requests for event in request.body["events"]]
    assert sorted(sent) == ["child", "parent"]
