"""A company whose notices go to a simulated Slack, by a delivery that a test sets going."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.domain.directory import UserId
from bot.playground.people import Person
from bot.playground.server import SimulatedSlack
from bot.playground.web_api.calls import Call
from bot.slack.delivery import Delivery
from tests.company import Company

#: Long enough for loopback, short enough to wait for.
_SECONDS = 2


class Hearing(WebClient):
    """Notes the channel and the reason of each message of which it heard that Slack took it.

    What Slack answered need not have been heard: a machine that stalls for a second misses it.
    """

    def __init__(self, heard: list[tuple[str, str]], **settings: Any) -> None:
        super().__init__(**settings)
        self._heard = heard

    def chat_postMessage(self, **message: Any) -> SlackResponse:  # noqa: N802 (as in the SDK)
        answer = super().chat_postMessage(**message)
        self._heard.append((message["channel"], _quoted(message["blocks"])))
        return answer


@dataclass(slots=True)
class Postbox:
    """`deliver` sends what is due at the company's time, until nothing is."""

    company: Company
    slack: SimulatedSlack
    senders: list[Delivery] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)

    def sender(self) -> Delivery:
        """Another process that delivers."""
        client = Hearing(
            self.heard,
            token=self.slack.bot_token,
            base_url=self.slack.api_url,
            timeout=_SECONDS,
            retry_handlers=[],
        )
        made = Delivery(self.company.database, client, lambda: self.company.now)
        self.senders.append(made)
        return made

    def deliver(self, *, seconds: int = 0, step: int = 1) -> None:
        """Send what is due now, and at every step of so many seconds."""
        sender = self.senders[0] if self.senders else self.sender()
        for _ in range(0, seconds + 1, step):
            while sender.deliver_due():
                pass
            self.company.later(seconds=step)

    def states(self) -> Counter[str]:
        """How many notices are in each state, Home tabs aside."""
        rows = self.company.rows(
            "SELECT state FROM outbox WHERE workspace_id = :workspace_id AND kind <> 'home_stale'"
        )
        return Counter(str(row["state"]) for row in rows)

    def messages(self, user: UserId) -> list[str]:
        """What arrived in their DM, oldest first."""
        return [self.slack.as_text(one) for one in self.slack.dm(user)]

    def sent(self) -> list[Call]:
        return self.slack.calls("chat.postMessage")

    def notes(self, user: UserId) -> list[str]:
        """The reasons that arrived, which tests number, in their order."""
        return [_quoted(one.blocks) for one in self.slack.dm(user)]

    def taken(self) -> Counter[tuple[str, str]]:
        """How often Slack took a message, by channel and reason."""
        return Counter((call["channel"], reason(call)) for call in self.sent() if call.performed)

    def unknown_outcomes(self) -> Counter[tuple[str, str]]:
        """How often it did while we heard nothing good, likewise."""
        return self.taken() - Counter(self.heard)

    def close(self) -> None:
        for sender in self.senders:
            sender.close()


def person(user_id: str) -> Person:
    return Person(id=user_id, name=user_id.lower(), real_name=user_id.title())


def released(threads: Sequence[threading.Thread]) -> None:
    """Start all and wait for all."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def reason(call: Call) -> str:
    """The reason that a message had, whether it arrived or not."""
    return _quoted(_blocks(call))


def _blocks(call: Call) -> list[dict[str, object]]:
    blocks = call["blocks"]
    return json.loads(blocks) if isinstance(blocks, str) else list(blocks)


def _quoted(blocks: Sequence[dict[str, object]]) -> str:
    """The quoted reason of a message."""
    for block in blocks:
        if block["type"] == "rich_text":
            text = json.dumps(block)
            return text.rpartition('"text": "')[2].partition('"')[0]
    return ""
