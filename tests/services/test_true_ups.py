"""What was charged before a provider's report came is brought to what the report says, once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.identities import IdentityId, Moved
from bot.domain.ledger import AccountId, IdempotencyKey, member_account
from bot.domain.periods import Period
from bot.domain.rates import Draft, Preset
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import allowances, attributions, books, identities, rate_cards, true_ups
from bot.storage.database import Database
from tests.company import Company
from tests.metered import again, put_down_to, take, used
from tests.threads import at_once

REPORT = SourceRole.REPORT
#: Sunday, and when its report is settled.
SUNDAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTLED = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def called(
    company: Company,
    user: str,
    tokens: int,
    at: datetime = NOON,
    *,
    model: str = "gpt-4o",
    provider: str = "openai",
) -> None:
    """The gateway sees a call."""
    call = used(user, tokens, at, model=model, provider=provider)
    take(company, call, now=max(company.now, at))


def row(user: str, tokens: int, *, model: str = "gpt-4o", provider: str = "openai") -> UsageEvent:
    """A row of a provider's report."""
    return used(
        user,
        tokens,
        NOON,
        source=provider,
        external_id=f"{NOON:%Y-%m-%d}:{user}:{model}",
        model=model,
        provider=provider,
    )


def report(company: Company, *rows: UsageEvent) -> None:
    take(company, *rows, role=REPORT, now=max(company.now, NOON + HOUR))


def grown(event: UsageEvent, tokens: int) -> UsageEvent:
    return again(event, tokens=tokens, revision=event.revision + 1)


def true_up(company: Company, *, at: datetime = SETTLED) -> int:
    """As a tick does, whatever the hour; how many commits it took."""
    done = true_ups.true_up(company.database, company.workspace_id, at)
    assert [str(wrong) for wrong in books.check(company.database)] == []
    return done


def spent(company: Company, user: UserId) -> int:
    return 1_000_000 - company.available(user)


def entries(company: Company) -> list[tuple[str, tuple[tuple[str, str, int], ...]]]:
    return [(one.note, one.postings) for one in company.entries() if one.kind == "true_up"]


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000_000)


# More, less, and the same.


def test_what_the_report_has_more_is_charged_in_an_entry_that_says_so(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    assert true_up(company) == 1

    assert spent(company, ana) == 1_000
    assert entries(company) == [
        ("True-up: openai's report for 1 Mar", (("member:UANA", "consumed", 100),))
    ]


def test_what_was_charged_more_than_the_report_has_is_given_back(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 700))

    true_up(company)

    assert spent(company, ana) == 700
    assert entries(company)[0][1] == (("consumed", "member:UANA", 200),)


def test_figures_that_agree_move_nothing(company: Company, ana: UserId) -> None:
    called(company, ana, 400)
    called(company, ana, 500, NOON + HOUR)
    report(company, row(ana, 900))

    assert true_up(company) == 0
    assert entries(company) == []


def test_all_of_a_day_is_one_entry_for_each_provider(company: Company, ana: UserId) -> None:
    ben = company.member("ben", available=1_000_000)
    called(company, ana, 900)
    called(company, ben, 100)
    called(company, ben, 50, model="claude-sonnet-4-5", provider="anthropic")
    report(company, row(ana, 1_000), row(ben, 60))
    report(company, row(ben, 51, model="claude-sonnet-4-5", provider="anthropic"))

    assert true_up(company) == 2

    assert sorted(note for note, _ in entries(company)) == [
        "True-up: anthropic's report for 1 Mar",
        "True-up: openai's report for 1 Mar",
    ]
    assert (spent(company, ana), spent(company, ben)) == (1_000, 111)


