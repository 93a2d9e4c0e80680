"""Figures of a provider's day: what it reports, what was charged, what was trued up by before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot import prices
from bot.domain import rates
from bot.domain import true_ups as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import UNATTRIBUTED, AccountId
from bot.domain.rates import RateCard
from bot.domain.true_ups import Change, Charged, Reported, Target
from bot.domain.usage_events import UsageEvent
from bot.services import charging
from bot.storage import rate_cards, true_ups
from bot.storage.database import Transaction
from bot.storage.true_ups import Standing

#: Of one provider's day, by account and then by model.
Report = dict[AccountId, dict[str, Reported]]
Stands = dict[AccountId, dict[str, Standing]]
#: By model as it was called.
Calls = dict[AccountId, dict[str, Charged]]


def reports(tx: Transaction, workspace_id: WorkspaceId, day: date) -> dict[str, Report]:
    """What each provider reports of the day, by the one name of each model."""
    rows = true_ups.reported(tx, workspace_id, day)
    begins, ends = rules.bounds(day)
    cards = rates.in_order(rate_cards.counting(tx, workspace_id, since=begins, until=ends))
    found: dict[str, Report] = {}
    for row, one in zip(rows, _priced([row.event for row in rows], cards, day), strict=True):
        models = found.setdefault(row.event.provider, {}).setdefault(row.account, {})
        model = prices.canonical(row.event.provider, row.event.model)
        before = models.get(model, Reported(least=0, most=0))
        models[model] = Reported(
            least=before.least + one.least,
            most=before.most + one.most,
            rows=before.rows + one.rows,
        )
    return found


def stands(standing: Sequence[Standing]) -> dict[str, Stands]:
    """What stands of a day, by provider."""
    found: dict[str, Stands] = {}
    for one in standing:
        found.setdefault(one.provider, {}).setdefault(one.account, {})[one.model] = one
    return found


def wanted(
    provider: str,
    accounts: Sequence[AccountId],
    report: Report,
    stands: Stands,
    charged: Calls,
) -> dict[AccountId, dict[str, Target]]:
    """What each account is to be trued up by, by its own figures alone."""
    nobodys = {model: one.most for model, one in report.get(UNATTRIBUTED, {}).items()}
    return {
        account: rules.targets(
            report.get(account, {}),
            _named_once(provider, charged.get(account, {}))[0],
            {model: one.tokens for model, one in stands.get(account, {}).items()},
            nobodys,
        )
        for account in accounts
    }


def in_all_reported(report: Report) -> Counter[str]:
    """By model, what the report has, nobody's rows with it."""
    found: Counter[str] = Counter()
    for models in report.values():
        found.update({model: one.most for model, one in models.items()})
    return found


def in_all_charged(provider: str, charged: Calls) -> Counter[str]:
    """By model, what was charged on all of these accounts."""
    found: Counter[str] = Counter()
    for models in charged.values():
        known, _ = _named_once(provider, models)
        found.update({model: one.tokens for model, one in known.items()})
    return found


def changes(
    provider: str,
    allowed: Mapping[AccountId, Mapping[str, int]],
    stands: Stands,
    charged: Calls,
) -> dict[AccountId, list[Change]]:
    """What is not yet so, by account and in the order of models."""
    found: dict[AccountId, list[Change]] = {}
    for account, models in allowed.items():
        _, called = _named_once(provider, charged.get(account, {}))
        for model, tokens in sorted(models.items()):
            stood = stands.get(account, {}).get(model)
            before = stood.tokens if stood else 0
            if tokens == before:
                continue
            change = Change(
                account=account,
                model=model,
                called=called.get(model, model),
                tokens=tokens - before,
                before=before,
                team_id=stood.team_id if stood else None,
            )
            found.setdefault(account, []).append(change)
    return found


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
