"""Usage events become charges: once, on the right person and day, by the source in charge."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey, member_account
from bot.domain.periods import Period
from bot.domain.usage_events import SourceRole, Taken
from bot.services import allowances, books, usage
from bot.services.portions import FIRST, LEAST, MOST, Portions
from bot.storage.database import Database, DatabaseBusy
from tests.company import MORNING, Company
from tests.metered import again, errors, take, used, with_email

TELEMETRY, REPORT = SourceRole.TELEMETRY, SourceRole.REPORT


def sound(company: Company) -> bool:
    assert [str(wrong) for wrong in books.check(company.database)] == []
    return True


def weekly(company: Company, user: UserId, tokens: int) -> None:
    """An allowance whose credits last for a week."""
    allowances.start(
        company.database,
        company.workspace_id,
        actor=company.admin("boss"),
        wish=AllowanceWish(
            subject=Subject(SubjectKind.MEMBER, user), tokens=tokens, period=Period.WEEK
        ),
        key=IdempotencyKey(f"command:{user}"),
        now=company.now,
    )


def rollups(company: Company) -> set[tuple[str, str, str, str, str, int, int]]:
    return {
        (
            str(row["team_id"]),
            str(row["day"]),
            str(row["user_id"]),
            str(row["model"]),
            str(row["project"]),
            int(str(row["tokens"])),
            int(str(row["calls"])),
        )
        for row in company.rows("SELECT * FROM rollup WHERE workspace_id = :workspace_id")
    }


def waiting(company: Company) -> int:
    """Tokens that belong to nobody yet."""
    (row,) = company.rows(
        "SELECT COALESCE(SUM(tokens), 0) AS n FROM posting"
        " WHERE workspace_id = :workspace_id AND source = 'unattributed'"
    )
    return int(str(row["n"]))


def test_a_call_is_charged_to_whom_the_source_names_by_slack_id(company: Company) -> None:
    ana = company.member("ana", available=10_000)

    taken = take(company, used(ana, 1_200, MORNING))

    assert (taken.accepted, taken.duplicates, taken.rejected) == (1, 0, ())
    assert company.available(ana) == 8_800
    (entry,) = company.entries()
    assert (entry.kind, entry.note, entry.actor) == ("usage", "litellm", "key:test")
    assert entry.postings == ((member_account(ana), "consumed", 1_200),)
    assert rollups(company) == {
        ("everyone", "2026-03-02", ana, "gpt-4o", "ranking", 1_200, 1),
    }
    assert sound(company)


def test_an_e_mail_address_finds_its_person_whatever_its_case(company: Company) -> None:
    ana = with_email(company, company.member("ana", available=10_000), "Ana.Silva@example.com")

    take(company, used("ana.silva@EXAMPLE.com", 500, MORNING))

    assert company.available(ana) == 9_500


def test_input_and_output_are_charged_and_reasoning_is_no_third(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    counts = Counts(input_uncached=100, cache_read=1_000, cache_write=200, output=50, reasoning=40)

    take(company, used(ana, 0, MORNING, counts=counts))

    assert company.available(ana) == 10_000 - 1_350
    (event,) = company.rows("SELECT * FROM usage_event")
    assert [event[name] for name in ("input_uncached", "cache_read", "cache_write", "output")] == [
        100,
        1_000,
        200,
        50,
    ]
    assert (event["reasoning"], event["tokens"], event["rate"]) == (40, 1_350, "raw")


def test_the_same_call_again_is_a_duplicate_and_costs_nothing(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 700, MORNING)
    take(company, call)

    taken = take(company, call, used(ana, 1, MORNING))
    twice_in_one = take(company, repeated := used(ana, 5, MORNING), repeated)

    assert (taken.accepted, taken.duplicates) == (1, 1)
    assert (twice_in_one.accepted, twice_in_one.duplicates) == (1, 1)
    assert company.available(ana) == 10_000 - 706
    assert sound(company)


def test_the_same_id_of_another_source_is_another_call(company: Company) -> None:
    ana = company.member("ana", available=10_000)

    take(company, used(ana, 1, MORNING, external_id="x", source="litellm"))
    take(company, used(ana, 1, MORNING, external_id="x", source="portkey"))

    assert company.available(ana) == 9_998


def test_other_figures_for_the_same_id_are_a_conflict_and_the_first_stand(
    company: Company,
) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 700, MORNING, external_id="call-x")
    take(company, call)

    taken = take(company, again(call, tokens=900), used(ana, 1, MORNING))
    within = take(company, other := used(ana, 10, MORNING), again(other, tokens=11))

    assert (taken.accepted, taken.duplicates) == (1, 0)
    assert [(one.index, one.external_id) for one in taken.rejected] == [(0, "call-x")]
    assert "other figures (700 in, 0 out), which stand" in errors(taken)[0]
    assert "a revision above 0" in errors(taken)[0]
    assert (within.accepted, within.duplicates, len(within.rejected)) == (1, 0, 1)
    assert company.available(ana) == 10_000 - 711
    assert sound(company)


def test_a_later_revision_is_charged_the_difference_up_and_down(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 700, MORNING)
    take(company, call)

    more = take(company, again(call, tokens=1_000, revision=1))
    less = take(company, again(call, tokens=200, revision=2))
    earlier = take(company, again(call, tokens=1_000, revision=1))
    same = take(company, again(call, tokens=200, revision=7))

    assert (more.accepted, less.accepted, same.duplicates) == (1, 1, 1)
    assert len(earlier.rejected) == 1
    assert company.available(ana) == 9_800
    assert [one.postings[0][2] for one in company.entries()] == [700, 300, 800]
    assert company.entries()[2].postings[0][:2] == ("consumed", member_account(ana))
    assert rollups(company) == {("everyone", "2026-03-02", ana, "gpt-4o", "ranking", 200, 1)}
    assert sound(company)


def test_a_later_figure_counts_on_the_day_and_provider_of_the_first(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 700, MORNING)
    take(company, call)
    moved = replace(call, occurred_at=MORNING - timedelta(days=1), provider="azure")

    take(company, again(moved, tokens=1_000, revision=1))

    (day,) = company.rows("SELECT * FROM source_day WHERE workspace_id = :workspace_id")
    assert (day["day"], day["provider"], day["tokens"]) == ("2026-03-02", "openai", 1_000)
    assert sound(company)


def test_a_charged_call_stays_charged_when_its_person_joins_a_team_with_another_source(
    company: Company,
) -> None:
    ana, mia = (company.member(name, available=10_000) for name in ("ana", "mia"))
    call = used(ana, 700, MORNING)
    take(company, call)
    company.team("search", mia, ana)
    take(company, used(mia, 50, MORNING + timedelta(seconds=1), source="otlp"), role=TELEMETRY)

    taken = take(company, again(call, tokens=1_000, revision=1))

    assert taken.accepted == 1
    assert company.available(ana) == 9_000
    assert sound(company)


def test_what_is_new_and_what_is_corrected_may_cancel_out(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 400, company.now)
    take(company, call)

    taken = take(company, used(ana, 400, company.now), again(call, tokens=0, revision=1))

    assert (taken.accepted, company.available(ana)) == (2, 9_600)
    assert sound(company)


def test_of_two_revisions_in_one_batch_the_later_stands(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    call = used(ana, 700, MORNING)

    taken = take(company, call, again(call, tokens=900, revision=3))

    assert (taken.accepted, taken.duplicates) == (1, 1)
    assert company.available(ana) == 9_100


def test_a_batch_is_one_entry_with_a_part_for_each_person(company: Company) -> None:
    ana, ben = (company.member(name, available=10_000) for name in ("ana", "ben"))

    take(company, *(used(user, 100, MORNING) for user in (ana, ben, ana)))

    (entry,) = company.entries()
    assert set(entry.postings) == {
        (member_account(ana), "consumed", 200),
        (member_account(ben), "consumed", 100),
    }
    assert entry.key == f"usage:{entry.entry_id}"


def test_usage_takes_a_member_below_zero_and_a_later_credit_repays(company: Company) -> None:
    boss, ana = company.admin("boss"), company.member("ana")

    take(company, used(ana, 5_000, MORNING))
    owing = company.available(ana)
    company.grant(boss, ana, tokens=6_000)

    assert (owing, company.available(ana)) == (-5_000, 1_000)
    assert sound(company)


def test_usage_spends_what_expires_first(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    weekly(company, ana, 400)

    take(company, used(ana, 300, MORNING))

    (lot,) = company.rows("SELECT remaining FROM lot")
    (account,) = company.rows(
        "SELECT expiring FROM account WHERE account_id = :a", a=member_account(ana)
    )
    assert (company.available(ana), lot["remaining"], account["expiring"]) == (1_100, 100, 100)
    assert sound(company)


def test_what_has_expired_by_now_is_settled_before_usage_is_charged(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    weekly(company, ana, 400)
    next_week = MORNING + timedelta(days=7)

    take(company, used(ana, 300, next_week), now=next_week)

    assert company.available(ana) == 1_000 + 400 - 300  # the first week's 400 are gone
    (gone,) = company.rows("SELECT SUM(tokens) AS n FROM posting WHERE destination = 'expired'")
    (lot,) = company.rows("SELECT remaining FROM lot WHERE remaining > 0")
    assert (int(str(gone["n"])), lot["remaining"]) == (400, 100)
    assert sound(company)


def test_whoever_nobody_knows_waits_on_unattributed(company: Company) -> None:
    company.member("ana")

    taken = take(company, used("bot-42", 300, MORNING), used("", 50, MORNING))

    assert taken.accepted == 2
    assert waiting(company) == 350
    names = company.rows("SELECT name, account_id FROM identity ORDER BY name")
    assert [(row["name"], row["account_id"]) for row in names] == [("", None), ("bot-42", None)]
    assert {row[:3] for row in rollups(company)} == {("unattributed", "2026-03-02", "")}
    assert sound(company)


def test_what_comes_by_somebodys_own_key_is_theirs_whatever_it_says(company: Company) -> None:
    ana, ben = (company.member(name, available=1_000) for name in ("ana", "ben"))

    take(company, used(ben, 300, MORNING), owner=ana)

    assert (company.available(ana), company.available(ben)) == (700, 1_000)
    assert company.rows("SELECT 1 FROM identity") == []


def test_a_gateways_own_cache_hit_is_counted_and_free(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    take(company, replace(used(ana, 300, MORNING), is_free=True))

    assert company.available(ana) == 1_000
    assert company.entries() == []
    assert {row[-2:] for row in rollups(company)} == {(0, 1)}
    assert sound(company)


def test_late_usage_counts_on_its_day_and_too_late_is_refused(company: Company) -> None:
    ana = company.member("ana", available=1_000)

    taken = take(
        company,
        used(ana, 10, MORNING - timedelta(days=89)),
        used(ana, 20, MORNING - timedelta(days=91)),
        used(ana, 30, MORNING + timedelta(minutes=4)),
        used(ana, 40, MORNING + timedelta(minutes=6)),
    )

    assert (taken.accepted, [one.index for one in taken.rejected]) == (2, [1, 3])
    assert "more than 90 days ago" in errors(taken)[0]
    assert "more than five minutes in the future" in errors(taken)[1]
    assert {row[1] for row in rollups(company)} == {
        "2026-03-02",
        (MORNING - timedelta(days=89)).date().isoformat(),
    }
    assert company.available(ana) == 960


def test_the_day_is_the_local_one_of_the_team_that_pays(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    company.team("search", ana, zone="Asia/Tokyo")

    take(company, used(ana, 10, datetime(2026, 3, 1, 20, tzinfo=UTC)))

    assert {row[1] for row in rollups(company)} == {"2026-03-02"}
    (told,) = company.rows("SELECT day, events, counted, tokens FROM source_day")
    assert dict(told) == {"day": "2026-03-01", "events": 1, "counted": 10, "tokens": 10}


def test_more_events_than_one_commit_takes_are_all_taken(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    calls = [used(ana, 1, MORNING) for _ in range(2_001)]

    taken = take(company, *calls, *calls[:10])

    assert (taken.accepted, taken.duplicates) == (2_001, 10)
    assert 2_001 / MOST < len(company.entries()) <= 2_001 / LEAST
    assert company.available(ana) == 10_000 - 2_001


@dataclass
class Held:
    """A database that somebody else holds for longer than we wait."""

    database: Database

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)

    def writing(self) -> NoReturn:
        raise DatabaseBusy("held")


def test_a_sender_that_met_a_held_database_comes_again_with_fewer_at_once(
    company: Company,
) -> None:
    ana = company.member("ana", available=10_000)
    calls = [used(ana, 1, MORNING) for _ in range(1_000)]
    portions = Portions()

    def send(database: Database) -> Taken:
        return usage.take_in(
            database,
            company.workspace_id,
            calls,
            role=SourceRole.GATEWAY,
            owner=None,
            actor="key:test",
            now=company.later(seconds=1),
            portions=portions,
        )

    for _ in range(2):
        with pytest.raises(DatabaseBusy):
            send(Held(company.database))  # type: ignore[arg-type]  # it does one thing only

    assert portions.size(1_000) <= FIRST / 4
    assert send(company.database).accepted == 1_000
    assert company.available(ana) == 9_000


# Several sources see the same call.


def test_telemetry_is_charged_while_no_gateway_is_there(company: Company) -> None:
    ana = company.member("ana", available=1_000)

    take(company, used(ana, 100, MORNING, source="claude-code"), role=TELEMETRY)

    assert company.available(ana) == 900


def test_once_a_gateway_tells_of_a_team_its_telemetry_is_only_kept(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    take(company, used(ana, 100, MORNING - timedelta(hours=2), source="cc"), role=TELEMETRY)
    take(company, used(ana, 50, MORNING - timedelta(hours=1)))

    taken = take(company, used(ana, 50, MORNING, source="cc"), role=TELEMETRY)
    late = take(company, used(ana, 7, MORNING - timedelta(hours=3), source="cc"), role=TELEMETRY)

    assert (taken.accepted, late.accepted) == (1, 1)
    assert company.available(ana) == 1_000 - 100 - 50 - 7  # the late one was of telemetry's time
    seen = company.rows("SELECT tokens, entry_id FROM usage_event WHERE rate = 'seen'")
    assert [dict(row) for row in seen] == [{"tokens": 0, "entry_id": None}]
    assert sound(company)


def test_another_team_or_provider_goes_its_own_way(company: Company) -> None:
    ana, ben = (company.member(name, available=1_000) for name in ("ana", "ben"))
    company.team("search", ben)
    take(company, used(ana, 50, MORNING))

    take(company, used(ben, 10, MORNING, source="cc"), role=TELEMETRY)
    take(company, used(ana, 10, MORNING, source="cc", provider="anthropic"), role=TELEMETRY)

    assert (company.available(ana), company.available(ben)) == (940, 990)


def test_a_gateway_that_fell_silent_for_a_week_leaves_telemetry_the_charge(
    company: Company,
) -> None:
    ana = company.member("ana", available=1_000)
    take(company, used(ana, 50, MORNING))

    take(
        company,
        used(ana, 10, MORNING + timedelta(days=8), source="cc"),
        role=TELEMETRY,
        now=MORNING + timedelta(days=8),
    )

    assert company.available(ana) == 940


def test_a_report_of_nobody_is_shown_and_not_charged(company: Company) -> None:
    ana = company.member("ana", available=1_000)

    take(company, used("api_key:1", 99, MORNING, source="openai"), role=REPORT)
    take(company, used(ana, 1, MORNING, source="openai", provider="other"), role=REPORT)

    assert waiting(company) == 0
    assert company.available(ana) == 999
    assert sound(company)


def test_a_workspace_never_sees_anothers_events(company: Company) -> None:
    other = Company(company.database, "T2")
    ana = company.member("ana", available=1_000)
    there = other.member("ana", available=1_000)
    call = used(ana, 100, MORNING)

    taken = [take(company, call), take(other, call)]

    assert [one.accepted for one in taken] == [1, 1]
    assert (company.available(ana), other.available(there)) == (900, 900)


@pytest.mark.parametrize("name", ["", "  ", "x" * 500, "a\nb"])
def test_a_models_name_is_stored_as_one_short_line(company: Company, name: str) -> None:
    ana = company.member("ana", available=1_000)

    take(company, used(ana, 1, MORNING, model=name, project=name))

    (row,) = rollups(company)
    assert row[3] == row[4] != ""
    assert len(row[3]) <= 100
    assert "\n" not in row[3]
