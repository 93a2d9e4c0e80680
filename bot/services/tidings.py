"""Telling of alerts: what of the noted is still so, whom it concerns, and whether it is quiet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import alerts as rules
from bot.domain import expiries as expiry_rules
from bot.domain.alerts import EXHAUSTED, EXPIRING, Alert, Warned
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.expiries import Expiring, ExpiryTold
from bot.domain.funds import Funds
from bot.domain.ledger import AccountId, account_owner, member_account
from bot.domain.notices import LowBalance, TokensExpire
from bot.domain.preferences import Contact
from bot.domain.topups import APPROVERS_ASKED_MAX
from bot.services import advances, expiries, funds
from bot.services.preferences import thresholds_of
from bot.storage import alerts, outbox, preferences, roles, runs
from bot.storage.database import Database, Transaction

#: Accounts told of at a time: their rows are written in well under 100 ms.
CHUNK = 50
#: Rows of `run`: a recipient and an alert; a recipient with an account, and a period.
_TOLD = "alert"
_MUTED = "alerts_muted"


@dataclass(slots=True)
class _Plan:
    """What becomes of alerts that are due."""

    told: list[str] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)
    put_off: dict[datetime, list[str]] = field(default_factory=dict)
    #: By recipient and alert.
    notices: dict[runs.Key, LowBalance | TokensExpire] = field(default_factory=dict)

    def settle(self, alert_ids: Sequence[str], waits: Sequence[datetime]) -> None:
        """Told; or due again as soon as the first for whom it is quiet can be told."""
        if waits:
            self.put_off.setdefault(min(waits), []).extend(alert_ids)
        else:
            self.told.extend(alert_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """How things stand, of all accounts that are told of."""

    funds: dict[AccountId, Funds]
    thresholds: dict[AccountId, tuple[int, ...]]
    expiring: dict[tuple[AccountId, str], Expiring]
    recipients: dict[AccountId, list[Contact]]
    muted: set[runs.Key]
    now: datetime


def tell(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    """Owe a notice of each alert that is due; several of an account give one, of the lowest."""
    while True:
        with database.snapshot() as tx:
            accounts = alerts.due(tx, workspace_id, now=now, limit=CHUNK)
            plan = _planned(tx, workspace_id, accounts, now)
        if not accounts:
            return
        with database.writing() as tx:
            _carry_out(tx, workspace_id, plan, now)


def warned(
    database: Database, workspace_id: WorkspaceId, notice: LowBalance, now: datetime
) -> Warned | None:
    """The figures of now for a warning; None where it isn't so any more, or the period is over."""
    with database.snapshot() as tx:
        mine = funds.of(tx, workspace_id, [notice.account], now)[notice.account]
        is_so = rules.is_passed(notice.threshold, mine, now)
        if mine.period_on != notice.period_on or not is_so:
            return None
        approvers = roles.approvers(tx, workspace_id) if mine.is_pool else []
        has_advance = not mine.is_pool and advances.are_on_offer(
            tx, workspace_id, notice.recipient, now
        )
    return Warned(
        recipient=notice.recipient,
        funds=mine,
        threshold=notice.threshold,
        now=now,
        admins=tuple(_admins(approvers)),
        may_fill=any(a.is_admin for a in approvers if a.user_id == notice.recipient),
        has_advance=has_advance,
    )


def expiry(
    database: Database, workspace_id: WorkspaceId, notice: TokensExpire, now: datetime
) -> ExpiryTold | None:
    """The figures of now for tokens that expire; None where they were used, or did expire."""
    account = member_account(notice.recipient)
    with database.snapshot() as tx:
        found = expiries.found(tx, workspace_id, [account], now).get((account, notice.day))
        mine = funds.of(tx, workspace_id, [account], now)[account]
    if found is None or not expiry_rules.is_worth_telling(found, mine.available):
        return None
    return ExpiryTold(recipient=notice.recipient, expiring=found, available=mine.available)


def mute(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    account: AccountId,
    period_on: str,
    now: datetime,
) -> Funds | None:
    """Tell this person no more of the account in this period; None where the period is over.

    Once more is the same as once.
    """
    with database.writing() as tx:
        mine = funds.of(tx, workspace_id, [account], now)[account]
        if mine.period_on != period_on:
            return None
        runs.claim(tx, workspace_id, _MUTED, [(_muting(user_id, account), period_on)], now)
    return mine


def _planned(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId], now: datetime
) -> _Plan:
    plan = _Plan()
    if not accounts:
        return plan
    noted = alerts.live(tx, workspace_id, accounts)
    facts = _facts(tx, workspace_id, accounts, now)
    for account in accounts:
        mine = noted.get(account, [])
        balances = [one for one in mine if one.threshold != EXPIRING]
        _plan_balance(plan, facts, account, balances)
        for one in mine:
            if one.threshold == EXPIRING and one.told_at is None:
                _plan_expiry(plan, facts, one)
    return plan


