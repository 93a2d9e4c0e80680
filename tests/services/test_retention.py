"""Single calls are deleted after some months; whatever they were charged stays as it was."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import schedule
from bot.domain.directory import UserId
from bot.domain.refusals import CallUnknown, IdentityFree, IdentityTaken
from bot.domain.usage_events import SourceRole
from bot.services import books, calls, retention
from bot.services.settings import SettingRefused
from bot.storage import opening
from bot.storage import retention as stored
from bot.storage.database import Database
from bot.storage.retention import Bounds
from tests.company import Company
from tests.databases import Databases
from tests.metered import errors, take, used
from tests.services.metered import Metered
from tests.threads import at_once

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: The first day on which the calls of 2 March 2026 are no longer kept.
GONE = datetime(2027, 4, 3, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
FUNDS = 1_000_000


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=FUNDS)


def make_calls(company: Company, ana: UserId) -> None:
    """On 2 March: charged, revised, for comparison, and of nobody; and one a year later."""
    take(company, used(ana, 1_000, BEGIN, external_id="first"), now=BEGIN)
    take(company, used(ana, 300, BEGIN, external_id="grows"), now=BEGIN)
    take(company, used(ana, 450, BEGIN, external_id="grows", revision=1), now=BEGIN)
    seen = used(ana, 1_000, BEGIN, external_id="seen", source="agent")
    take(company, seen, role=SourceRole.TELEMETRY, now=BEGIN + timedelta(minutes=1))
    take(company, used("ghost", 70, BEGIN, external_id="nobodys"), now=BEGIN)
    later = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
    take(company, used(ana, 7, later, external_id="new"), now=later)


def forget(company: Company, now: datetime = GONE, *, limit: int = 1_000) -> int:
    return retention.forget(company.database, company.workspace_id, now, limit=limit)


def kept(company: Company) -> list[str]:
    rows = company.rows(
        "SELECT external_id FROM usage_event WHERE workspace_id = :workspace_id"
        " ORDER BY external_id"
    )
    return [str(row["external_id"]) for row in rows]


def for_ever(company: Company) -> list[list[dict[str, object]]]:
    """All that has to stay as it was."""
    return [
        company.rows(f"SELECT * FROM {name} WHERE workspace_id = :workspace_id ORDER BY {by}")  # noqa: S608 - our own tables
        for name, by in (
            ("entry", "entry_id"),
            ("posting", "entry_id, position"),
            ("account", "account_id"),
            ("rollup", "team_id, day, user_id, model, project"),
            ("source_day", "source, provider, day"),
        )
    ]


def wrong(company: Company) -> list[str]:
    return [str(one) for one in books.check(company.database)]


def test_calls_go_after_thirteen_months_and_what_they_were_charged_stays(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    before = for_ever(company)

    assert forget(company, GONE - DAY) == 0
    assert kept(company) == ["first", "grows", "new", "nobodys", "seen"]
    assert forget(company) == 3

    assert kept(company) == ["new", "nobodys"]
    assert company.rows("SELECT * FROM usage_revision WHERE workspace_id = :workspace_id") == []
    assert for_ever(company) == before
    assert company.available(ana) == FUNDS - 1_000 - 450 - 7
    assert wrong(company) == []


def test_a_clock_that_is_ahead_deletes_nothing_until_it_is_that_late(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)

    schedule.tick(company.database, GONE, is_ahead=True)
    assert kept(company) == ["first", "grows", "new", "nobodys", "seen"]
    schedule.tick(company.database, GONE)

    assert kept(company) == ["new", "nobodys"]


def test_the_books_are_right_wherever_deleting_is_cut_off(company: Company, ana: UserId) -> None:
    make_calls(company, ana)
    before = for_ever(company)

    for left in (4, 3, 2):
        assert forget(company, limit=1) == 1
        assert len(kept(company)) == left
        assert wrong(company) == []

    assert forget(company, limit=1) == 0
    assert for_ever(company) == before


def test_two_at_once_delete_the_same_calls_once(company: Company, ana: UserId) -> None:
    take(company, *(used(ana, 10 + n, BEGIN) for n in range(700)), now=BEGIN)
    make_calls(company, ana)
    before = for_ever(company)

    for one in at_once([partial(forget, company)] * 4):
        one.result()

    assert kept(company) == ["new", "nobodys"]
    assert for_ever(company) == before
    assert wrong(company) == []


def test_a_mountain_goes_in_commits_that_nobody_waits_for_long(
    company: Company, ana: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FORGET_MAX", 1_200)
    take(company, *(used(ana, 10, BEGIN) for _ in range(1_000)), now=BEGIN)
    take(company, *(used(ana, 10, BEGIN + DAY) for _ in range(1_000)), now=BEGIN + DAY)
    left = []

    for minutes in range(3):
        schedule.tick(company.database, GONE + DAY + timedelta(minutes=minutes))
        left.append(len(kept(company)))

    assert left == [800, 0, 0]
    assert wrong(company) == []


def test_the_clock_looks_once_a_day(company: Company, ana: UserId) -> None:
    make_calls(company, ana)
    schedule.tick(company.database, GONE - DAY)
    take(company, used(ana, 5, BEGIN + DAY, external_id="next"), now=BEGIN + DAY)

    schedule.tick(company.database, GONE - DAY + timedelta(hours=23))
    assert len(kept(company)) == 6
    schedule.tick(company.database, GONE)
    assert kept(company) == ["new", "next", "nobodys"]
    schedule.tick(company.database, GONE + DAY)

    assert kept(company) == ["new", "nobodys"]


def test_calls_of_nobody_are_charged_whenever_it_turns_out_whose_they_are(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    forget(company)
    company.now = GONE

    moved = Metered(company).link("ghost", ana)

    assert moved == 70
    assert company.available(ana) == FUNDS - 1_000 - 450 - 7 - 70
    assert wrong(company) == []


def test_a_link_can_be_taken_back_for_thirty_days_with_all_that_it_moved(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    company.now = GONE
    metered = Metered(company)
    metered.link("ghost", ana)

    forget(company, GONE + 29 * DAY)
    assert "nobodys" in kept(company)
    assert metered.unlink("ghost") == 70
    assert metered.charged()["unattributed"] == 70

    metered.link("ghost", ana)
    forget(company, company.now + 31 * DAY)
    assert kept(company) == ["new"]
    assert metered.unlink("ghost") == 0
    assert wrong(company) == []


def test_a_call_that_came_late_is_kept_so_long_from_its_coming(
    company: Company, ana: UserId
) -> None:
    came = BEGIN + 80 * DAY
    late = used(ana, 500, BEGIN, external_id="late")
    take(company, late, used(ana, 20, came, external_id="timely"), now=came)

    assert forget(company) == 0
    assert forget(company, GONE + 79 * DAY) == 0
    assert forget(company, GONE + 80 * DAY) == 2

    assert wrong(company) == []


def test_a_call_that_grew_late_is_kept_so_long_from_then(company: Company, ana: UserId) -> None:
    """A stream may tell of its start and months later of more, under one id."""
    grew = BEGIN + 200 * DAY
    take(company, used(ana, 500, BEGIN, external_id="stream"), now=BEGIN)
    take(company, used(ana, 900, grew, external_id="stream", revision=1), now=grew)
    nothing_yet = used(ana, 0, BEGIN, external_id="slow")
    take(company, nothing_yet, now=BEGIN)
    take(company, used(ana, 40, grew, external_id="slow", revision=1), now=grew)

    assert forget(company) == 0
    assert forget(company, GONE + 200 * DAY) == 2

    assert wrong(company) == []


def test_what_grows_or_is_unlinked_as_it_is_deleted_stays(company: Company, ana: UserId) -> None:
    company.now = BEGIN
    metered = Metered(company)
    take(company, used("ghost", 70, BEGIN, external_id="nobodys"), now=BEGIN)
    metered.link("ghost", ana)
    make_calls(company, ana)
    bounds = bounds_of(company)
    with company.database.reading() as tx:
        found = stored.old(tx, bounds, stored.accounts(tx, bounds), limit=1_000)
    company.now = GONE
    take(company, used(ana, 500, GONE, external_id="grows", revision=2), now=GONE)
    metered.unlink("ghost")

    with company.database.writing() as tx:
        stored.forget(tx, bounds, found)

    assert {one.external_id for one in found} == {"seen", "first", "grows", "nobodys"}
    assert kept(company) == ["grows", "new", "nobodys"]
    assert metered.charged()["unattributed"] == 70
    assert wrong(company) == []


def bounds_of(company: Company) -> Bounds:
    return Bounds(
        company.workspace_id,
        kept_from=date(2026, 3, 3),
        linked_since=GONE - retention.LINKS_KEPT,
    )


def test_a_deleted_call_that_is_sent_again_is_refused_and_not_charged_twice(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    forget(company)
    before = for_ever(company)

    again = take(
        company,
        used(ana, 1_000, BEGIN, external_id="first"),
        used(ana, 990, BEGIN, external_id="grows", revision=2),
        now=GONE,
    )

    assert ["more than 90 days ago" in error for error in errors(again)] == [True, True]
    assert for_ever(company) == before


@pytest.mark.parametrize(
    ("setting", "now", "left"),
    [
        ("forever", GONE + 5_000 * DAY, ["first", "grows", "new", "nobodys", "seen"]),
        ("14", GONE, ["first", "grows", "new", "nobodys", "seen"]),
        ("14", GONE + 30 * DAY, ["new", "nobodys"]),
        ("4", GONE, ["new", "nobodys"]),
        ("4", datetime(2027, 7, 3, tzinfo=UTC), ["nobodys"]),
    ],
)
def test_a_workspace_says_how_long(
    company: Company, ana: UserId, setting: str, now: datetime, left: list[str]
) -> None:
    make_calls(company, ana)
    company.put_setting("usage_events_kept_months", setting)

    forget(company, now)

    assert kept(company) == left
    assert wrong(company) == []


@pytest.mark.parametrize("setting", ["0", "3", "121", "-13", "13.0", "04", "١٣", "", "never"])
def test_a_time_that_is_too_short_or_none_is_refused_with_what_can_be(
    company: Company, setting: str
) -> None:
    with pytest.raises(SettingRefused) as refused:
        company.put_setting("usage_events_kept_months", setting)

    assert str(refused.value) == (
        "usage_events_kept_months can be 13 or forever, or a whole number from 4 to 120, "
        f"not {setting}"
    )


def test_a_longer_time_brings_nothing_back_and_the_check_knows(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    forget(company)
    company.put_setting("usage_events_kept_months", "60")

    assert forget(company, GONE + DAY) == 0

    assert first_day(company) == date(2026, 3, 3)
    assert wrong(company) == []


def first_day(company: Company) -> date | None:
    with company.database.reading() as tx:
        return stored.kept_from(tx, company.workspace_id)


@pytest.mark.parametrize(
    ("corruption", "rule"),
    [
        ("UPDATE rollup SET tokens = tokens + 1 WHERE tokens = 7", "day_is_the_sum"),
        ("UPDATE rollup SET tokens = tokens + 1 WHERE tokens = 70", "day_is_the_sum"),
        ("DELETE FROM usage_event WHERE external_id = 'new'", "usage_is_what"),
        ("DELETE FROM usage_event WHERE external_id = 'nobodys'", "unattributed_is_what_waits"),
        ("DELETE FROM usage_event WHERE external_id = 'nobodys'", "day_is_the_sum"),
    ],
)
def test_what_is_kept_is_checked_as_ever(
    company: Company, ana: UserId, corruption: str, rule: str
) -> None:
    make_calls(company, ana)
    forget(company)

    with company.database.writing() as tx:
        tx.connection.execute(sa.text(corruption))

    assert [one for one in wrong(company) if rule in one]


def test_nothing_that_is_not_deleted_is_said_to_be(company: Company, ana: UserId) -> None:
    make_calls(company, ana)

    forget(company, GONE - DAY)

    assert first_day(company) is None


def test_whoever_asks_for_a_deleted_call_hears_since_when_calls_are_kept(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    ask = partial(calls.call, company.database, company.workspace_id, viewer=ana, subject=ana)
    assert ask(typed="first", now=BEGIN).call.charge.tokens == 1_000
    forget(company)

    with pytest.raises(CallUnknown) as typed:
        ask(typed="first", now=GONE)
    with pytest.raises(CallUnknown) as clicked:
        calls.chosen(
            company.database,
            company.workspace_id,
            viewer=ana,
            source="litellm",
            external_id="first",
        )

    assert typed.value.kept_from == clicked.value.kept_from == date(2026, 3, 3)


def test_a_workspace_has_its_own_time(database: Database) -> None:
    ours, theirs = Company(database, "T-OURS"), Company(database, "T-THEIRS")
    for company in (ours, theirs):
        make_calls(company, company.member("ana", available=FUNDS))
    ours.put_setting("usage_events_kept_months", "forever")

    retention.forget_old(database, GONE)

    assert len(kept(ours)) == 5
    assert kept(theirs) == ["new", "nobodys"]
    assert (first_day(ours), first_day(theirs)) == (None, date(2026, 3, 3))
    assert wrong(ours) == []


def test_a_service_of_a_team_is_forgotten_like_a_person(company: Company) -> None:
    """Its calls of 2 March, where its team has that day until 12:00 UTC of the next."""
    mia = company.approver("mia")
    team = company.team("Search", company.member("ana"), managers=(mia,))
    metered = Metered(company)
    take(company, used("indexer", 400, BEGIN, external_id="nightly"), now=BEGIN)
    company.now = BEGIN
    metered.link("indexer", UserId(f"pool:{team}"))

    forget(company)

    assert kept(company) == []
    assert metered.charged() == {"consumed": -400, f"pool:{team}": 400}
    assert wrong(company) == []


def test_an_account_without_old_calls_costs_a_look_into_an_index(
    company: Company, ana: UserId
) -> None:
    make_calls(company, ana)
    bounds = bounds_of(company)
    asked: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        asked.append((arguments[2], arguments[3]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with company.database.reading() as tx:
            found = stored.accounts(tx, bounds)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    (sql, parameters) = next(one for one in asked if "usage_event" in one[0])
    is_sqlite = company.database.dialect == "sqlite"
    with company.database.reading() as tx:
        if not is_sqlite:  # of a few rows it reads all
            tx.connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = [str(row) for row in tx.connection.exec_driver_sql(explain + sql, parameters)]
    assert found == ["member:UANA"]
    assert any("usage_event_by_account" in line for line in plan), plan
    assert [line for line in plan if "SCAN" in line] == []


def test_old_calls_of_an_account_are_found_by_their_age(databases: Databases) -> None:
    with databases.migrated("sqlite") as url:
        company = Company(opening.connect(url))
        values = {**bounds_of(company).values, "account_id": "member:UANA", "limit": 200}
        sql, parameters = stored.OLD.for_sqlite(values)
        with company.database.reading() as tx:
            plan = tx.connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {sql}", tuple(map(str, parameters))
            ).all()
        company.database.close()

    used = [str(row) for row in plan]
    assert any("usage_event_by_account" in line and "occurred_at<?" in line for line in used), used
    assert any("usage_revision_1 (workspace_id=? AND source=?" in line for line in used), used
    assert [line for line in used if "SCAN" in line or "TEMP B-TREE" in line] == []


_WHO = st.sampled_from(["UANA", "UBEN", "ghost"])
_CALLING = st.tuples(st.just("call"), _WHO, st.integers(0, 89))
_GROWING = st.tuples(st.just("grow"), _WHO, st.integers(0, 9))
_LINKING = st.tuples(st.just("link"), st.sampled_from(["UANA", "UBEN"]), st.just(0))
_UNLINKING = st.tuples(st.just("unlink"), st.just("ghost"), st.just(0))
_WAITING = st.tuples(st.just("wait"), st.just(""), st.integers(1, 60))
_FORGETTING = st.tuples(st.just("forget"), st.just(""), st.integers(1, 3))
_STEPS = st.lists(
    st.one_of(_CALLING, _GROWING, _LINKING, _UNLINKING, _WAITING, _WAITING, _FORGETTING),
    min_size=10,
    max_size=40,
)
_workspaces = count(1)


class Story:
    """A workspace with members in two zones, and somebody whom a source calls `ghost`."""

    def __init__(self, database: Database) -> None:
        self.company = Company(database, f"T{next(_workspaces)}")
        self.company.put_setting("usage_events_kept_months", "4")
        self.company.member("ana", available=FUNDS)
        ben = self.company.member("ben", available=FUNDS)
        self.company.team("Far", ben, zone="Pacific/Kiritimati")
        self.metered = Metered(self.company)
        self.told: dict[str, list[str]] = {}
        self.tokens = count(100)

    def call(self, who: str, age: int) -> None:
        tokens = next(self.tokens)
        key = f"call-{tokens}"
        self.told.setdefault(who, []).append(key)
        happened = self.company.now - age * DAY
        take(self.company, used(who, tokens, happened, external_id=key))

    def grow(self, who: str, number: int) -> None:
        """Of one that was deleted, this is another's start."""
        for key in self.told.get(who, [])[number : number + 1]:
            tokens = next(self.tokens)
            at = self.company.now
            take(self.company, used(who, tokens, at, external_id=key, revision=tokens))

    def link(self, who: str, _: int) -> None:
        with suppress(IdentityTaken):
            if "ghost" in self.told:
                self.metered.link("ghost", UserId(who))

    def unlink(self, who: str, _: int) -> None:
        with suppress(IdentityFree):
            if who in self.told:
                self.metered.unlink(who)

    def wait(self, _: str, days: int) -> None:
        self.company.later(days=days)

    def forget(self, _: str, limit: int) -> None:
        forget(self.company, self.company.now, limit=limit)
        assert wrong(self.company) == []


@settings(max_examples=25)
@given(steps=_STEPS)
def test_the_books_are_right_whatever_comes_before_and_after(
    database: Database, steps: list[tuple[str, str, int]]
) -> None:
    story = Story(database)

    for name, who, number in steps:
        story.company.later(minutes=1)
        getattr(story, name)(who, number)

    company = story.company
    assert wrong(company) == []
    while forget(company, company.now, limit=5):
        pass
    (summed,) = company.rows(
        "SELECT SUM(tokens) AS tokens FROM rollup WHERE workspace_id = :workspace_id"
    )
    assert int(str(summed["tokens"] or 0)) == -story.metered.charged().get("consumed", 0)
    assert wrong(company) == []
