"""Who pays for usage events, what each costs, and whether this source is charged for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import compress
from zoneinfo import ZoneInfo

from bot.domain import metering, periods
from bot.domain import usage as rules
from bot.domain.api_keys import ALL, Reach
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.identities import Payer
from bot.domain.ledger import UNATTRIBUTED, AccountId, member_account
from bot.domain.metering import Shift
from bot.domain.usage import Charge, Placed
from bot.domain.usage_events import Rejection, SourceRole, UsageEvent
from bot.services import charging
from bot.storage import identities, meters, rate_cards
from bot.storage.database import Transaction
from bot.storage.meters import Metered

#: Models and projects of a batch are few, and their names are made fit to show.
_name = lru_cache(maxsize=4_096)(rules.name)
#: The days of a batch are few too.
iso_day = lru_cache(maxsize=512)(date.isoformat)


_OUTSIDE = "user is nobody whom this key may charge; tokenbot api-key list shows whose it may"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whence a batch comes."""

    role: SourceRole
    #: The person to whom the sender's API key is bound.
    owner: UserId | None
    actor: str
    #: Nobody is charged for what happened before.
    charged_from: datetime | None = None
    #: What each event was held on, whatever it says.
    accounts: Sequence[AccountId] | None = None
    #: Whom its API key may charge.
    reach: Reach = ALL


def placed(
    tx: Transaction,
    workspace_id: WorkspaceId,
    chunk: Sequence[tuple[int, UsageEvent]],
    sender: Sender,
    now: datetime,
) -> tuple[list[Placed], list[Rejection]]:
    """The events by source and id, the one order of locks, with who pays and what each costs.

    Also those that the sender may not charge to anybody whom they name.
    """
    whose = _whose(tx, workspace_id, sender, [event for _, event in chunk], now)
    accounts = sorted({account for account, _ in whose})
    paying_rows, meter_rows, card_rows = tx.batch(
        [
            identities.paying(workspace_id, accounts),
            meters.of_payers(workspace_id, accounts),
            rate_cards.at_times(workspace_id, [event.occurred_at for _, event in chunk]),
        ]
    )
    payers = identities.payers_of(accounts, paying_rows)
    chunk, whose, outside = _within(chunk, whose, payers, sender)
    if not chunk:
        return [], outside
    events = [event for _, event in chunk]
    clocks = {payer.zone: ZoneInfo(payer.zone) for payer in payers.values()}
    paying = [payers[account] for account, _ in whose]
    shifts = meters.of_rows(meter_rows)
    is_charged = _charged_here(tx, workspace_id, sender, events, paying=paying, shifts=shifts)
    cards = rate_cards.of_rows(card_rows)
    costs = [_cost_here(cost, sender.role) for cost in charging.priced(events, cards)]
    found = [
        Placed(
            nth=nth,
            event=event,
            payer=payer,
            identity_id=identity_id,
            day=iso_day(periods.day_of(event.occurred_at, clocks[payer.zone])),
            model=_name(event.model),
            project=_name(event.project),
            cost=cost,
            charge=cost if counts else cost.seen_only,
        )
        for (nth, event), payer, (_, identity_id), cost, counts in zip(
            chunk, paying, whose, costs, is_charged, strict=True
        )
    ]
    return sorted(found, key=lambda one: one.key), outside


_Chunk = Sequence[tuple[int, UsageEvent]]
_Whose = list[tuple[AccountId, str | None]]


def _within(
    chunk: _Chunk, whose: _Whose, payers: Mapping[AccountId, Payer], sender: Sender
) -> tuple[_Chunk, _Whose, list[Rejection]]:
    """What is within the sender's reach, and word of what isn't, before anything is counted."""
    if sender.reach == ALL:
        return chunk, whose, []
    is_within = [sender.reach.has(account, payers[account].team_id) for account, _ in whose]
    outside = [
        Rejection(nth, event.external_id, _OUTSIDE)
        for (nth, event), is_in in zip(chunk, is_within, strict=True)
        if not is_in
    ]
    return list(compress(chunk, is_within)), list(compress(whose, is_within)), outside


