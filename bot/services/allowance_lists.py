"""Allowances as people look at them: their own, a person's or team's, all that one may set."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import allowance_wishes as rules
from bot.domain import periods, permission, roles
from bot.domain.allowance_lists import Listed, Listing
from bot.domain.allowances import Allowance, AllowanceId, Subject, SubjectKind, Turn
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.refusals import AllowanceUnknown, NotAllowed, Refusal
from bot.domain.roles import Deed
from bot.domain.subjects import Named
from bot.domain.teams import Team
from bot.services import dues, subjects
from bot.storage import allowances, directory, teams
from bot.storage.database import Database, Transaction

#: Rules that one message shows.
PAGE_LENGTH = 8


def all_settable(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, now: datetime, start: int = 0
) -> Listing:
    """A page of the rules that the actor may set, the oldest first; or their own, who sets none."""
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, actor)
        if not roles.may_for_someone(who, Deed.ALLOW):
            named = subjects.named(tx, workspace_id, Subject(SubjectKind.MEMBER, actor), now)
            return Listing(viewer=who, of=named, rules=_of_person(tx, workspace_id, who, who, now))
        reach = None if who.is_admin else sorted(who.manages)
        found = allowances.page(
            tx, workspace_id, team_ids=reach, start=start, limit=PAGE_LENGTH + 1
        )
        return Listing(
            viewer=who,
            of=None,
            rules=_listed(tx, workspace_id, who, found[:PAGE_LENGTH], now),
            start=start,
            has_more=len(found) > PAGE_LENGTH,
        )


def of_subject(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, named: Named, now: datetime
) -> Listing:
    """The rules that credit a person, a team's members, or a pool.

    Raises `NotAllowed` where the actor may not see them: what a team gets, its members may.
    """
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, actor)
        if named.person is not None:
            found = _of_person(tx, workspace_id, who, named.person, now)
        else:
            team_id = named.team.team_id
            sees = who.is_admin or who.is_finance or team_id in {who.team_id, *who.manages}
            if not sees:
                raise NotAllowed(Deed.ALLOW)
            its = allowances.of_subjects(tx, workspace_id, [named.subject])
            found = _listed(tx, workspace_id, who, its, now)
    return Listing(viewer=who, of=named, rules=found)


def one(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    allowance_id: AllowanceId,
    now: datetime,
) -> Listed:
    """A rule that the actor has just changed, ended ones too. Raises `AllowanceUnknown`."""
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, actor)
        found = allowances.by_ids(tx, workspace_id, [allowance_id])
        if allowance_id not in found:
            raise AllowanceUnknown
        return _listed(tx, workspace_id, who, [found[allowance_id]], now)[0]


def _of_person(
    tx: Transaction, workspace_id: WorkspaceId, who: Member, person: Member, now: datetime
) -> tuple[Listed, ...]:
    """By whichever rule they are credited, with their own next day."""
    permission.require(who, Deed.SEE_BALANCE, person)
    settled = dues.as_of(tx, workspace_id, member_account(person.user_id), now)
    turns = [turn for turn in settled.turns if turn.next_on is not None] if settled else []
    known = teams.teams(tx, workspace_id, [turn.allowance.team_id for turn in turns])
    return tuple(
        _line(who, turn.allowance, known[turn.allowance.team_id], person, now, turn=turn)
        for turn in sorted(turns, key=lambda turn: turn.allowance.allowance_id)
    )


def _listed(
    tx: Transaction,
    workspace_id: WorkspaceId,
    who: Member,
    found: Sequence[Allowance],
    now: datetime,
) -> tuple[Listed, ...]:
    known = teams.teams(tx, workspace_id, [one.team_id for one in found])
    people = directory.members(
        tx,
        workspace_id,
        [UserId(one.subject.id) for one in found if one.subject.kind is SubjectKind.MEMBER],
    )
    return tuple(
        _line(who, one, known[one.team_id], people.get(UserId(one.subject.id)), now)
        for one in found
    )


def _line(
    who: Member,
    allowance: Allowance,
    team: Team,
    person: Member | None,
    now: datetime,
    *,
    turn: Turn | None = None,
) -> Listed:
    today = periods.day_of(now, team.clock)
    next_on = turn.next_on if turn else allowance.next_after(today)
    return Listed(
        allowance=allowance,
        team=team,
        next_on=next_on,
        next_tokens=allowance.credit_on(next_on).tokens if next_on else 0,
        good_until=allowance.good_until(today),
        may_set=_may_set(who, allowance, team, person),
    )


def _may_set(who: Member, allowance: Allowance, team: Team, person: Member | None) -> bool:
    is_persons = allowance.subject.kind is SubjectKind.MEMBER
    try:
        rules.require(who, allowance.subject, team, person if is_persons else None)
    except Refusal:
        return False
    return True
