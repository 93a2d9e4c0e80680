"""Calls of a company's people, from a seed; nothing of `bot`.

They come in batches, each of which can be made by itself: whoever is killed needs to remember no
more than how many of them were answered.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

#: Calls of a batch, on average: sometimes more than a commit of the bot's holds, mostly less.
BATCH = 1_000
SMALLEST = 200
#: So many batches after its first figures come the later ones of a call that goes on, most likely
#: from another client: they may well come first.
LAGS = (5, 9)
#: One in so many calls goes on.
GROWING = 12
#: Late ones are up to so many days old, the rest are of the last two.
LATE_DAYS, RECENT_DAYS = 88, 2
LATE = 0.2
NANO = 10**9


@dataclass(frozen=True, slots=True)
class Caller:
    """A member, or the account of all whom nobody knows; and the zone of the team that pays."""

    account: str
    names: tuple[str, ...]
    zone: str


def _member(name: str, zone: str) -> Caller:
    email = f"{name}@example.com"
    return Caller(f"member:U{name.upper()}", (f"U{name.upper()}", email, email.title()), zone)


TEAMS = {
    "Europe/Berlin": ("ana", "ben", "cal", "dee"),
    "America/New_York": ("eva", "fay", "gus"),
    "Pacific/Auckland": ("hal", "ivy"),
}
MEMBERS = tuple(_member(name, zone) for zone, names in TEAMS.items() for name in names)
UNKNOWN = Caller("unattributed", ("svc-7", "nobody@elsewhere.example", "UNOBODY", ""), "UTC")
_CALLERS = (*MEMBERS, UNKNOWN)
_SOURCES = ("search-app", "gateway", "nightly")
_MODELS = (("gpt-4o", "openai"), ("claude-sonnet-4-5", "anthropic"), ("in-house-7b", "ours"))
_PROJECTS = ("search", "ranking", "support", "évaluation")
_OFFSETS = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a call has used so far."""

    uncached: int
    cached: int
    written: int
    output: int
    cost_nano: int

    def grown(self, times: int) -> "Figures":
        return Figures(
            uncached=self.uncached + 3 * times,
            cached=self.cached * (1 + times),
            written=self.written,
            output=self.output + 17 * times,
            cost_nano=self.cost_nano + 1_001 * times,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    source: str
    id: str
    at: datetime
    caller: Caller
    #: What the source calls them.
    user: str
    model: str
    provider: str
    project: str
    first: Figures
    #: How many later figures there are.
    grows: int

    @property
    def last(self) -> Figures:
        return self.first.grown(self.grows)

    @property
    def day(self) -> date:
        """Where the team that pays is."""
        return self.at.astimezone(ZoneInfo(self.caller.zone)).date()

    def told(self, revision: int) -> dict[str, object]:
        """As a sender tells of it."""
        figures = self.first.grown(revision)
        return {
            "source": self.source,
            "id": self.id,
            "at": self.at.isoformat(),
            "user": self.user,
            "model": self.model,
            "provider": self.provider,
            "project": self.project,
            "input_tokens": figures.uncached + figures.cached + figures.written,
            "cached_input_tokens": figures.cached,
            "cache_write_tokens": figures.written,
            "output_tokens": figures.output,
            "cost_usd": f"{figures.cost_nano // NANO}.{figures.cost_nano % NANO:09d}",
            "revision": revision,
        }


@dataclass(frozen=True, slots=True)
class Story:
    """All that is sent: by its seed, how many calls, and until when they were made."""

    seed: int
    calls: int
    until: datetime

    @property
    def batches(self) -> int:
        """The last of them tell of later figures alone."""
        return self.calls // BATCH + max(LAGS)

    def fresh(self, number: int) -> Iterator[Call]:
        """The calls that this batch is the first to tell of."""
        if not 0 <= number < self.calls // BATCH:
            return
        dice = random.Random(f"{self.seed} {number}")  # noqa: S311 (a story)
        for nth in range(self._size(number)):
            yield self._call(dice, number, nth)

    def batch(self, number: int) -> list[dict[str, object]]:
        """First figures of calls, and later ones of calls that were told of before."""
        told = [call.told(0) for call in self.fresh(number)]
        for revision, lag in enumerate(LAGS, 1):
            told += [
                call.told(revision) for call in self.fresh(number - lag) if call.grows >= revision
            ]
        return told

    def outdated(self, number: int) -> int:
        """How much in this batch is no longer so, once all has been told."""
        fresh = sum(call.grows > 0 for call in self.fresh(number))
        later = sum(
            call.grows > revision
            for revision, lag in enumerate(LAGS, 1)
            for call in self.fresh(number - lag)
            if call.grows >= revision
        )
        return fresh + later

    def _size(self, number: int) -> int:
        """Two batches in a row have two thousand."""
        dice = random.Random(f"{self.seed} size {number // 2}")  # noqa: S311 (a story)
        size = dice.randint(SMALLEST, 2 * BATCH - SMALLEST)
        is_alone = number == self.calls // BATCH - 1 and number % 2 == 0
        return BATCH if is_alone else size if number % 2 == 0 else 2 * BATCH - size

    def _call(self, dice: random.Random, number: int, nth: int) -> Call:
        caller = dice.choice(_CALLERS)
        model, provider = dice.choice(_MODELS)
        days = LATE_DAYS if dice.random() < LATE else RECENT_DAYS
        at = self.until - timedelta(seconds=dice.uniform(0, days * 86_400))
        return Call(
            source=_SOURCES[nth % len(_SOURCES)],
            id=f"{number}-{nth // len(_SOURCES)}",  # each source counts its own: ids are the same
            at=at.astimezone(dice.choice(_OFFSETS)),
            caller=caller,
            user=dice.choice(caller.names),
            model=model,
            provider=provider,
            project=dice.choice(_PROJECTS),
            first=Figures(
                uncached=dice.randrange(1, 5_000),
                cached=dice.choice((0, 0, dice.randrange(20_000))),
                written=dice.choice((0, 0, dice.randrange(2_000))),
                output=dice.randrange(1, 900),
                cost_nano=dice.randrange(1, NANO),
            ),
            grows=dice.randint(1, len(LAGS)) if dice.randrange(GROWING) == 0 else 0,
        )


def dealt(story: Story, clients: int, *, repeated: float = 0.1) -> list[list[int]]:
    """Which batches each client sends, some of them for the second time.

    Of these every other is sent by two clients at about the same time.
    """
    dice = random.Random(f"{story.seed} deal")  # noqa: S311 (a story)
    hands: list[list[int]] = [[] for _ in range(clients)]
    for number in range(story.batches):
        hand = hands[number % clients]
        hand.append(number)
        if dice.random() < repeated:
            dice.choice((hand, hands[dice.randrange(clients)])).append(number)
    return hands


#: Account, day, model and project.
Place = tuple[str, str, str, str]
#: Calls, tokens, uncached and cached input, what was written to a cache, output, and the cost.
Sums = tuple[int, ...]


def sums(story: Story) -> dict[Place, Sums]:
    """What it all comes to: a token is a token, of input as of output."""
    found: dict[Place, list[int]] = {}
    for number in range(story.batches):
        for call in story.fresh(number):
            place = (call.caller.account, call.day.isoformat(), call.model, call.project)
            so_far = found.setdefault(place, [0] * 7)
            last = call.last
            for nth, more in enumerate(
                (
                    1,
                    last.uncached + last.cached + last.written + last.output,
                    last.uncached,
                    last.cached,
                    last.written,
                    last.output,
                    last.cost_nano,
                )
            ):
                so_far[nth] += more
    return {place: tuple(figures) for place, figures in found.items()}
