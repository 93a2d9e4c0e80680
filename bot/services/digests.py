"""What people choose of digests: where, when, whether they appear; and sending one by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import digests as rules
from bot.domain import periods
from bot.domain.digests import Week
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import Digest, DigestPlaced, DigestPreview
from bot.domain.refusals import NoChannelYet, NotAChannel
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services import reports, team_choice
from bot.services.team_changes import change
from bot.services.team_choice import Asked, pick
from bot.storage import digests, directory, events, outbox, runs, teams
from bot.storage.database import Database, Transaction

#: Teams shown in one message; an admin of many names the one they mean.
SHOWN_MAX = 5


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
        mine = team_choice.choosable(tx, workspace_id, person, Deed.DIGEST)
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
        return pick(tx, workspace_id, asked, Deed.DIGEST)


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
        before = pick(tx, workspace_id, replace(asked, team_id=chosen.team_id), Deed.DIGEST)
        if events.is_first_time(tx, workspace_id, key, now):
            change(tx, workspace_id, before, {"channel_id": channel}, actor=asked.actor, now=now)
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


def _changed(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    chosen: Mapping[str, object],
    now: datetime,
) -> Team:
    with database.writing() as tx:
        before = pick(tx, workspace_id, asked, Deed.DIGEST)
        change(tx, workspace_id, before, chosen, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, before.team_id) or before


def _skip_past(tx: Transaction, workspace_id: WorkspaceId, before: Team, now: datetime) -> None:
    """A week whose hour had passed before there was a channel is not made up for."""
    if before.channel_id is None:
        period = rules.due_week(before, now).isoformat()
        runs.claim_one(
            tx, workspace_id, job=digests.TEAM, subject=before.team_id, period=period, now=now
        )
