"""Stand-ins: an approver who will be away names one, and is back."""

from dataclasses import replace
from datetime import datetime

from bot.domain import leaves, participants, permission, roles
from bot.domain import stand_ins as rules
from bot.domain.directory import Member, Standing, UserId, WorkspaceId
from bot.domain.leaves import Leave
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import StandInTold
from bot.domain.refusals import AwayFault, AwayRefused
from bot.domain.roles import Deed
from bot.domain.stand_ins import Phase, StandIn
from bot.domain.topups import Cause, TopUpId
from bot.services import copies
from bot.storage import audit, directory, events, outbox, people, stand_ins, topups
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: Requests passed on in one database transaction, which nobody should wait for long.
_PASSED_ON_AT_ONCE = 50


def name(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    stand_in: UserId,
    leave: Leave,
    key: IdempotencyKey,
    now: datetime,
) -> StandIn:
    """Have somebody decide for an approver who is away on these days, once for this key.

    What the approver had named for the same time before gives way. Raises `AwayRefused`.
    """
    with database.writing() as tx:
        people.lock(tx, workspace_id, actor)  # two namings at once: one after the other
        _refuse(tx, workspace_id, actor, stand_in)
        starts_at, ends_at = leave.span(now, leaves.zone(*stand_ins.zones(tx, workspace_id, actor)))
        named = StandIn(absent=actor, stand_in=stand_in, starts_at=starts_at, ends_at=ends_at)
        over: list[StandIn] = []
        if events.is_first_time(tx, workspace_id, key, now):
            over = _make_way(tx, workspace_id, named, now)
            stand_ins.add(tx, workspace_id, named)
            _write_down(tx, workspace_id, after=named, now=now)
            if starts_at > now:  # else they hear of it as it begins, which is now
                _tell(tx, workspace_id, named, Phase.NAMED, now)
    for one in (*over, named):
        take_turn(database, workspace_id, one, now)
    return named


def end(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    starts_at: datetime | None,
    now: datetime,
) -> list[StandIn]:
    """The approver is back, or will not go: end what they named from then, or all of it."""
    with database.writing() as tx:
        people.lock(tx, workspace_id, actor)
        _require(tx, workspace_id, actor)
        ended = [
            _end(tx, workspace_id, one, now)
            for one in stand_ins.of(tx, workspace_id, actor, now)
            if starts_at is None or one.starts_at == starts_at
        ]
    for one in ended:
        take_turn(database, workspace_id, one, now)
    return ended


def of(
    database: Database, workspace_id: WorkspaceId, actor: UserId, now: datetime
) -> list[StandIn]:
    """The approver's stand-ins, present and to come. Raises `NotAllowed`."""
    with database.reading() as tx:
        _require(tx, workspace_id, actor)
        return stand_ins.of(tx, workspace_id, actor, now)


def acting(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: Member,
    deed: Deed,
    *subjects: Member,
    now: datetime,
) -> Member:
    """The actor, with what they were lent where their own roles don't reach the subjects.

    What was lent is looked up only then, so that nobody else's deed takes longer.
    """
    if all(roles.may(actor, deed, subject) for subject in subjects):
        return actor
    absences = stand_ins.active(tx, workspace_id, now, stand_in=actor.user_id)
    return rules.acting(actor, absences, *subjects)


def take_turn(database: Database, workspace_id: WorkspaceId, named: StandIn, now: datetime) -> None:
    """Pass on what an absent approver holds, or what their stand-in still holds, once it is time.

    Whoever is cut off in the middle begins anew: copies are made once, by their primary key, and
    the mark comes last.
    """
    if named.starts_at > now:
        return
    after: TopUpId | None = TopUpId("")
    while after is not None:
        with database.writing() as tx:
            after = _pass_on(tx, workspace_id, named, after, now)
            if after is None:
                _mark(tx, workspace_id, named, now)


