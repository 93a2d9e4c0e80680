"""A company whose notices go to a simulated Slack, by a delivery that a test sets going."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from slack_sdk import WebClient

from bot.domain.directory import UserId
from bot.playground.people import Person
from bot.playground.server import SimulatedSlack
from bot.playground.web_api.calls import Call
from bot.slack.delivery import Delivery
from tests.company import Company

#: Long enough for loopback, short enough to wait for.
_SECONDS = 1


@dataclass(slots=True)
class Postbox:
    """`deliver` sends what is due at the company's time, until nothing is."""

    company: Company
    slack: SimulatedSlack
    senders: list[Delivery] = field(default_factory=list)

    def sender(self) -> Delivery:
        """Another process that delivers."""
        client = WebClient(
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

    def unknown_outcomes(self) -> Counter[str]:
        """Messages that Slack took while we heard nothing good, by their reason."""
        return Counter(
            reason(call) for call in self.sent() if call.performed and call.outcome != "ok"
        )

    def copies(self) -> dict[str, dict[str, int]]:
        """How often each reason arrived, by person."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for person in self.slack.workspace.people:
            found[person] = dict(Counter(self.notes(UserId(person))))
        return found

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
