"""What people choose of digests: where, when, whether they appear; and sending one by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import digests as rules
from bot.domain import periods, roles
from bot.domain.digests import Week
from bot.domain.directory import Member, TeamId, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import Digest, DigestPlaced, DigestPreview
from bot.domain.permission import require_for_someone
from bot.domain.refusals import NoChannelYet, NotAChannel, WhichTeam
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services import reports
from bot.storage import audit, digests, directory, events, outbox, runs, teams
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: Teams shown in one message; an admin of many names the one they mean.
SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks about which team's digest: the one named, or that of the channel they are in."""

    actor: UserId
    typed: str = ""
    channel: str = ""
    #: A button names the team by its id.
    team_id: TeamId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is set, as far as it is this person's to know."""

    viewer: Member
    teams: tuple[Team, ...]
    more: int
    wants_own: bool
    is_unlisted: bool


def setup(database: Database, workspace_id: WorkspaceId, viewer: UserId) -> Setup:
    """The digests that a person may set up, those with a channel first, and their own choices."""
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, viewer)
        wants_own, is_unlisted = digests.choices(tx, workspace_id, viewer)
        mine = _choosable(tx, workspace_id, person)
    mine.sort(key=lambda team: team.channel_id is None)
    return Setup(
        viewer=person,
        teams=tuple(mine[:SHOWN_MAX]),
        more=max(len(mine) - SHOWN_MAX, 0),
        wants_own=wants_own,
        is_unlisted=is_unlisted,
    )


def team(database: Database, workspace_id: WorkspaceId, asked: Asked) -> Team:
    """The team that is meant. Raises `NotAllowed`, `WhichTeam`."""
    with database.reading() as tx:
        return _team(tx, workspace_id, asked)


def place(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    channel: str,
    key: IdempotencyKey,
    now: datetime,
    week_on: date | None = None,
) -> Team:
    """Let the digest come to this channel, which is told at once.

    With `week_on` it is told by the digest of that week, which another channel did not take.
    """
    if not channel.startswith(("C", "G")):
        raise NotAChannel
    chosen = team(database, workspace_id, asked)
    lost = (
        reports.week_of(database, workspace_id, chosen, week_on=week_on, now=now)
        if week_on
        else None
    )
    with database.writing() as tx:
        before = _team(tx, workspace_id, replace(asked, team_id=chosen.team_id))
        if events.is_first_time(tx, workspace_id, key, now):
            _put(tx, workspace_id, before, {"channel_id": channel}, actor=asked.actor, now=now)
            _skip_past(tx, workspace_id, before, now)
            placed = DigestPlaced(recipient=channel, actor=asked.actor, team_id=before.team_id)
            outbox.add(tx, workspace_id, _digest(lost, channel) if lost else placed, now)
    return replace(before, channel_id=channel)


def turn_off(database: Database, workspace_id: WorkspaceId, asked: Asked, *, now: datetime) -> Team:
    """No digest comes any more, until somebody chooses a channel again."""
    return _changed(database, workspace_id, asked, {"channel_id": None}, now)


def put_off_to(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    weekday: int,
    hour: int,
    now: datetime,
) -> Team:
    """Let it come on this weekday at this hour of the team's zone."""
    chosen = {"digest_weekday": weekday, "digest_hour": hour}
    return _changed(database, workspace_id, asked, chosen, now)


def show_leaders(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, shown: bool, now: datetime
) -> Team:
    """Whether the digest may name who used most; each member can still stay out."""
    return _changed(database, workspace_id, asked, {"shows_leaderboard": shown}, now)


def send(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    key: IdempotencyKey,
    now: datetime,
) -> Team:
    """Send the digest of the last full week to its channel, once for this key.

    The clock then has no need to send the same one again. Raises `NoChannelYet`.
    """
    chosen, week = _last_week(database, workspace_id, asked, now)
    if chosen.channel_id is None:
        raise NoChannelYet(chosen.name)
    with database.writing() as tx:
        if events.is_first_time(tx, workspace_id, key, now):
            runs.claim_one(
                tx,
                workspace_id,
                job=digests.TEAM,
                subject=chosen.team_id,
                period=week.week_on,
                now=now,
            )
            outbox.add(tx, workspace_id, _digest(week, chosen.channel_id), now)
    return chosen


