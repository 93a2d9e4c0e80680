"""The clock and people at once: what one of them read, the other has changed before it is written.

One of the two is held in the middle of its work, or comes between two commits of the other's.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
import sqlalchemy as sa

from bot import schedule
from bot.domain import ledger as ledger_rules
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import AllowanceId, AllowanceState, Subject, SubjectKind
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import AccountId, IdempotencyKey
from bot.domain.notices import Digest, OwnDigest
from bot.domain.periods import Period
from bot.domain.refusals import WhichTeam
from bot.domain.teams import pool_account
from bot.services import (
    allowances,
    books,
    digests,
    dues,
    memberships,
    team_ends,
    team_members,
    teams,
    usergroups,
)
from bot.services.team_choice import Asked
from bot.storage import allowance_turns, opening, outbox, runs
from bot.storage import digests as digest_rows
from bot.storage import teams as stored_teams
from bot.storage.database import Database, DatabaseBusy, Transaction
from bot.storage.moments import as_moment
from tests.clockwork import credit
from tests.company import Company
from tests.services.digest_company import CHANNEL, MONDAY, SEARCH, WEEK_ON, add_team, at, owed, tick
from tests.teams import put_into
from tests.threads import Running, at_once
from tests.waiting import until

MILLION = 1_000_000
WEEKS = 8


def rule(
    company: Company,
    actor: UserId,
    team_id: str,
    tokens: int = MILLION,
    *,
    is_from_pool: bool = False,
) -> AllowanceId:
    """A weekly allowance for each member of a team, begun."""
    wish = AllowanceWish(
        subject=Subject(SubjectKind.TEAM, team_id),
        tokens=tokens,
        period=Period.WEEK,
        is_from_pool=is_from_pool,
    )
    started = allowances.start(
        company.database,
        company.workspace_id,
        actor=actor,
        wish=wish,
        key=IdempotencyKey(f"command:{team_id}"),
        now=company.now,
    )
    return started.preview.allowance.allowance_id


def account(user: UserId) -> AccountId:
    return ledger_rules.member_account(user)


def enter(company: Company, team_id: str, *users: UserId) -> None:
    """They are in the team from now on; what follows from that is still to be done."""
    with company.database.writing() as tx:
        put_into(tx.connection, company.workspace_id, TeamId(team_id), *users)


def is_sound(company: Company) -> bool:
    return [str(wrong) for wrong in books.check(company.database)] == []


def credits_of(company: Company, user: UserId) -> list[str]:
    """The keys of a person's credits by rules."""
    mine = account(user)
    return [
        one.key
        for one in company.entries()
        if one.kind == "allowance" and one.postings[-1][1] == mine
    ]


def waits(database: Database) -> bool:
    """Whether somebody waits for what another has in hand."""
    if database.dialect == "sqlite":
        return bool(database._turns._waiting)  # type: ignore[attr-defined]  # as its own tests do
    with database.reading() as tx:
        asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(tx.connection.execute(asked).scalar())


@contextmanager
def meanwhile(company: Company, act: Callable[[], object]) -> Iterator[Transaction]:
    """A database transaction which another comes to wait for; it goes on when this is committed."""
    with company.database.writing() as tx:
        yield tx
        other = Running(act)
        until(lambda: waits(company.database) or other.is_done)
    other.result()


@dataclass
class Interrupted:
    """A database whose worker is overtaken: before its nth writing somebody else does theirs."""

    database: Database
    writings: int
    act: Callable[[], object]

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.writings -= 1
        if self.writings == 0:
            self.act()
        with self.database.writing() as tx:
            yield tx


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """Another process' connections to the same database."""
    opened = opening.connect(database_url)
    yield opened
    opened.close()


def begin_and_settle(company: Company, tx: Transaction, like: UserId, user: UserId) -> None:
    """What a worker does for somebody who has joined."""
    turn = allowance_turns.of_accounts(tx, company.workspace_id, [account(like)])[account(like)][0]
    today = date(2026, 3, 2)
    begun = replace(
        turn, account=account(user), next_on=today, next_at=company.now, paid_until=None
    )
    allowance_turns.lock_accounts(tx, company.workspace_id, [account(user)])
    allowance_turns.put(tx, company.workspace_id, [begun])
    settle(company, tx, account(user))


