"""Usage of somebody unknown waits, and moves to whoever it turns out to be."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.identities import IdentityId
from bot.domain.ledger import AccountId, member_account
from bot.domain.refusals import IdentityFree, IdentityTaken, IdentityUnknown
from bot.domain.usage_events import SourceRole
from bot.services import alerts, attributions, books
from bot.storage import opening
from bot.storage.database import Database
from tests.company import Company
from tests.services.metered import Metered, pool
from tests.threads import at_once


@pytest.fixture
def metered(company: Company) -> Metered:
    return Metered(company)


def test_usage_of_nobody_known_waits(metered: Metered) -> None:
    metered.used("ben-laptop", 700)

    assert metered.charged() == {"consumed": -700, "unattributed": 700}


def test_what_waited_is_charged_to_whom_it_is_linked(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 700)
    metered.used("ben-laptop", 41)

    tokens = metered.link("ben-laptop", ben)

    assert tokens == 741
    assert company.available(ben) == 259
    assert metered.events_by_account() == {member_account(ben): 741}
    (entry,) = [one for one in company.entries() if one.kind == "attribution"]
    assert entry.postings == ((member_account(ben), "unattributed", 741),)
    assert (entry.actor, entry.note) == ("UADMIN", "litellm")
    assert list(books.check(company.database)) == []


def test_a_link_may_take_its_person_below_zero(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=100)
    metered.used("ben-laptop", 700)

    metered.link("ben-laptop", ben)

    assert company.available(ben) == -600
    assert list(books.check(company.database)) == []


def test_linked_usage_goes_to_the_local_day_and_team_of_whoever_pays(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben")
    company.team("Search", ben, zone="Pacific/Auckland")
    late = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    metered.take_in(
        metered.event("ben-laptop", 700, at=late), metered.event("ben-laptop", 30, model="o3")
    )

    metered.link("ben-laptop", ben)

    assert metered.sums() == {
        ("search", "2026-03-02", ben, "gpt-4o", "search"): (700, 1),
        ("search", "2026-03-02", ben, "o3", "search"): (30, 1),
    }


def test_what_comes_after_the_link_is_charged_at_once(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)

    metered.used("ben-laptop", 41)

    assert company.available(ben) == 259


def test_a_later_figure_of_a_linked_event_is_charged_to_its_person(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben", available=1_000)
    metered.take_in(metered.event("ben-laptop", 700, external_id="stream"))
    metered.link("ben-laptop", ben)

    metered.take_in(metered.event("ben-laptop", 900, external_id="stream", revision=1))

    assert company.available(ben) == 100
    assert list(books.check(company.database)) == []


def test_an_unlinked_identity_gets_everything_back(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 700)
    before = metered.sums()
    metered.link("ben-laptop", ben)
    metered.used("ben-laptop", 41)

    tokens = metered.unlink("ben-laptop")

    assert tokens == 741
    assert company.available(ben) == 1_000
    assert metered.events_by_account() == {"unattributed": 741}
    assert metered.sums().keys() == before.keys()
    assert list(books.check(company.database)) == []


def test_what_the_person_used_under_other_names_stays_theirs(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben", available=1_000)
    metered.used(ben, 5)
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)

    metered.unlink("ben-laptop")

    assert company.available(ben) == 995


def test_a_service_is_charged_to_its_teams_pool_also_below_zero(
    company: Company, metered: Metered
) -> None:
    search = company.team("Search")
    metered.used("nightly-eval", 700)

    metered.link("nightly-eval", pool(search))
    metered.used("nightly-eval", 41)

    assert metered.charged() == {"consumed": -741, "pool:search": 741}
    assert {key[:3] for key in metered.sums()} == {("search", "2026-03-02", "")}
    assert list(books.check(company.database)) == []


def test_a_link_and_an_unlinking_stand_in_the_audit_table(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben")
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)
    metered.unlink("ben-laptop")

    rows = company.rows(
        "SELECT actor, subject, before, after FROM audit"
        " WHERE workspace_id = :workspace_id AND what = 'identity' ORDER BY audit_id"
    )

    account, subject = member_account(ben), metered.identity("ben-laptop")
    assert [(row["actor"], row["before"], row["after"]) for row in rows] == [
        ("UADMIN", "", account),
        ("UADMIN", account, ""),
    ]
    assert {row["subject"] for row in rows} == {subject}


def test_linking_twice_charges_once(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)

    assert metered.link("ben-laptop", ben) == 0
    assert company.available(ben) == 300


def test_another_persons_identity_is_not_linked_over_their_head(
    company: Company, metered: Metered
) -> None:
    ben, ana = company.member("ben"), company.member("ana")
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)

    with pytest.raises(IdentityTaken) as refused:
        metered.link("ben-laptop", ana)

    assert refused.value.account == member_account(ben)
    assert company.available(ana) == 0


def test_a_teams_service_is_named_to_who_would_link_it_too(
    company: Company, metered: Metered
) -> None:
    ana = company.member("ana")
    metered.used("nightly-eval", 700)
    metered.link("nightly-eval", pool(company.team("Search")))

    with pytest.raises(IdentityTaken) as refused:
        metered.link("nightly-eval", ana)

    assert refused.value.team == "Search"


def test_nobodys_identity_is_not_unlinked(metered: Metered) -> None:
    metered.used("ben-laptop", 700)

    with pytest.raises(IdentityFree):
        metered.unlink("ben-laptop")


def test_an_identity_that_nobody_has_is_not_linked(company: Company) -> None:
    with pytest.raises(IdentityUnknown):
        attributions.unlink(
            company.database,
            company.workspace_id,
            IdentityId("nope"),
            actor="UADMIN",
            now=company.now,
        )


def test_a_providers_report_of_nobody_stays_for_whoever_trues_up(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben")
    metered.take_in(metered.event("key-7", 700, source="openai"), role=SourceRole.REPORT)

    metered.link("key-7", ben, source="openai")
    metered.tidy()

    assert metered.charged() == {}
    (row,) = company.rows("SELECT account_id FROM usage_event WHERE workspace_id = :workspace_id")
    assert row["account_id"] == "unattributed"


def test_a_call_that_the_gateway_charged_is_not_charged_again_by_a_link(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben", available=1_000)
    metered.take_in(metered.event(ben, 700, provider="anthropic"))
    metered.take_in(
        metered.event("device-1", 700, source="claude-code", provider="anthropic"),
        role=SourceRole.TELEMETRY,
    )

    metered.link("device-1", ben, source="claude-code")

    assert company.available(ben) == 300
    assert metered.charged() == {"consumed": -700, member_account(ben): 700}
    assert sum(tokens for tokens, _ in metered.sums().values()) == 700
    (day,) = company.rows(
        "SELECT tokens FROM source_day WHERE workspace_id = :workspace_id"
        " AND source = 'claude-code'"
    )
    assert day["tokens"] == 0
    assert list(books.check(company.database)) == []


def test_a_link_puts_its_source_in_charge_where_none_was(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben", available=1_000)
    telemetry = metered.event("device-1", 700, source="claude-code", provider="anthropic")
    metered.take_in(telemetry, role=SourceRole.TELEMETRY)
    metered.link("device-1", ben, source="claude-code")

    metered.take_in(metered.event(ben, 700, provider="anthropic", at=telemetry.occurred_at))

    assert company.available(ben) == 300


def test_thresholds_that_a_link_passes_give_no_alert_and_later_ones_do(
    company: Company, metered: Metered
) -> None:
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 850)  # 15 % are left
    metered.link("ben-laptop", ben)
    alerts.do_due(company.database, company.now)
    company.later(minutes=5)
    metered.used("ben-laptop", 10)
    alerts.do_due(company.database, company.now)
    before = company.told()

    company.later(minutes=5)
    metered.used("ben-laptop", 100)
    alerts.do_due(company.database, company.now)

    assert before == []
    assert company.told() == [("low_balance", ben)]


def test_many_events_move_in_commits_of_a_thousand(company: Company, metered: Metered) -> None:
    ben = company.member("ben", available=10_000)
    metered.take_in(*(metered.event("ben-laptop", 1) for _ in range(2_500)))

    metered.link("ben-laptop", ben)

    moved = [one.postings[0][2] for one in company.entries() if one.kind == "attribution"]
    assert sorted(moved) == [500, 1_000, 1_000]
    assert company.available(ben) == 7_500


class CutOff(Exception):
    """The process ends here."""


class Failing:
    """A database that is cut off at a commit."""

    def __init__(self, database: Database, *, at: int) -> None:
        self._database = database
        self._left = at

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    def writing(self) -> object:
        self._left -= 1
        if self._left < 0:
            raise CutOff
        return self._database.writing()


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_a_link_that_was_cut_off_is_finished_by_the_clock(
    company: Company, metered: Metered, commits: int
) -> None:
    ben = company.member("ben", available=10_000)
    metered.take_in(*(metered.event("ben-laptop", 1) for _ in range(2_500)))
    whole = company.database

    company.database = Failing(whole, at=commits)  # type: ignore[assignment]  # all that is asked of it
    with pytest.raises(CutOff):
        metered.link("ben-laptop", ben)
    company.database = whole
    metered.tidy()

    assert company.available(ben) == 7_500
    assert metered.events_by_account() == {member_account(ben): 2_500}
    assert list(books.check(company.database)) == []


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_an_unlinking_that_was_cut_off_is_finished_by_the_clock(
    company: Company, metered: Metered, commits: int
) -> None:
    ben = company.member("ben", available=10_000)
    metered.take_in(*(metered.event("ben-laptop", 1) for _ in range(2_500)))
    metered.link("ben-laptop", ben)
    whole = company.database

    company.database = Failing(whole, at=commits)  # type: ignore[assignment]  # all that is asked of it
    with pytest.raises(CutOff):
        metered.unlink("ben-laptop")
    company.database = whole
    metered.tidy()

    assert company.available(ben) == 10_000
    assert metered.events_by_account() == {"unattributed": 2_500}
    assert list(books.check(company.database)) == []


def test_an_event_counted_for_nobody_after_the_link_is_found_by_the_clock(
    company: Company, metered: Metered
) -> None:
    """An intake that read the identity before the link commits after it."""
    ben = company.member("ben", available=1_000)
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)
    _late(company, metered, 41)

    metered.tidy()

    assert company.available(ben) == 259
    assert metered.events_by_account() == {member_account(ben): 741}
    assert list(books.check(company.database)) == []


def test_an_event_counted_for_whom_it_was_unlinked_is_found_by_the_clock(
    company: Company, metered: Metered
) -> None:
    ben, ana = company.member("ben", available=1_000), company.member("ana", available=1_000)
    metered.used("ben-laptop", 700)
    metered.link("ben-laptop", ben)
    metered.unlink("ben-laptop")
    _late(company, metered, 41, account=member_account(ben))
    metered.link("ben-laptop", ana)

    metered.tidy()

    assert (company.available(ben), company.available(ana)) == (1_000, 259)
    assert list(books.check(company.database)) == []


def _late(
    company: Company, metered: Metered, tokens: int, *, account: str = "unattributed"
) -> None:
    """Take an event in as a batch does that knew the identity as this account's."""
    identity = metered.identity("ben-laptop")
    now_is = company.rows(
        "SELECT account_id, matched_by FROM identity WHERE workspace_id = :workspace_id"
        " AND identity_id = :identity",
        identity=identity,
    )[0]
    was = None if account == "unattributed" else account
    _put_account(company, identity, was, "link" if was else None)
    metered.used("ben-laptop", tokens)
    _put_account(company, identity, now_is["account_id"], now_is["matched_by"])


