"""Trigger ids and response URLs: both are good for a short while only."""

import itertools
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.playground.errors import SlackRefusal

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
RESPONSE_URL_USES_MAX = 5


@dataclass(slots=True)
class Trigger:
    """A right to open one view for one person."""

    user_id: str
    issued_at: datetime
    view_id: str | None = None
    #: Where the person was.
    channel_id: str | None = None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """A right to answer one interaction later, without a token."""

    token: str
    user_id: str
    channel_id: str
    issued_at: datetime
    #: The message that was clicked, or the last one this URL made.
    message_ts: str | None = None
    uses: int = 0


class Tickets:
    """All triggers and response URLs that were ever given out."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._triggers: dict[str, Trigger] = {}
        self._urls: dict[str, ResponseUrl] = {}

    def trigger(
        self,
        user_id: str,
        now: datetime,
        view_id: str | None = None,
        *,
        channel_id: str | None = None,
    ) -> str:
        """A fresh trigger id."""
        number = next(self._numbers)
        trigger_id = f"{int(now.timestamp())}.{number:06d}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(user_id, now, view_id, channel_id)
        return trigger_id

    def exchange(self, trigger_id: str, now: datetime) -> Trigger:
        """Spend a trigger id, once and within three seconds."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackRefusal("invalid_trigger_id")
        if trigger.used:
            raise SlackRefusal("exchanged_trigger_id")
        if now - trigger.issued_at > TRIGGER_LIFE:
            raise SlackRefusal("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url(
        self, user_id: str, channel_id: str, now: datetime, message_ts: str | None = None
    ) -> ResponseUrl:
        """A fresh response URL's ticket."""
        token = f"{next(self._numbers)}/{secrets.token_hex(12)}"
        self._urls[token] = ResponseUrl(token, user_id, channel_id, now, message_ts)
        return self._urls[token]

    def use(self, token: str, now: datetime) -> ResponseUrl:
        """Spend one of the five uses of a response URL."""
        url = self._urls.get(token)
        if url is None:
            raise SlackRefusal("no_such_url")
        if now - url.issued_at > RESPONSE_URL_LIFE:
            raise SlackRefusal("expired_url")
        if url.uses >= RESPONSE_URL_USES_MAX:
            raise SlackRefusal("used_url")
        url.uses += 1
        return url
