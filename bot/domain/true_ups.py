"""Truing up: what a provider's report of a day corrects of what was charged before it came.

A report is compared person by person and model by model. It may lack people, since all calls of a
gateway go by its own key, which is nobody's; so it never takes back what such a row can hold.
Nor does it charge more than the report has in all, to whomever somebody linked that key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain import usage
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import (
    CONSUMED,
    AccountId,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
)

#: Providers' figures of a day still grow for hours after it.
SETTLES = timedelta(hours=6)
#: The last days that are trued up: longer than a report or a gateway's backlog is late.
DAYS = 10
#: Under which project the differences are summed: a report's own may be other names of it.
PROJECT = "true-up"

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report's figures of a model cost; a span where rates changed within the day."""

    least: int
    most: int
    #: How far roundings of its rows, and of the calls, can be apart: none where rates are whole.
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What was charged for a model's calls, and for how many."""

    tokens: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an account is to be trued up by in all for a model."""

    #: More than zero where it is charged more than its calls were, less where it gets back.
    tokens: int
    #: What the report has more than its calls were charged, whatever stands.
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an account is charged more, or less, for a model."""

    account: AccountId
    #: Its one name, whoever names it.
    model: str
    #: How it is called where it was charged.
    called: str
    tokens: int
    #: The sum of what it was trued up by before, and where that is counted; None for the first.
    before: int = 0
    team_id: TeamId | None = None


def days(now: datetime) -> list[date]:
    """The days in UTC that are over, settled, and not too old; oldest first."""
    today = now.astimezone(UTC).date()
    last = (now - SETTLES).astimezone(UTC).date() - _DAY
    found = (today - DAYS * _DAY + n * _DAY for n in range(DAYS))
    return [day for day in found if day <= last]


def bounds(day: date) -> tuple[datetime, datetime]:
    """When the day begins and ends."""
    begins = datetime.combine(day, time(), tzinfo=UTC)
    return begins, begins + _DAY


def hour(now: datetime) -> str:
    """Which hour it is, in a text that sorts."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H")


def targets(
    reported: Mapping[str, Reported],
    charged: Mapping[str, Charged],
    trued: Mapping[str, int],
    nobodys: Mapping[str, int],
) -> dict[str, Target]:
    """By model, what one account is to be trued up by in all, by its own figures.

    `trued` is what earlier true-ups came to, `nobodys` what the report has that belongs to nobody.
    What was charged for models that the report doesn't name stays, and is not charged again under
    a name that only the report has.
    """
    nothing = Charged(tokens=0, calls=0)
    elsewhere = sum(
        max(0, one.tokens - nobodys.get(model, 0))
        for model, one in charged.items()
        if model not in reported
    )
    found = {model: Target(tokens=0, missing=0) for model in trued if model not in reported}
    for model, one in sorted(reported.items()):
        known = charged.get(model, nothing)
        least = one.least
        if not known.calls:
            least -= min(elsewhere, least)
            elsewhere -= one.least - least
        before = trued.get(model, 0)
        off = _off(
            known.tokens + before,
            least=least,
            most=one.most + nobodys.get(model, 0),
            slack=(known.calls + one.rows) // 2 if one.rows else 0,
        )
        found[model] = Target(tokens=before + off, missing=least - known.tokens)
    return found


def within(
    wanted: Mapping[AccountId, Mapping[str, Target]],
    reported: Mapping[str, int],
    charged: Mapping[str, int],
) -> dict[AccountId, dict[str, int]]:
    """By account and model, what each is trued up by in all: no more than the report has room for.

    `reported` and `charged` are sums of all accounts and of nobody. What doesn't fit was charged to
    others already, as by the gateway whose own key the report names. What is missing goes first,
    the least of it ahead: one's own use past the gateway is smaller than all of the gateway's.
    """
    found = {
        account: {model: min(0, one.tokens) for model, one in models.items()}
        for account, models in wanted.items()
    }
    room = {model: tokens - charged.get(model, 0) for model, tokens in reported.items()}
    for models in found.values():
        for model, less in models.items():
            room[model] = room.get(model, 0) - less
    for _, _, account, model, more in sorted(_additions(wanted)):
        fits = max(0, min(more, room[model]))
        found[account][model] += fits
        room[model] -= fits
    return found


def _additions(
    wanted: Mapping[AccountId, Mapping[str, Target]],
) -> Iterator[tuple[bool, int, AccountId, str, int]]:
    """In an order that doesn't rest on what stands, so that the next look finds the same.

    What stands beyond what is missing is only not given back, and is the first to go.
    """
    for account, models in wanted.items():
        for model, one in models.items():
            missing = max(0, min(one.tokens, one.missing))
            beyond = max(0, one.tokens) - missing
            if missing:
                yield False, one.missing, account, model, missing
            if beyond:
                yield True, one.missing, account, model, beyond


def _off(charged: int, *, least: int, most: int, slack: int) -> int:
    if charged < least - slack:
        return least - charged
    return most - charged if charged > most + slack else 0


def entry(
    changes: Sequence[Change], *, provider: str, day: date, entry_id: EntryId, now: datetime
) -> Entry:
    """What these accounts are charged more, or get back; it may take them below zero."""
    return Entry(
        kind=EntryKind.TRUE_UP,
        actor=UserId(f"provider:{provider}"),
        postings=tuple(posting for one in changes for posting in _postings(one)),
        note=f"True-up: {provider}'s report for {day.day} {day:%b}",
        key=IdempotencyKey(f"true_up:{entry_id}"),
        now=now,
        may_overdraw=True,
    )


def _postings(one: Change) -> Iterator[Posting]:
    source, destination = (one.account, CONSUMED) if one.tokens > 0 else (CONSUMED, one.account)
    return usage.split(source, destination, abs(one.tokens))
