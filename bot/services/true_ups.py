"""Truing up: what was charged for a day is brought to what the provider's report says of it.

What there is to change is looked up outside of the commits that change it. Each of these rests on
what stood then: if another worker was there first, it changes nothing, and the next hour looks
again. So nothing is made good twice, and whoever is cut off leaves nothing half done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot import prices
from bot.domain import rates
from bot.domain import true_ups as rules
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.identities import Payer
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryId
from bot.domain.rates import RateCard
from bot.domain.true_ups import Change, Charged, Reported
from bot.domain.usage import DayPlace, Used
from bot.domain.usage_events import UsageEvent
from bot.services import charging, dues
from bot.storage import (
    charges,
    identities,
    ids,
    progress,
    pulls,
    rate_cards,
    rollups,
    true_ups,
)
from bot.storage.database import Database, Transaction
from bot.storage.true_ups import Standing

#: Accounts of one commit: people wait behind it for some 50 ms.
CHUNK = 100

#: Of one provider's day, by account and then by model.
_Report = dict[AccountId, dict[str, Reported]]
_Stands = dict[AccountId, dict[str, Standing]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be made good in one commit, in the order of accounts and models."""

    provider: str
    day: date
    changes: tuple[Change, ...]


class _Overtaken(Exception):
    """Another worker changed meanwhile what this one had read."""


def do_due(database: Database, now: datetime) -> None:
    """True up the workspaces that have reports, each once an hour."""
    with database.reading() as tx:
        found = true_ups.waiting(tx, now)
    for workspace_id in found:
        if _claim(database, workspace_id, rules.hour(now)):
            true_up(database, workspace_id, now)


def true_up(database: Database, workspace_id: WorkspaceId, now: datetime) -> int:
    """Make good what the reports of the last days say; how many commits that took."""
    return sum(
        write(database, workspace_id, work, now=now)
        for day in rules.days(now)
        for work in plan(database, workspace_id, day)
    )


def plan(database: Database, workspace_id: WorkspaceId, day: date) -> Iterator[Work]:
    """What there is to make good of a day; nobody has to do it.

    Days before a report was connected stay as they were charged.
    """
    with database.reading() as tx:  # what stands first: whoever changes it later is noticed
        stands = _by_provider(true_ups.standing(tx, workspace_id, day))
        reports = _reports(tx, workspace_id, day)
        providers = sorted(reports.keys() | stands.keys())
        begun = {one: pulls.pull(tx, workspace_id, one).charged_from for one in providers}
    for provider in providers:
        if day < (begun[provider] or day):
            continue
        report, trued = reports.get(provider, {}), stands.get(provider, {})
        accounts = sorted((report.keys() | trued.keys()) - {UNATTRIBUTED})
        for start in range(0, len(accounts), CHUNK):
            some = accounts[start : start + CHUNK]
            with database.reading() as tx:
                charged = true_ups.charged(tx, workspace_id, some, provider=provider, day=day)
            changes = _changes(provider, some, report, trued, charged)
            if changes:
                yield Work(provider=provider, day=day, changes=tuple(changes))


def write(database: Database, workspace_id: WorkspaceId, work: Work, *, now: datetime) -> bool:
    """Make it good in one commit; false where another was there first, and all stays as it is."""
    try:
        _write(database, workspace_id, work, now=now)
    except _Overtaken:
        return False
    return True


@dues.settled_first
def _write(database: Database, workspace_id: WorkspaceId, work: Work, *, now: datetime) -> None:
    """Locks are taken in one order: what stands, accounts, rollups."""
    provider, day, entry_id = work.provider, work.day, EntryId(ids.new(now))
    entry = rules.entry(work.changes, provider=provider, day=day, entry_id=entry_id, now=now)
    with database.writing() as tx:
        accounts = sorted({one.account for one in work.changes})
        payers = identities.payers(tx, workspace_id, accounts)
        placed = [
            (one, one.team_id or payers[one.account].team_id)  # where it is counted it stays
            for one in work.changes
        ]
        if not true_ups.put(
            tx, workspace_id, placed, provider=provider, day=day, entry_id=entry_id, now=now
        ):
            raise _Overtaken
        charges.charge(tx, workspace_id, entry_id, entry)
        used = [_used(one, payers[one.account], team_id, day) for one, team_id in placed]
        rollups.add(tx, workspace_id, used)


