"""`tokenbot outbox` and `tokenbot tick`: what waits, and what is delivered."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.bootstrap import system_clock
from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import Reply
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from bot.services import outbox, usage
from bot.storage.database import Database
from tests.cli.terminal import NOW, TEAM, Run, grant


def test_an_empty_outbox_says_so(at: Run) -> None:
    assert at("outbox").out == "The outbox is empty.\n"


def test_the_outbox_lists_what_waits_and_tells_no_secret(at: Run, database: Database) -> None:
    grant(database)
    reply = Reply(
        recipient=UserId(ANA.id),
        response_url="https://hooks.slack.example/secret",
        message="{}",
        replaces_original=False,
    )
    outbox.reply(database, TEAM, reply, NOW)

    listed = at("outbox").out

    assert f"waiting  2026-03-02 09:30  tokens_received      to {ANA.id}" in listed
    assert "to a click" in listed
    assert "2 waiting" in listed
    assert "secret" not in listed
    assert "for the demo" not in listed


def test_tick_delivers_what_is_due_as_of_a_time(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}

    early = at("tick", "--at", "2026-03-02T09:29:00+00:00", **environment)
    before = slack.dm(ANA)
    late = at("tick", "--at", "2026-03-02T10:31:00+01:00", **environment)

    assert (early.code, late.code) == (0, 0)
    assert before == []
    assert "granted to you" in slack.as_text(slack.dm(ANA)[0])


def test_tick_waits_for_what_slack_puts_off_for_a_moment(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=1)

    ended = at("tick", "--at", (NOW + timedelta(minutes=1)).isoformat(), **environment)

    assert (ended.code, ended.out) == (0, "")
    assert [call.outcome for call in slack.calls("chat.postMessage")] == ["429", "ok"]


def test_tick_leaves_what_slack_puts_off_for_long_and_says_so(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    grant(database)
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    slack.faults.fail_next(1, "429", "chat.postMessage", retry_after_seconds=30)
    noon = NOW + timedelta(minutes=1)

    ended = at("tick", "--at", noon.isoformat(), **environment)
    again = at("tick", "--at", (noon + timedelta(seconds=40)).isoformat(), **environment)

    assert (ended.code, ended.out.partition(":")[0]) == (0, "1 notice still waits")
    assert again.out == ""
    assert [call.outcome for call in slack.calls("chat.postMessage")] == ["429", "ok"]


def test_dead_and_stale_notices_are_tried_again_on_request(
    at: Run, database: Database, slack: SimulatedSlack
) -> None:
    environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
    grant(database)
    slack.faults.fail_next(1, "error:invalid_blocks", "chat.postMessage")
    at("tick", "--at", (NOW + timedelta(minutes=1)).isoformat(), **environment)
    dead = at("outbox").out

    revived = at("outbox", "--retry").out
    at("tick", **environment)

    assert dead.startswith("dead ")
    assert "invalid_blocks" in dead
    assert revived.startswith("1 ")
    assert len(slack.dm(ANA)) == 1
    assert "1 sent" in at("outbox").out


def test_a_slip_in_the_year_deletes_no_calls(at: Run, database: Database) -> None:
    now = system_clock()
    usage.record(
        database,
        TEAM,
        user_id=UserId(ANA.id),
        tokens=7,
        model="gpt-4o",
        project="",
        at=now,
        key=IdempotencyKey("call"),
        now=now,
    )

    ahead = at("tick", "--at", (now + timedelta(days=730)).isoformat())

    with database.reading() as tx:
        kept = tx.connection.execute(sa.text("SELECT external_id FROM usage_event")).scalars().all()
    assert (ahead.code, ahead.out) == (
        0,
        "That time is still to come: no calls are deleted ahead of it\n",
    )
    assert kept == ["call"]


@pytest.mark.parametrize("when", ["tomorrow", "2026-03-02T09:30:00", "2026-13-45", ""])
def test_a_time_without_its_offset_is_refused_with_how_to_write_it(at: Run, when: str) -> None:
    ended = at("tick", "--at", when)

    assert ended.code == 2
    assert "+0" in ended.err
