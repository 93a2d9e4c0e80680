"""What single calls cost: the largest of a person's, or the one that somebody names."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import metering, periods, permission, roles
from bot.domain import usage_views as rules
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.calls import TYPED_MIN, Call, CallView, Most
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import (
    UNATTRIBUTED,
    AccountId,
    AccountKind,
    account_kind,
    account_owner,
    member_account,
)
from bot.domain.refusals import CallAmbiguous, CallUnknown, NotAllowed
from bot.domain.roles import Deed
from bot.domain.usage_events import SourceRole
from bot.domain.usage_views import Stretch
from bot.services import usage_views
from bot.storage import calls, directory, meters, retention
from bot.storage.database import Database, Transaction


def most(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: Subject,
    chosen: Stretch,
    now: datetime,
) -> Most:
    """A person's largest calls of these days. Raises `NotAllowed`, also for a team's."""
    if subject.kind is not SubjectKind.MEMBER:
        raise NotAllowed(Deed.SEE_USAGE)
    with database.snapshot() as tx:
        who, team, whose = usage_views.allowed(tx, workspace_id, viewer, subject)
        days = rules.days_of(chosen, periods.day_of(now, team.clock))
        found = calls.largest(
            tx,
            workspace_id,
            member_account(UserId(subject.id)),
            whose,
            since=periods.start_of(days.since, team.clock),
            until=periods.start_of(days.until, team.clock),
        )
    return Most(viewer=who, subject=subject, chosen=chosen, days=days, calls=tuple(found))


def call(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    typed: str,
    now: datetime,
) -> CallView:
    """The call with this id, of whomever the viewer may see; or of the subject's, by its end.

    Raises `NotAllowed`, `CallUnknown`, `CallAmbiguous`.
    """
    with database.snapshot() as tx:
        who, person = directory.pair(tx, workspace_id, viewer, subject)
        permission.require(who, Deed.SEE_USAGE, person)
        found = _seen(tx, workspace_id, who, calls.of_id(tx, workspace_id, typed))[:1]
        if not found and len(typed) >= TYPED_MIN:
            account = member_account(subject)
            ending = calls.ending_in(tx, workspace_id, account, typed, now=now)
            found = _seen(tx, workspace_id, who, ending)
        if len(found) > 1:
            raise CallAmbiguous(typed)
        if not found:
            raise CallUnknown(typed, retention.kept_from(tx, workspace_id))
        return _whole(tx, workspace_id, found[0])


def chosen(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    source: str,
    external_id: str,
) -> CallView:
    """The same of a call that a button names. Raises `CallUnknown`."""
    with database.snapshot() as tx:
        who = directory.member(tx, workspace_id, viewer)
        named = calls.of_key(tx, workspace_id, source=source, external_id=external_id)
        found = _seen(tx, workspace_id, who, [named] if named else [])
        if not found:
            raise CallUnknown(external_id, retention.kept_from(tx, workspace_id))
        return _whole(tx, workspace_id, found[0])


def _whole(tx: Transaction, workspace_id: WorkspaceId, found: Call) -> CallView:
    return CallView(
        call=found,
        revisions=tuple(calls.revisions(tx, workspace_id, found)) if found.revision else (),
        charged_instead=_charged_instead(tx, workspace_id, found),
        linked_to=_linked_to(tx, workspace_id, found),
    )


def _linked_to(tx: Transaction, workspace_id: WorkspaceId, found: Call) -> AccountId | None:
    """Rows of a report stay where they came; the true-up goes by whose their name is now."""
    if found.account != UNATTRIBUTED or not found.charge.is_seen_only:
        return None
    return calls.linked_to(tx, workspace_id, found)


def _charged_instead(tx: Transaction, workspace_id: WorkspaceId, found: Call) -> SourceRole | None:
    if not found.charge.is_seen_only:
        return None
    shifts = meters.shifts(tx, workspace_id, [found.team_id])
    its_own = shifts.get((found.team_id, found.provider), [])
    role = metering.in_charge(its_own, found.occurred_at)
    return role if role is not found.role else None


def _seen(
    tx: Transaction, workspace_id: WorkspaceId, who: Member, found: Sequence[Call]
) -> list[Call]:
    """Those that the person may see: others are to them as if there were none."""
    owners = {
        one.account: UserId(account_owner(one.account))
        for one in found
        if account_kind(one.account) is AccountKind.MEMBER
    }
    people = directory.members(tx, workspace_id, sorted(set(owners.values()))) if owners else {}

    def may_see(one: Call) -> bool:
        if one.account == member_account(who.user_id):
            return True
        if not roles.may_for_team(who, Deed.SEE_USAGE, one.team_id):
            return False
        owner = owners.get(one.account)
        return owner is None or roles.may(who, Deed.SEE_USAGE, people[owner])

    return [one for one in found if may_see(one)]
