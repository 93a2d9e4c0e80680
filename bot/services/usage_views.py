"""Looking at usage: one's own, that of whom one approves for, or a team's."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import periods, permission, roles
from bot.domain import usage_views as rules
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, Member, Role, TeamId, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, member_account
from bot.domain.notices import UsageAsked
from bot.domain.refusals import NotAllowed
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.domain.usage_views import Days, Stretch, UsageView, Whose
from bot.services import team_choice
from bot.services.team_choice import Asked
from bot.storage import calls, directory, events, outbox, teams, usage_views
from bot.storage.database import Database, Transaction


def view(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: Subject,
    chosen: Stretch,
    now: datetime,
) -> UsageView:
    """What a person or a team used in these days, and in those before. Raises `NotAllowed`."""
    with database.snapshot() as tx:
        who, team, whose = allowed(tx, workspace_id, viewer, subject)
        days = rules.days_of(chosen, periods.day_of(now, team.clock))
        these, before = usage_views.figures(tx, workspace_id, whose, days)
        is_admin = Role.ADMIN in roles.roles(who)
        return UsageView(
            viewer=who,
            subject=subject,
            team=team,
            chosen=chosen,
            days=days,
            now=these,
            before=before,
            models=usage_views.models(tx, workspace_id, whose, days),
            projects=usage_views.projects(tx, workspace_id, whose, days),
            members=usage_views.members(tx, workspace_id, whose, days) if whose.team_id else (),
            by_day=usage_views.by_day(tx, workspace_id, whose, days),
            has_estimates=_has_estimates(tx, workspace_id, whose, days, team),
            unattributed=usage_views.unattributed(tx, workspace_id, days) if is_admin else 0,
            is_partial=whose.paid_by is not None,
        )


def team(database: Database, workspace_id: WorkspaceId, *, viewer: UserId, typed: str) -> Subject:
    """The team of that name, for whoever may see its use. Raises `NotAllowed`, `WhichTeam`."""
    with database.reading() as tx:
        asked = Asked(actor=viewer, typed=typed)
        found = team_choice.pick(tx, workspace_id, asked, Deed.SEE_USAGE)
    return Subject(SubjectKind.TEAM, found.team_id)


def called(
    database: Database, workspace_id: WorkspaceId, *, viewer: UserId, names: Sequence[str]
) -> frozenset[str]:
    """Those of these names that are teams whose use the viewer may see."""
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, viewer)
        mine = team_choice.choosable(tx, workspace_id, person, Deed.SEE_USAGE)
    known = {one.name.casefold() for one in mine}
    return frozenset(name for name in names if " ".join(name.split()).casefold() in known)


def send_chart(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: Subject,
    chosen: Stretch,
    key: IdempotencyKey,
    now: datetime,
) -> None:
    """Owe the viewer the same as a message with charts, once for this key. Raises `NotAllowed`."""
    with database.writing() as tx:
        allowed(tx, workspace_id, viewer, subject)
        if events.is_first_time(tx, workspace_id, key, now):
            notice = UsageAsked(recipient=viewer, subject=str(subject), stretch=chosen.value)
            outbox.add(tx, workspace_id, notice, now)


def allowed(
    tx: Transaction, workspace_id: WorkspaceId, viewer: UserId, subject: Subject
) -> tuple[Member, Team, Whose]:
    """Who looks, in which team's zone, and at what of it. Raises `NotAllowed`."""
    if subject.kind is SubjectKind.MEMBER:
        who, person = directory.pair(tx, workspace_id, viewer, UserId(subject.id))
        permission.require(who, Deed.SEE_USAGE, person)
        known = teams.teams(tx, workspace_id, sorted({EVERYONE, person.team_id}))
        its_team = known.get(person.team_id, known[EVERYONE])
        is_own = who.user_id == person.user_id
        sees_all = is_own or roles.may_for_all(who, Deed.SEE_USAGE)
        payers = None if sees_all else who.manages
        return who, its_team, Whose(user_id=person.user_id, paid_by=payers)
    who = directory.member(tx, workspace_id, viewer)
    found = teams.team(tx, workspace_id, TeamId(subject.id))
    may = roles.may_for_team(who, Deed.SEE_USAGE, TeamId(subject.id))
    if not may or found is None or subject.kind is not SubjectKind.TEAM:
        raise NotAllowed(Deed.SEE_USAGE)
    return who, found, Whose(team_id=found.team_id)


def _has_estimates(
    tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days, team: Team
) -> bool | None:
    """Of a person; a team's calls are too many to look through while somebody waits."""
    if whose.user_id is None:
        return None
    return calls.has_estimates(
        tx,
        workspace_id,
        member_account(whose.user_id),
        whose,
        since=periods.start_of(days.since, team.clock),
        until=periods.start_of(days.until, team.clock),
    )
