"""Decisions on several requests told a second time, on plain dicts; nothing of `bot` is here.

A pool with a budget pays what its manager approves, a treasury without end what the admin does.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(seconds=60)


@dataclass
class Request:
    """A request, and the decision that stands."""

    asker: str
    tokens: int
    state: str = "open"
    by: str = ""
    at: datetime | None = None
    #: How many decisions were undone.
    times: int = 0
    is_from_pool: bool = False


@dataclass
class BulksModel:
    """What the pool has and may spend, what people have, and every request by its number."""

    pool: int
    budget: int
    spent: int = 0
    has: dict[str, int] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def approve(self, by: str, which: list[int], at: datetime) -> list[str]:
        """What becomes of each, the oldest first."""
        said = []
        for number in sorted(set(which)):
            one = self.requests[number]
            if one.state != "open":
                said.append("closed")
                continue
            if by == "mia" and one.tokens > self.pool:
                said.append("pool_short")
                continue
            if by == "mia" and one.tokens > self.budget - self.spent:
                said.append("budget_short")
                continue
            self._give(one, one.tokens, by)
            one.state, one.by, one.at = "approved", by, at
            said.append("decided")
        return said

    def deny(self, by: str, which: list[int], at: datetime) -> list[str]:
        said = []
        for number in sorted(set(which)):
            one = self.requests[number]
            if one.state != "open":
                said.append("closed")
                continue
            one.state, one.by, one.at = "denied", by, at
            said.append("decided")
        return said

    def undo(self, by: str, number: int, at: datetime) -> str:
        """What becomes of one whose decision stands as it was made."""
        one = self.requests[number]
        if one.by != by or one.state not in {"approved", "denied"} or one.at is None:
            return "changed"
        if at - one.at > MINUTE:
            return "too_late"
        if one.state == "approved":
            if self.has.get(one.asker, 0) < one.tokens:
                return "spent"
            self._give(one, -one.tokens, "mia" if one.is_from_pool else "leo")
        one.state, one.by, one.at = "open", "", None
        one.times += 1
        return "undone"

    def _give(self, one: Request, tokens: int, by: str) -> None:
        one.is_from_pool = by == "mia"
        if one.is_from_pool:
            self.pool -= tokens
            self.spent += tokens
        self.has[one.asker] = self.has.get(one.asker, 0) + tokens
