"""What the panel is told: each act, the answer, and what came of it, and never a secret."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.bootstrap.watching import Happenings, OwedNotice, RecordedEntry
from bot.domain.directory import UserId
from bot.domain.ledger import AccountId, EntryId, EntryKind, IdempotencyKey, Posting
from bot.domain.notices import NoticeId
from bot.playground.board import KEPT_MAX
from bot.playground.people import ANA, BEN, LEO
from bot.playground.server import SimulatedSlack
from bot.playground.veil import HIDDEN
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import Json
from tests.playground.test_page import HOSTILE, ask


def news(slack: SimulatedSlack, *, epoch: str = "", after: object = 0, who: str = ANA.id) -> Json:
    path = f"/ui/underneath?as={who}&epoch={epoch}&after={after}"
    answer: Json = json.loads(ask(slack, path)[1])
    return answer


def whole(slack: SimulatedSlack, number: int) -> Json:
    answer: Json = json.loads(ask(slack, f"/ui/underneath/{number}")[1])
    return answer


def told(slack: SimulatedSlack) -> list[str]:
    """Each line with the title of what it came of."""
    lines = news(slack)["lines"]
    titles = {line["number"]: line["title"] for line in lines}
    return [
        line["title"]
        if line["cause"] == line["number"]
        else f"{titles[line['cause']]} > {line['title']}"
        for line in lines
    ]


class Ledger:
    """Books whose content a test writes."""

    def __init__(self, clock: StoryClock) -> None:
        self.clock = clock
        self.entries: list[RecordedEntry] = []
        self.notices: list[OwedNotice] = []

    def lately(self, workspace_id: str, since: datetime, also: Collection[str] = ()) -> Happenings:
        assert (workspace_id, since.tzinfo is None) == ("T0PLAYGROUND", False)
        named = [one for one in self.notices if one.created_at >= since or one.notice_id in also]
        recorded = [one for one in self.entries if one.recorded_at >= since]
        return Happenings(entries=tuple(recorded), notices=tuple(named))

    def grant(self, key: str, *, note: str = "") -> None:
        self.entries.append(
            RecordedEntry(
                entry_id=EntryId(f"e{len(self.entries)}"),
                kind=EntryKind.GRANT,
                actor=UserId(LEO.id),
                postings=(Posting(AccountId("treasury"), AccountId(f"member:{BEN.id}"), 1_000),),
                note=note,
                recorded_at=self.clock(),
                key=IdempotencyKey(key),
            )
        )

    def owe(self, queue: str) -> None:
        self.notices.append(
            OwedNotice(
                notice_id=NoticeId(f"n{len(self.notices)}"),
                kind="tokens_received",
                queue=queue,
                state="waiting",
                attempts=0,
                created_at=self.clock(),
                ended_at=None,
                error="",
                payload='{"tokens": 1000}',
            )
        )


@pytest.fixture
def ledger(slack: SimulatedSlack, clock: StoryClock) -> Ledger:
    slack.feed.books = ledger = Ledger(clock)
    return ledger


def test_an_act_its_answer_and_its_call_stand_together(
    slack: SimulatedSlack, seen: list[Json]
) -> None:
    slack.command(ANA, "ask")
    slack.submit(ANA, {"Amount": "wrong"})

    lines = news(slack)["lines"]

    assert seen
    assert told(slack)[0] == "Ana Silva: /tokens ask"
    assert "Ana Silva: /tokens ask > views.open" in told(slack)
    assert "Ana Silva sent the form “Ask for tokens”" in told(slack)
    answers = [one for one in lines if one["kind"] == "answer"]
    assert all(one["title"].startswith("The bot answered 200 in ") for one in answers)
    assert [one["note"] for one in lines if one["name"] == "views.open"] == ["ok"]


@pytest.mark.usefixtures("seen")
def test_a_click_and_a_choice_are_told_in_words(slack: SimulatedSlack) -> None:
    slack.command(ANA, "buttons")
    slack.click(ANA, "dm", "Approve")

    assert "Ana Silva pressed “Approve”" in told(slack)


def test_mentions_are_told_as_they_were_typed(slack: SimulatedSlack) -> None:
    slack.command(ANA, "transfer @ben 5k")

    assert told(slack)[0] == "Ana Silva: /tokens transfer @ben 5k"


def test_nobody_answering_is_told(slack: SimulatedSlack) -> None:
    slack.bot_url = "http://127.0.0.1:9"

    slack.command(ANA, "balance")

    (answer,) = [one for one in news(slack)["lines"] if one["kind"] == "answer"]
    assert answer["title"].startswith("No connection to the bot")
    assert answer["mood"] == "bad"


def test_a_request_is_shown_whole_but_for_its_secrets(
    slack: SimulatedSlack, client: WebClient, seen: list[Json]
) -> None:
    slack.command(ANA, "echo hello")
    client.auth_test(token=slack.bot_token)
    client.chat_postMessage(channel=ANA.id, text=f"my secret is {slack.signing_secret}")

    everything = [whole(slack, line["number"]) for line in news(slack)["lines"]]
    shown = json.dumps(everything)

    request = everything[0]["detail"]
    assert request["payload"]["text"] == "echo hello"
    assert request["headers"]["X-Slack-Signature"] == "(hidden)"
    assert request["payload"]["token"] == HIDDEN
    assert request["payload"]["response_url"].endswith("/(hidden)")
    assert request["headers"]["User-Agent"].startswith("Slackbot 1.0")
    sent = seen[0]["response_url"].rpartition("/")[2]
    for secret in (slack.bot_token, slack.signing_secret, "v0=", sent):
        assert secret not in shown


def test_an_entry_stands_by_the_act_whose_trigger_it_names(
    slack: SimulatedSlack, clock: StoryClock, ledger: Ledger, seen: list[Json]
) -> None:
    slack.command(LEO, "first")
    slack.command(LEO, "second")
    clock.forward(minutes=1)
    ledger.grant(f"command:{seen[0]['trigger_id']}", note="for why")

    (line,) = [one for one in news(slack)["lines"] if one["kind"] == "entry"]

    assert "Leo Novak: /tokens first > Entry, grant: 1,000 tokens, treasury → Ben Okafor" in told(
        slack
    )
    assert line["note"] == "by Leo Novak"
    assert whole(slack, line["number"])["detail"]["postings"] == [
        {"from": "treasury", "to": "Ben Okafor", "tokens": 1_000}
    ]


@pytest.mark.usefixtures("seen")
def test_what_belongs_to_no_act_is_the_bots_own(slack: SimulatedSlack, ledger: Ledger) -> None:
    slack.command(LEO, "hello")
    ledger.clock.forward(hours=1)
    ledger.grant("allowance:2026-03")

    (entry,) = [one for one in told(slack) if "Entry" in one]
    assert entry.startswith("tokenbot, by itself > ")


@pytest.mark.usefixtures("seen")
def test_a_notice_is_followed_until_it_was_sent(
    slack: SimulatedSlack, ledger: Ledger, client: WebClient
) -> None:
    slack.command(LEO, "grant")
    ledger.owe(BEN.id)
    first = news(slack)
    (waiting,) = [one for one in first["lines"] if one["kind"] == "notice"]

    ledger.clock.forward(minutes=20)
    client.chat_postMessage(channel=slack.workspace.dm_with(BEN.id).id, text="You got 1,000")
    ended = ledger.clock() + timedelta(seconds=1)
    ledger.notices[0] = replace(
        ledger.notices[0], state="sent", attempts=2, ended_at=ended, payload=""
    )
    later = news(slack, epoch=first["epoch"], after=first["version"])["lines"]

    assert (waiting["note"], waiting["mood"]) == ("waits", "waiting")
    notice, call = sorted(later, key=lambda one: one["number"])
    assert (notice["number"], notice["note"]) == (waiting["number"], "sent after 2 tries")
    assert whole(slack, notice["number"])["detail"]["tells"] == {"tokens": 1_000}
    assert call["title"] == "chat.postMessage → Ben Okafor"
    assert call["cause"] == notice["cause"]


@pytest.mark.parametrize(
    ("state", "error", "note"),
    [
        ("dead", "channel_not_found", "could not be sent: channel_not_found"),
        ("stale", "not delivered in time", "came too late: not delivered in time"),
        ("waiting", "ratelimited", "waits after 3 tries: ratelimited"),
    ],
)
def test_a_notice_that_has_trouble_says_which(
    slack: SimulatedSlack, ledger: Ledger, state: str, error: str, note: str
) -> None:
    ledger.owe(f"home:{ANA.id}")
    ledger.notices[0] = replace(ledger.notices[0], state=state, error=error, attempts=3)

    (line,) = [one for one in news(slack)["lines"] if one["kind"] == "notice"]

    assert (line["title"], line["note"]) == ("Notice: Home of Ana Silva is out of date", note)


def test_a_failing_slack_is_seen_in_the_call(slack: SimulatedSlack, client: WebClient) -> None:
    slack.faults.fail_next(1, "error:channel_not_found", performed=True)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel=ANA.id, text="x")

    (line,) = [one for one in news(slack)["lines"] if one["kind"] == "call"]

    assert line["note"] == "refused: channel_not_found, but it took effect"
    assert line["mood"] == "bad"


def test_only_what_changed_is_told_again(slack: SimulatedSlack) -> None:
    slack.command(ANA, "one")
    first = news(slack)
    slack.command(ANA, "two")

    later = news(slack, epoch=first["epoch"], after=first["version"])
    other = news(slack, epoch="another", after=first["version"])

    assert later["lines"][0]["title"] == "Ana Silva: /tokens two"
    assert len(later["lines"]) == 2
    assert len(other["lines"]) == 4


def test_the_oldest_are_forgotten_and_their_number_is_gone(slack: SimulatedSlack) -> None:
    slack.bot_url = "http://127.0.0.1:9"
    for nth in range(KEPT_MAX // 2 + 5):
        slack.command(ANA, f"{nth}")

    found = news(slack)

    assert len(found["kept"]) == KEPT_MAX
    assert found["kept"][0] > 1
    assert ask(slack, "/ui/underneath/1")[0].status == 404


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, "²", "1.5", ""])
def test_a_strange_place_to_go_on_from_is_the_beginning(slack: SimulatedSlack, after: str) -> None:
    slack.command(ANA, "hello")
    epoch = news(slack)["epoch"]

    found = news(slack, epoch=epoch, after=quote(after), who="nobody")

    assert len(found["lines"]) == 2


@pytest.mark.parametrize("path", ["/ui/underneath/0", "/ui/underneath/x", "/ui/underneath/99999"])
def test_what_is_not_there_is_not_found(slack: SimulatedSlack, path: str) -> None:
    assert ask(slack, path)[0].status == 404


def test_another_site_sees_nothing(slack: SimulatedSlack) -> None:
    assert ask(slack, "/ui/underneath", origin="https://evil.example")[0].status == 403
    assert ask(slack, "/ui/underneath", host="evil.example")[0].status == 403


def test_markup_is_told_as_it_was_typed(slack: SimulatedSlack) -> None:
    slack.change_person(ANA, real_name=HOSTILE, tell=False)
    slack.command(ANA, HOSTILE)

    response, text = ask(slack, "/ui/underneath")

    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(text)["lines"][0]["title"].startswith(f"{HOSTILE}: /tokens <script>")
