"""Tokens that expire: one notice two days before, at an hour that isn't quiet."""

from datetime import UTC, datetime

from bot.domain import ledger as books
from bot.domain.notices import TokensExpire
from bot.services import alerts, expiries, preferences, tidings
from tests import clockwork
from tests.company import Company

#: The end of Thursday, 12 March: two days before is the end of Tuesday, which is quiet.
FRIDAY = datetime(2026, 3, 13, tzinfo=UTC)
BEFORE = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)


def look(company: Company, at: datetime) -> list[TokensExpire]:
    """What was told so far of tokens that expire."""
    company.now = at
    alerts.do_due(company.database, at)
    return [one for one in company.notices() if isinstance(one, TokensExpire)]


def test_two_days_before_at_the_last_hour_that_is_not_quiet_once(company: Company) -> None:
    alice = company.member("alice")
    clockwork.lot(company, alice, 1_000_000, remaining=300_000, expires_at=FRIDAY)

    early = look(company, BEFORE.replace(hour=18, minute=59))
    notices = look(company, BEFORE), look(company, BEFORE), look(company, FRIDAY)

    assert early == []
    assert notices == ([TokensExpire(recipient=alice, day="2026-03-13")],) * 3


def test_what_expires_on_a_monday_is_told_on_friday(company: Company) -> None:
    alice = company.member("alice")
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    clockwork.lot(company, alice, 1_000_000, expires_at=monday)

    assert look(company, datetime(2026, 3, 6, 18, 0, tzinfo=UTC)) == []
    assert len(look(company, datetime(2026, 3, 6, 19, 0, tzinfo=UTC))) == 1


def test_what_was_used_meanwhile_is_not_told(company: Company) -> None:
    alice = company.member("alice")
    lot_id = clockwork.lot(company, alice, 1_000_000, expires_at=FRIDAY)
    look(company, BEFORE.replace(day=9))

    clockwork.spend(company, lot_id, remaining=5_000)

    assert look(company, BEFORE) == []


def test_what_carries_over_or_comes_every_week_is_not_told(company: Company) -> None:
    alice, bob, carla = (company.member(n) for n in ("alice", "bob", "carla"))
    for one, period, carry in ((alice, "week", 0), (bob, "month", 400_000), (carla, "month", None)):
        rule = clockwork.allowance(
            company,
            books.member_account(one),
            period=period,
            carry_max=carry,
            next_on="2026-03-13",
        )
        clockwork.lot(
            company, one, 1_000_000, remaining=300_000, expires_at=FRIDAY, allowance_id=rule
        )

    assert look(company, BEFORE) == []


def test_of_a_cap_only_what_exceeds_it_is_told(company: Company) -> None:
    alice = company.member("alice")
    rule = clockwork.allowance(
        company, books.member_account(alice), carry_max=100_000, next_on="2026-03-13"
    )
    clockwork.lot(
        company, alice, 1_000_000, remaining=400_000, expires_at=FRIDAY, allowance_id=rule
    )

    (notice,) = look(company, BEFORE)
    facts = tidings.expiry(company.database, company.workspace_id, notice, BEFORE)
    soon = expiries.soon(company.database, company.workspace_id, alice, day=notice.day, now=BEFORE)

    assert facts is not None
    assert soon is not None
    assert facts.expiring.tokens == soon.tokens == 300_000


def test_once_it_expired_or_was_used_a_late_notice_says_nothing(company: Company) -> None:
    alice = company.member("alice")
    lot_id = clockwork.lot(company, alice, 1_000_000, expires_at=FRIDAY)
    (notice,) = look(company, BEFORE)

    too_late = tidings.expiry(company.database, company.workspace_id, notice, FRIDAY)
    clockwork.spend(company, lot_id, remaining=0)
    used = tidings.expiry(company.database, company.workspace_id, notice, BEFORE)

    assert too_late is used is None


def test_whoever_wants_no_alerts_gets_none_of_this_either(company: Company) -> None:
    alice = company.member("alice")
    preferences.choose(
        company.database,
        company.workspace_id,
        user_id=alice,
        now=company.now,
        changes={"thresholds": ""},
    )
    clockwork.lot(company, alice, 1_000_000, expires_at=FRIDAY)

    assert look(company, BEFORE) == []


def test_a_worker_that_slept_tells_in_the_next_hour_that_is_not_quiet(company: Company) -> None:
    alice = company.member("alice")
    clockwork.lot(company, alice, 1_000_000, expires_at=FRIDAY)
    look(company, BEFORE.replace(day=8))

    at_night = look(company, BEFORE.replace(hour=23))
    in_the_morning = look(company, datetime(2026, 3, 11, 8, 0, tzinfo=UTC))

    assert at_night == []
    assert len(in_the_morning) == 1
