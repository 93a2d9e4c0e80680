"""Facts made up from their types: the longest texts, the largest numbers, nothing, very much.

What a type can't say of itself (a day is told as `2026-03-02`, a week has seven of them) stands in
`_TEXTS` here and in `bounds`; a new fact is made up by its type alone. Luck comes from a seed.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.counts import Counts
from bot.domain.estimates import OFFERED, Model
from bot.domain.ledger import TOKENS_MAX, Posting, Receipt
from bot.domain.limit_views import LimitView
from bot.domain.limits import Limit, Measure
from bot.domain.rates import Weights
from bot.domain.usage_views import Days, Stretch, UsageView, days_of
from tests.slack.render import bounds, typed

_USERS = ("U0000000ANA", "U0000000BEN", "W0000000MIA", "U0000000EVE")
_TEAMS = ("everyone", "search", "019cae4f-5a01-7000-8000-00009f3c21ab")
_UUIDS = tuple(f"019cae4f-5a0{nth}-7000-8000-0000{nth:08x}" for nth in (1, 2, 3, 4))
_MEMBERS = tuple(f"member:{one}" for one in _USERS)
_ACCOUNTS = ("treasury", *_MEMBERS, *(f"pool:{one}" for one in _TEAMS))
_ZONES = ("UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia")
_CHANNELS = ("C0000000001", "G0000000002")
_FIRST_DAY, _DAYS = date(2024, 1, 1), 6_000
_NEW_TYPES: Mapping[str, Sequence[str]] = {
    "UserId": _USERS,
    "TeamId": _TEAMS,
    "AccountId": _ACCOUNTS,
    "IdempotencyKey": ("command:1.2.3",),
    "WorkspaceId": ("T0000000001",),
}
_SENTENCES = ("A sentence of ours.",)

#: What stands in a text that nobody types, by the field that it is in.
_TEXTS: Mapping[str, Sequence[str]] = {
    "zone": _ZONES,
    "channel": _CHANNELS,
    "channel_id": _CHANNELS,
    "usergroup_id": ("S0000000001",),
    "thresholds": ("", "0", "20,5,0", "99,80,60,40,20"),
    "calls_kept": ("", "12", "120"),
    "metadata": ("{}", "m" * 3_000),
    "address": ("http://127.0.0.1:8700", f"https://{'x' * 200}.example"),
    "expected": ("`weekly` or `monthly`",),
    "nearest": ("balance", "history"),
    "needed": ("*1.5M (1,500,000)*",),
    "field": ("grace_tokens", "tokens", "name"),
    "agent": ("claude-code",),
    "external_id": ("chatcmpl-7", f"{'x' * 198}&<"),
    **dict.fromkeys(("prices", "list_prices"), ("tokencost 0.1.26",)),
    "latest_lift": ("", *_UUIDS),
    **dict.fromkeys(("period", "span"), ("", "day", "week", "month")),
    **dict.fromkeys(("headline", "text", "why", "problem"), _SENTENCES),
    **dict.fromkeys(("actor", "by", "created_by", "lifted_by", "DigestPlaced.recipient"), _USERS),
    **dict.fromkeys(("allowance_id", "identity_id", "card_id", "key", "secret", "id"), _UUIDS),
}
_DATES = frozenset(
    (
        *("week_on", "period_on", "budget_until", "lasts_on", "fills_on", "next_on"),
        *("expires_on", "TokensReceived.expiring"),
    )
)
#: What the facts of one call have to do with each other.
_AT_ONCE: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "pool_filled": lambda given: {"receipt": replace(given["receipt"], available={"pool": 7})},
    "allowance_unfunded": lambda given: {
        "notice": replace(
            given["notice"], period_on=given["preview"].allowance.starts_on.isoformat()
        )
    },
}


class Maker:
    """Makes anything of a type, by luck."""

    def __init__(self, seed: str) -> None:
        self._luck = Random(seed)  # noqa: S311 (a failure must come again)

    def arguments(self, name: str, render: Callable[..., Any]) -> dict[str, Any]:
        """What the render function of that name takes."""
        kinds = {one: kind for one, kind in _hints(render).items() if one != "return"}
        given = {one: self.make(kind, one, name) for one, kind in kinds.items()}
        return {**given, **(_AT_ONCE[name](given) if name in _AT_ONCE else {})}

    def make(self, kind: Any, name: str, owner: str) -> Any:
        """Anything of that type, for the field of that name and owner."""
        if isinstance(kind, typing.NewType):
            return self._luck.choice(_NEW_TYPES.get(kind.__name__, _UUIDS))
        origin, inside = get_origin(kind), get_args(kind)
        if origin in {typing.Union, types.UnionType}:
            return self.make(self._luck.choice(inside), name, owner)
        if origin is Literal:
            return self._luck.choice(inside)
        if origin is not None:
            return self._several(origin, inside, name, owner)
        return self._one(kind, name, owner)

    def _one(self, kind: Any, name: str, owner: str) -> Any:
        """Anything of a type without others inside it."""
        simple: Mapping[Any, Callable[[], Any]] = {
            type(None): lambda: None,
            Any: lambda: None,
            bool: lambda: self._luck.random() < 0.5,
            int: lambda: self._number(name, owner),
            str: lambda: self._text(name, owner),
            date: self._day,
            datetime: self._moment,
            timedelta: lambda: timedelta(days=self._luck.randint(0, 14)),
            ZoneInfo: lambda: ZoneInfo(self._luck.choice(_ZONES)),
            Weights: lambda: Weights(input=1, cached_input=0, cache_write=2, output=5),
            Days: lambda: days_of(self._luck.choice(list(Stretch)), self._day()),
            Model: lambda: self._luck.choice(OFFERED),
            Counts: lambda: Counts(input_uncached=10**10, output=10**10, reasoning=1),
        }
        if kind in simple:
            return simple[kind]()
        if issubclass(kind, Enum):
            return self._luck.choice(list(kind))
        return self._whole(kind)

    def _whole(self, kind: Any) -> Any:
        """A dataclass or named tuple, each field made up."""
        hints = _hints(kind)
        names = [one.name for one in fields(kind)] if is_dataclass(kind) else list(kind._fields)
        made = {one: self.make(hints[one], one, kind.__name__) for one in names}
        if kind is Posting:
            made["source"], made["destination"] = self._luck.sample(_ACCOUNTS, 2)
        if kind is UsageView:
            made["members"] = tuple(replace(one, name=_USERS[0]) for one in made["members"])
        if kind is Vesting:
            made["cliff"] = min(made["cliff"], made["parts"])
        if kind is Subject:
            ids = _USERS if made["kind"] is SubjectKind.MEMBER else _TEAMS
            made["id"] = self._luck.choice(ids)
        if kind is LimitView and not made["about"]:
            made["chain"] = (*made["chain"], Limit(measure=Measure.ALLOWANCE, most=5))
        if kind is Receipt:
            ends = [end for one in made["postings"] for end in (one.source, one.destination)]
            made["available"] = {end: self._number("balance", "") for end in ends}
        return kind(**made)

    def _several(self, origin: Any, inside: Sequence[Any], name: str, owner: str) -> Any:
        if issubclass(origin, Mapping):
            count = self._luck.choice((0, 1, 4))
            pairs = [[self.make(one, name, owner) for one in inside] for _ in range(count)]
            return dict(pairs)
        if origin is tuple and inside[-1] is not Ellipsis:
            return tuple(self.make(one, name, owner) for one in inside)
        least, most = bounds.LENGTHS.get(f"{owner}.{name}", (0, bounds.CROWD))
        length = min(most, max(least, self._luck.choice((least, 1, 3, most))))
        # Of very many, three are different: a list is long, and yet made at once.
        few = [self.make(inside[0], name, owner) for _ in range(min(3, length))]
        made = (few * length)[:length]
        return origin(made) if origin in {tuple, frozenset} else made

    def _number(self, name: str, owner: str) -> int:
        least, most = _known(bounds.NUMBERS, name, owner) or (0, TOKENS_MAX)
        ends = [one for one in (least, least + 1, 0, 1, 999, most) if least <= one <= most]
        return self._luck.choice((*ends, self._luck.randint(least, most)))

    def _text(self, name: str, owner: str) -> str:
        if not {name, f"{owner}.{name}"}.isdisjoint(_DATES):
            return self._day().isoformat()
        fixed: Sequence[str] | None = _known(_TEXTS, name, owner)
        if fixed:
            return self._luck.choice(fixed)
        pieces = self._luck.sample(typed.PIECES, 3)
        some = (" ".join(piece for piece, _ in pieces), typed.ALL, "W" * 5_000, "&" * 5_000)
        most = _known(bounds.TEXTS, name, owner)
        if most is None:
            return self._luck.choice(("", *some))
        empty = [] if name in bounds.NEVER_EMPTY else [""]
        return self._luck.choice([*empty, *(typed.stored(one, most) for one in some)])

    def _day(self) -> date:
        return _FIRST_DAY + timedelta(days=self._luck.randrange(_DAYS))

    def _moment(self) -> datetime:
        on = self._day()
        return datetime(on.year, on.month, on.day, 9, 14, tzinfo=UTC)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _known(table: Mapping[str, Any], name: str, owner: str) -> Any:
    return table.get(f"{owner}.{name}", table.get(name))
