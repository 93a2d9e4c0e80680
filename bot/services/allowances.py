"""Allowances: set, changed, paused and ended; who is credited follows from teams."""

from dataclasses import replace
from datetime import datetime

from bot.domain import allowance_wishes as rules
from bot.domain import notes, periods
from bot.domain.allowance_wishes import AllowanceWish, Preview, Started
from bot.domain.allowances import Allowance, AllowanceId, AllowanceState, Terms
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.refusals import AllowanceUnknown, KeyReused
from bot.domain.teams import Team
from bot.services import arrivals, dues, memberships, previews, subjects
from bot.storage import allowance_turns, allowances, audit, directory, teams
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def start(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    wish: AllowanceWish,
    key: IdempotencyKey,
    now: datetime,
) -> Started:
    """Set an allowance, once for this key. Whose turn is today is credited at once.

    Raises what `rules.rule` does, and `AllowanceExists` where the subject has one already.
    """
    wish = replace(wish, note=notes.clean(wish.note))
    with database.writing() as tx:
        _, team = subjects.of(tx, workspace_id, wish.subject)
        # Of two who set one for the same subject at once, the second sees the first's.
        teams.lock(tx, workspace_id, team.team_id)
        allowance = allowances.by_key(tx, workspace_id, key)
        is_new = allowance is None
        if allowance is None:
            allowance = previews.wished(tx, workspace_id, actor, wish, now)
            previews.refuse_second(tx, workspace_id, allowance, now)
            allowances.add(tx, workspace_id, allowance, key)
            _note(tx, workspace_id, actor, allowance, before="", now=now)
        elif not _is_same(allowance, wish):
            raise KeyReused(key)
    memberships.follow(database, workspace_id, allowance.allowance_id, now)
    return Started(preview=previews.shown(database, workspace_id, allowance, now), is_new=is_new)


def change(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    allowance_id: AllowanceId,
    tokens: int,
    carry_max: int | None,
    now: datetime,
) -> Preview:
    """Let other terms hold from the next period on; the same change again changes nothing."""
    with database.writing() as tx:
        allowance, team = _to_change(tx, workspace_id, actor, allowance_id)
        day = rules.changes_on(allowance, periods.day_of(now, team.clock))
        terms = Terms(from_on=day, tokens=tokens, carry_max=carry_max)
        kept = [one for one in allowance.terms if one.from_on < day]
        changed = replace(allowance, terms=(*kept, terms))
        if terms != replace(allowance.terms_on(day), from_on=day):
            allowances.put_terms(tx, workspace_id, allowance_id, terms)
            _note(tx, workspace_id, actor, changed, before=_said(allowance), now=now)
    return previews.shown(database, workspace_id, changed, now, from_on=day)


def pause(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    allowance_id: AllowanceId,
    now: datetime,
) -> Allowance:
    """Credit nothing from the next period on, until it is resumed."""
    return _put_state(
        database, workspace_id, actor, allowance_id, state=AllowanceState.PAUSED, now=now
    )


def resume(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    allowance_id: AllowanceId,
    now: datetime,
) -> Allowance:
    """Credit again from the next period on; what was missed is not made up for."""
    return _put_state(
        database, workspace_id, actor, allowance_id, state=AllowanceState.ACTIVE, now=now
    )


def end(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    allowance_id: AllowanceId,
    now: datetime,
) -> Allowance:
    """No further credit; what was credited stays good until it expires."""
    return _put_state(
        database, workspace_id, actor, allowance_id, state=AllowanceState.ENDED, now=now
    )


def _to_change(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, allowance_id: AllowanceId
) -> tuple[Allowance, Team]:
    allowance = allowances.locked(tx, workspace_id, allowance_id)
    if allowance is None or allowance.state is AllowanceState.ENDED:
        raise AllowanceUnknown
    person, _ = subjects.of(tx, workspace_id, allowance.subject)
    team = teams.teams(tx, workspace_id, [allowance.team_id])[allowance.team_id]
    rules.require(directory.member(tx, workspace_id, actor), allowance.subject, team, person)
    return allowance, team


def _put_state(
    database: Database,
    workspace_id: WorkspaceId,
    actor: UserId,
    allowance_id: AllowanceId,
    *,
    state: AllowanceState,
    now: datetime,
) -> Allowance:
    dues.settle_rule(database, workspace_id, allowance_id, now)
    with database.writing() as tx:
        ended = allowances.locked(tx, workspace_id, allowance_id)
        if ended is not None and ended.state is state is AllowanceState.ENDED:
            return ended  # the second click of two
        allowance, _ = _to_change(tx, workspace_id, actor, allowance_id)
        changed = replace(allowance, state=state)
        if state is not allowance.state:
            allowances.put_state(tx, workspace_id, allowance_id, state)
            _note(tx, workspace_id, actor, changed, before=_said(allowance), now=now)
        if state is AllowanceState.ENDED:
            allowance_turns.stop(tx, workspace_id, allowance_id)
    return changed


def _is_same(allowance: Allowance, wish: AllowanceWish) -> bool:
    """Whether a wish heard again is what the rule was made of."""
    made_of = (allowance.subject, allowance.period, allowance.note, allowance.vesting)
    return made_of == (wish.subject, wish.period, wish.note, wish.vesting) and (
        allowance.terms[0].tokens == wish.tokens
    )


def _note(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    allowance: Allowance,
    *,
    before: str,
    now: datetime,
) -> None:
    change = Change(
        actor=actor,
        what="allowance",
        subject=allowance.allowance_id,
        before=before,
        after=_said(allowance),
    )
    audit.add(tx, workspace_id, change, now)
    arrivals.changed(tx, workspace_id, now)


def _said(allowance: Allowance) -> str:
    """A rule in a line, for the audit."""
    terms = allowance.terms[-1]
    carry = "all" if terms.carry_max is None else str(terms.carry_max)
    return (
        f"{allowance.state} {allowance.subject} {terms.tokens} per {allowance.period} "
        f"carry {carry} from {allowance.source}, {allowance.starts_on} to {allowance.ends_on}"
    )