def preview(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    key: IdempotencyKey,
    now: datetime,
) -> Team:
    """Send it to the one who asks, and to nobody else, once for this key."""
    chosen, week = _last_week(database, workspace_id, asked, now)
    shown = DigestPreview(recipient=asked.actor, team_id=chosen.team_id, facts=rules.dump(week))
    with database.writing() as tx:
        if events.is_first_time(tx, workspace_id, key, now):
            outbox.add(tx, workspace_id, shown, now)
    return chosen


def want_own(
    database: Database, workspace_id: WorkspaceId, *, user_id: UserId, wanted: bool
) -> None:
    """Whether a person gets their own digest."""
    with database.writing() as tx:
        digests.choose(tx, workspace_id, user_id, wants_digest=wanted)


def stay_out(
    database: Database, workspace_id: WorkspaceId, *, user_id: UserId, hidden: bool
) -> None:
    """Whether a person is never named in a digest, whatever the team shows."""
    with database.writing() as tx:
        digests.choose(tx, workspace_id, user_id, is_unlisted=hidden)


def _last_week(
    database: Database, workspace_id: WorkspaceId, asked: Asked, now: datetime
) -> tuple[Team, Week]:
    chosen = team(database, workspace_id, asked)
    week_on = rules.last_full_week(periods.day_of(now, chosen.clock))
    return chosen, reports.week_of(database, workspace_id, chosen, week_on=week_on, now=now)


def _digest(week: Week, channel: str) -> Digest:
    facts = rules.dump(week)
    return Digest(recipient=channel, team_id=week.team_id, week_on=week.week_on, facts=facts)


def _team(tx: Transaction, workspace_id: WorkspaceId, asked: Asked) -> Team:
    person = directory.member(tx, workspace_id, asked.actor)
    require_for_someone(person, Deed.DIGEST)
    return _picked(_choosable(tx, workspace_id, person), asked)


def _choosable(tx: Transaction, workspace_id: WorkspaceId, person: Member) -> list[Team]:
    if not roles.may_for_someone(person, Deed.DIGEST):
        return []
    every = teams.every(tx, workspace_id)
    return [one for one in every if roles.may_for_team(person, Deed.DIGEST, one.team_id)]


def _picked(mine: Sequence[Team], asked: Asked) -> Team:
    """By id, by name, by the channel it is asked in, or the only one there is."""
    named = asked.typed.strip().casefold()
    if asked.team_id is not None:
        fitting = [one for one in mine if one.team_id == asked.team_id]
    elif named:
        fitting = [one for one in mine if one.name.casefold() == named]
    else:
        here = [one for one in mine if one.channel_id and one.channel_id == asked.channel]
        fitting = here if len(here) == 1 else list(mine)
    if len(fitting) != 1:
        raise WhichTeam(asked.typed, tuple(one.name for one in mine))
    return fitting[0]


def _changed(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    chosen: Mapping[str, object],
    now: datetime,
) -> Team:
    with database.writing() as tx:
        before = _team(tx, workspace_id, asked)
        _put(tx, workspace_id, before, chosen, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, before.team_id) or before


def _put(
    tx: Transaction,
    workspace_id: WorkspaceId,
    before: Team,
    chosen: Mapping[str, object],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    digests.put(tx, workspace_id, before.team_id, chosen)
    for name, value in chosen.items():
        change = Change(
            actor=actor,
            what=f"team {name}",
            subject=before.team_id,
            before=_written(getattr(before, name)),
            after=_written(value),
        )
        audit.add(tx, workspace_id, change, now)


def _written(value: object) -> str:
    return "" if value is None else str(value)


def _skip_past(tx: Transaction, workspace_id: WorkspaceId, before: Team, now: datetime) -> None:
    """A week whose hour had passed before there was a channel is not made up for."""
    if before.channel_id is None:
        period = rules.due_week(before, now).isoformat()
        runs.claim_one(
            tx, workspace_id, job=digests.TEAM, subject=before.team_id, period=period, now=now
        )