def _put_account(company: Company, identity: str, account: object, matched_by: object) -> None:
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "UPDATE identity SET account_id = :account, matched_by = :matched_by"
                " WHERE workspace_id = :workspace_id AND identity_id = :identity"
            ),
            {
                "account": account,
                "matched_by": matched_by,
                "workspace_id": company.workspace_id,
                "identity": identity,
            },
        )


def test_of_two_who_link_an_identity_to_different_people_one_does(
    company: Company, metered: Metered, database_url: str
) -> None:
    people = [company.member(name, available=1_000) for name in ("ana", "ben", "cleo")]
    metered.used("shared-laptop", 700)
    identity = metered.identity("shared-laptop")
    opened = [opening.connect(database_url) for _ in people]

    running = at_once(
        [
            lambda database=database, person=person: attributions.link(  # type: ignore[misc]
                database,
                company.workspace_id,
                identity,
                member_account(person),
                actor="UADMIN",
                now=company.now,
            )
            for database, person in zip(opened, people, strict=True)
        ]
    )

    refused = [one.error for one in running if one.error is not None]
    assert [type(one) for one in refused] == [IdentityTaken, IdentityTaken]
    assert sorted(company.available(person) for person in people) == [300, 1_000, 1_000]
    assert list(books.check(company.database)) == []
    for database in opened:
        database.close()