def settle(company: Company, tx: Transaction, settled: AccountId) -> None:
    """All that is due on it, in rows that others can wait for."""
    dues.settle(tx, company.workspace_id, [settled], company.now)
    allowance_turns.of_accounts(tx, company.workspace_id, [settled])  # sends what was queued


@pytest.mark.parametrize("comes", ["a click", "a worker"])
def test_who_finds_a_joiner_begun_credits_nobody_twice(company: Company, comes: str) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    company.team("design", alice)
    started = rule(company, leo, "design")
    enter(company, "design", bob)
    again = {
        "a click": partial(
            memberships.follow, company.database, company.workspace_id, started, company.now
        ),
        "a worker": partial(schedule.tick, company.database, company.now),
    }

    with meanwhile(company, again[comes]) as tx:
        begin_and_settle(company, tx, alice, bob)

    schedule.tick(company.database, company.later(days=7))
    assert (company.available(alice), company.available(bob)) == (MILLION, MILLION)
    assert len(credits_of(company, bob)) == 2
    assert is_sound(company)


def test_of_two_workers_who_find_a_joiner_one_begins(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    company.team("design", alice)
    rule(company, leo, "design")
    enter(company, "design", bob)

    overtaken = Interrupted(
        company.database, 1, lambda: schedule.tick(company.database, company.now)
    )
    memberships.catch_up(overtaken, company.now)  # type: ignore[arg-type]  # it does what is needed

    schedule.tick(company.database, company.now)
    assert company.available(bob) == MILLION
    schedule.tick(company.database, company.later(days=7))
    assert len(credits_of(company, bob)) == 2
    assert is_sound(company)


def test_a_joiner_who_has_moved_on_meanwhile_is_credited_by_one_team(company: Company) -> None:
    leo, bob = company.admin("leo"), company.member("bob")
    company.team("design")
    company.team("search")
    rule(company, leo, "design")
    rule(company, leo, "search", 5)
    enter(company, "design", bob)

    def move_on() -> None:
        enter(company, "search", bob)
        memberships.catch_up(company.database, company.now)

    overtaken = Interrupted(company.database, 1, move_on)
    memberships.catch_up(overtaken, company.now)  # type: ignore[arg-type]  # it does what is needed

    schedule.tick(company.database, company.later(minutes=1))
    assert company.available(bob) == 5
    assert is_sound(company)


def turn_of(company: Company, user: UserId) -> dict[str, object]:
    """The only turn of a person, as its row says."""
    (row,) = company.rows(
        "SELECT * FROM allowance_turn WHERE workspace_id = :workspace_id AND account_id = :account",
        account=account(user),
    )
    return row


def test_ending_a_rule_while_it_credits_forgets_no_credit(company: Company) -> None:
    """What the clock has just paid stays told on the turn: another team would pay it again."""
    leo, alice = company.admin("leo"), company.member("alice")
    company.team("design", alice)
    company.team("search")
    started = rule(company, leo, "design")
    rule(company, leo, "search", 5)
    company.later(days=7)
    end = partial(
        allowances.end,
        company.database,
        company.workspace_id,
        actor=leo,
        allowance_id=started,
        now=company.now,
    )

    with meanwhile(company, end) as tx:
        settle(company, tx, account(alice))

    assert turn_of(company, alice)["paid_until"] == "2026-03-16"
    enter(company, "search", alice)
    schedule.tick(company.database, company.later(seconds=1))
    assert company.available(alice) == MILLION
    schedule.tick(company.database, company.later(days=7))
    assert company.available(alice) == 5
    assert is_sound(company)


def test_ending_a_team_while_its_pool_is_filled_forgets_no_credit(company: Company) -> None:
    leo = company.admin("leo")
    company.team("design")
    wish = AllowanceWish(
        subject=Subject(SubjectKind.POOL, "design"), tokens=MILLION, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=leo,
        wish=wish,
        key=IdempotencyKey("command:1"),
        now=company.now,
    )
    pool = AccountId("pool:design")
    company.later(days=7)
    end = partial(
        team_ends.end,
        company.database,
        company.workspace_id,
        asked=Asked(actor=leo, typed="design"),
        now=company.now,
    )

    with meanwhile(company, end) as tx:
        settle(company, tx, pool)

    rows = company.rows(
        "SELECT balance, paid_until, next_on FROM allowance_turn JOIN account USING"
        " (workspace_id, account_id) WHERE account_id = 'pool:design'"
    )
    assert rows == [{"balance": 0, "paid_until": "2026-03-16", "next_on": None}]
    assert is_sound(company)


def test_pools_are_taken_in_hand_in_their_own_order(company: Company) -> None:
    """Ana's is asked first, and comes second: who has Ben's and then wants hers gets it."""
    leo, ana, ben = company.admin("leo"), company.member("ana"), company.member("ben")
    first, second = (
        pool_account(company.team(name, who)) for name, who in (("design", ben), ("search", ana))
    )
    for team_id, pool in (("design", first), ("search", second)):
        credit(company, pool, 5 * MILLION)
        rule(company, leo, team_id, is_from_pool=True)
    now = company.later(days=7)

    with company.database.writing() as tx:
        allowance_turns.lock_accounts(tx, company.workspace_id, [first])
        settling = Running(partial(dues.settle_all, company.database, now))
        until(lambda: waits(company.database) or settling.is_done)
        allowance_turns.lock_accounts(tx, company.workspace_id, [second])

    assert settling.result() == 2
    assert [len(credits_of(company, one)) for one in (ana, ben)] == [2, 2]
    assert is_sound(company)


@pytest.mark.parametrize("job", [digest_rows.TEAM, digest_rows.OWN])
def test_a_worker_who_waits_for_anothers_digests_owes_none_of_them(
    company: Company, job: str
) -> None:
    ana = company.member("ana")
    add_team(company, SEARCH, ana)
    digests.want_own(company.database, company.workspace_id, user_id=ana, wanted=True)
    nine = at(MONDAY, 9)
    first: dict[str, tuple[str, Digest | OwnDigest]] = {
        digest_rows.TEAM: (
            SEARCH,
            Digest(recipient=CHANNEL, team_id=SEARCH, week_on=str(WEEK_ON), facts="{}"),
        ),
        digest_rows.OWN: (ana, OwnDigest(recipient=ana, facts="{}")),
    }
    subject, notice = first[job]

    # Both have read that nothing is claimed; one has claimed and told, and is about to commit.
    with meanwhile(company, partial(tick, company, nine)) as tx:
        runs.claim_one(
            tx, company.workspace_id, job=job, subject=subject, period=str(WEEK_ON), now=nine
        )
        outbox.add(tx, company.workspace_id, notice, nine)

    told = [one for one in owed(company) if isinstance(one, Digest | OwnDigest)]
    assert sorted(one.recipient for one in told) == [CHANNEL, ana]


def test_two_who_set_the_same_zone_move_what_expires_once(company: Company) -> None:
    """A form sent twice: the second finds the zone already set, and no lot a day short."""
    leo, alice = company.admin("leo"), company.member("alice")
    company.team("design", alice)
    rule(company, leo, "design")
    move = partial(
        teams.set_zone,
        company.database,
        company.workspace_id,
        Asked(actor=leo, typed="design"),
        zone="Asia/Tokyo",
        now=company.now,
    )

    running = at_once([move] * 4)

    assert [one.error for one in running] == [None] * 4
    (lot,) = company.rows("SELECT expires_at FROM lot WHERE workspace_id = :workspace_id")
    assert as_moment(lot["expires_at"]) == datetime(2026, 3, 8, 15, tzinfo=UTC)


def test_two_who_end_a_rule_at_once_are_both_told_that_it_ended(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    company.team("design", alice)
    started = rule(company, leo, "design")
    end = partial(
        allowances.end,
        company.database,
        company.workspace_id,
        actor=leo,
        allowance_id=started,
        now=company.now,
    )

    running = at_once([end] * 4)

    assert [one.result().state for one in running] == [AllowanceState.ENDED] * 4
    said = company.rows("SELECT 1 FROM audit WHERE what = 'allowance'")
    assert len(said) == 2  # that it was set, and that it ended


def test_nobody_comes_into_a_team_that_is_just_ending(company: Company) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    design = company.team("design", alice)
    join = partial(
        team_members.move,
        company.database,
        company.workspace_id,
        Asked(actor=leo, typed="design"),
        joining=[bob],
        leaving=[],
        now=company.now,
    )

    with pytest.raises(WhichTeam), meanwhile(company, join) as tx:  # noqa: PT012 - raised at its end
        stored_teams.lock(tx, company.workspace_id, design)
        stored_teams.empty(tx, company.workspace_id, design, company.now)
        stored_teams.put(tx, company.workspace_id, design, {"ended_at": company.now})

    assert members_of(company, design) == []


def test_a_group_that_was_asked_for_too_long_brings_nobody_into_an_ended_team(
    company: Company,
) -> None:
    leo, bob = company.admin("leo"), company.member("bob")
    design = company.team("design")
    asked = Asked(actor=leo, typed="design")
    following = usergroups.follow(
        company.database,
        company.workspace_id,
        asked,
        usergroup_id="S1",
        handle="design",
        now=company.now,
    )

    team_ends.end(company.database, company.workspace_id, asked=asked, now=company.now)
    usergroups.keep(company.database, company.workspace_id, following, [bob], company.now)

    assert members_of(company, design) == []


def members_of(company: Company, team_id: TeamId) -> list[object]:
    found = company.rows("SELECT user_id FROM member WHERE team_id = :team_id", team_id=team_id)
    return [row["user_id"] for row in found]


def patiently(act: Callable[[], object]) -> Callable[[], object]:
    """Again where a slow machine kept somebody waiting for too long; a deadlock is our fault."""

    def trying() -> object:
        for _ in range(5):
            try:
                return act()
            except DatabaseBusy as busy:
                if "deadlock" in busy.reason:
                    raise
        return act()

    return trying


@dataclass(frozen=True)
class Midnight:
    """Everybody who does something at midnight of a Monday, in two processes."""

    company: Company
    other: Database
    leo: UserId
    people: list[UserId]
    rules: list[AllowanceId]

    def acts(self, week: int) -> list[Callable[[], object]]:
        here, now, workspace_id = self.company.database, self.company.now, self.company.workspace_id
        joining = self.people[week % len(self.people) :: 3]
        put = allowances.pause if week % 4 < 2 else allowances.resume
        # The one team is joined by some of the other, and its rule paused, changed and resumed.
        to_team = partial(
            team_members.move,
            workspace_id=workspace_id,
            asked=Asked(actor=self.leo, typed=("design", "search")[week % 2]),
            leaving=[],
            now=now,
        )
        rule_id = self.rules[week % 2]
        return [
            partial(schedule.tick, here, now),
            partial(schedule.tick, self.other, now),
            partial(to_team, here, joining=joining),
            partial(to_team, self.other, joining=joining[::-1]),
            partial(put, here, workspace_id, actor=self.leo, allowance_id=rule_id, now=now),
            partial(
                allowances.change,
                self.other,
                workspace_id,
                actor=self.leo,
                allowance_id=rule_id,
                tokens=MILLION + week,
                carry_max=0,
                now=now,
            ),
        ]


def test_workers_and_people_at_once_credit_each_week_once(
    company: Company, other: Database
) -> None:
    leo, people = company.admin("leo"), [company.member(f"m{number}") for number in range(12)]
    company.team("design", *people[:6])
    company.team("search", *people[6:])
    rules = [rule(company, leo, "design"), rule(company, leo, "search", 5)]
    midnight = Midnight(company, other, leo, people, rules)
    company.later(days=7 - 9.5 / 24)

    for week in range(WEEKS):
        running = at_once([patiently(act) for act in midnight.acts(week)])
        assert [one.error for one in running] == [None] * len(running)
        schedule.tick(company.database, company.later(minutes=1))
        assert is_sound(company)
        company.later(days=7, minutes=-1)

    keys = [(user, key) for user in people for key in credits_of(company, user)]
    weeks = Counter((user, key.rpartition(":")[2]) for user, key in keys)
    assert len(keys) == len(set(keys))
    assert set(weeks.values()) == {1}
    assert len(weeks) >= len(people) * WEEKS // 2
