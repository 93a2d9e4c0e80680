"""Weekly digests: once a week for each team, by its own clock, with the right figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.domain.directory import EVERYONE, TeamId, UserId
from bot.domain.ledger import CONSUMED, EXPIRED, EntryKind, member_account
from bot.domain.notices import ChannelLost, Digest, OwnDigest
from bot.services import digests, lost_channels, reports
from bot.services.team_choice import Asked
from bot.storage import movements, opening
from bot.storage import own_weeks as own_week_rows
from bot.storage.database import Database, Transaction
from bot.storage.moments import Moment
from tests.company import Company
from tests.databases import Databases
from tests.services.digest_company import (
    CHANNEL,
    MONDAY,
    SEARCH,
    WEEK_ON,
    add_team,
    at,
    change_team,
    counting,
    earlier,
    execute,
    fill_pool,
    grant_from_pool,
    move,
    owed,
    own_weeks,
    tick,
    use,
    weeks,
)
from tests.threads import at_once

NINE = at(MONDAY, 9)


def test_a_digest_is_owed_once_from_monday_nine_on(company: Company) -> None:
    add_team(company, SEARCH, company.member("ana"))
    tick(company, NINE - timedelta(days=3))
    execute(company, "DELETE FROM outbox WHERE workspace_id = :workspace_id")

    early, first, again = (tick(company, NINE + timedelta(minutes=m)) for m in (-1, 0, 1))

    assert (early, first, again) == (0, 1, 0)
    (notice,) = owed(company)
    assert isinstance(notice, Digest)
    assert (notice.recipient, notice.week_on) == (CHANNEL, "2026-03-02")


def test_the_hour_and_day_are_the_teams_own_in_its_zone(company: Company) -> None:
    add_team(company, SEARCH, zone="Asia/Tokyo")
    change_team(company, digest_weekday=4, digest_hour=16)
    friday_in_tokyo = at(MONDAY + timedelta(days=4), 7)

    early = tick(company, friday_in_tokyo - timedelta(minutes=1))
    # Before this week's hour the latest due one is last week's.
    assert [one.week_on for one in owed(company) if isinstance(one, Digest)] == ["2026-02-23"]
    due = tick(company, friday_in_tokyo)

    assert (early, due) == (1, 1)


def test_two_workers_at_once_owe_one_digest(company: Company) -> None:
    ana = company.member("ana")
    add_team(company, SEARCH, ana)
    digests.want_own(company.database, company.workspace_id, user_id=ana, wanted=True)

    at_once([lambda: tick(company, NINE)] * 4)

    assert len(owed(company, Digest)) == 1
    assert len(owed(company, OwnDigest)) == 1


def test_after_three_weeks_asleep_only_the_latest_is_sent(company: Company) -> None:
    add_team(company, SEARCH)
    tick(company, NINE)

    prepared = tick(company, NINE + timedelta(days=22))

    assert prepared == 1
    assert [one.week_on for one in owed(company, Digest) if isinstance(one, Digest)] == [
        "2026-03-02",
        "2026-03-23",
    ]


@pytest.mark.parametrize(
    ("hour", "day"),
    [(2, date(2026, 3, 29)), (2, date(2026, 10, 25))],
    ids=["an hour that never comes", "an hour that comes twice"],
)
def test_an_hour_that_the_clock_skips_or_repeats_gives_one_digest(
    company: Company, hour: int, day: date
) -> None:
    add_team(company, SEARCH, zone="Europe/Berlin")
    change_team(company, digest_weekday=6, digest_hour=hour)
    tick(company, at(day - timedelta(days=1)))
    before = len(owed(company))

    minutes = range(0, 6 * 60, 10)
    prepared = [
        tick(company, at(day, 0) - timedelta(hours=1) + timedelta(minutes=m)) for m in minutes
    ]

    assert sum(prepared) == 1
    assert len(owed(company)) == before + 1


@pytest.mark.parametrize(
    ("first", "then"), [("Asia/Tokyo", "Pacific/Honolulu"), ("Pacific/Honolulu", "Asia/Tokyo")]
)
def test_a_team_that_changes_its_zone_gets_each_week_once(
    company: Company, first: str, then: str
) -> None:
    add_team(company, SEARCH, zone=first)
    tick(company, at(MONDAY - timedelta(days=2)))
    told = len(owed(company))

    tick(company, at(MONDAY, 1))
    change_team(company, zone=then)
    for hours in range(0, 48, 3):
        tick(company, at(MONDAY, 1) + timedelta(hours=hours))

    assert len(owed(company)) == told + 1


def test_nothing_due_is_one_query_however_many_teams(company: Company) -> None:
    for number in range(30):
        add_team(company, TeamId(f"team{number}"), channel=f"C{number:03}")
    tick(company, NINE)

    with counting(company) as statements:
        tick(company, NINE + timedelta(hours=1))

    assert len([one for one in statements if one.startswith("SELECT")]) <= 1
    assert len(owed(company)) == 30


def test_all_teams_of_a_tick_share_their_queries(company: Company) -> None:
    def statements_of(teams: int, prefix: str, monday: datetime) -> int:
        for number in range(teams):
            add_team(company, TeamId(f"{prefix}{number}"), channel=f"C{prefix}{number:03}")
        with counting(company) as statements:
            tick(company, monday)
        return len(statements)

    few = statements_of(2, "a", NINE)
    many = statements_of(40, "b", NINE + timedelta(days=7))

    assert many == few


def test_use_is_told_by_day_model_and_project_against_the_week_before(company: Company) -> None:
    ana, ben, eve = (company.member(name, available=10_000) for name in ("ana", "ben", "eve"))
    add_team(company, SEARCH, ana, ben)
    use(company, ana, 700, WEEK_ON, model="opus")
    use(company, ana, 30, WEEK_ON + timedelta(days=6), model="mini", project="eval")
    use(company, ben, 5, WEEK_ON, model="mini")
    use(company, ana, 400, earlier(1), model="opus")
    use(company, eve, 99_000, WEEK_ON)  # of another team
    use(company, ana, 9_999, MONDAY)  # after the week

    tick(company, NINE)

    week = weeks(company)[SEARCH]
    assert week.days == (705, 0, 0, 0, 0, 0, 30)
    assert week.days_before == (400, 0, 0, 0, 0, 0, 0)
    assert [(part.name, part.tokens, part.before) for part in week.models] == [
        ("opus", 700, 400),
        ("mini", 35, 0),
    ]
    assert [(part.name, part.tokens) for part in week.projects] == [("ranking", 705), ("eval", 30)]
    assert (week.users, week.members, week.calls) == (2, 2, 3)


def test_a_typical_week_is_the_median_of_the_four_before_those_two(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    add_team(company, SEARCH, ana)
    for ago, tokens in ((0, 1), (1, 2), (2, 10), (3, 20), (4, 30), (5, 900), (6, 5_000)):
        use(company, ana, tokens, earlier(ago))

    tick(company, NINE)

    assert weeks(company)[SEARCH].typical == 20


def test_the_day_of_use_is_the_local_one_of_the_paying_team(company: Company) -> None:
    ana = company.member("ana")
    add_team(company, SEARCH, ana, zone="America/New_York")
    use(company, ana, 10, datetime(2026, 3, 3, 3, 0, tzinfo=UTC))  # still Monday in New York

    tick(company, at(MONDAY, 14))

    assert weeks(company)[SEARCH].days == (10, 0, 0, 0, 0, 0, 0)


def test_use_of_the_same_key_counts_once_and_may_go_below_zero(company: Company) -> None:
    ana = company.member("ana", available=100)

    for _ in range(2):
        use(company, ana, 250, WEEK_ON, key="usage:once")

    assert company.available(ana) == -150
    assert [row["tokens"] for row in company.rows("SELECT tokens FROM rollup")] == [250]


def test_a_day_keeps_two_hundred_projects_and_the_rest_as_other(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    for number in range(203):
        use(company, ana, 1, WEEK_ON, project=f"p{number:03}")
    use(company, ben, 7, WEEK_ON, project="p007")
    use(company, ben, 5, WEEK_ON, project="late")
    use(company, ben, 3, WEEK_ON + timedelta(days=1), project="late")

    found = company.rows("SELECT day, project, SUM(tokens) AS n FROM rollup GROUP BY day, project")

    first = {str(row["project"]): int(str(row["n"])) for row in found if row["day"] == "2026-03-02"}
    assert len(first) == 201
    assert (first["other"], first["p007"]) == (3 + 5, 8)
    assert [row["project"] for row in found if row["day"] == "2026-03-03"] == ["late"]


def test_projects_that_begin_at_once_share_the_last_places(company: Company) -> None:
    people = [company.member(f"m{number}") for number in range(6)]
    for number in range(198):
        use(company, people[0], 1, WEEK_ON, project=f"p{number:03}")

    def begin(number: int) -> None:
        use(company, people[number], 1, WEEK_ON, project=f"new{number}")

    for one in at_once([partial(begin, number) for number in range(6)]):
        one.result()

    found = company.rows("SELECT project, SUM(tokens) AS n FROM rollup GROUP BY project")
    named = {str(row["project"]): int(str(row["n"])) for row in found}
    assert len(named) == 201
    assert named["other"] == 4


def test_what_was_moved_is_told_of_the_team_and_no_other(company: Company) -> None:
    company.now = at(date(2026, 1, 1))
    ana, ben, eve = (company.member(name, available=10_000) for name in ("ana", "ben", "eve"))
    add_team(company, SEARCH, ana, ben)
    accounts = {user: member_account(user) for user in (ana, ben, eve)}
    fill_pool(company, 9_000, on=WEEK_ON)
    grant_from_pool(company, ana, 100, on=WEEK_ON)
    grant_from_pool(company, ben, 50, on=WEEK_ON + timedelta(days=6))
    grant_from_pool(company, ben, 40, on=WEEK_ON - timedelta(days=1))
    move(company, EntryKind.TRANSFER, accounts[ana], accounts[ben], 7, on=WEEK_ON)
    move(company, EntryKind.TRANSFER, accounts[ana], accounts[eve], 8, on=WEEK_ON)
    move(company, EntryKind.EXPIRY, accounts[ben], EXPIRED, 3, on=WEEK_ON)
    move(company, EntryKind.USAGE, accounts[ben], CONSUMED, 999, on=WEEK_ON)

    tick(company, NINE)

    moves = weeks(company)[SEARCH].moves
    assert (moves.granted, moves.grants, moves.issued, moves.expired) == (150, 2, 9_000, 3)
    assert (moves.transferred, moves.transfers) == (15, 2)
    assert weeks(company)[SEARCH].moves_before.granted == 40


def test_requests_are_told_with_how_long_they_waited(company: Company) -> None:
    boss, ana = company.admin("boss"), company.member("ana")
    change_team(company, EVERYONE, channel_id=CHANNEL)
    company.now = at(WEEK_ON, 10)
    quick, slow = company.ask(ana, 1_000), company.ask(ana, 2_000)
    company.later(hours=1)
    company.approve(boss, quick.topup_id, tokens=600)
    company.later(hours=30)
    company.deny(boss, slow.topup_id, note="not now")
    company.ask(ana, 5)
    company.now = NINE

    tick(company, NINE)

    asked = weeks(company)[EVERYONE].requests
    assert (asked.asked, asked.asked_tokens) == (3, 3_005)
    assert (asked.approved, asked.approved_tokens, asked.denied, asked.open) == (1, 600, 1, 1)
    assert asked.wait_seconds is not None
    assert asked.longest_seconds is not None
    assert asked.wait_seconds // 3_600 == 1
    assert asked.longest_seconds // 3_600 == 31


def test_a_pool_lasts_by_what_left_it_in_two_weeks(company: Company) -> None:
    ana = company.member("ana")
    add_team(company, SEARCH, ana)
    fill_pool(company, 10_000, on=earlier(3))
    grant_from_pool(company, ana, 5, on=earlier(3))
    grant_from_pool(company, ana, 1_400, on=earlier(1))

    tick(company, NINE)

    pool = weeks(company)[SEARCH].pool
    assert pool is not None
    assert (pool.available, pool.per_day, pool.lasts_days) == (8_595, 100, 85)
    assert pool.lasts_on == "2026-06-02"


def test_nobody_is_named_unless_the_team_shows_its_people(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    add_team(company, SEARCH, ana, ben)
    use(company, ana, 700, WEEK_ON)
    tick(company, NINE)
    assert weeks(company)[SEARCH].leaders == ()

    change_team(company, shows_leaderboard=True)
    digests.stay_out(company.database, company.workspace_id, user_id=ben, hidden=True)
    use(company, ben, 900, MONDAY)
    use(company, ana, 10, MONDAY)
    execute(company, "DELETE FROM outbox WHERE workspace_id = :workspace_id")
    tick(company, NINE + timedelta(days=7))

    assert [(one.user_id, one.tokens) for one in weeks(company)[SEARCH].leaders] == [(ana, 10)]


def test_who_stays_out_before_the_message_is_sent_is_not_in_it(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    add_team(company, SEARCH, ana, ben)
    change_team(company, shows_leaderboard=True)
    use(company, ana, 700, WEEK_ON)
    use(company, ben, 600, WEEK_ON)
    tick(company, NINE)
    digests.stay_out(company.database, company.workspace_id, user_id=ana, hidden=True)

    week = weeks(company)[SEARCH]
    shown = lost_channels.still_shown(company.database, company.workspace_id, week)

    assert [one.user_id for one in week.leaders] == [ana, ben]
    assert [one.user_id for one in shown.leaders] == [ben]


def test_a_member_gets_their_own_week_once_they_ask(company: Company) -> None:
    ana, ben = company.member("ana", available=10_000), company.member("ben", available=500)
    add_team(company, SEARCH, ana, ben, channel=None)
    digests.want_own(company.database, company.workspace_id, user_id=ana, wanted=True)
    for ago in (1, 0):
        use(company, ana, 700, earlier(ago))
    move(company, EntryKind.TRANSFER, member_account(ben), member_account(ana), 40, on=WEEK_ON)
    move(company, EntryKind.TRANSFER, member_account(ana), member_account(ben), 15, on=WEEK_ON)

    first, again = tick(company, NINE), tick(company, NINE)

    assert (first, again) == (1, 0)
    own = own_weeks(company)[ana]
    assert (own.used, own.used_before, own.available) == (700, 700, 8_625)
    assert (own.moves.received, own.moves.sent) == (40, 15)
    assert (own.per_day, own.lasts_days) == (100, 86)


def test_an_empty_week_is_told_too(company: Company) -> None:
    add_team(company, SEARCH)

    tick(company, NINE)

    week = weeks(company)[SEARCH]
    assert not week.has_use
    assert week.moves.is_empty
    assert week.pool is None


def test_a_team_made_after_the_hour_has_no_week_to_be_told_of(company: Company) -> None:
    add_team(company, SEARCH)
    with company.database.writing() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE team SET created_at = '2026-03-09T10:00:00.000000+00:00'"
        )

    assert tick(company, at(MONDAY, 11)) == 0
    assert tick(company, NINE + timedelta(days=7)) == 1


def test_a_channel_chosen_after_the_hour_waits_for_the_next_week(company: Company) -> None:
    boss = company.admin("boss")
    company.now = at(MONDAY, 11)
    asked = Asked(actor=boss, team_id=EVERYONE)
    key = company._key("")

    digests.place(
        company.database, company.workspace_id, asked, channel="C0NEW", key=key, now=company.now
    )

    assert tick(company, at(MONDAY, 11)) == 0
    assert tick(company, NINE + timedelta(days=7)) == 1


class Dying:
    """A database whose process is killed instead of its nth commit."""

    def __init__(self, database: Database, *, at: int) -> None:
        self._database = database
        self._left = at
        self.dialect = database.dialect
        self.reading, self.snapshot = database.reading, database.snapshot
        self.listen, self.close = database.listen, database.close
        self.together = database.together

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self._database.writing() as tx:
            yield tx
            self._left -= 1
            if not self._left:
                raise Killed


class Killed(BaseException):
    """As by `kill -9`: nothing of ours catches it."""


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_worker_killed_at_any_commit_leaves_each_digest_to_come_once(
    company: Company, nth: int
) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    add_team(company, SEARCH, ana, ben)
    for user_id in (ana, ben):
        digests.want_own(company.database, company.workspace_id, user_id=user_id, wanted=True)

    with pytest.raises(Killed):
        reports.prepare_due_digests(Dying(company.database, at=nth), NINE)
    tick(company, NINE)
    tick(company, NINE)

    assert len(owed(company, Digest)) == 1
    assert len(owed(company, OwnDigest)) == 2


def add_allowance(
    company: Company,
    name: str,
    tokens: int,
    *accounts: str,
    period: str = "month",
    state: str = "active",
    next_on: str | None = "2026-04-01",
) -> None:
    """A rule as its rows stand."""
    rule = (
        "INSERT INTO allowance (workspace_id, allowance_id, subject, team_id, source, period,"
        " anchor_on, starts_on, is_prorated, returns_on_leaving, note, state, created_by,"
        " created_at, idempotency_key) VALUES (:w, :a, 'team:search', 'search', 'treasury', :p,"
        " '2024-01-01', '2026-01-01', :no, :no, '', :s, 'U', :at, :a)"
    )
    terms = (
        "INSERT INTO allowance_terms (workspace_id, allowance_id, from_on, tokens)"
        " VALUES (:w, :a, '2026-01-01', 1), (:w, :a, '2026-02-01', :n), (:w, :a, '2026-04-01', 9)"
    )
    turn = (
        "INSERT INTO allowance_turn"
        " (workspace_id, allowance_id, account_id, joined_on, next_on, next_at)"
        " VALUES (:w, :a, :account, '2026-01-01', :next, :at)"
    )
    mine = {"w": company.workspace_id, "a": name}
    moment = sa.bindparam("at", type_=Moment())
    next_at = company.now if next_on else None
    with company.database.writing() as tx:
        made = {**mine, "p": period, "s": state, "no": False, "at": company.now}
        tx.connection.execute(sa.text(rule).bindparams(moment), made)
        tx.connection.execute(sa.text(terms), {**mine, "n": tokens})
        for account in accounts:
            values = {**mine, "account": account, "next": next_on, "at": next_at}
            tx.connection.execute(sa.text(turn).bindparams(moment), values)


def test_a_week_has_its_share_of_every_allowance(company: Company) -> None:
    ana, ben, eve = (company.member(name) for name in ("ana", "ben", "eve"))
    add_team(company, SEARCH, ana, ben)
    accounts = [str(member_account(user)) for user in (ana, ben)]
    add_allowance(company, "monthly", 31_000, *accounts, str(member_account(eve)))
    add_allowance(company, "weekly", 500, accounts[0], period="week", next_on="2026-03-09")
    add_allowance(company, "paused", 7_777, *accounts, state="paused")
    add_allowance(company, "over", 7_777, accounts[0], next_on=None)
    fill_pool(company, 10, on=WEEK_ON)
    add_allowance(company, "filling", 1_000, "pool:search", next_on="2026-03-20")
    add_allowance(
        company, "filling no more", 1_000, "pool:search", state="paused", next_on="2026-03-15"
    )

    tick(company, NINE)

    week = weeks(company)[SEARCH]
    assert week.allowance == 2 * 7_000 + 500
    assert week.pool is not None
    assert week.pool.fills_on == "2026-03-20"


def test_ones_own_week_says_when_the_next_allowance_comes(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    add_team(company, SEARCH, ana, ben, channel=None)
    company.now = at(date(2026, 3, 12))
    add_allowance(company, "weekly", 500, str(member_account(ana)), next_on="2026-03-12")
    company.now = at(date(2026, 3, 10))
    add_allowance(company, "paused", 500, str(member_account(ana)), state="paused")
    for user in (ana, ben):
        digests.want_own(company.database, company.workspace_id, user_id=user, wanted=True)

    tick(company, NINE)

    assert {user: own.next_on for user, own in own_weeks(company).items()} == {
        ana: "2026-03-12",
        ben: None,
    }


def test_what_was_moved_is_found_without_a_look_at_usage(databases: Databases) -> None:
    """On SQLite, which plans without knowing what is in the tables."""
    with databases.migrated("sqlite") as url:
        company = Company(opening.connect(url))
        with counting(company) as statements, company.database.reading() as tx:
            movements.flows(tx, company.workspace_id, since=at(WEEK_ON), until=NINE)
            own_week_rows.moves(
                tx, company.workspace_id, [UserId("U1")], since=at(WEEK_ON), until=NINE
            )

        assert len(statements) == 2
        with company.database.reading() as tx:
            for sql in list(statements):
                plan = tx.connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {sql}", ("x",) * sql.count("?")
                )
                read = " ".join(str(row[3]) for row in plan)
                assert "USING INDEX entry_moved" in read
                assert "posting_by" not in read
        company.database.close()


def test_a_lost_channel_is_told_of_once_a_week(company: Company) -> None:
    boss, mia = company.admin("boss"), company.member("mia")
    add_team(company, SEARCH, manager=mia)
    add_team(company, TeamId("design"), channel="C0DESIGN")
    tick(company, NINE)
    search, design = sorted(owed(company, Digest), key=lambda one: one.recipient, reverse=True)
    assert isinstance(search, Digest)
    assert isinstance(design, Digest)

    for notice in (search, search, design):
        lost_channels.lose(
            company.database, company.workspace_id, notice, why="is_archived", now=NINE
        )

    told = [one for one in owed(company, ChannelLost) if isinstance(one, ChannelLost)]
    assert sorted((one.recipient, one.team_id) for one in told) == [
        (boss, "design"),
        (mia, "search"),
    ]


def test_a_lost_channel_whose_manager_was_deactivated_is_told_to_the_admins(
    company: Company,
) -> None:
    boss, mia = company.admin("boss"), company.member("mia")
    add_team(company, SEARCH, manager=mia)
    tick(company, NINE)
    (search,) = owed(company, Digest)
    assert isinstance(search, Digest)
    company.deactivate(mia)

    lost_channels.lose(company.database, company.workspace_id, search, why="is_archived", now=NINE)

    assert [one.recipient for one in owed(company, ChannelLost)] == [boss]
