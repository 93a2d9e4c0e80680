"""The limits of a call as they stand: what is enforced and what is shown are the same figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import patterns, periods
from bot.domain.directory import EVERYONE, TeamId, WorkspaceId
from bot.domain.limits import Limit, Measure
from bot.domain.periods import Span
from bot.domain.policies import Cap, CapPeriod, Mode
from bot.services import dues, funds
from bot.services.holders import Holder
from bot.storage import funds as stored_funds
from bot.storage import limit_sums, open_holds, policies
from bot.storage.database import Transaction
from bot.storage.open_holds import Promise


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is of; of all models and projects where somebody only looks."""

    model: str | None = None
    project: str | None = None

    def concerns(self, cap: Cap) -> bool:
        """Whether a cap counts such a call."""
        if cap.measure is Measure.PROJECT:
            return self.project is None or self.project == cap.name
        return self.model is None or is_of(cap, self.model)


def chain(
    tx: Transaction,
    workspace_id: WorkspaceId,
    holder: Holder,
    subject: Subject,
    *,
    balance: int,
    held: int,
    now: datetime,
) -> tuple[Limit, ...]:
    """All limits that apply, with what is used and what open holds may use still.

    For a call that is to be made, the account is locked: then of two at once the second counts
    what the first was promised. What a team uses for a project is counted one after the other too.
    For whoever only looks, `balance` and `held` are as of now, with what is due counted.
    """
    counting = _Counting(tx, workspace_id, holder, balance, now)
    made = [counting.allowance(held)]
    policy = holder.rules.policy
    if policy.request_max is not None:
        made.append(Limit(measure=Measure.REQUEST, most=policy.request_max))
    if holder.user_id is not None:
        made += counting.day()
    caps = [cap for cap in holder.rules.caps if subject.concerns(cap)]
    return (*made, *counting.caps(caps))


def lock(tx: Transaction, workspace_id: WorkspaceId, holder: Holder, subject: Subject) -> None:
    """Before a call's limits are counted: whoever else counts towards the same project waits."""
    shared = [
        cap for cap in holder.rules.caps if cap.measure is Measure.PROJECT and subject.concerns(cap)
    ]
    if shared:
        policies.lock_caps(tx, workspace_id, shared)


def is_of(cap: Cap, model: str) -> bool:
    """Whether a cap of models counts this one, with or without the provider before its name."""
    return patterns.is_match(cap.name, model) or patterns.is_match(cap.name, patterns.bare(model))


class _Counting:
    """Counts what limits of one holder count, each thing once."""

    def __init__(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId,
        holder: Holder,
        balance: int,
        now: datetime,
    ) -> None:
        self._tx = tx
        self._workspace_id = workspace_id
        self._holder = holder
        self._balance = balance
        self._now = now
        self._today = periods.day_of(now, holder.zone)
        self._promises = (
            open_holds.promises(tx, workspace_id, holder.account, now) if holder.is_known else []
        )
        self._by_model: dict[Span, dict[str, int]] = {}

    def allowance(self, held: int) -> Limit:
        """What there is. Calls that were let pass beyond it count as if it was held for them."""
        beyond = sum(promise.tokens - promise.held for promise in self._promises)
        return Limit(
            measure=Measure.ALLOWANCE,
            most=self._balance,
            used=held + beyond,
            grace=self._grace(),
            frees_at=self._next_at(),
        )

    def day(self) -> list[Limit]:
        """What a person may use today, if there is such a limit."""
        policy = self._holder.rules.policy
        most = policy.day_tokens
        if policy.day_percent is not None:
            most = self._funds_total() * policy.day_percent // 100
        if most is None:
            return []
        span = CapPeriod.DAY.span(self._today)
        used = sum(self._used_by_model(span).values())
        return [
            Limit(
                measure=Measure.DAY,
                most=most,
                used=used + _sum(self._promises),
                frees_at=self._start_of(span.end),
            )
        ]

    def caps(self, caps: Iterable[Cap]) -> list[Limit]:
        """Where each cap stands."""
        made = []
        for cap in caps:
            if cap.measure is Measure.MODEL and self._holder.user_id is None:
                continue  # each person's; a service has its pool
            span = cap.period.span(self._today)
            used = (
                self._used_for_project(cap, span)
                if cap.measure is Measure.PROJECT
                else self._used_of_models(cap, span)
            )
            made.append(
                Limit(
                    measure=cap.measure,
                    name=cap.name,
                    period=cap.period.value,
                    most=cap.tokens,
                    used=used,
                    frees_at=self._start_of(span.end),
                    fallback_model=cap.fallback_model,
                    is_of_all=cap.is_of_all,
                )
            )
        return made

    def _used_of_models(self, cap: Cap, span: Span) -> int:
        used = sum(
            tokens for model, tokens in self._used_by_model(span).items() if is_of(cap, model)
        )
        return used + _sum([one for one in self._promises if is_of(cap, one.model)])

    def _used_for_project(self, cap: Cap, span: Span) -> int:
        teams: Sequence[TeamId] = (cap.team_id,)
        if cap.team_id == EVERYONE:
            teams = limit_sums.teams(self._tx, self._workspace_id)
        tx, workspace_id = self._tx, self._workspace_id
        # In this order: what somebody else's settlement makes of a promise in between counts twice
        # rather than not at all.
        promised = open_holds.promised_for_project(tx, workspace_id, teams, cap.name, self._now)
        return promised + limit_sums.of_project(tx, workspace_id, teams, cap.name, span)

    def _used_by_model(self, span: Span) -> dict[str, int]:
        user_id = self._holder.user_id
        if user_id is None:
            return {}
        if span not in self._by_model:
            self._by_model[span] = limit_sums.by_model(self._tx, self._workspace_id, user_id, span)
        return self._by_model[span]

    def _grace(self) -> int:
        policy = self._holder.rules.policy
        if policy.mode is not Mode.SOFT:
            return 0
        if policy.grace_percent:
            return self._funds_total() * policy.grace_percent // 100
        return policy.grace_tokens

    def _funds_total(self) -> int:
        account = self._holder.account
        if not self._holder.is_known:
            return 0
        found = funds.of(self._tx, self._workspace_id, [account], self._now)[account]
        return max(replace(found, balance=self._balance).total, 0)

    def _next_at(self) -> datetime | None:
        account = self._holder.account
        turn = stored_funds.turns(self._tx, self._workspace_id, [account]).get(account)
        if turn is None or turn.next_at > self._now:
            return turn.next_at if turn else None
        # The balance has that one in it, though nobody has settled it yet.
        settled = dues.as_of(self._tx, self._workspace_id, account, self._now)
        coming = [one.next_at for one in settled.turns if one.next_at] if settled else []
        return min(coming, default=None)

    def _start_of(self, day: date) -> datetime:
        return periods.start_of(day, self._holder.zone)


def _sum(promises: Sequence[Promise]) -> int:
    return sum(promise.tokens for promise in promises)
