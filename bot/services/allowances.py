"""Allowances: set, changed, paused and ended; who is credited follows from teams."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import allowance_wishes as rules
from bot.domain import notes, periods, permission
from bot.domain.allowance_wishes import AllowanceWish, Preview, Started
from bot.domain.allowances import (
    Allowance,
    AllowanceId,
    AllowanceState,
    Subject,
    SubjectKind,
    Terms,
    Turn,
)
from bot.domain.directory import Member, TeamId, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, member_account
from bot.domain.refusals import AllowanceExists, AllowanceUnknown, KeyReused
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services import approvers, memberships, participants
from bot.storage import allowance_turns, allowances, audit, directory, ids, teams
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
        earlier = allowances.by_key(tx, workspace_id, key)
        allowance = earlier or _wished(tx, workspace_id, actor, wish, now)
        if earlier is not None and not _is_same(earlier, wish):
            raise KeyReused(key)
        if earlier is None:
            # Of two who set one for the same subject at once, the second sees the first's.
            teams.lock(tx, workspace_id, allowance.team_id)
            _refuse_second(tx, workspace_id, allowance, now)
            allowances.add(tx, workspace_id, allowance, key)
            _note(tx, workspace_id, actor, allowance, before="", now=now)
    memberships.follow(database, workspace_id, allowance.allowance_id, now)
    return Started(preview=_preview(database, workspace_id, allowance, now), is_new=earlier is None)


def preview(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    wish: AllowanceWish,
    now: datetime,
) -> Preview:
    """Who would get what when, refused as `start` would refuse; nothing is set."""
    with database.reading() as tx:
        allowance = _wished(tx, workspace_id, actor, wish, now)
        _refuse_second(tx, workspace_id, allowance, now)
    return _preview(database, workspace_id, allowance, now)


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
        allowances.put_terms(tx, workspace_id, allowance_id, terms)
        kept = [one for one in allowance.terms if one.from_on < day]
        changed = replace(allowance, terms=(*kept, terms))
        _note(tx, workspace_id, actor, changed, before=_said(allowance), now=now)
    return _preview(database, workspace_id, changed, now, from_on=day)


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


def preview_of(
    database: Database, workspace_id: WorkspaceId, allowance_id: AllowanceId, now: datetime
) -> Preview:
    """Who gets what when by a rule, from today on. Raises `AllowanceUnknown`."""
    with database.reading() as tx:
        found = allowances.by_ids(tx, workspace_id, [allowance_id])
    if allowance_id not in found:
        raise AllowanceUnknown(allowance_id)
    return _preview(database, workspace_id, found[allowance_id], now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A rule with its team, and the next credit of the account that was asked about."""

    allowance: Allowance
    team: Team
    next_on: date | None = None
    next_tokens: int = 0


def listed(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, subject: UserId | None
) -> list[Listed]:
    """The rules that credit a person; or all that the actor may set, where nobody is named.

    Raises `NotAllowed` where the actor may not see that person's.
    """
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, actor)
        if subject is not None:
            return _of_person(tx, workspace_id, who, subject)
        found = allowances.every(tx, workspace_id)
        known = teams.teams(tx, workspace_id, [one.team_id for one in found])
        mine = who.manages | ({one.team_id for one in found} if who.is_admin else set())
        return [
            Listed(allowance=one, team=known[one.team_id]) for one in found if one.team_id in mine
        ]


def for_subject(database: Database, workspace_id: WorkspaceId, subject: Subject) -> Allowance:
    """The rule for a person, a team or a pool. Raises `AllowanceUnknown`."""
    with database.reading() as tx:
        found = allowances.of_subjects(tx, workspace_id, [subject])
    if not found:
        raise AllowanceUnknown(subject.id)
    return found[-1]


def _wished(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    wish: AllowanceWish,
    now: datetime,
) -> Allowance:
    who = directory.member(tx, workspace_id, actor)
    person, team = _subject(tx, workspace_id, wish.subject)
    if person is not None:
        participants.refuse_absent(tx, workspace_id, person)
    return rules.rule(
        wish,
        actor=who,
        person=person,
        team=team,
        is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
        now=now,
        new_id=ids.new,
    )