def test_the_difference_is_summed_on_that_day_without_a_call(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    true_up(company)

    assert company.rows(
        "SELECT day, user_id, model, tokens, calls FROM rollup WHERE project = 'true-up'"
        " AND workspace_id = :workspace_id"
    ) == [
        {"day": "2026-03-01", "user_id": "UANA", "model": "gpt-4o", "tokens": 100, "calls": 0},
    ]


def test_a_true_up_may_take_somebody_below_zero(company: Company) -> None:
    eve = company.member("eve", available=1_000)
    called(company, eve, 900)
    report(company, row(eve, 5_000))

    true_up(company)

    assert company.available(eve) == -4_000


# As the figures change.


def test_a_report_that_grows_is_trued_up_by_the_difference(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    first = row(ana, 1_000)
    report(company, first)
    true_up(company)

    report(company, grown(first, 1_250))
    true_up(company, at=SETTLED + HOUR)
    true_up(company, at=SETTLED + 2 * HOUR)

    assert spent(company, ana) == 1_250
    assert [postings[0][2] for _, postings in entries(company)] == [100, 250]


def test_calls_that_come_after_a_true_up_are_given_back(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    true_up(company)

    called(company, ana, 100, NOON + HOUR)
    assert spent(company, ana) == 1_100
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_a_report_that_came_first_is_in_charge_and_stays_what_is_charged(
    company: Company, ana: UserId
) -> None:
    report(company, row(ana, 1_000))
    called(company, ana, 900)

    assert true_up(company) == 0
    assert spent(company, ana) == 1_000


def test_a_day_is_trued_up_from_six_hours_after_its_end_for_ten_days(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    assert true_up(company, at=SETTLED - timedelta(seconds=1)) == 0
    assert true_up(company, at=NOON + timedelta(days=11)) == 0
    assert true_up(company, at=NOON + timedelta(days=10)) == 1


# What a report does not say.


def test_what_belongs_to_nobody_is_never_charged(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    called(company, "robot", 40)
    report(company, row("", 5_000), row("api_key:key_1", 300, model="gpt-5"))

    assert true_up(company) == 0
    assert spent(company, ana) == 900


def test_nothing_is_given_back_that_nobodys_row_may_hold(company: Company, ana: UserId) -> None:
    """A gateway's calls go by its own key, which the report knows as nobody's."""
    called(company, ana, 900)
    report(company, row(ana, 300), row("api_key:gateway", 500))

    true_up(company)

    assert spent(company, ana) == 800


def test_a_model_that_the_report_does_not_name_stays_as_charged(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    called(company, ana, 70, model="gpt-5")
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_070


def test_a_dated_name_and_an_alias_are_one_model(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000, model="gpt-4o-2024-08-06"))

    true_up(company)

    assert spent(company, ana) == 1_000


def test_a_name_that_only_the_report_has_charges_nothing_twice(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, model="our-deployment")
    report(company, row(ana, 1_000, model="gpt-4o"))

    true_up(company)

    assert spent(company, ana) == 1_000


def test_what_nobodys_row_explains_leaves_a_persons_other_model_whole(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, model="gpt-5")
    report(company, row("api_key:gateway", 900, model="gpt-5"), row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_900


def test_another_providers_calls_of_the_same_model_are_left_alone(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900, provider="azure")
    called(company, ana, 10)
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 1_900


# No more than the report has.


def of_the_gateway(company: Company, ana: UserId, *, ben: UserId) -> None:
    """The gateway charges both; the report has their calls by its key, which is nobody's."""
    called(company, ana, 1_000)
    called(company, ben, 500)
    report(company, row("api_key:key_gw", 1_500))


def test_calls_are_not_charged_again_to_whomever_the_gateways_own_key_is_linked(
    company: Company, ana: UserId
) -> None:
    ben, mia = (company.member(name, available=1_000_000) for name in ("ben", "mia"))
    of_the_gateway(company, ana, ben=ben)
    put_down_to(company, "api_key:key_gw", member_account(mia))

    assert true_up(company) == 0
    assert [spent(company, one) for one in (ana, ben, mia)] == [1_000, 500, 0]


def test_the_least_that_is_missing_is_charged_first_and_what_does_not_fit_is_not(
    company: Company, ana: UserId
) -> None:
    """The report has 100 more than was charged: 80 of Cem's own key, 20 that the gateway lost."""
    ben, cem, mia = (company.member(name, available=1_000_000) for name in ("ben", "cem", "mia"))
    of_the_gateway(company, ana, ben=ben)
    report(company, grown(row("api_key:key_gw", 1_500), 1_520), row(cem, 80))
    put_down_to(company, "api_key:key_gw", member_account(mia))

    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in range(2)]

    assert done == [1, 0]
    assert [spent(company, one) for one in (ana, ben, cem, mia)] == [1_000, 500, 80, 20]


def test_calls_of_nobody_take_room_in_the_report(company: Company, ana: UserId) -> None:
    called(company, "somebody's laptop", 900)
    report(company, row("api_key:key_gw", 1_000))
    put_down_to(company, "api_key:key_gw", member_account(ana))

    true_up(company)

    assert spent(company, ana) == 100


def test_calls_that_come_late_make_room_of_what_others_were_trued_up_by(
    company: Company, ana: UserId
) -> None:
    mia = company.member("mia", available=1_000_000)
    called(company, ana, 1_000)
    report(company, row("api_key:key_gw", 1_500))
    put_down_to(company, "api_key:key_gw", member_account(mia))
    true_up(company)
    assert spent(company, mia) == 500

    called(company, ana, 300)
    true_up(company, at=SETTLED + HOUR)
    assert (spent(company, ana), spent(company, mia)) == (1_300, 200)

    put_down_to(company, "api_key:key_gw", None)
    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in (2, 3)]
    assert (done, spent(company, ana), spent(company, mia)) == ([1, 0], 1_300, 0)


def test_what_is_given_back_makes_room_also_where_it_takes_many_commits(
    company: Company, ana: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is cut off between the commits leaves nobody charged for more than there is."""
    zoe = company.member("zoe", available=1_000_000)
    monkeypatch.setattr(true_ups, "CHUNK", 1)
    called(company, zoe, 900)
    report(company, row(zoe, 500), row(ana, 400))

    works = list(true_ups.plan(company.database, company.workspace_id, SUNDAY))

    assert [(one.account, one.tokens) for work in works for one in work.changes] == [
        (member_account(zoe), -400),
        (member_account(ana), 400),
    ]
    assert true_up(company) == 2
    assert (spent(company, ana), spent(company, zoe)) == (400, 500)


def test_the_worked_example_comes_to_what_its_page_says(company: Company, ana: UserId) -> None:
    for model, tokens in (("gpt-4o", 900), ("gpt-5", 700), ("o3", 500), ("gpt-4.1", 300)):
        called(company, ana, tokens, model=model)
    hers = (("gpt-4o", 1_000), ("gpt-5", 600), ("o3", 200), ("o4-mini", 80))
    report(
        company,
        *(row(ana, tokens, model=model) for model, tokens in hers),
        row("api_key:key_gw", 400, model="o3"),
        row("api_key:key_gw", 300, model="gpt-4.1"),
    )

    true_up(company)

    assert sorted(one[2] for one in entries(company)[0][1]) == [80, 100, 100]
    assert spent(company, ana) == 2_480


# Whose it is, and at what rate.


def test_rows_that_are_linked_later_are_trued_up_by_the_next_run(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row("api_key:1", 1_000))
    assert true_up(company) == 0

    put_down_to(company, "api_key:1", member_account(ana))
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_rows_of_nobody_are_charged_once_they_are_linked_where_nothing_else_tells(
    company: Company, ana: UserId
) -> None:
    report(company, row("api_key:1", 1_000))
    assert true_up(company) == 0

    put_down_to(company, "api_key:1", member_account(ana))
    done = [true_up(company, at=SETTLED + hours * HOUR) for hours in (1, 2)]

    assert (done, spent(company, ana)) == ([1, 0], 1_000)


def test_rows_that_turn_out_to_be_anothers_give_their_true_up_back(
    company: Company, ana: UserId
) -> None:
    ben = company.member("ben", available=1_000_000)
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    true_up(company)

    put_down_to(company, ana, member_account(ben))
    true_up(company, at=SETTLED + HOUR)

    assert (spent(company, ana), spent(company, ben)) == (900, 100)


def test_a_service_is_trued_up_from_its_teams_pool(company: Company, ana: UserId) -> None:
    called(company, ana, 1, model="gpt-5")
    company.team("Search", company.member("mia"))
    report(company, row("api_key:1", 1_000))
    put_down_to(company, "api_key:1", AccountId("pool:search"))

    true_up(company)

    assert entries(company)[0][1] == (("pool:search", "consumed", 1_000),)


def test_a_card_that_changes_within_the_day_corrects_only_what_neither_explains(
    company: Company, ana: UserId
) -> None:
    """The morning was raw and the afternoon half price; the report doesn't say when calls were."""
    company.now = NOON - HOUR
    called(company, ana, 600, NOON - 2 * HOUR)
    put_cost(company, NOON, usd_per_million_nano=5 * 10**9)  # twice gpt-4o's list price of input
    called(company, ana, 400, NOON + HOUR)
    assert spent(company, ana) == 800
    first = row(ana, 1_000)
    report(company, first)
    assert true_up(company) == 0

    report(company, grown(first, 3_000))
    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_500


def test_a_card_of_the_days_before_prices_the_whole_report(company: Company, ana: UserId) -> None:
    company.now = NOON - timedelta(days=2)
    put_cost(company, company.now, usd_per_million_nano=5 * 10**9)
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    true_up(company)

    assert spent(company, ana) == 500


def test_roundings_of_calls_are_no_reason_to_correct(company: Company, ana: UserId) -> None:
    company.now = NOON - timedelta(days=2)
    put_cost(company, company.now, usd_per_million_nano=5 * 10**9)
    for minute in range(4):
        called(company, ana, 1, NOON + timedelta(minutes=minute))
    report(company, row(ana, 4))

    assert true_up(company) == 0
    assert spent(company, ana) == 4


def test_what_is_due_on_an_account_is_settled_before_it_is_trued_up(company: Company) -> None:
    boss, carla = company.admin("boss"), company.member("carla")
    wish = AllowanceWish(
        subject=Subject(SubjectKind.MEMBER, carla), tokens=10_000, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=boss,
        wish=wish,
        key=IdempotencyKey("command:carla"),
        now=company.now,
    )
    called(company, carla, 900)
    report(company, row(carla, 1_000))

    assert true_up(company, at=datetime(2026, 3, 9, 7, tzinfo=UTC)) == 1

    assert company.available(carla) == 9_900  # of the new week; the rest of the old one expired


# Workers.


def test_two_workers_at_once_true_up_once(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))

    running = at_once(
        [partial(true_ups.true_up, company.database, company.workspace_id, SETTLED)] * 4
    )

    assert sum(one.result() for one in running) == 1
    assert spent(company, ana) == 1_000
    assert books.check(company.database) == []


def test_a_worker_that_read_before_another_wrote_changes_nothing(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    (late,) = true_ups.plan(company.database, company.workspace_id, SUNDAY)
    true_up(company)

    assert not true_ups.write(company.database, company.workspace_id, late, now=SETTLED)

    assert spent(company, ana) == 1_000
    assert len(entries(company)) == 1


def test_a_late_writer_undoes_what_it_had_begun(company: Company, ana: UserId) -> None:
    """Of two people in one commit the first is new, the second was trued up meanwhile."""
    zoe = company.member("zoe", available=1_000_000)
    called(company, zoe, 900)
    report(company, row(ana, 50), row(zoe, 1_000))
    (late,) = true_ups.plan(company.database, company.workspace_id, SUNDAY)
    theirs = replace(late, changes=late.changes[1:])
    assert true_ups.write(company.database, company.workspace_id, theirs, now=SETTLED)

    assert not true_ups.write(company.database, company.workspace_id, late, now=SETTLED)
    assert (spent(company, ana), spent(company, zoe)) == (0, 1_000)
    true_up(company)

    assert (spent(company, ana), spent(company, zoe)) == (50, 1_000)


def test_a_worker_that_dies_between_reading_and_writing_leaves_all_to_the_next(
    company: Company, ana: UserId
) -> None:
    called(company, ana, 900)
    report(company, row(ana, 1_000))
    assert list(true_ups.plan(company.database, company.workspace_id, SUNDAY))

    true_up(company, at=SETTLED + HOUR)

    assert spent(company, ana) == 1_000


def test_a_tick_looks_once_an_hour(company: Company, ana: UserId) -> None:
    called(company, ana, 900)
    first = row(ana, 1_000)
    report(company, first)
    schedule.tick(company.database, SETTLED)
    assert spent(company, ana) == 1_000

    report(company, grown(first, 1_200))
    schedule.tick(company.database, SETTLED + timedelta(minutes=59))
    assert spent(company, ana) == 1_000
    schedule.tick(company.database, SETTLED + HOUR)

    assert spent(company, ana) == 1_200


def test_each_workspace_has_its_own_reports(database: Database) -> None:
    ours, theirs = Company(database, "T-OURS"), Company(database, "T-THEIRS")
    ana = ours.member("ana", available=1_000_000)
    theirs.member("ana", available=1_000_000)
    called(ours, ana, 900)
    called(theirs, ana, 900)
    report(ours, row(ana, 1_000))

    schedule.tick(database, SETTLED)

    assert (spent(ours, ana), spent(theirs, ana)) == (1_000, 900)


def put_cost(company: Company, at: datetime, *, usd_per_million_nano: int) -> None:
    draft = Draft(
        name="cost",
        preset=Preset.COST,
        effective_from=at,
        usd_per_million_nano=usd_per_million_nano,
    )
    rate_cards.put(
        company.database, company.workspace_id, draft=draft, actor="command line", now=company.now
    )


def test_what_a_report_has_of_nobody_is_listed_with_what_it_counted(company: Company) -> None:
    thought = Counts(input_uncached=1_000, output=500, reasoning=400)
    report(company, replace(row("api_key:key_1", 0), counts=thought))
    called(company, "somebody's laptop", 900)

    waiting = identities.all_waiting(company.database, company.workspace_id)

    assert [(one.identity.name, one.tokens) for one in waiting] == [
        ("api_key:key_1", 1_500),
        ("somebody's laptop", 900),
    ]


def test_who_links_a_name_that_a_report_has_hears_that_the_true_up_goes_by_it(
    company: Company, ana: UserId
) -> None:
    report(company, row("api_key:key_1", 400))
    called(company, "laptop", 50)
    assert link(company, "api_key:key_1", ana) == Moved(tokens=0, is_reported=True)
    assert link(company, "api_key:key_1", ana, SETTLED + timedelta(days=10)).is_reported is False
    assert link(company, "laptop", ana) == Moved(tokens=50)


def link(company: Company, name: str, user: UserId, at: datetime = SETTLED) -> Moved:
    """An admin says whose the name is, of whichever source."""
    (known,) = company.rows(
        "SELECT identity_id FROM identity WHERE workspace_id = :workspace_id AND name = :name",
        name=name,
    )
    where = (company.database, company.workspace_id, IdentityId(str(known["identity_id"])))
    return attributions.link(*where, member_account(user), actor="test", now=at)


@pytest.mark.parametrize(
    ("gateway", "lost", "sources"),
    [(1_500, 0, ("litellm",)), (750, 750, ("litellm",)), (700, 800, ()), (0, 1_500, ())],
)
def test_who_links_the_key_of_the_gateway_hears_that_its_calls_were_charged_already(
    company: Company, ana: UserId, gateway: int, lost: int, sources: tuple[str, ...]
) -> None:
    """From half of them on."""
    mia = company.member("mia", available=1_000_000)
    if gateway:
        called(company, ana, gateway)
    report(company, row("api_key:key_gw", gateway + lost))

    assert link(company, "api_key:key_gw", mia).charged_by == sources


def test_a_key_of_what_the_gateway_does_not_see_is_linked_without_a_word(
    company: Company, ana: UserId
) -> None:
    mia = company.member("mia", available=1_000_000)
    called(company, ana, 1_500)
    called(company, ana, 400, provider="azure")
    report(company, row("api_key:key_gw", 1_500), row("api_key:mias", 400))

    assert link(company, "api_key:mias", mia) == Moved(tokens=0, is_reported=True)


def test_a_report_that_is_charged_itself_is_no_other_source(company: Company, ana: UserId) -> None:
    """Nobody else tells of calls: the key is a person's."""
    mia = company.member("mia", available=1_000_000)
    report(company, row(ana, 1_000), row("api_key:mias", 400))

    assert link(company, "api_key:mias", mia).charged_by == ()