def _used(one: Change, payer: Payer, team_id: TeamId, day: date) -> Used:
    """Only tokens: the calls, their counts and costs are counted by whoever told of them."""
    place = DayPlace(
        team_id=team_id,
        day=day.isoformat(),
        user_id=payer.user_id,
        model=one.called,
        project=rules.PROJECT,
    )
    return Used(
        place=place,
        tokens=one.tokens,
        calls=0,
        input_uncached=0,
        cache_read=0,
        cache_write=0,
        output=0,
        cost_nano=0,
        unpriced=0,
    )


def _claim(database: Database, workspace_id: WorkspaceId, hour: str) -> bool:
    """Take this hour's look for this worker; false where another has it."""
    with database.writing() as tx:
        before = progress.position(tx, workspace_id, true_ups.JOB)
        if before is not None and before >= hour:
            return False
        return progress.swap(tx, workspace_id, true_ups.JOB, before=before, after=hour)


# What there is to change.


def _by_provider(standing: Sequence[Standing]) -> dict[str, _Stands]:
    found: dict[str, _Stands] = {}
    for one in standing:
        found.setdefault(one.provider, {}).setdefault(one.account, {})[one.model] = one
    return found


def _changes(
    provider: str,
    accounts: Sequence[AccountId],
    report: _Report,
    stands: _Stands,
    charged: Mapping[AccountId, Mapping[str, Charged]],
) -> list[Change]:
    nobodys = {model: one.most for model, one in report.get(UNATTRIBUTED, {}).items()}
    changes = []
    for account in accounts:
        known, called = _named_once(provider, charged.get(account, {}))
        trued = stands.get(account, {})
        found = rules.differences(
            report.get(account, {}),
            known,
            {model: one.tokens for model, one in trued.items()},
            nobodys,
        )
        for model, tokens in sorted(found.items()):
            before = trued.get(model)
            changes.append(
                Change(
                    account=account,
                    model=model,
                    called=called.get(model, model),
                    tokens=tokens,
                    before=before.tokens if before else 0,
                    team_id=before.team_id if before else None,
                )
            )
    return changes


def _named_once(
    provider: str, charged: Mapping[str, Charged]
) -> tuple[dict[str, Charged], dict[str, str]]:
    """By the one name of each model, whoever names it, and how most of it is called."""
    sums: dict[str, Charged] = {}
    called: dict[str, str] = {}
    for name, one in sorted(charged.items(), key=lambda item: (-item[1].tokens, item[0])):
        model = prices.canonical(provider, name)
        called.setdefault(model, name)
        before = sums.get(model, Charged(tokens=0, calls=0))
        sums[model] = Charged(tokens=before.tokens + one.tokens, calls=before.calls + one.calls)
    return sums, called


def _reports(tx: Transaction, workspace_id: WorkspaceId, day: date) -> dict[str, _Report]:
    """What each provider reports of the day, at this workspace's rates."""
    rows = true_ups.reported(tx, workspace_id, day)
    begins, ends = rules.bounds(day)
    cards = rates.in_order(rate_cards.counting(tx, workspace_id, since=begins, until=ends))
    reports: dict[str, _Report] = {}
    for row, one in zip(rows, _priced([row.event for row in rows], cards, day), strict=True):
        models = reports.setdefault(row.event.provider, {}).setdefault(row.account, {})
        model = prices.canonical(row.event.provider, row.event.model)
        before = models.get(model, Reported(least=0, most=0))
        models[model] = Reported(
            least=before.least + one.least,
            most=before.most + one.most,
            rows=before.rows + one.rows,
        )
    return reports


def _priced(events: Sequence[UsageEvent], cards: Sequence[RateCard], day: date) -> list[Reported]:
    """What each row costs: by the lowest and the highest of the cards that count that day.

    A row stands for calls of the whole day, and doesn't say at what time they were.
    """
    begins, ends = rules.bounds(day)
    moments = {begins} | {one.effective_from for one in cards if begins < one.effective_from < ends}
    counting = [rates.card_at(cards, moment) for moment in sorted(moments)]
    by_card = [
        charging.priced(events, [replace(card, effective_from=begins)] if card else [])
        for card in counting
    ]
    return [
        Reported(
            least=min(one.tokens for one in costs),
            most=max(one.tokens for one in costs),
            rows=int(any(not _is_whole(one.rate) for one in costs)),
        )
        for costs in zip(*by_card, strict=True)
    ]


def _is_whole(rate: str) -> bool:
    """Whether nothing is ever rounded at this rate."""
    weights = rates.read(rate).weights
    parts = (weights.input, weights.cached_input, weights.cache_write, weights.output)
    return all(part % rates.SCALE == 0 for part in parts)
