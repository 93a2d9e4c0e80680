"""Usage: what was used already is recorded whole, and summed by day for whoever looks later."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from bot.domain import notes
from bot.domain.counts import Counts
from bot.domain.directory import TeamId, UserId
from bot.domain.identities import Payer
from bot.domain.ledger import (
    CONSUMED,
    TOKENS_MAX,
    AccountId,
    AccountKind,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
    account_kind,
    account_owner,
)
from bot.domain.usage_events import EventKey, UsageEvent

#: Projects of one team and day that stand by their names; the rest are `OTHER`.
PROJECTS_MAX = 200
OTHER = "other"
UNNAMED = "unnamed"
#: Of a model's or a project's name.
NAME_MAX = 100


#: The rate of what is kept for comparison only, since another source is charged for it.
SEEN = "seen"


# Tuples by name: a batch makes thousands of each, in a third of the time of a frozen dataclass.
class Charge(NamedTuple):
    """The tokens that an event is charged, by which rate, and its cost where that is known."""

    tokens: int
    rate: str
    #: In billionths of a dollar.
    cost_nano: int | None
    cost_is_estimate: bool = False

    @property
    def is_seen_only(self) -> bool:
        return self.rate == SEEN

    @property
    def seen_only(self) -> "Charge":
        """The same for what another source is charged for."""
        return self._replace(tokens=0, rate=SEEN)


class DayPlace(NamedTuple):
    """Where usage is summed; `team_id` paid."""

    team_id: TeamId
    day: str
    #: Empty for a service of the team, and for what belongs to nobody yet.
    user_id: str
    model: str
    project: str


class Used(NamedTuple):
    """What is added to the sums of a day; below zero where it is taken back."""

    place: DayPlace
    #: What was charged.
    tokens: int
    calls: int
    input_uncached: int
    cache_read: int
    cache_write: int
    output: int
    #: In billionths of a dollar, where it is known.
    cost_nano: int
    #: Calls whose cost nobody knows.
    unpriced: int

    @property
    def figures(self) -> tuple[int, ...]:
        """What is added, in the order of `FIGURES`."""
        return self[1:]

    @property
    def taken_back(self) -> "Used":
        """What undoes it."""
        return Used(self.place, *(-figure for figure in self.figures))


#: What is summed of each day, by name.
FIGURES = Used._fields[1:]


class Placed(NamedTuple):
    """An event with its place in the batch, who pays for it, what it costs, and is charged."""

    nth: int
    event: UsageEvent
    payer: Payer
    identity_id: str | None
    day: str
    model: str
    project: str
    #: Were its source charged for it.
    cost: Charge
    charge: Charge

    @property
    def key(self) -> EventKey:
        return (self.event.source, self.event.external_id)

    @property
    def place(self) -> DayPlace:
        """Where it is summed."""
        payer = self.payer
        return DayPlace(
            team_id=payer.team_id,
            day=self.day,
            user_id=payer.user_id,
            model=self.model,
            project=self.project,
        )


def place(account: AccountId, *, team_id: str, day: str, model: str, project: str) -> DayPlace:
    """Where what an account was charged is summed: by its person, where it is one's."""
    is_member = account_kind(account) is AccountKind.MEMBER
    return DayPlace(
        team_id=TeamId(team_id),
        day=day,
        user_id=account_owner(account) if is_member else "",
        model=model,
        project=project,
    )


def counted(place: DayPlace, counts: Counts, charge: Charge) -> Used:
    """What an event that was charged so adds to the sums."""
    return Used(
        place=place,
        tokens=charge.tokens,
        calls=1,
        input_uncached=counts.input_uncached,
        cache_read=counts.cache_read,
        cache_write=counts.cache_write,
        output=counts.output,
        cost_nano=charge.cost_nano or 0,
        unpriced=int(charge.cost_nano is None),
    )


def name(given: str) -> str:
    """A model's or project's name as it is stored: one line, not endless, never empty."""
    return notes.clean(given[:NAME_MAX]) or UNNAMED


def entry(
    charged: Mapping[AccountId, int],
    *,
    entry_id: EntryId,
    kind: EntryKind,
    actor: str,
    note: str,
    now: datetime,
) -> Entry | None:
    """What these accounts used, or less than zero: figures that fell; None where nothing moves.

    It happened, so it may take them below zero. The entry's key is its own id: that an event is
    charged once, its row sees to.
    """
    postings = tuple(
        posting for account in sorted(charged) for posting in _postings(account, charged[account])
    )
    if not postings:
        return None
    return Entry(
        kind=kind,
        actor=UserId(actor),
        postings=postings,
        note=note,
        key=IdempotencyKey(f"usage:{entry_id}"),
        now=now,
        may_overdraw=True,
    )


def _postings(account: AccountId, tokens: int) -> Iterator[Posting]:
    source, destination = (account, CONSUMED) if tokens > 0 else (CONSUMED, account)
    return split(source, destination, abs(tokens))


def split(source: AccountId, destination: AccountId, tokens: int) -> Iterator[Posting]:
    """One posting, more where one would be too large, none for nothing."""
    left = tokens
    while left:
        part = min(left, TOKENS_MAX)
        yield Posting(source, destination, part)
        left -= part


def folded(used: Iterable[Used], known: Mapping[tuple[TeamId, str], frozenset[str]]) -> list[Used]:
    """The same with projects beyond the most that a day takes under `OTHER`, first come first."""
    names = {day: set(projects) for day, projects in known.items()}
    return [
        one._replace(place=one.place._replace(project=_fitting(one.place, names))) for one in used
    ]


def _fitting(one: DayPlace, names: dict[tuple[TeamId, str], set[str]]) -> str:
    projects = names.setdefault((one.team_id, one.day), set())
    if one.project not in projects and len(projects - {OTHER}) >= PROJECTS_MAX:
        return OTHER
    projects.add(one.project)
    return one.project
