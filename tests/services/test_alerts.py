"""Low-balance alerts: who is told of what, once, whatever happens meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.domain import ledger as books
from bot.domain import periods
from bot.domain.alerts import PACE
from bot.domain.directory import UserId
from bot.domain.ledger import AccountId
from bot.domain.notices import LowBalance
from bot.domain.refusals import NotAllowed, NoTeamToAlert
from bot.domain.teams import pool_account
from bot.services import alerts, funds, preferences, tidings
from bot.storage import audit, opening
from bot.storage.database import Database, Listeners, Transaction
from tests import clockwork
from tests.clockwork import use
from tests.company import Company
from tests.threads import at_once


def look(company: Company) -> None:
    alerts.do_due(company.database, company.now)


def told(company: Company) -> list[tuple[str, str, int]]:
    """Whom, of which account, at which threshold, so far."""
    return [
        (notice.recipient, notice.account, notice.threshold)
        for notice in company.notices()
        if isinstance(notice, LowBalance)
    ]


def of(user: UserId, *thresholds: int) -> list[tuple[str, str, int]]:
    return [(user, books.member_account(user), one) for one in thresholds]


def choose(company: Company, user: UserId, **changes: object) -> None:
    preferences.choose(
        company.database, company.workspace_id, user_id=user, now=company.now, changes=changes
    )


def mute(
    company: Company, user: UserId, account: AccountId, period_on: str = "2026-03-01"
) -> datetime | None:
    """Until when they are told no more; None where that period is over."""
    silenced = tidings.mute(
        company.database,
        company.workspace_id,
        user_id=user,
        account=account,
        period_on=period_on,
        now=company.now,
    )
    return periods.start_of(silenced.span.end, silenced.zone) if silenced else None


def test_a_threshold_passed_is_told_once_however_often_one_looks(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 799_999)
    look(company)
    before = told(company)

    use(company, alice, 1)
    look(company)
    look(company)
    use(company, alice, 1)
    company.later(minutes=5)
    look(company)

    assert before == []
    assert told(company) == of(alice, 20)


def test_several_passed_at_once_give_one_alert_of_the_lowest(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)

    use(company, alice, 960_000)
    look(company)
    look(company)

    assert told(company) == of(alice, 5)


def test_each_threshold_is_told_as_it_is_passed(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)

    for tokens in (800_000, 150_000, 60_000):
        use(company, alice, tokens)
        look(company)

    assert company.available(alice) == -10_000
    assert told(company) == of(alice, 20, 5, 0)


def test_a_credit_arms_what_it_lifts_above_and_nothing_else(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 960_000)
    look(company)

    clockwork.credit(company, books.member_account(alice), 100_000)  # 140k of 1.1M: above 5 %
    look(company)
    use(company, alice, 100_000)
    look(company)

    assert told(company) == of(alice, 5, 5)


def test_tokens_given_away_leave_the_funds_too(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    company.transfer(alice, bob, 850_000)
    look(company)

    assert told(company) == of(alice, 20)


def test_what_expired_is_not_of_the_funds(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    account = books.member_account(alice)
    clockwork.move(company, account, books.EXPIRED, 700_000, books.EntryKind.EXPIRY)

    use(company, alice, 200_000)
    look(company)

    assert told(company) == []  # 100k of 300k


def test_at_night_and_at_weekends_only_that_nothing_is_left_is_told(company: Company) -> None:
    alice = clockwork.in_zone(company, company.member("alice", available=1_000_000), "Asia/Tokyo")
    company.now = datetime(2026, 3, 6, 11, 30, tzinfo=UTC)  # Friday, half past eight in Tokyo
    use(company, alice, 960_000)
    look(company)
    at_night = told(company)

    company.now = datetime(2026, 3, 8, 22, 59, tzinfo=UTC)
    look(company)
    before_eight = told(company)
    company.later(minutes=1)
    look(company)

    assert at_night == before_eight == []
    assert told(company) == of(alice, 5)


def test_nothing_left_is_told_at_any_hour_and_swallows_what_waited(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    company.now = datetime(2026, 3, 7, 23, 0, tzinfo=UTC)
    use(company, alice, 960_000)
    look(company)
    use(company, alice, 40_000)
    look(company)

    company.now = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    look(company)

    assert told(company) == of(alice, 0)


def test_what_was_lifted_while_it_was_quiet_is_not_told_in_the_morning(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    company.now = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)
    use(company, alice, 960_000)
    look(company)
    clockwork.credit(company, books.member_account(alice), 2_000_000)

    company.now = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    look(company)
    after_credit = told(company)
    use(company, alice, 1_600_000)
    look(company)

    assert after_credit == []
    assert told(company) == of(alice, 20)


def test_what_waited_past_the_end_of_its_period_is_not_told(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    company.now = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)
    use(company, alice, 960_000)
    look(company)

    company.now = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
    look(company)

    assert told(company) == []


def test_a_new_period_arms_again(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 960_000)
    look(company)

    company.now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    clockwork.credit(company, books.member_account(alice), 960_000)
    use(company, alice, 960_000)
    look(company)

    assert told(company) == of(alice, 5, 5)


def test_the_period_is_that_of_the_allowance(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    account = books.member_account(alice)
    clockwork.allowance(company, account, period="week", next_on="2026-03-09")
    use(company, alice, 850_000)
    look(company)

    company.now = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
    clockwork.allowance(company, account, period="quarter", next_on="2026-03-07")
    use(company, alice, 30_000)
    look(company)

    periods = [notice.period_on for notice in company.notices() if isinstance(notice, LowBalance)]
    assert periods == ["2026-03-02", "2026-01-01"]


def test_pace_warns_earlier_where_the_rest_ends_before_the_next_allowance(
    company: Company,
) -> None:
    alice = company.member("alice", available=1_000_000)
    clockwork.allowance(company, books.member_account(alice))
    for _ in range(3):  # three full days at 100k: 700k last a week
        use(company, alice, 100_000)
        company.later(days=1)
        look(company)
    before = told(company)  # by the full days before each of these

    use(company, alice, 1)
    look(company)
    look(company)

    assert before == []
    assert told(company) == of(alice, PACE)


def test_two_days_of_use_say_nothing_of_a_pace(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    clockwork.allowance(company, books.member_account(alice))
    for _ in range(2):
        use(company, alice, 300_000)
        company.later(days=1)

    use(company, alice, 1)
    look(company)

    assert told(company) == []


def test_ones_own_thresholds_come_before_the_teams_and_none_is_none(company: Company) -> None:
    alice, bob, carla = (company.member(n, available=1_000_000) for n in ("alice", "bob", "carla"))
    mia = company.member("mia")
    search = clockwork.team(company, "Search", mia)
    for one in (alice, bob, carla):
        clockwork.join(company, one, search)
    preferences.choose_for_team(
        company.database,
        company.workspace_id,
        actor=mia,
        name="search",
        thresholds="50,10",
        now=company.now,
    )
    choose(company, bob, thresholds="70")
    choose(company, carla, thresholds="")

    for one in (alice, bob, carla):
        use(company, one, 600_000)
    look(company)

    assert sorted(told(company)) == sorted([*of(alice, 50), *of(bob, 70)])


def test_a_threshold_one_gave_up_while_it_was_quiet_is_not_told(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    company.now = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)
    use(company, alice, 850_000)
    look(company)

    choose(company, alice, thresholds="10,0")
    company.now = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    look(company)

    assert told(company) == []


def test_muted_is_silent_until_the_period_ends(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    account = books.member_account(alice)
    use(company, alice, 850_000)
    look(company)

    until = [mute(company, alice, account), mute(company, alice, account)]
    use(company, alice, 150_000)
    look(company)
    in_march = told(company)
    company.now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    too_late = mute(company, alice, account)
    clockwork.credit(company, account, 1_000_000)
    use(company, alice, 900_000)
    look(company)

    assert until == [datetime(2026, 4, 1, tzinfo=UTC)] * 2
    assert in_march == of(alice, 20)
    assert too_late is None
    assert told(company) == of(alice, 20, 20)


def test_a_pools_managers_are_told_each_when_it_is_not_quiet_for_them(company: Company) -> None:
    mia, noa = company.member("mia"), company.member("noa")
    clockwork.in_zone(company, noa, "Asia/Tokyo")
    company.admin("leo")
    pool = pool_account(clockwork.team(company, "Search", mia, noa))
    clockwork.credit(company, pool, 10_000_000)
    company.now = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)  # nine in the evening in Tokyo
    alice = company.member("alice")
    clockwork.move(company, pool, books.member_account(alice), 8_500_000)
    look(company)
    at_noon = told(company)

    company.now = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    look(company)
    look(company)

    assert at_noon == [(mia, pool, 20)]
    assert told(company) == [(mia, pool, 20), (noa, pool, 20)]


def test_a_manager_who_wants_no_reminder_leaves_the_others_theirs(company: Company) -> None:
    mia, noa = company.member("mia"), company.member("noa")
    pool = pool_account(clockwork.team(company, "Search", mia, noa))
    clockwork.credit(company, pool, 10_000_000)
    mute(company, mia, pool)

    clockwork.move(company, pool, books.member_account(company.member("alice")), 10_000_000)
    look(company)

    assert told(company) == [(noa, pool, 0)]


@pytest.mark.parametrize("role", ["admin", "member"])
def test_a_pools_warning_knows_whether_its_reader_may_fill_it(company: Company, role: str) -> None:
    leo, mia = company.admin("leo"), getattr(company, role)("mia")
    pool = pool_account(clockwork.team(company, "Search", mia))
    clockwork.credit(company, pool, 10_000_000)
    clockwork.move(company, pool, books.member_account(company.member("alice")), 8_500_000)
    notice = LowBalance(recipient=mia, account=pool, threshold=20, period_on="2026-03-01")

    warned = tidings.warned(company.database, company.workspace_id, notice, company.now)

    assert warned is not None
    assert warned.may_fill == (role == "admin")
    assert leo in warned.admins


def test_of_a_pool_without_managers_the_admins_are_told(company: Company) -> None:
    leo = company.admin("leo")
    pool = pool_account(clockwork.team(company, "Search"))
    clockwork.credit(company, pool, 10_000_000)

    clockwork.move(company, pool, books.member_account(company.member("alice")), 8_500_000)
    look(company)

    assert told(company) == [(leo, pool, 20)]


def test_of_a_pool_whose_manager_was_deactivated_the_admins_are_told(company: Company) -> None:
    leo, mia = company.admin("leo"), company.member("mia")
    pool = pool_account(clockwork.team(company, "Search", mia))
    clockwork.credit(company, pool, 10_000_000)
    company.deactivate(mia)

    clockwork.move(company, pool, books.member_account(company.member("alice")), 8_500_000)
    look(company)

    assert told(company) == [(leo, pool, 20)]


def test_whoever_left_is_told_nothing(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 960_000)
    company.deactivate(alice)

    look(company)

    assert told(company) == []


def test_each_workspace_is_told_of_its_own(database: Database) -> None:
    here, there = Company(database), Company(database, "T2")
    alice = here.member("alice", available=1_000_000)
    there.member("alice", available=1_000_000)

    use(here, alice, 850_000)
    look(here)

    assert told(here) == of(alice, 20)
    assert told(there) == []


def test_two_workers_at_once_tell_once(company: Company, database_url: str) -> None:
    people = [company.member(f"p{n}", available=1_000_000) for n in range(30)]
    for one in people:
        use(company, one, 850_000)
    others = [opening.connect(database_url) for _ in range(3)]

    ran = at_once([lambda db=db: alerts.do_due(db, company.now) for db in others])  # type: ignore[misc]  # the default binds it

    for each in ran:
        each.result()
    for other in others:
        other.close()
    look(company)
    assert sorted(told(company)) == sorted(one for p in people for one in of(p, 20))


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Mortal:
    """A database whose process is killed before or after the commit of its nth writing."""

    database: Database
    writings: int
    is_committed: bool
    dialect: str = ""
    listeners: Listeners = field(default_factory=Listeners)

    def reading(self) -> object:
        return self.database.reading()

    def snapshot(self) -> object:
        return self.database.snapshot()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.writings -= 1
        with self.database.writing() as tx:
            yield tx
            if self.writings < 0 and not self.is_committed:
                raise Killed
        if self.writings < 0:
            raise Killed


@pytest.mark.parametrize("is_committed", [False, True])
def test_cut_off_anywhere_it_tells_once_after_all(company: Company, *, is_committed: bool) -> None:
    deaths = 0
    for writings in range(6):
        alice = company.member(f"alice{writings}", available=1_000_000)
        use(company, alice, 850_000)
        mortal = Mortal(company.database, writings, is_committed)
        try:
            alerts.do_due(mortal, company.now)  # type: ignore[arg-type]  # it does what is needed
        except Killed:
            deaths += 1
        look(company)
        assert [one for one in told(company) if one[0] == alice] == of(alice, 20)

    assert deaths >= 3


def test_with_nothing_new_a_look_is_one_statement(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 850_000)
    look(company)
    company.later(minutes=3)
    look(company)  # what was recorded late is looked for once more
    company.later(minutes=1)
    said: list[str] = []

    def note(*execution: object) -> None:
        said.append(str(execution[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        look(company)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    assert len(said) == 1


def test_a_clock_that_steps_back_loses_and_repeats_nothing(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 850_000)
    look(company)

    company.later(seconds=-60)
    use(company, alice, 120_000)
    look(company)
    look(company)

    assert sorted(told(company)) == sorted(of(alice, 20, 5))


def test_a_worker_that_slept_for_three_weeks_tells_what_is_so_now(company: Company) -> None:
    alice, bob = (company.member(n, available=1_000_000) for n in ("alice", "bob"))
    look(company)
    use(company, alice, 850_000)
    use(company, bob, 850_000)
    clockwork.credit(company, books.member_account(bob), 1_000_000)

    company.later(days=21)
    look(company)

    assert told(company) == of(alice, 20)


def test_a_warning_has_the_figures_of_its_delivery_or_none(company: Company) -> None:
    alice = company.member("alice", available=1_000_000)
    use(company, alice, 850_000)
    look(company)
    (notice,) = [one for one in company.notices() if isinstance(one, LowBalance)]

    use(company, alice, 50_000)
    later = tidings.warned(company.database, company.workspace_id, notice, company.now)
    clockwork.credit(company, books.member_account(alice), 1_000_000)
    lifted = tidings.warned(company.database, company.workspace_id, notice, company.now)
    use(company, alice, 1_000_000)
    april = datetime(2026, 4, 1, tzinfo=UTC)
    over = tidings.warned(company.database, company.workspace_id, notice, april)

    assert later is not None
    assert (later.funds.available, later.funds.total, later.funds.percent) == (
        100_000,
        1_000_000,
        10,
    )
    assert lifted is over is None


def test_usage_is_by_day_in_the_zone_of_the_funds(company: Company) -> None:
    search = clockwork.team(company, "Search", zone="Asia/Tokyo")
    alice = company.member("alice", available=1_000_000)
    clockwork.join(company, alice, search)
    company.now = datetime(2026, 3, 4, 14, 59, tzinfo=UTC)
    use(company, alice, 30_000)
    company.now = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # the fifth in Tokyo
    use(company, alice, 5_000)
    company.now = datetime(2026, 3, 7, 0, 0, tzinfo=UTC)
    use(company, alice, 700)

    found = funds.usage(
        company.database,
        company.workspace_id,
        viewer=alice,
        account=books.member_account(alice),
        now=company.now,
    )

    used = {str(day): tokens for day, tokens in found.days if tokens}
    assert used == {"2026-03-04": 30_000, "2026-03-05": 5_000, "2026-03-07": 700}
    assert len(found.days) == 15
    assert found.funds.pace is not None
    assert (found.funds.pace.tokens, found.funds.pace.days) == (35_000, 3)


def test_usage_of_others_and_of_a_pool_is_for_those_who_look_after_them(company: Company) -> None:
    alice, mia = company.member("alice", available=1_000_000), company.member("mia")
    search = clockwork.team(company, "Search", mia)
    pool, account = pool_account(search), books.member_account(alice)
    clockwork.credit(company, pool, 500_000)
    company.later(days=-4)
    clockwork.move(company, pool, account, 120_000)
    clockwork.move(company, pool, account, 50_000, books.EntryKind.ALLOWANCE)
    company.later(days=4)

    def seen(viewer: UserId, whose: AccountId) -> int:
        found = funds.usage(
            company.database,
            company.workspace_id,
            viewer=viewer,
            account=whose,
            now=company.now,
        )
        return sum(tokens for _, tokens in found.days)

    assert seen(mia, pool) == 120_000  # an allowance's day says nothing of a pace
    for viewer, whose in ((alice, pool), (mia, account)):
        with pytest.raises(NotAllowed):
            seen(viewer, whose)


def test_a_teams_alerts_are_for_its_managers_and_admins(company: Company) -> None:
    alice, mia, leo = company.member("alice"), company.member("mia"), company.admin("leo")
    clockwork.team(company, "Search", mia)

    def choose_as(actor: UserId, name: str = "Search") -> str | None:
        return preferences.choose_for_team(
            company.database,
            company.workspace_id,
            actor=actor,
            name=name,
            thresholds="25,10,0",
            now=company.now,
        ).thresholds

    assert choose_as(mia) == choose_as(leo, " SEARCH ") == "25,10,0"
    with pytest.raises(NotAllowed):
        choose_as(alice)
    with pytest.raises(NoTeamToAlert):
        choose_as(leo, "Nobody's")
    with company.database.reading() as tx:
        changes = audit.changes(tx, company.workspace_id)
    assert [(c.actor, c.subject, c.after) for c in changes if c.what == "alerts"] == [
        (mia, "team:search", "25,10,0")
    ]


def test_what_one_chooses_stays_beside_what_one_chose_before(company: Company) -> None:
    alice = clockwork.in_zone(company, company.member("alice"), "Nowhere/Land")

    choose(company, alice, thresholds="30")
    choose(company, alice, quiet_from=22, quiet_to=7)
    chosen = preferences.of(company.database, company.workspace_id, alice)

    assert chosen.thresholds == "30"
    assert (chosen.quiet.from_hour, chosen.quiet.to_hour) == (22, 7)
    assert str(chosen.quiet.zone) == "UTC"  # the team's, where Slack's is unknown


def test_chunks_of_many_accounts_are_all_told(company: Company) -> None:
    people = [company.member(f"p{n}", available=100) for n in range(alerts.CHUNK + 5)]
    for one in people:
        use(company, one, 85)
    company.later(minutes=1)

    look(company)

    assert len(told(company)) == len(people)
