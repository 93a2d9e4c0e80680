"""What people used, as it becomes known: taken in once, priced, charged, and summed by day."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic

from bot.domain.api_keys import ALL, Reach
from bot.domain.counts import Counts
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.usage_events import (
    EventRefused,
    FiguresDiffer,
    Rejection,
    SourceRole,
    Taken,
    UsageEvent,
    check_time,
    replaces,
)
from bot.services import dues
from bot.services.intake import Batch
from bot.services.placing import Sender
from bot.services.portions import Portions
from bot.storage.database import Database, DatabaseFault

#: The source of what `record` is told.
_BY_HAND = "tokenbot"


def take_in(
    database: Database,
    workspace_id: WorkspaceId,
    events: Sequence[UsageEvent],
    *,
    role: SourceRole,
    owner: UserId | None,
    actor: str,
    now: datetime,
    charged_from: datetime | None = None,
    portions: Portions | None = None,
    reach: Reach = ALL,
) -> Taken:
    """Charge what is new of these events, each once; say of the rest why it was not taken.

    `owner` is the person to whom the sender's API key is bound: what it sends is theirs; `reach`
    is whom it may charge. What happened before `charged_from` is kept for comparison only. It is
    several commits (`taken_in`), so that whoever is cut off sends all again and nothing counts
    twice. Raises `DatabaseBusy` and `DatabaseFault`, after which that holds as well.
    """
    sender = Sender(role=role, owner=owner, actor=actor, charged_from=charged_from, reach=reach)
    parts = list(
        taken_in(database, workspace_id, events, sender=sender, now=now, portions=portions)
    )
    rejected = [one for part in parts for one in part.rejected]
    return Taken(
        accepted=sum(part.accepted for part in parts),
        duplicates=sum(part.duplicates for part in parts),
        rejected=tuple(sorted(rejected, key=lambda one: one.index)),
    )


def taken_in(
    database: Database,
    workspace_id: WorkspaceId,
    events: Sequence[UsageEvent],
    *,
    sender: Sender,
    now: datetime,
    portions: Portions | None = None,
) -> Iterator[Taken]:
    """As `take_in`, told after each commit; first what was never tried.

    A commit is as large as `portions` has found to be good. Raises as `take_in` does, and what was
    told until then stands.
    """
    rejected, places, duplicates = _sorted_out(events, now)
    yield Taken(accepted=0, duplicates=duplicates, rejected=tuple(rejected))
    good = sorted(places.values())
    portions = portions or Portions()
    while good:
        size = portions.size(len(good))
        chunk = [(place, events[place]) for place in good[:size]]
        del good[:size]
        yield _learning(database, workspace_id, chunk, sender=sender, now=now, portions=portions)


def record(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    tokens: int,
    model: str,
    project: str,
    at: datetime,
    key: IdempotencyKey,
    now: datetime,
) -> Taken:
    """Charge a member what they used, once for this key. Raises `EventRefused`."""
    event = UsageEvent(
        source=_BY_HAND,
        external_id=key,
        occurred_at=at,
        user=user_id,
        model=model,
        provider="",
        counts=Counts(input_uncached=tokens),
        project=project,
    )
    taken = take_in(
        database,
        workspace_id,
        [event],
        role=SourceRole.GATEWAY,
        owner=user_id,
        actor=user_id,
        now=now,
    )
    for refused in taken.rejected:
        raise EventRefused(refused.error)
    return taken


def _learning(
    database: Database,
    workspace_id: WorkspaceId,
    chunk: Sequence[tuple[int, UsageEvent]],
    *,
    sender: Sender,
    now: datetime,
    portions: Portions,
) -> Taken:
    """One commit, which says how large the next one should be; also where it fails."""
    try:
        taken, seconds = _take_chunk(database, workspace_id, chunk, sender=sender, now=now)
    except DatabaseFault:  # the sender comes again, with all of it
        portions.halve()
        raise
    portions.learn(len(chunk), seconds)
    return taken


@dues.settled_first
def _take_chunk(
    database: Database,
    workspace_id: WorkspaceId,
    chunk: Sequence[tuple[int, UsageEvent]],
    *,
    sender: Sender,
    now: datetime,
) -> tuple[Taken, float]:
    """One commit: the events, what they are charged, and their place in all sums.

    Also for how many seconds other writers were kept waiting.
    """
    with database.writing() as tx:
        began = monotonic()
        taken = Batch(tx, workspace_id, sender, now).take(chunk)
        return taken, monotonic() - began


def _sorted_out(
    events: Sequence[UsageEvent], now: datetime
) -> tuple[list[Rejection], dict[tuple[str, str], int], int]:
    """Those that can't be taken, the places of the rest by their keys, and how often one repeats.

    Of one that comes twice in the same call the later figures stand, if it says they are later.
    """
    rejected: list[Rejection] = []
    places: dict[tuple[str, str], int] = {}
    repeated = 0
    for index, event in enumerate(events):
        try:
            check_time(event, now)
            place = places.setdefault((event.source, event.external_id), index)
            if place != index:
                repeated += 1
                stands = events[place]
                if replaces(event, revision=stands.revision, counts=stands.counts):
                    places[event.source, event.external_id] = index
        except EventRefused as refused:
            repeated -= isinstance(refused, FiguresDiffer)
            rejected.append(Rejection(index, event.external_id, str(refused)))
    return rejected, places, repeated
