"""Allowances: credited by rule, on their day, whoever looks first and however late."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish, Started
from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.directory import Person, TeamId, UserId
from bot.domain.dues import CLOCK
from bot.domain.ledger import (
    TREASURY,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    member_account,
)
from bot.domain.periods import Period
from bot.domain.refusals import (
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    KeyReused,
    NotAllowed,
    NotEnoughTokens,
    SelfGrant,
    VestingRefused,
)
from bot.domain.teams import pool_account
from bot.services import allowances, books, directory, dues
from bot.storage import ledger
from tests.clockwork import use
from tests.company import Company
from tests.threads import at_once

#: A Monday, nine days before the company's story begins; its weeks are those of the calendar.
MONDAY = date(2026, 3, 2)


def person(user: UserId) -> Subject:
    return Subject(SubjectKind.MEMBER, user)


def team_of(company: Company, name: str, *people: UserId, zone: str = "UTC") -> TeamId:
    """A team with its members, and room for its pool."""
    team_id = TeamId(name)
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO team (workspace_id, team_id, name, created_at, zone, digest_weekday, "
                "digest_hour, shows_leaderboard) VALUES (:w, :t, :t, :at, :z, 0, 9, :no)"
            ).bindparams(
                sa.bindparam(
                    "at",
                    type_=sa.DateTime(timezone=True)
                    if company.database.dialect == "postgresql"
                    else sa.String(),
                )
            ),
            {
                "w": company.workspace_id,
                "t": name,
                "at": company.now
                if company.database.dialect == "postgresql"
                else company.now.isoformat(),
                "z": zone,
                "no": False,
            },
        )
    for user in people:
        join(company, user, team_id)
    return team_id


def join(company: Company, user: UserId, team_id: TeamId) -> None:
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text("UPDATE member SET team_id = :t WHERE workspace_id = :w AND user_id = :u"),
            {"w": company.workspace_id, "t": team_id, "u": user},
        )


def start(
    company: Company, actor: UserId, subject: Subject, tokens: int, **more: object
) -> Started:
    key = IdempotencyKey(str(more.pop("key", f"test:{subject}:{tokens}:{more}")))
    period = Period(str(more.pop("period", "week")))
    wish = AllowanceWish(subject=subject, tokens=tokens, period=period, **more)  # type: ignore[arg-type]  # named by each test
    return allowances.start(
        company.database, company.workspace_id, actor=actor, wish=wish, key=key, now=company.now
    )


def tick(company: Company, at: datetime) -> None:
    company.now = at
    schedule.tick(company.database, at)


def sound(company: Company) -> bool:
    assert [str(wrong) for wrong in books.check(company.database)] == []
    return True


def lots(company: Company, user: UserId) -> list[tuple[int, str]]:
    """What remains of each lot and until when, the soonest first."""
    with company.database.reading() as tx:
        rows = tx.connection.execute(
            sa.text(
                "SELECT remaining, expires_at FROM lot WHERE workspace_id = :w AND account_id = :a "
                "AND remaining > 0 ORDER BY expires_at, lot_id"
            ),
            {"w": company.workspace_id, "a": f"member:{user}"},
        )
        return [(row[0], str(row[1])[:10]) for row in rows]


def test_an_allowance_is_credited_at_once_and_then_every_monday(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")

    started = start(company, mia, person(ana), 2_000_000)
    first = company.available(ana)
    for week in (1, 2, 3):
        tick(company, datetime(2026, 3, 2, 0, 1, tzinfo=UTC) + timedelta(weeks=week))

    assert first == 2_000_000
    assert started.is_new
    assert [day for day, _ in started.preview.credits] == [
        MONDAY + timedelta(weeks=week) for week in range(4)
    ]
    assert company.available(ana) == 2_000_000  # what was left expired each time
    assert [entry.key[-10:] for entry in company.entries() if entry.kind == "allowance"] == [
        "2026-03-02",
        "2026-03-09",
        "2026-03-16",
        "2026-03-23",
    ]
    assert company.told() == [("allowance_begun", ana)]
    assert sound(company)


def test_three_weeks_asleep_credit_the_three_weeks_with_the_expiry_they_would_have_had(
    company: Company,
) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    start(company, mia, person(ana), 1_000_000, carry_max=300_000)

    tick(company, datetime(2026, 3, 24, 8, tzinfo=UTC))

    kinds = [entry.key[-10:] for entry in company.entries() if entry.kind == "allowance"]
    assert kinds == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    assert company.available(ana) == 1_300_000
    assert [day for _, day in lots(company, ana)] == ["2026-03-30", "2026-03-30"]
    assert sound(company)


def test_a_spend_at_midnight_finds_the_new_period_although_no_worker_ran(company: Company) -> None:
    mia, ana, ben = company.approver("mia"), company.member("ana"), company.member("ben")
    start(company, mia, person(ana), 1_000_000)
    company.transfer(ana, ben, 1_000_000)
    company.now = datetime(2026, 3, 9, 0, 0, 1, tzinfo=UTC)

    company.transfer(ana, ben, 750_000)

    assert company.available(ana) == 250_000
    assert company.available(ben) == 750_000  # what ben had been given expired with the old week
    assert sound(company)


def test_expired_tokens_cannot_be_spent_although_no_worker_ran(company: Company) -> None:
    mia, ana, ben = company.approver("mia"), company.member("ana"), company.member("ben")
    start(company, mia, person(ana), 1_000_000, until=date(2026, 3, 8))
    company.now = datetime(2026, 3, 9, tzinfo=UTC)

    with pytest.raises(NotEnoughTokens) as refused:
        company.transfer(ana, ben, 1)

    assert refused.value.available == 0
    assert company.available(ana) == 0
    assert sound(company)


def test_tokens_passed_on_keep_their_expiry_and_go_first(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    ben = company.member("ben", available=500_000)
    start(company, mia, person(ana), 1_000_000)

    company.transfer(ana, ben, 400_000)
    company.transfer(ben, ana, 600_000)

    assert lots(company, ana) == [(600_000, "2026-03-09"), (400_000, "2026-03-09")] or lots(
        company, ana
    ) == [(400_000, "2026-03-09"), (600_000, "2026-03-09")]
    assert lots(company, ben) == []
    assert company.available(ana) == 1_200_000
    tick(company, datetime(2026, 3, 9, 1, tzinfo=UTC))
    assert company.available(ana) == 1_200_000  # 200,000 of Ben's own, and the new week
    assert company.available(ben) == 300_000
    assert sound(company)


def test_use_beyond_the_balance_is_repaid_by_the_next_credit(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    start(company, mia, person(ana), 1_000_000)
    use(company, ana, 1_400_000)

    tick(company, datetime(2026, 3, 9, tzinfo=UTC))

    assert company.available(ana) == 600_000
    assert lots(company, ana) == [(600_000, "2026-03-16")]
    assert sound(company)


def test_the_same_wish_heard_again_starts_one_rule(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    first = start(company, mia, person(ana), 1_000_000, key="command:1")

    again = start(company, mia, person(ana), 1_000_000, key="command:1")

    assert (first.is_new, again.is_new) == (True, False)
    assert again.preview.allowance.allowance_id == first.preview.allowance.allowance_id
    assert company.available(ana) == 1_000_000
    with pytest.raises(KeyReused):
        start(company, mia, person(ana), 2_000_000, key="command:1")


def test_a_second_rule_for_the_same_person_is_refused_with_the_day_of_a_change(
    company: Company,
) -> None:
    mia, leo, ana = company.approver("mia"), company.admin("leo"), company.member("ana")
    start(company, mia, person(ana), 1_000_000)

    with pytest.raises(AllowanceExists) as refused:
        start(company, leo, person(ana), 500_000)

    assert refused.value.changes_on == date(2026, 3, 9)


def test_of_two_who_set_one_for_the_same_person_at_once_one_is_refused(company: Company) -> None:
    mia, leo, ana = company.approver("mia"), company.admin("leo"), company.member("ana")

    outcomes = at_once(
        [
            lambda: start(company, mia, person(ana), 1_000_000, key="a"),
            lambda: start(company, leo, person(ana), 2_000_000, key="b"),
        ]
    )

    refused = [one for one in outcomes if isinstance(one.error, AllowanceExists)]
    assert len(refused) == 1
    assert company.available(ana) in {1_000_000, 2_000_000}
    assert sound(company)


def test_a_change_holds_from_the_next_period_on(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    started = start(company, mia, person(ana), 1_000_000)

    changed = allowances.change(
        company.database,
        company.workspace_id,
        actor=mia,
        allowance_id=started.preview.allowance.allowance_id,
        tokens=3_000_000,
        carry_max=2_000_000,
        now=company.now,
    )
    before = company.available(ana)
    tick(company, datetime(2026, 3, 9, tzinfo=UTC))
    then = company.available(ana)
    tick(company, datetime(2026, 3, 16, tzinfo=UTC))

    assert before == 1_000_000
    assert changed.credits[0] == (date(2026, 3, 9), 3_000_000)
    assert then == 3_000_000  # what was credited before expires as it was to
    assert company.available(ana) == 5_000_000
    assert sound(company)


def test_paused_and_ended_rules_credit_nothing(company: Company) -> None:
    mia, ana, ben = company.approver("mia"), company.member("ana"), company.member("ben")
    paused = start(company, mia, person(ana), 1_000_000).preview.allowance
    ended = start(company, mia, person(ben), 1_000_000).preview.allowance
    for act, rule in ((allowances.pause, paused), (allowances.end, ended)):
        act(
            company.database,
            company.workspace_id,
            actor=mia,
            allowance_id=rule.allowance_id,
            now=company.now,
        )

    tick(company, datetime(2026, 3, 10, tzinfo=UTC))
    allowances.resume(
        company.database,
        company.workspace_id,
        actor=mia,
        allowance_id=paused.allowance_id,
        now=company.now,
    )
    between = company.available(ana)
    tick(company, datetime(2026, 3, 17, tzinfo=UTC))

    assert between == 0
    assert company.available(ana) == 1_000_000
    assert company.available(ben) == 0
    assert sound(company)


def test_each_member_of_a_team_is_credited_and_who_joins_later_is_from_then_on(
    company: Company,
) -> None:
    leo, ana, ben, carla = (
        company.admin("leo"),
        *(company.member(name) for name in ("ana", "ben", "carla")),
    )
    ml = team_of(company, "ml", ana, ben)
    start(company, leo, Subject(SubjectKind.TEAM, ml), 700_000, is_prorated=True)

    company.now = datetime(2026, 3, 5, 12, tzinfo=UTC)  # a Thursday: four days are left
    join(company, carla, ml)
    tick(company, company.now)

    assert [company.available(one) for one in (ana, ben, carla)] == [700_000, 700_000, 400_000]
    tick(company, datetime(2026, 3, 9, tzinfo=UTC))
    assert company.available(carla) == 700_000
    assert sound(company)


def test_who_changes_teams_is_not_credited_twice_for_the_same_days(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    ml, ops = team_of(company, "ml", ana), team_of(company, "ops")
    start(company, leo, Subject(SubjectKind.TEAM, ml), 4_000_000, period="month")
    start(company, leo, Subject(SubjectKind.TEAM, ops), 1_000_000)

    join(company, ana, ops)
    tick(company, datetime(2026, 3, 12, tzinfo=UTC))
    meanwhile = company.available(ana)
    tick(company, datetime(2026, 4, 6, 1, tzinfo=UTC))

    assert meanwhile == 4_000_000
    assert company.available(ana) == 1_000_000
    credited = [e.key[-10:] for e in company.entries() if e.kind == "allowance"]
    assert credited == ["2026-03-02", "2026-04-06"]
    assert sound(company)


def test_what_a_leaver_has_not_spent_goes_back_where_the_rule_says_so(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    ben = company.member("ben", available=5_000)
    ml = team_of(company, "ml", ana, ben)
    start(company, leo, Subject(SubjectKind.TEAM, ml), 1_000_000, returns_on_leaving=True)
    company.transfer(ben, ana, 300_000)

    directory.learn(
        company.database,
        company.workspace_id,
        [Person(user_id=ben, name="ben", is_deactivated=True)],
        company.now,
    )
    tick(company, company.now)
    tick(company, datetime(2026, 3, 9, tzinfo=UTC))

    assert company.available(ben) == 5_000  # his own, which no rule gave
    (returned,) = [entry for entry in company.entries() if entry.kind == "return"]
    assert returned.postings == ((f"member:{ben}", "treasury", 700_000),)
    assert sound(company)


def pool(company: Company, team: TeamId) -> object:
    sql = "SELECT balance FROM account WHERE workspace_id = :w AND account_id = :a"
    return company.rows(sql, w=company.workspace_id, a=pool_account(team))[0]["balance"]


def fill(company: Company, team: TeamId, tokens: int) -> None:
    entry = Entry(
        kind=EntryKind.ISSUE,
        actor=UserId("ULEO"),
        postings=(Posting(TREASURY, pool_account(team), tokens),),
        note="",
        key=IdempotencyKey(f"issue:{company.now.isoformat()}"),
        now=company.now,
    )
    with company.database.writing() as tx:
        ledger.record(tx, company.workspace_id, entry)


def test_a_pool_pays_the_whole_team_or_nobody_and_the_next_tick_makes_it_good(
    company: Company,
) -> None:
    leo, ana, ben = company.admin("leo"), company.member("ana"), company.member("ben")
    ml = team_of(company, "ml", ana, ben)
    fill(company, ml, 1_500_000)
    start(company, leo, Subject(SubjectKind.TEAM, ml), 1_000_000, is_from_pool=True)
    short = [company.available(one) for one in (ana, ben)]
    told = company.told()
    tick(company, company.now + timedelta(minutes=1))

    fill(company, ml, 600_000)
    tick(company, company.now + timedelta(minutes=1))

    assert short == [0, 0]
    assert told == [("allowance_unfunded", leo)]
    assert [company.available(one) for one in (ana, ben)] == [1_000_000, 1_000_000]
    assert pool(company, ml) == 100_000
    assert sound(company)


def test_of_a_pool_that_is_short_no_deactivated_manager_is_told(company: Company) -> None:
    leo, ana, mia = company.admin("leo"), company.member("ana"), company.member("mia")
    ml = company.team("ml", ana, managers=(mia,))
    company.deactivate(mia)

    start(company, leo, Subject(SubjectKind.TEAM, ml), 1_000_000, is_from_pool=True)

    assert company.told() == [("allowance_unfunded", leo)]


def test_what_a_pool_could_not_pay_lapses_with_its_period(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    ml = team_of(company, "ml", ana)
    start(company, leo, Subject(SubjectKind.TEAM, ml), 1_000_000, is_from_pool=True)

    tick(company, datetime(2026, 3, 9, tzinfo=UTC))
    fill(company, ml, 5_000_000)
    tick(company, company.now + timedelta(minutes=1))

    assert company.available(ana) == 1_000_000
    assert [e.key[-10:] for e in company.entries() if e.kind == "allowance"] == ["2026-03-09"]
    assert sound(company)


def test_a_package_vests_in_parts_after_its_cliff(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    start(
        company,
        mia,
        person(ana),
        10_000_000,
        period="month",
        vesting=Vesting(parts=12, cliff=3),
        starts_on=date(2026, 3, 31),
    )

    seen = []
    for month in range(4, 13):
        tick(company, datetime(2026, month, 30, 12, tzinfo=UTC))
        seen.append(company.available(ana))
    tick(company, datetime(2027, 4, 1, tzinfo=UTC))

    assert seen == [
        0,
        0,
        2_500_000,
        2_500_000,
        3_333_333,
        5_000_000,
        5_000_000,
        6_666_666,
        6_666_666,
    ]
    assert company.available(ana) == 10_000_000
    assert sound(company)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"starts_on": date(2026, 3, 1)}, AllowanceInPast),
        ({"starts_on": date(2026, 3, 9), "until": date(2026, 3, 8)}, AllowanceEndsTooSoon),
        ({"vesting": Vesting(parts=0)}, VestingRefused),
        ({"vesting": Vesting(parts=121)}, VestingRefused),
        ({"vesting": Vesting(parts=3, cliff=4)}, VestingRefused),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_set(
    company: Company, more: dict[str, object], refusal: type[Exception]
) -> None:
    mia, ana = company.approver("mia"), company.member("ana")

    with pytest.raises(refusal):
        start(company, mia, person(ana), 1_000, **more)

    assert company.entries() == []


def monthly_package(company: Company, team_id: TeamId, cliff: int = 3) -> None:
    """12M over a year, a million a month, for each member of the team."""
    start(
        company,
        UserId("ULEO"),
        Subject(SubjectKind.TEAM, team_id),
        12_000_000,
        period=Period.MONTH,
        vesting=Vesting(parts=12, cliff=cliff),
    )


def test_who_joins_a_team_later_gets_the_parts_of_its_package_from_then_on(
    company: Company,
) -> None:
    company.admin("leo")
    ana, ben = company.member("ana"), company.member("ben")
    ml = team_of(company, "ml", ana)
    monthly_package(company, ml)
    tick(company, datetime(2026, 7, 10, tzinfo=UTC))

    join(company, ben, ml)
    tick(company, datetime(2026, 7, 10, tzinfo=UTC))
    at_once = company.available(ben)
    tick(company, datetime(2026, 9, 2, tzinfo=UTC))

    assert at_once == 0
    assert company.available(ben) == 2_000_000  # of August and September
    assert company.available(ana) == 6_000_000
    assert sound(company)


def test_who_comes_back_gets_no_part_of_a_package_twice(company: Company) -> None:
    company.admin("leo")
    ana = company.member("ana")
    monthly_package(company, team_of(company, "ml", ana), cliff=0)
    tick(company, datetime(2026, 5, 2, tzinfo=UTC))

    company.deactivate(ana)
    tick(company, datetime(2026, 5, 2, 12, tzinfo=UTC))
    company.member("ana")
    tick(company, datetime(2026, 5, 2, 13, tzinfo=UTC))
    back = company.available(ana)
    tick(company, datetime(2026, 6, 2, tzinfo=UTC))

    assert back == 2_000_000  # of April and May
    assert company.available(ana) == 3_000_000
    assert sound(company)


def test_only_approvers_set_allowances_and_not_for_themselves(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    company.admin("leo")

    with pytest.raises(NotAllowed):
        start(company, ana, person(mia), 1_000)
    with pytest.raises(SelfGrant):
        start(company, mia, person(mia), 1_000)


def test_two_workers_credit_each_period_once(company: Company) -> None:
    leo = company.admin("leo")
    people = [company.member(f"p{number}") for number in range(30)]
    ml = team_of(company, "ml", *people)
    start(company, leo, Subject(SubjectKind.TEAM, ml), 1_000)
    at = datetime(2026, 3, 23, tzinfo=UTC)

    at_once([lambda: schedule.tick(company.database, at)] * 4)

    credited = [entry for entry in company.entries() if entry.kind == "allowance"]
    assert len(credited) == len({entry.key for entry in credited}) == 30 * 4
    assert sound(company)


def test_a_clock_that_steps_back_credits_nothing_twice(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    start(company, mia, person(ana), 1_000)
    tick(company, datetime(2026, 3, 9, 0, 1, tzinfo=UTC))

    tick(company, datetime(2026, 3, 8, 23, 59, tzinfo=UTC))
    tick(company, datetime(2026, 3, 9, 0, 2, tzinfo=UTC))

    assert len([entry for entry in company.entries() if entry.kind == "allowance"]) == 2
    assert sound(company)


def test_a_balance_as_of_a_moment_counts_what_is_due_by_then(company: Company) -> None:
    mia, ana = company.approver("mia"), company.member("ana")
    start(company, mia, person(ana), 1_000, carry_max=400)

    with company.database.reading() as tx:
        seen = dues.as_of(
            tx, company.workspace_id, member_account(ana), datetime(2026, 3, 9, tzinfo=UTC)
        )

    assert seen is not None
    assert seen.balance == 1_400
    assert company.available(ana) == 1_000  # nothing was written


def test_an_account_that_cannot_be_settled_stops_no_other(company: Company) -> None:
    """Its next credit is in the books already, as only a fault of ours could put it there."""
    leo = company.admin("leo")
    ana, ben, cleo = (company.member(name) for name in ("ana", "ben", "cleo"))
    started = start(
        company, leo, Subject(SubjectKind.TEAM, team_of(company, "ml", ana, ben, cleo)), 5
    )
    rule_id = started.preview.allowance.allowance_id
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    entry = Entry(
        kind=EntryKind.ALLOWANCE,
        actor=CLOCK,
        postings=(Posting(TREASURY, member_account(ben), 5),),
        note="",
        key=IdempotencyKey(f"allowance:{rule_id}:{member_account(ben)}:2026-03-09"),
        now=company.now,
    )
    with company.database.writing() as tx:
        ledger.record(tx, company.workspace_id, entry)

    with pytest.raises(Exception, match="entry"):
        tick(company, monday)

    assert [next_on(company, one) for one in (ana, ben, cleo)] == [
        "2026-03-16",
        "2026-03-09",
        "2026-03-16",
    ]


def next_on(company: Company, user: UserId) -> object:
    (row,) = company.rows(
        "SELECT next_on FROM allowance_turn WHERE account_id = :a", a=member_account(user)
    )
    return row["next_on"]