def _subject(
    tx: Transaction, workspace_id: WorkspaceId, subject: Subject
) -> tuple[Member | None, Team]:
    """The person, if it is one, and the team in whose zone their allowance runs."""
    person = None
    team_id = TeamId(subject.id)
    if subject.kind is SubjectKind.MEMBER:
        person = directory.member(tx, workspace_id, UserId(subject.id))
        team_id = person.team_id
    team = teams.team(tx, workspace_id, team_id)
    if team is None or team.ended_at is not None:
        raise AllowanceUnknown(subject.id)
    return person, team


def _refuse_second(
    tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance, now: datetime
) -> None:
    """One recurring rule a subject: another would be a change. Packages may stand beside it."""
    if allowance.vesting is not None:
        return
    for other in allowances.of_subjects(tx, workspace_id, [allowance.subject]):
        if other.vesting is None:
            team = teams.team(tx, workspace_id, other.team_id)
            today = periods.day_of(now, team.clock) if team else other.starts_on
            raise AllowanceExists(other.allowance_id, rules.changes_on(other, today))


def _to_change(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, allowance_id: AllowanceId
) -> tuple[Allowance, Team]:
    allowance = allowances.locked(tx, workspace_id, allowance_id)
    if allowance is None or allowance.state is AllowanceState.ENDED:
        raise AllowanceUnknown(allowance_id)
    person, _ = _subject(tx, workspace_id, allowance.subject)
    team = teams.team(tx, workspace_id, allowance.team_id)
    if team is None:
        raise AllowanceUnknown(allowance_id)
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
    with database.writing() as tx:
        allowance, _ = _to_change(tx, workspace_id, actor, allowance_id)
        changed = replace(allowance, state=state)
        if state is not allowance.state:
            allowances.put_state(tx, workspace_id, allowance_id, state)
            _note(tx, workspace_id, actor, changed, before=_said(allowance), now=now)
        if state is AllowanceState.ENDED:
            turns = allowance_turns.by_rule(tx, workspace_id, allowance_id)
            ended = [replace(turn, next_on=None, next_at=None) for turn in turns if turn.next_on]
            allowance_turns.put(tx, workspace_id, ended)
    return changed


def _preview(
    database: Database,
    workspace_id: WorkspaceId,
    allowance: Allowance,
    now: datetime,
    *,
    from_on: date | None = None,
) -> Preview:
    with database.reading() as tx:
        team = teams.teams(tx, workspace_id, [allowance.team_id])[allowance.team_id]
        people = 1
        if allowance.subject.kind is SubjectKind.TEAM:
            people = memberships.count(tx, workspace_id, team.team_id)
    today = from_on or periods.day_of(now, team.clock)
    return rules.preview(allowance, people=people, team=team, today=today)


def _of_person(
    tx: Transaction, workspace_id: WorkspaceId, who: Member, subject: UserId
) -> list[Listed]:
    person = directory.member(tx, workspace_id, subject)
    permission.require(who, Deed.SEE_BALANCE, person)
    account = member_account(subject)
    turns = allowance_turns.of_accounts(tx, workspace_id, [account])[account]
    known = teams.teams(tx, workspace_id, [turn.allowance.team_id for turn in turns])
    return [_listed(turn, known[turn.allowance.team_id]) for turn in turns if turn.next_on]


def _listed(turn: Turn, team: Team) -> Listed:
    tokens = turn.allowance.credit_on(turn.next_on).tokens if turn.next_on else 0
    return Listed(allowance=turn.allowance, team=team, next_on=turn.next_on, next_tokens=tokens)


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


def _said(allowance: Allowance) -> str:
    """A rule in a line, for the audit."""
    terms = allowance.terms[-1]
    carry = "all" if terms.carry_max is None else str(terms.carry_max)
    return (
        f"{allowance.state} {allowance.subject} {terms.tokens} per {allowance.period} "
        f"carry {carry} from {allowance.source}, {allowance.starts_on} to {allowance.ends_on}"
    )
