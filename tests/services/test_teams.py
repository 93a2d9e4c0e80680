"""Teams: their zone, their end, and several people who change one at once."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, TeamId, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.domain.refusals import InAnotherTeam, NotAllowed, TeamEnded, TeamNameTaken, WhichTeam
from bot.domain.teams import pool_account
from bot.services import (
    allowances,
    balances,
    books,
    team_ends,
    team_managers,
    team_members,
    teams,
    usergroups,
)
from bot.services.team_choice import Asked
from tests.clockwork import credit
from tests.company import Company
from tests.threads import at_once

MILLION = 1_000_000


def make(company: Company, actor: UserId, name: str, *members: UserId, key: str = "") -> TeamId:
    made = teams.create(
        company.database,
        company.workspace_id,
        actor=actor,
        name=name,
        members=members,
        managers=(),
        zone="UTC",
        key=IdempotencyKey(key or f"command:{name}"),
        now=company.now,
    )
    return made.team.team_id


def rule(
    company: Company,
    actor: UserId,
    team_id: TeamId,
    tokens: int = MILLION,
    *,
    kind: SubjectKind = SubjectKind.TEAM,
    returns: bool = False,
) -> None:
    allowances.start(
        company.database,
        company.workspace_id,
        actor=actor,
        wish=AllowanceWish(
            subject=Subject(kind, team_id),
            tokens=tokens,
            period=Period.WEEK,
            returns_on_leaving=returns,
        ),
        key=IdempotencyKey(f"rule:{kind}:{team_id}"),
        now=company.now,
    )


def move(company: Company, actor: UserId, team_id: TeamId, *joining: UserId) -> None:
    team_members.move(
        company.database,
        company.workspace_id,
        Asked(actor=actor, team_id=team_id),
        joining=joining,
        leaving=(),
        now=company.now,
    )


def team_of(company: Company, user: UserId) -> str:
    rows = company.rows("SELECT user_id, team_id FROM member WHERE workspace_id = :workspace_id")
    return next(str(row["team_id"]) for row in rows if row["user_id"] == user)


def has(company: Company, user: UserId) -> int:
    return balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    ).available


def sound(company: Company) -> bool:
    return [str(wrong) for wrong in books.check(company.database)] == []


def set_zone(company: Company, actor: UserId, team_id: TeamId, zone: str) -> None:
    asked = Asked(actor=actor, team_id=team_id)
    teams.set_zone(company.database, company.workspace_id, asked, zone=zone, now=company.now)


def go_to(company: Company, *when: int) -> None:
    """The clock comes round at this moment, in UTC."""
    moment = datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, …
    company.later(seconds=(moment - company.now).total_seconds())
    schedule.tick(company.database, company.now)


# Several at once.


def test_two_who_make_one_team_at_once_make_one(company: Company) -> None:
    leo, ada = company.admin("leo"), company.admin("ada")

    done = at_once(
        [partial(make, company, who, "search", key=f"command:{who}") for who in (leo, ada)]
    )

    refused = [type(one.error) for one in done if one.error is not None]
    assert refused == [TeamNameTaken]
    assert len(company.rows("SELECT 1 FROM team WHERE name = 'search'")) == 1


def test_of_two_managers_who_take_one_person_in_one_does(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    mia, max_ = company.member("mia"), company.member("max")
    search, design = make(company, leo, "search"), make(company, leo, "design")
    for manager, team_id in ((mia, search), (max_, design)):
        asked = Asked(actor=leo, team_id=team_id)
        team_managers.name(
            company.database, company.workspace_id, asked, people=[manager], now=company.now
        )

    at_once([partial(move, company, mia, search, ana), partial(move, company, max_, design, ana)])

    assert team_of(company, ana) in {search, design}
    assert company.told().count(("team_told", ana)) == 1
    changes = company.rows("SELECT 1 FROM audit WHERE what = 'member''s team'")
    assert len(changes) == 1


def test_a_manager_takes_nobody_out_of_another_team(company: Company) -> None:
    leo, ana, mia = company.admin("leo"), company.member("ana"), company.member("mia")
    make(company, leo, "design", ana)
    search = make(company, leo, "search")
    asked = Asked(actor=leo, team_id=search)
    team_managers.name(company.database, company.workspace_id, asked, people=[mia], now=company.now)

    with pytest.raises(InAnotherTeam):
        move(company, mia, search, ana)


def test_nobody_changes_a_team_of_others(company: Company) -> None:
    leo, ana, fay = company.admin("leo"), company.member("ana"), company.finance("fay")
    search = make(company, leo, "search")

    for actor in (ana, fay):
        with pytest.raises(NotAllowed):
            move(company, actor, search, ana)
    everyones = company.approver("mia")  # looks after Everyone alone
    with pytest.raises(WhichTeam):
        move(company, everyones, search, ana)


# Allowances of those who come and go.


def test_who_comes_is_credited_and_who_leaves_gives_back_what_the_rule_says(
    company: Company,
) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search")
    rule(company, leo, search, returns=True)

    move(company, leo, search, ana)
    credited = has(company, ana)
    gone = team_members.move(
        company.database,
        company.workspace_id,
        Asked(actor=leo, team_id=search),
        joining=(),
        leaving=(ana,),
        now=company.later(seconds=1),
    )
    schedule.tick(company.database, company.later(days=8))

    assert credited == MILLION
    assert [one.tokens for one in gone.going_back] == [MILLION]
    assert (has(company, ana), team_of(company, ana)) == (0, EVERYONE)
    assert sound(company)


def test_moving_twice_moves_once(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search")
    rule(company, leo, search)

    for _ in range(3):
        move(company, leo, search, ana)

    assert has(company, ana) == MILLION
    assert len(company.rows("SELECT 1 FROM audit WHERE what = 'member''s team'")) == 1


# Its zone.


def test_a_team_that_moves_west_is_credited_later_and_once(company: Company) -> None:
    """Monday 9 March begins at 04:00 UTC in New York, where it is summer time since the 8th."""
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search", ana)
    rule(company, leo, search)  # Monday 2 March
    go_to(company, 2026, 3, 5, 12, 0)

    set_zone(company, leo, search, "America/New_York")

    go_to(company, 2026, 3, 9, 3, 59)
    before = has(company, ana), times_credited(company)
    go_to(company, 2026, 3, 9, 4, 0)
    after = has(company, ana), times_credited(company)
    go_to(company, 2026, 3, 16, 4, 0)
    assert (before, after) == ((MILLION, 1), (MILLION, 2))
    assert (has(company, ana), times_credited(company)) == (MILLION, 3)
    assert sound(company)


def test_a_team_that_moves_east_is_credited_earlier_and_once(company: Company) -> None:
    """In Tokyo Monday 9 March begins on Sunday at 15:00 UTC."""
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search", ana)
    rule(company, leo, search)
    go_to(company, 2026, 3, 8, 16, 0)

    set_zone(company, leo, search, "Asia/Tokyo")
    go_to(company, 2026, 3, 8, 16, 1)
    moved = has(company, ana), times_credited(company)
    go_to(company, 2026, 3, 9, 0, 1)

    assert moved == (MILLION, 2)
    assert (has(company, ana), times_credited(company)) == (MILLION, 2)
    assert sound(company)


def test_there_and_back_again_credits_no_day_twice(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search", ana)
    rule(company, leo, search)
    go_to(company, 2026, 3, 8, 16, 0)

    for zone in ("Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        set_zone(company, leo, search, zone)
        go_to(company, *company.later(minutes=1).timetuple()[:6])
    set_zone(company, leo, search, "UTC")
    go_to(company, 2026, 3, 9, 1, 0)

    assert times_credited(company) == 2
    assert has(company, ana) == MILLION
    assert sound(company)


def times_credited(company: Company) -> int:
    return len([one for one in company.entries() if one.kind == "allowance"])


# Its end.


def test_what_a_pool_has_goes_back_when_its_team_ends_and_its_rules_stop(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    search = make(company, leo, "search", ana)
    rule(company, leo, search)
    rule(company, leo, search, 5 * MILLION, kind=SubjectKind.POOL)
    credit(company, pool_account(search), 3 * MILLION)

    before = team_ends.end(
        company.database,
        company.workspace_id,
        asked=Asked(actor=leo, team_id=search),
        now=company.later(seconds=1),
    )
    with pytest.raises(TeamEnded):
        team_ends.end(
            company.database,
            company.workspace_id,
            asked=Asked(actor=leo, team_id=search),
            now=company.later(seconds=1),
        )
    credited = times_credited(company)
    schedule.tick(company.database, company.later(days=15))

    assert before.pool == 8 * MILLION
    assert (times_credited(company), team_of(company, ana)) == (credited, EVERYONE)
    (pool,) = company.rows("SELECT balance FROM account WHERE kind = 'pool'")
    assert pool["balance"] == 0
    assert sound(company)


# User groups.


def test_a_group_of_thousands_is_kept_in_step_and_twice_is_once(company: Company) -> None:
    leo = company.admin("leo")
    search = make(company, leo, "search")
    asked = Asked(actor=leo, team_id=search)
    team = usergroups.follow(
        company.database,
        company.workspace_id,
        asked,
        usergroup_id="S1",
        handle="all-eng",
        now=company.now,
    )
    people = [UserId(f"U{n:06}") for n in range(1_200)]

    for users in (people, people, people[200:]):
        usergroups.keep(company.database, company.workspace_id, team, users, company.now)

    rows = company.rows("SELECT count(*) AS n FROM member WHERE team_id = :team", team=search)
    assert rows[0]["n"] == 1_000
    assert company.told() == [("group_read", leo)]