def _cost_here(cost: Charge, role: SourceRole) -> Charge:
    """What telemetry says of dollars is its own estimate."""
    if role is SourceRole.TELEMETRY and cost.cost_nano is not None:
        return cost._replace(cost_is_estimate=True)
    return cost


def _whose(
    tx: Transaction,
    workspace_id: WorkspaceId,
    sender: Sender,
    events: Sequence[UsageEvent],
    now: datetime,
) -> list[tuple[AccountId, str | None]]:
    """The account of each event, and the identity by which it was found."""
    if sender.accounts is not None:
        return [(account, None) for account in sender.accounts]
    if sender.owner is not None:
        return [(member_account(sender.owner), None)] * len(events)
    names: dict[str, set[str]] = {}
    for event in events:
        names.setdefault(event.source, set()).add(event.user)
    known = {
        source: identities.of_names(tx, workspace_id, source, names[source], now)
        for source in sorted(names)
    }
    found = (known[event.source][event.user] for event in events)
    return [(one.account, one.identity_id) for one in found]


def _charged_here(
    tx: Transaction,
    workspace_id: WorkspaceId,
    sender: Sender,
    events: Sequence[UsageEvent],
    *,
    paying: Sequence[Payer],
    shifts: dict[Metered, list[Shift]],
) -> list[bool]:
    """Whether each event is charged, or only kept for comparison with what is in charge."""
    role = sender.role
    spans: dict[Metered, list[datetime]] = {}
    for event, payer in zip(events, paying, strict=True):
        if not _is_never_charged(sender, event, payer):
            spans.setdefault((payer.team_id, event.provider), []).append(event.occurred_at)
    shifts |= _begin(tx, workspace_id, role, spans, shifts)
    later = {
        metered: shift
        for metered, times in spans.items()
        if shifts[metered][-1].role is role
        and (shift := metering.later(shifts[metered][-1], max(times)))
    }
    meters.put(tx, workspace_id, later)
    if later and role is SourceRole.REPORT:
        # A surer source may just have taken over a day of which this is the first row.
        shifts |= meters.shifts(tx, workspace_id, _teams(later))
    return [
        not _is_never_charged(sender, event, payer)
        and metering.in_charge(shifts[payer.team_id, event.provider], event.occurred_at) is role
        for event, payer in zip(events, paying, strict=True)
    ]


def _begin(
    tx: Transaction,
    workspace_id: WorkspaceId,
    role: SourceRole,
    spans: Mapping[Metered, Sequence[datetime]],
    shifts: Mapping[Metered, list[Shift]],
) -> dict[Metered, list[Shift]]:
    """Begin the shifts that events of this role begin; how it stands then where one may begin."""

    def begun() -> dict[Metered, Shift]:
        return {
            metered: shift
            for metered, times in spans.items()
            if (shift := metering.next_shift(stands.get(metered, ()), role, min(times)))
        }

    stands = dict(shifts)
    if not (teams := _teams(begun())):
        return {}
    # Whatever is in charge may just be charged for more: this waits until that is known.
    stands |= meters.held(tx, workspace_id, teams)
    meters.put(tx, workspace_id, begun())
    # Another batch may have begun one at the same time: what stands is what counts.
    return meters.shifts(tx, workspace_id, teams)


def _teams(metered: Iterable[Metered]) -> list[TeamId]:
    return sorted({team for team, _ in metered})


def _is_never_charged(sender: Sender, event: UsageEvent, payer: Payer) -> bool:
    """Whatever is in charge: it is from before its source counts, or a report's of nobody.

    A provider's figures that belong to nobody are shown, not charged: others may have them.
    """
    if sender.charged_from is not None and event.occurred_at < sender.charged_from:
        return True
    return sender.role is SourceRole.REPORT and payer.account == UNATTRIBUTED