def _plan_balance(plan: _Plan, facts: _Facts, account: AccountId, noted: Sequence[Alert]) -> None:
    """One notice of the lowest threshold that is passed by now, unless that was told before."""
    funds_now, chosen = facts.funds[account], facts.thresholds[account]
    standing = [
        one
        for one in noted
        if one.period_on == funds_now.period_on
        and (one.threshold in chosen or (one.threshold == rules.PACE and chosen))
        and rules.is_passed(one.threshold, funds_now, facts.now)
    ]
    untold = [one.alert_id for one in standing if one.told_at is None]
    plan.lifted += [one.alert_id for one in noted if one not in standing and one.told_at is None]
    if not untold:
        return
    lead = rules.lowest(standing)
    waits: list[datetime] = []
    for person in facts.recipients[account] if lead.told_at is None else []:
        if (_muting(person.user_id, account), lead.period_on) in facts.muted:
            continue
        quiet = person.quiet_hours(funds_now.team)
        if lead.threshold != EXHAUSTED and quiet.cover(facts.now):
            waits.append(quiet.end_after(facts.now))
            continue
        plan.notices[person.user_id, lead.alert_id] = LowBalance(
            recipient=person.user_id,
            account=account,
            threshold=lead.threshold,
            period_on=lead.period_on,
        )
    plan.settle(untold, waits)


def _plan_expiry(plan: _Plan, facts: _Facts, noted: Alert) -> None:
    found = facts.expiring.get((noted.account, noted.period_on))
    mine = facts.funds[noted.account]
    people = facts.recipients[noted.account]
    wants_none = facts.thresholds[noted.account] == ()
    if found is None or wants_none or not expiry_rules.is_worth_telling(found, mine.available):
        plan.lifted.append(noted.alert_id)
        return
    waits = []
    for person in people:
        quiet = person.quiet_hours(mine.team)
        if quiet.cover(facts.now):
            waits.append(quiet.end_after(facts.now))
        else:
            notice = TokensExpire(recipient=person.user_id, day=noted.period_on)
            plan.notices[person.user_id, noted.alert_id] = notice
    plan.settle([noted.alert_id], waits)


def _carry_out(tx: Transaction, workspace_id: WorkspaceId, plan: _Plan, now: datetime) -> None:
    """What another process has told or lifted meanwhile is left as it is, and tells nothing.

    The guarded update in `alerts` decides who tells, and the claim to whom that was not told yet.
    """
    changed = alerts.mark_told(tx, workspace_id, plan.told, now)
    for tell_at, alert_ids in sorted(plan.put_off.items()):
        changed |= alerts.put_off(tx, workspace_id, alert_ids, tell_at)
    alerts.lift(tx, workspace_id, plan.lifted, now)
    ours = [key for key in plan.notices if key[1] in changed]
    for key in sorted(runs.claim(tx, workspace_id, _TOLD, ours, now)):
        outbox.add(tx, workspace_id, plan.notices[key], now)


def _facts(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId], now: datetime
) -> _Facts:
    found = funds.of(tx, workspace_id, accounts, now)
    recipients = _recipients(tx, workspace_id, found.values())
    muting = [
        _muting(person.user_id, account)
        for account, people in recipients.items()
        for person in people
    ]
    return _Facts(
        funds=found,
        thresholds=thresholds_of(tx, workspace_id, found),
        expiring=expiries.found(tx, workspace_id, accounts, now),
        recipients=recipients,
        muted=runs.done(tx, workspace_id, _MUTED, muting),
        now=now,
    )


def _recipients(
    tx: Transaction, workspace_id: WorkspaceId, found: Iterable[Funds]
) -> dict[AccountId, list[Contact]]:
    """A member is told of their own account; a pool's managers, else a few admins, of the pool."""
    whom: dict[AccountId, list[UserId]] = {}
    approvers: list[Member] | None = None
    for mine in found:
        if not mine.is_pool:
            whom[mine.account] = [UserId(account_owner(mine.account))]
            continue
        approvers = roles.approvers(tx, workspace_id) if approvers is None else approvers
        managers = [a.user_id for a in approvers if mine.team.team_id in a.manages]
        whom[mine.account] = managers or _admins(approvers)
    people = preferences.contacts(tx, workspace_id, {u for users in whom.values() for u in users})
    return {
        account: [people[user] for user in users if people[user].is_reachable]
        for account, users in whom.items()
    }


def _admins(approvers: Sequence[Member]) -> list[UserId]:
    return [a.user_id for a in approvers if a.is_admin][:APPROVERS_ASKED_MAX]


def _muting(user_id: UserId, account: AccountId) -> str:
    return f"{user_id}:{account}"