def _pass_on(
    tx: Transaction, workspace_id: WorkspaceId, named: StandIn, after: TopUpId, now: datetime
) -> TopUpId | None:
    """The id of the last request passed on; None where there are no more."""
    held = topups.held_locked(
        tx,
        workspace_id,
        [named.absent, named.stand_in],
        after=after,
        limit=_PASSED_ON_AT_ONCE,
    )
    copies.send_missing(tx, workspace_id, held, cause=Cause.PASSED_ON, now=now)
    return held[-1].topup_id if len(held) == _PASSED_ON_AT_ONCE else None


def _mark(tx: Transaction, workspace_id: WorkspaceId, named: StandIn, now: datetime) -> None:
    has_begun = stand_ins.begin(tx, workspace_id, named, now)
    deputy = directory.member(tx, workspace_id, named.stand_in)
    if named.ends_at <= now or deputy.standing is not Standing.ACTIVE:
        stand_ins.close(tx, workspace_id, named, now)
    elif has_begun:
        _tell(tx, workspace_id, named, Phase.BEGUN, now)


def _require(tx: Transaction, workspace_id: WorkspaceId, actor: UserId) -> None:
    person = directory.member(tx, workspace_id, actor)
    permission.require(person, Deed.NAME_STAND_IN, person)


def _refuse(tx: Transaction, workspace_id: WorkspaceId, actor: UserId, stand_in: UserId) -> None:
    """Raises what is wrong with the one named; guests never stand in, whatever the setting says."""
    _require(tx, workspace_id, actor)
    if stand_in == actor:
        raise AwayRefused(AwayFault.ONESELF)
    deputy = directory.member(tx, workspace_id, stand_in)
    participants.refuse_absent(deputy, outsiders_take_part=False)


def _make_way(
    tx: Transaction, workspace_id: WorkspaceId, named: StandIn, now: datetime
) -> list[StandIn]:
    """Cut what was named before to end as this begins; what begins after its end stays.

    Those of which the time is over by that.
    """
    over = []
    for earlier in stand_ins.of(tx, workspace_id, named.absent, now):
        if earlier.ends_at <= named.starts_at or earlier.starts_at >= named.ends_at:
            continue
        cut = replace(earlier, ends_at=named.starts_at)
        stand_ins.cut(tx, workspace_id, earlier, ends_at=cut.ends_at)
        _write_down(tx, workspace_id, before=earlier, now=now)
        goes_on = cut.ends_at > max(cut.starts_at, now)
        if goes_on or earlier.stand_in != named.stand_in:
            phase = Phase.NAMED if goes_on else Phase.ENDED
            _tell(tx, workspace_id, cut, phase, now)
        over += [] if goes_on else [cut]
    return over


def _end(tx: Transaction, workspace_id: WorkspaceId, one: StandIn, now: datetime) -> StandIn:
    stand_ins.cut(tx, workspace_id, one, ends_at=now)
    _write_down(tx, workspace_id, before=one, now=now)
    _tell(tx, workspace_id, one, Phase.ENDED, now)
    return replace(one, ends_at=max(now, one.starts_at))


def _tell(
    tx: Transaction, workspace_id: WorkspaceId, named: StandIn, phase: Phase, now: datetime
) -> None:
    told = StandInTold(
        recipient=named.stand_in,
        absent=named.absent,
        phase=phase,
        starts_at=int(named.starts_at.timestamp()),
        ends_at=int(named.ends_at.timestamp()),
    )
    outbox.add(tx, workspace_id, told, now)


def _write_down(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    before: StandIn | None = None,
    after: StandIn | None = None,
    now: datetime,
) -> None:
    """Only the approver names and ends theirs, so that they are the actor too."""
    (absent,) = {one.absent for one in (before, after) if one}
    change = Change(
        actor=absent, what="stand_in", subject=absent, before=_said(before), after=_said(after)
    )
    audit.add(tx, workspace_id, change, now)


def _said(named: StandIn | None) -> str:
    if named is None:
        return ""
    return f"{named.stand_in} {named.starts_at.isoformat()} {named.ends_at.isoformat()}"
