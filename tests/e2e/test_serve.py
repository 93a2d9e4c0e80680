"""`tokenbot serve` as a process: it starts, does the story, stops well, and survives a kill."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot import bootstrap
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from tests.e2e import processes
from tests.e2e.processes import Process
from tests.threads import Running
from tests.waiting import until


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    """On the machine's clock, as the processes are."""
    with SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as made:
        yield made


def connect(slack: SimulatedSlack, process: Process) -> None:
    """Wait until the process knows the people of this Slack, and send them there."""
    slack.bot_url = process.url
    file = process.log.parent / "tokenbot.db"
    until(lambda: rows(file, "SELECT count(*) FROM member WHERE fetched_at IS NOT NULL") >= [(5,)])


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    """What a stranger reads from the file."""
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return reader.execute(sql).fetchall()
    except sqlite3.OperationalError:  # not there yet
        return []
    finally:
        reader.close()


def test_serve_with_three_settings_does_the_whole_story_and_the_books_add_up(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    environment = processes.of(slack)
    with processes.started(tmp_path, "serve", **environment) as process:
        connect(slack, process)
        added = processes.ran(tmp_path, "approver", "add", MIA.id, **environment)
        granted = slack.command(LEO, "grant @ana 1M for the prototype")
        sent = slack.command(ANA, "transfer @ben 250k for the demo")
        slack.command(BEN, "request 500k for the evaluation run")
        slack.wait_until(lambda: slack.dm(MIA), 15)
        slack.click(MIA, "dm", "Approve another amount…")
        slack.submit(MIA, {"How many to grant?": "300k"})
        slack.wait_until(lambda: len(slack.dm(BEN)) == 2, 15)
        balances = [slack.command(who, "balance").shown for who in (ANA, BEN)]
        code = process.terminate()
    checked = processes.ran(tmp_path, "check", **environment)

    assert added.stdout == f"{MIA.id} is manager now\n"
    assert "granted to @Ana Silva" in granted.shown
    assert "sent to @Ben Okafor" in sent.shown
    assert "750k (750,000) tokens available to you" in balances[0]
    assert "550k (550,000) tokens available to you" in balances[1]
    assert code in {0, -signal.SIGTERM}
    assert (checked.returncode, checked.stdout) == (0, "The books add up.\n")
    assert "Traceback" not in process.said
    assert "for the demo" not in process.said
    assert slack.signing_secret not in process.said


def test_sigterm_finishes_the_request_in_hand(slack: SimulatedSlack, tmp_path: Path) -> None:
    with processes.started(tmp_path, "serve", **processes.of(slack)) as process:
        connect(slack, process)
        slack.command(LEO, "balance")
        stranger = sqlite3.connect(tmp_path / "tokenbot.db", isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        asked = Running(lambda: slack.command(LEO, "grant @ana 1M"))
        until(lambda: "grant" in process.said)

        process.popen.send_signal(signal.SIGTERM)
        until(lambda: refuses(process.url) or process.popen.poll() is not None)
        stranger.rollback()
        stranger.close()
        code = process.popen.wait(25)

    assert "1M (1,000,000) tokens granted to @Ana Silva" in asked.result().shown
    assert code in {0, -signal.SIGTERM}
    assert rows(tmp_path / "tokenbot.db", "SELECT kind FROM entry") == [("grant",)]


def refuses(url: str) -> bool:
    """Whether nobody listens there any more."""
    try:
        httpx.get(f"{url}/healthz", timeout=0.2)
    except httpx.HTTPError:
        return True
    return False


def test_serve_starts_while_slack_is_unreachable_and_catches_up_by_itself(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    slack.faults.always("drop")
    with processes.started(tmp_path, "serve", **processes.of(slack)) as process:
        before = httpx.get(f"{process.url}/readyz")
        slack.wait_until(lambda: slack.calls("auth.test"), 15)
        slack.bot_url = process.url
        balance = slack.command(ANA, "balance")
        slack.faults.clear()
        connect(slack, process)
        after = httpx.get(f"{process.url}/readyz")
        granted = slack.command(LEO, "grant @ana 1M")
        slack.wait_until(lambda: slack.dm(ANA), 15)

    assert (before.status_code, before.json()["slack"]) == (200, "not reached yet")
    assert "You have no tokens right now" in balance.shown
    assert (after.status_code, after.json()["slack"]) == (200, "reached")
    assert "granted to @Ana Silva" in granted.shown


def test_killed_between_commit_and_ack_the_same_request_again_has_one_effect(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    """The answer to Undo in a form is a call to Slack, which stays silent while we kill."""
    environment = processes.of(slack)
    with processes.started(tmp_path, "serve", **environment) as process:
        connect(slack, process)
        slack.command(LEO, "grant @ana")
        slack.submit(LEO, {"How many for each?": "1M"})
        slack.faults.always("timeout", "views.update")
        clicked = Running(lambda: slack.click(LEO, "modal", "Undo"))
        slack.wait_until(lambda: slack.calls("views.update"), 15)
        process.kill()
    slack.faults.clear()
    kinds = rows(tmp_path / "tokenbot.db", "SELECT kind FROM entry ORDER BY entry_id")

    with processes.started(tmp_path, "serve", **environment) as process:
        again = slack.resend(clicked.result().request, bot_url=process.url)

    assert clicked.result().status is None
    assert kinds == [("grant",), ("reversal",)]
    assert again.status == 200
    assert rows(tmp_path / "tokenbot.db", "SELECT kind FROM entry ORDER BY entry_id") == kinds
    assert rows(tmp_path / "tokenbot.db", "SELECT balance FROM account WHERE balance <> 0") == []


def test_killed_as_soon_as_it_has_committed_a_grant_sent_again_counts_once(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    environment = processes.of(slack)
    file = tmp_path / "tokenbot.db"
    with processes.started(tmp_path, "serve", **environment) as process:
        connect(slack, process)
        asked = Running(lambda: slack.command(LEO, "grant @ana 1M"))
        until(lambda: bool(rows(file, "SELECT 1 FROM entry")))
        process.kill()

    with processes.started(tmp_path, "serve", **environment) as process:
        again = slack.resend(asked.result().request, bot_url=process.url)
        typed_again = slack.command(LEO, "grant @ana 1M", bot_url=process.url)

    assert "Done already: nothing was moved twice" in again.body
    assert "Done already" not in typed_again.shown  # a retyped command is a new wish
    assert rows(file, "SELECT balance FROM account WHERE account_id LIKE '%U01ANA'") == [
        (2_000_000,)
    ]


def test_web_without_jobs_and_a_worker_share_the_work(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    environment = processes.of(slack)
    with (
        processes.started(tmp_path, "serve", "--no-jobs", **environment) as web,
        processes.started(tmp_path, "worker", **environment) as worker,
    ):
        connect(slack, web)
        for number in range(1, 6):
            granted = slack.command(LEO, f"grant @ana @ben {number} for number {number}")
            assert "granted to" in granted.shown
        slack.wait_until(lambda: len(slack.dm(ANA)) >= 5 and len(slack.dm(BEN)) >= 5, 30)
        codes = [worker.terminate(), web.terminate()]

    for who in (ANA, BEN):
        read = [slack.as_text(message, who) for message in slack.dm(who)]
        assert [f"number {number}" in text for number, text in enumerate(read, 1)] == [True] * 5
    assert codes[0] == 0
    assert codes[1] in {0, -signal.SIGTERM}
    assert "Traceback" not in web.said + worker.said
