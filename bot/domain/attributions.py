"""What waited for its person: moved to their account once it is known whose it is, and back.

Usage of somebody unknown was `unattributed → consumed`. Linked, it is `member → unattributed` as
well, so that the member has paid it and nobody else has. Unlinking swaps that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import metering, periods
from bot.domain import usage as rules
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.identities import Payer
from bot.domain.ledger import (
    CONSUMED,
    UNATTRIBUTED,
    AccountId,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
)
from bot.domain.metering import Shift
from bot.domain.usage import Charge, DayPlace, Used
from bot.domain.usage_events import SourceRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An event as it is counted: on which account, where in the sums, and for what."""

    external_id: str
    role: SourceRole
    provider: str
    occurred_at: datetime
    received_at: datetime
    account: AccountId
    place: DayPlace
    counts: Counts
    charge: Charge

    @property
    def used(self) -> tuple[Used, ...]:
        """Its part in the sums; none where it was only seen."""
        if self.charge.is_seen_only:
            return ()
        return (rules.counted(self.place, self.counts, self.charge),)


def moved(counted: Counted, payer: Payer, shifts: Sequence[Shift]) -> Counted:
    """The same event where the payer is charged for it, on the day that it was there.

    What another source has charged them already, by the shifts of their team, is only seen.
    """
    day = periods.day_of(counted.occurred_at, ZoneInfo(payer.zone)).isoformat()
    place = counted.place._replace(team_id=payer.team_id, user_id=payer.user_id, day=day)
    is_charged = not shifts or metering.in_charge(shifts, counted.occurred_at) is counted.role
    charge = counted.charge if is_charged else counted.charge.seen_only
    return replace(counted, account=payer.account, place=place, charge=charge)


def difference(before: Iterable[Counted], after: Iterable[Counted]) -> list[Used]:
    """Out of the sums where they were, into those where they are."""
    taken = [used.taken_back for one in before for used in one.used]
    return taken + [used for one in after for used in one.used]


def begun(
    counted: Iterable[Counted], shifts: Mapping[str, Sequence[Shift]]
) -> tuple[dict[str, Shift], dict[str, Shift]]:
    """By provider, the shifts that these events begin, and those whose last event is later now."""
    first: dict[str, Shift] = {}
    later: dict[str, Shift] = {}
    for one in sorted(counted, key=lambda one: one.occurred_at):
        if one.charge.is_seen_only:
            continue
        if not shifts.get(one.provider) and one.provider not in first:
            first[one.provider] = Shift(since=None, role=one.role)
        current = (shifts.get(one.provider) or [first[one.provider]])[-1]
        changed = metering.later(later.get(one.provider, current), one.occurred_at)
        if current.role is one.role and changed is not None:
            later[one.provider] = changed
    return first, later


def entry(
    before: Sequence[Counted],
    after: Sequence[Counted],
    *,
    left: AccountId,
    payer: AccountId,
    entry_id: EntryId,
    actor: str,
    source: str,
    now: datetime,
) -> Entry | None:
    """What moves with these events; None where nothing was charged.

    What turned out to have been charged by another source already comes back from `consumed`.
    """
    given_back = sum(one.charge.tokens for one in before)
    charged = sum(one.charge.tokens for one in after)
    postings = (
        *(rules.split(UNATTRIBUTED, left, given_back) if left != UNATTRIBUTED else ()),
        *(rules.split(payer, UNATTRIBUTED, charged) if payer != UNATTRIBUTED else ()),
        *rules.split(CONSUMED, UNATTRIBUTED, given_back - charged),
    )
    if not postings:
        return None
    return Entry(
        kind=EntryKind.ATTRIBUTION,
        actor=UserId(actor),
        postings=postings,
        note=source,
        key=IdempotencyKey(f"attribution:{entry_id}"),
        now=now,
        may_overdraw=True,
    )
