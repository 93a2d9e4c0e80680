"""The company of the quarter as the services set it up, and what its people do meanwhile."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import TREASURY, Entry, EntryKind, IdempotencyKey, Posting
from bot.domain.periods import Period
from bot.domain.teams import pool_account
from bot.domain.topups import Urgency
from bot.playground.people import Person
from bot.playground.server import SimulatedSlack
from bot.services import allowances, digests, directory, topups, usage
from bot.storage import ledger
from bot.storage.database import Database
from tests import clockwork
from tests.company import Company
from tests.domain.naive_allowances import NaiveRule
from tests.e2e.quarter import cast
from tests.e2e.quarter.cast import BEGIN, TEAMS, TeamCast, user_of

WORKSPACE = "T0PLAYGROUND"
_LEO = UserId(user_of("leo"))


def people() -> list[Person]:
    """All of them, as Slack knows them."""
    found = [
        Person(id=user_of(name), name=name, real_name=name.title(), tz=cast.zone_of(name))
        for team in TEAMS
        for name in team.people
    ]
    admins = [
        Person(id=user_of(name), name=name, real_name=name.title(), is_admin=True)
        for name in cast.ADMINS
    ]
    return [*found, *admins]


def found_company(database: Database, slack: SimulatedSlack) -> Company:
    """Teams, channels, rules and a first request, on the quarter's first morning."""
    company = Company(database, WORKSPACE)
    assert company.now == BEGIN
    _note_every_notice(company)
    for name in cast.ADMINS:
        company.admin(name)
    for team in TEAMS:
        _found_team(company, slack, team)
    directory.mark_list_read(database, company.workspace_id, BEGIN)
    company.now = BEGIN
    _set(company, Subject(SubjectKind.POOL, "pooled"), cast.POOL_RULE)
    issue_to_lean(company, cast.LEAN_BEGINS, BEGIN)
    for team in TEAMS:
        if team.rule is not None:
            subject = Subject(SubjectKind.TEAM, team.name)
            _set(company, subject, team.rule, is_from_pool=team.is_from_pool)
    for name, rule in cast.OWN_RULES.items():
        _set(company, Subject(SubjectKind.MEMBER, user_of(name)), rule)
    for name in cast.READERS:
        digests.want_own(database, company.workspace_id, user_id=UserId(user_of(name)), wanted=True)
    return company


def issue_to_lean(company: Company, tokens: int, now: datetime) -> None:
    """An admin fills the pool that nothing else fills."""
    entry = Entry(
        kind=EntryKind.ISSUE,
        actor=_LEO,
        postings=(Posting(TREASURY, pool_account(TeamId("lean")), tokens),),
        note="",
        key=IdempotencyKey(f"quarter:issue:{now}"),
        now=now,
        may_overdraw=True,
    )
    with company.database.writing() as tx:
        ledger.record(tx, company.workspace_id, entry)


def use(company: Company, name: str, tokens: int, now: datetime) -> None:
    usage.record(
        company.database,
        company.workspace_id,
        user_id=UserId(user_of(name)),
        tokens=tokens,
        model="claude-opus",
        project="ranking",
        at=now,
        key=IdempotencyKey(f"quarter:use:{name}:{now}"),
        now=now,
    )


def ask(company: Company, name: str, now: datetime) -> None:
    """A request that nobody will decide; its reason says whose it is."""
    topups.ask(
        company.database,
        company.workspace_id,
        requester=UserId(user_of(name)),
        tokens=1_000,
        note=name,
        urgency=Urgency.WHENEVER,
        key=IdempotencyKey(f"quarter:ask:{name}"),
        now=now,
    )


def _found_team(company: Company, slack: SimulatedSlack, team: TeamCast) -> None:
    users = [company.member(name) for name in team.people]
    for name, user in zip(team.people, users, strict=True):
        clockwork.in_zone(company, user, cast.zone_of(name))
    manager = UserId(user_of(team.manager))
    company.team(team.name, *users, zone=team.zone, managers=(manager,))
    if team.channel is None:
        return
    channel = slack.add_channel(team.channel)
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "UPDATE team SET channel_id = :channel, digest_weekday = :weekday,"
                " digest_hour = :hour WHERE team_id = :team_id"
            ),
            {
                "channel": channel.id,
                "weekday": team.weekday,
                "hour": team.hour,
                "team_id": team.name,
            },
        )


def _set(
    company: Company, subject: Subject, rule: NaiveRule, *, is_from_pool: bool = False
) -> None:
    wish = AllowanceWish(
        subject=subject,
        tokens=rule.tokens,
        period=Period(rule.period),
        carry_max=rule.carry,
        anchor_on=rule.anchor,
        vesting=Vesting(parts=rule.parts, cliff=rule.cliff) if rule.parts else None,
        is_from_pool=is_from_pool,
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=_LEO,
        wish=wish,
        key=IdempotencyKey(f"quarter:{subject}"),
        now=BEGIN,
    )


def _note_every_notice(company: Company) -> None:
    """A copy of each notice, from the commit that owes it: the outbox forgets what was sent."""
    with company.database.writing() as tx:
        for statement in (
            "CREATE TABLE owed (LIKE outbox)",
            "CREATE FUNCTION note_owed() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN INSERT INTO owed SELECT NEW.*; RETURN NULL; END'",
            "CREATE TRIGGER note_owed AFTER INSERT ON outbox"
            " FOR EACH ROW EXECUTE FUNCTION note_owed()",
        ):
            tx.connection.execute(sa.text(statement))
