"""How fast Slack may be called: its pauses, by workspace and method, and a guess at its cap."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.domain.notices import KINDS, Claimed

#: Slack caps a workspace's messages at a number that it does not tell. Ten a second, after a
#: hundred at once, keep most crowds below it; where they don't, Slack's *429* rules.
BURST = 100
PER_SECOND = 10

_MESSAGES = "chat.postMessage"
#: What tells a kind of notice, where that is no message; Slack counts and limits each by itself.
_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "home_stale": "views.publish",
        "panel_stale": "views.update",
        "topup_copy_changed": "chat.update",
        "welcome_stale": "chat.update",
        "reply": "response_url",
    }
)


@dataclass(slots=True)
class _Room:
    """For how many messages there is room, as of a time; below zero for those too many."""

    messages: float
    at: datetime

    def grow(self, now: datetime) -> None:
        seconds = max((now - self.at).total_seconds(), 0.0)
        self.messages = min(self.messages + seconds * PER_SECOND, BURST)
        self.at = now

    @property
    def opens_at(self) -> datetime:
        """When there is room for one."""
        return self.at + timedelta(seconds=max(1 - self.messages, 0.0) / PER_SECOND)


class Pacing:
    """What must not be called now. Slack's *429* to one method stops none of the others."""

    def __init__(self, *, is_capped: bool) -> None:
        self._is_capped = is_capped
        self._paused: dict[tuple[str, str], datetime] = {}
        self._rooms: dict[str, _Room] = {}
        self._lock = threading.Lock()

    def pause(self, claimed: Claimed, until: datetime) -> None:
        """Slack said so when it was told this."""
        name = (claimed.workspace_id, method_of(claimed.kind))
        with self._lock:
            self._paused[name] = max(until, self._paused.get(name, until))

    def count(self, claimed: Iterable[Claimed], now: datetime) -> None:
        """These are being sent."""
        if not self._is_capped:
            return
        with self._lock:
            for each in claimed:
                if method_of(each.kind) == _MESSAGES:
                    room = self._rooms.setdefault(each.workspace_id, _Room(BURST, now))
                    room.grow(now)
                    room.messages -= 1

    def withheld(self, now: datetime) -> frozenset[tuple[str, str]]:
        """Kinds of notices that a workspace's Slack does not take now."""
        return frozenset(
            (workspace_id, kind)
            for workspace_id, method in self._closed(now)
            for kind in KINDS
            if method_of(kind) == method
        )

    def opens_at(self, now: datetime) -> datetime | None:
        """When the first of what is withheld is taken again."""
        return min(self._closed(now).values(), default=None)

    def _closed(self, now: datetime) -> dict[tuple[str, str], datetime]:
        with self._lock:
            self._paused = {name: until for name, until in self._paused.items() if until > now}
            for room in self._rooms.values():
                room.grow(now)
            full = {
                (workspace_id, _MESSAGES): room.opens_at
                for workspace_id, room in self._rooms.items()
                if room.opens_at > now
            }
            return full | self._paused  # a pause lasts longer than there is no room


def method_of(kind: str) -> str:
    """The method of Slack's that tells this kind; opening a direct message counts as its message.

    Kinds that are not known here are messages.
    """
    return _METHODS.get(kind, _MESSAGES)