def test_events_that_arrive_while_their_identity_is_linked_end_with_its_person(
    company: Company, metered: Metered, database_url: str
) -> None:
    ben = company.member("ben", available=10_000)
    metered.used("ben-laptop", 1)
    identity = metered.identity("ben-laptop")
    batches = [[metered.event("ben-laptop", 1) for _ in range(150)] for _ in range(8)]
    other = opening.connect(database_url)

    def sends() -> int:
        for batch in batches:
            metered.take_in(*batch)
        return 0

    def links() -> int:
        for _ in range(3):
            attributions.link(
                other,
                company.workspace_id,
                identity,
                member_account(ben),
                actor="UADMIN",
                now=company.now,
            )
            attributions.unlink(
                other, company.workspace_id, identity, actor="UADMIN", now=company.now
            )
        return attributions.link(
            other,
            company.workspace_id,
            identity,
            member_account(ben),
            actor="UADMIN",
            now=company.now,
        ).tokens

    for one in at_once([sends, links]):
        one.result()
    metered.tidy()

    assert company.available(ben) == 10_000 - 1_201
    assert metered.events_by_account() == {member_account(ben): 1_201}
    assert metered.charged() == {"consumed": -1_201, member_account(ben): 1_201}
    assert list(books.check(company.database)) == []
    other.close()


