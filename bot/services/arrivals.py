"""The first admin's welcome: once for each workspace, and true while they set it up."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import periods, permission, roles
from bot.domain.allowance_wishes import AllowanceDraft
from bot.domain.arrivals import SUGGESTED_TOKENS, SetUp, Step, next_monday
from bot.domain.directory import EVERYONE, Standing, UserId, WorkspaceId
from bot.domain.notices import AdminWelcomed, MessageRef, WelcomeStale
from bot.domain.periods import Period
from bot.domain.roles import Deed
from bot.storage import arrivals, directory, outbox, teams
from bot.storage.arrivals import Arrival
from bot.storage.database import Database, Transaction


def came(database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> bool:
    """Somebody typed a command. Whether the workspace needs no welcome after that.

    Most often there is nothing to write, so that is looked at first.
    """
    with database.reading() as tx:
        if arrivals.arrival(tx, workspace_id) is not None:
            return True
        person = directory.member(tx, workspace_id, user_id)
    if person.standing is not Standing.UNSEEN and not roles.may_for_all(person, Deed.SET_UP):
        return False
    with database.writing() as tx:
        return meet(tx, workspace_id, user_id, now)


def meet(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> bool:
    """Welcome the first admin, or remember whoever Slack has not described yet."""
    if arrivals.arrival(tx, workspace_id) is not None:
        return True
    person = directory.member(tx, workspace_id, user_id)
    if person.standing is Standing.UNSEEN:
        directory.want(tx, workspace_id, [user_id])
        arrivals.lock_caller(tx, workspace_id, user_id)
        person = directory.member(tx, workspace_id, user_id)
    if person.standing is Standing.UNSEEN:
        arrivals.knock(tx, workspace_id, user_id)
        return False
    if not roles.may_for_all(person, Deed.SET_UP):
        return False
    if arrivals.claim(tx, workspace_id, user_id, now):
        outbox.add(tx, workspace_id, AdminWelcomed(recipient=user_id), now)
    return True


def learnt(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Iterable[UserId], now: datetime
) -> None:
    """Slack described these people: who came before that and is an admin is welcomed now."""
    for user_id in arrivals.answer_knocks(tx, workspace_id, user_ids):
        meet(tx, workspace_id, user_id, now)


def changed(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> None:
    """Something was set up or undone, by whoever: have the welcome drawn anew.

    Each change is a notice of its own: one that is being sent may have read what was before.
    """
    found = arrivals.arrival(tx, workspace_id)
    if found is not None and found.recipient is not None and not found.is_finished:
        outbox.add(tx, workspace_id, WelcomeStale(recipient=found.recipient), now)


def set_up(database: Database, workspace_id: WorkspaceId, viewer: UserId) -> SetUp:
    """What is set up and what is not, for an admin. Raises `NotAllowed`."""
    with database.reading() as tx:
        _require(tx, workspace_id, viewer)
        return arrivals.set_up(tx, workspace_id)


def skip(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, step: Step, now: datetime
) -> SetUp:
    """Leave a step out; what is set up after that. Raises `NotAllowed`."""
    with database.writing() as tx:
        _require(tx, workspace_id, actor)
        arrivals.skip(tx, workspace_id, step, actor, now)
        changed(tx, workspace_id, now)
        return arrivals.set_up(tx, workspace_id)


def suggested(
    database: Database, workspace_id: WorkspaceId, actor: UserId, now: datetime
) -> AllowanceDraft:
    """What to begin with for everyone: weekly, from the next Monday on. Raises `NotAllowed`."""
    with database.reading() as tx:
        _require(tx, workspace_id, actor)
        everyone = teams.team(tx, workspace_id, EVERYONE)
    zone = everyone.clock if everyone else ZoneInfo("UTC")
    return AllowanceDraft(
        tokens=SUGGESTED_TOKENS,
        period=Period.WEEK,
        starts_on=next_monday(periods.day_of(now, zone)),
    )


def welcome(database: Database, workspace_id: WorkspaceId) -> tuple[Arrival | None, SetUp]:
    """The welcome, and what it is to say now. One that is finished leaves nothing open."""
    with database.reading() as tx:
        return arrivals.arrival(tx, workspace_id), arrivals.set_up(tx, workspace_id)


def place(tx: Transaction, workspace_id: WorkspaceId, message: MessageRef) -> None:
    """The welcome was sent as this message."""
    arrivals.place(tx, workspace_id, message)


def drawn(database: Database, workspace_id: WorkspaceId, shown: SetUp, now: datetime) -> None:
    """The welcome says so now; where nothing is open it is left as it is from now on."""
    if shown.is_finished:
        with database.writing() as tx:
            arrivals.finish(tx, workspace_id, now)


def _require(tx: Transaction, workspace_id: WorkspaceId, actor: UserId) -> None:
    permission.require_for_someone(directory.member(tx, workspace_id, actor), Deed.SET_UP)
