"""What the sync and the async client share: whose call it is, and what the answers are."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from tokenbot_client import access, intents, people
from tokenbot_client.exchange import Exchange
from tokenbot_client.holds import AsyncHold, Hold, Intended
from tokenbot_client.problems import Limit, LimitReached, limit_of

#: What tokenbot's answer has when it tells what a person has.
_BALANCE = frozenset({"user", "balance", "held", "available", "period"})


@dataclass(frozen=True)
class Permission:
    """Whether a call may be made; true in an `if`."""

    is_allowed: bool
    #: What it was expected to cost, and what the person has; None while tokenbot is away.
    needed: int | None
    available: int | None
    #: Why not, with all limits.
    refusal: LimitReached | None = None
    #: The limit that it does not fit into, where the policy lets it pass all the same.
    warning: Limit | None = None

    def __bool__(self) -> bool:
        return self.is_allowed


@dataclass(frozen=True)
class Balance:
    """What a person has."""

    #: The Slack id.
    user: str
    balance: int
    held: int
    available: int
    #: Used since the allowance's period began.
    used: int
    #: Used on a usual day, and how long the rest lasts so; None where too little is known.
    per_day: int | None
    lasts_until: date | None


@dataclass(frozen=True)
class Wish:
    """A call that is about to be made: what it is, and as the API takes it."""

    intended: Intended
    body: Mapping[str, object]


class Desk:
    """One caller's settings."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        user: str | None,
        project: str,
        source: str,
    ) -> None:
        self.exchange = exchange
        self._user = access.user(user)
        self._project = project
        self._source = source

    def wish(
        self,
        user: str | None,
        *,
        project: str | None = None,
        model: str = "",
        provider: str = "",
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Wish:
        """The call of whoever is named, else of the innermost `acting_for`, else of the setting."""
        caller = people.current()
        nearest = self._user if caller.user is None else caller.user
        what_for = self._project if caller.project is None else caller.project
        intended = Intended(
            user=nearest if user is None else user,
            project=what_for if project is None else project,
            model=model,
            provider=provider,
            source=self._source,
            key=idempotency_key or str(uuid.uuid4()),
        )
        body = intents.body(
            intended.user,
            model=model,
            project=intended.project or None,
            provider=provider or None,
            source=intended.source,
            idempotency_key=intended.key,
            **fields,
        )
        return Wish(intended, body)

    def hold(self, wish: Wish) -> Hold:
        """Tokens held for a call."""
        return Hold(self.exchange, wish.intended, self.exchange.hold(wish.body))

    def async_hold(self, wish: Wish) -> AsyncHold:
        """The same for async code."""
        return AsyncHold(self.exchange, wish.intended, self.exchange.hold(wish.body))

    def may(self, wish: Wish) -> Permission:
        """Whether a call may be made."""
        try:
            said = self.exchange.may(wish.body)
        except LimitReached as refusal:
            return Permission(
                is_allowed=False,
                needed=refusal.needed,
                available=refusal.available,
                refusal=refusal,
            )
        if said is None:
            return Permission(is_allowed=True, needed=None, available=None)
        warning = said.get("warning")
        return Permission(
            is_allowed=True,
            needed=said.get("needed"),
            available=said.get("available"),
            warning=None if warning is None else limit_of(warning),
        )

    def balance(self, user: str | None) -> Balance:
        """What a person has."""
        whose = self.wish(user).intended.user
        path = f"/v1/balances/{quote(whose, safe='')}"
        said = self.exchange.wire.ask("GET", path, fields=_BALANCE)
        until = said.get("lasts_until")
        return Balance(
            user=said["user"],
            balance=said["balance"],
            held=said["held"],
            available=said["available"],
            used=said["period"]["used"],
            per_day=said.get("per_day"),
            lasts_until=date.fromisoformat(until) if until else None,
        )