_NAMES = ("ben-laptop", "nightly-eval", "shared")
_TO = ("member:UANA", "member:UBEN", "pool:search")
_ARRIVING = st.tuples(
    st.just("arrives"), st.sampled_from(_NAMES), st.integers(0, 9), st.integers(1, 1_000)
)
_LINKING = st.tuples(st.just("linked"), st.sampled_from(_NAMES), st.sampled_from(_TO))
_UNLINKING = st.tuples(st.just("unlinked"), st.sampled_from(_NAMES))
_STEPS = st.lists(st.one_of(_ARRIVING, _LINKING, _UNLINKING), max_size=25)


@settings(max_examples=25)
@given(steps=_STEPS)
def test_whatever_happens_each_account_is_charged_what_its_identities_used(
    database: Database, steps: list[tuple[str, ...]]
) -> None:
    company = Company(database, f"T{next(_workspaces)}")
    metered = Metered(company)
    company.member("ana")
    company.member("ben")
    company.team("Search")
    owners, used = dict.fromkeys(_NAMES, "unattributed"), dict[tuple[str, str], int]()

    for step, name, *more in steps:
        match step, more:
            case "arrives", [number, tokens]:
                key = f"{name}-{number}"
                revision = company.now.second + 60 * company.now.minute
                metered.take_in(
                    metered.event(name, int(tokens), external_id=key, revision=revision)
                )
                used[name, key] = int(tokens)
            case "linked", [account] if name in {one for one, _ in used}:
                _try(lambda: metered.link(name, AccountId(account)), IdentityTaken)  # noqa: B023
                owners[name] = account if owners[name] == "unattributed" else owners[name]
            case "unlinked", _ if name in {one for one, _ in used}:
                _try(lambda: metered.unlink(name), IdentityFree)  # noqa: B023
                owners[name] = "unattributed"

    expected: Counter[str] = Counter()
    for (name, _), total in used.items():
        expected[owners[name]] += total
    assert metered.events_by_account() == expected
    charged = metered.charged()
    assert charged.pop("consumed", 0) == -expected.total()
    assert charged == expected
    by_payer: Counter[str] = Counter()
    for (team, _, user, _, _), (summed, _) in metered.sums().items():
        nobody = "unattributed" if team == "unattributed" else f"pool:{team}"
        by_payer[f"member:{user}" if user else nobody] += summed
    assert by_payer == expected
    assert list(books.check(database)) == []


_workspaces = count(1)


def _try(act: Callable[[], object], refusal: type[Exception]) -> None:
    with suppress(refusal):
        act()
