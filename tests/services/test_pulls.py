"""Providers' reports are pulled from loopback into the ledger: each token once, and no storm.

The vendors speak over a real socket; what a worker does is `Puller.step`, as in its loop.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.counts import Counts
from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.pulls import Provider, ProviderAway, ProviderRefused, Pull, Report
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.providers import anthropic, openai
from bot.providers.anthropic import Anthropic
from bot.providers.openai import OpenAI
from bot.providers.vendor import Access, Vendor
from bot.schedule import Puller
from bot.services import books, directory, pulls, true_ups, usage
from bot.storage import pulls as stored
from bot.storage.database import Database
from tests.company import MORNING, Company, user_id
from tests.providers import vendors as loopback
from tests.providers.vendors import KEY, Fault, Vendors, coding, completion, message, used
from tests.threads import at_once

#: The last day that can be read on the morning of the story, and the one before.
SUNDAY, SATURDAY = date(2026, 3, 1), date(2026, 2, 28)
#: The day of the story.
MONDAY = date(2026, 3, 2)
FIRST = date(2026, 1, 30)


class Worker:
    """Pulls as a process of the bot does, at the time of the test."""

    def __init__(self, database: Database, vendors: Vendors, *, workspace: str = "") -> None:
        self.now = MORNING
        self._database, self._vendors, self._workspace = database, vendors, workspace
        self._puller: Puller | None = None
        self._made = ExitStack()

    def start(self, name: str = "openai") -> None:
        """A new process, which remembers nothing."""
        url = self._vendors.url
        made: dict[str, Callable[[], Provider]] = {
            "openai": lambda: OpenAI(self._vendor(openai.access(key=KEY, url=url))),
            "anthropic": lambda: Anthropic(self._vendor(anthropic.access(key=KEY, url=url))),
        }
        puller = Puller(self._database, made[name](), lambda: self.now, workspace=self._workspace)
        self._puller = self._made.enter_context(closing(puller))

    def pull(self) -> None:
        """All steps that are due."""
        if self._puller is None:
            self.start()
        assert self._puller is not None
        while self._puller.step() == 0.0:
            continue

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def close(self) -> None:
        self._made.close()

    def _vendor(self, access: Access) -> Vendor:
        return Vendor(access, lambda: self.now, read_seconds=2.0)


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with loopback.serving() as served:
        yield served


@pytest.fixture
def worker(company: Company, vendors: Vendors) -> Iterator[Worker]:
    """Of a company whose reports were connected a month ago, and are read for the first time."""
    connected(company, FIRST)
    with closing(Worker(company.database, vendors)) as made:
        yield made


def connected(company: Company, day: date) -> None:
    with company.database.writing() as tx:
        for name in ("openai", "anthropic"):
            after = Pull(charged_from=day)
            stored.swap(tx, company.workspace_id, name, before=Pull(), after=after)


def state(company: Company, provider: str = "openai") -> Pull:
    return pulls.state(company.database, company.workspace_id, provider)


def employ(company: Company, vendors: Vendors, name: str) -> UserId:
    """Somebody with an e-mail, whom both vendors know by it."""
    email = f"{name}@example.com"
    vendors.openai_users[f"user-{name}"] = email
    vendors.anthropic_users[f"user_{name}"] = email
    member = company.member(name, available=1_000_000)
    person = Person(user_id=user_id(name), name=name, email=email)
    directory.learn(company.database, company.workspace_id, [person], company.now)
    return member


def event(external_id: str, tokens: int, *, source: str = "openai") -> UsageEvent:
    """Ann's, on Sunday morning."""
    return UsageEvent(
        source=source,
        external_id=external_id,
        occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        user="ann@example.com",
        model="gpt-5",
        provider="openai",
        counts=Counts(input_uncached=tokens),
        revision=1,
    )


def call(company: Company, tokens: int) -> None:
    """That event, as a gateway tells of it."""
    usage.take_in(
        company.database,
        company.workspace_id,
        [event("call-1", tokens, source="litellm")],
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:1",
        now=MORNING,
    )


# What is charged.


def test_people_are_charged_what_openai_counted_of_them(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann, bob = (employ(company, vendors, name) for name in ("ann", "bob"))
    vendors.completions[SUNDAY] = [
        completion(user_id="user-ann", input_tokens=1_000, input_cached_tokens=900),
        completion(user_id="user-ann", model="gpt-5-mini", output_tokens=50),
        completion(user_id="user-bob", input_tokens=7_000, output_tokens=333),
    ]
    vendors.completions[FIRST] = [completion(user_id="user-bob", input_tokens=20_000)]
    vendors.embeddings[SATURDAY] = [
        {"input_tokens": 400, "user_id": "user-ann", "model": "embed", "num_model_requests": 1}
    ]

    worker.pull()

    assert company.available(ann) == 1_000_000 - 1_450
    assert company.available(bob) == 1_000_000 - 27_333
    assert books.check(company.database) == []


def test_a_report_read_again_charges_nobody_twice(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann = employ(company, vendors, "ann")
    vendors.repeats_pages = True
    vendors.completions[SUNDAY] = [
        completion(user_id="user-ann", model=f"gpt-{n}", input_tokens=10**n) for n in range(5)
    ]

    for _ in range(3):
        worker.pull()
        worker.later(hours=1)

    assert company.available(ann) == 1_000_000 - 11_111
    assert books.check(company.database) == []


def test_a_day_that_grows_is_charged_for_the_difference(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann = employ(company, vendors, "ann")
    spent = []
    for tokens in (1_000, 1_800, 1_800, 1_500):  # a provider may also correct downwards
        vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=tokens)]
        worker.pull()
        worker.later(hours=1)
        spent.append(1_000_000 - company.available(ann))

    assert spent == [1_000, 1_800, 1_800, 1_500]
    assert books.check(company.database) == []


def test_anthropics_reports_are_charged_once_where_they_overlap(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann, bob = (employ(company, vendors, name) for name in ("ann", "bob"))
    vendors.messages[SUNDAY] = [
        message(account_id="user_ann", uncached_input_tokens=100, output_tokens=40)
    ]
    vendors.claude_code[SUNDAY] = [
        coding(SUNDAY, "ann@example.com", customer="api", opus=used(100, output=40)),
        coding(SUNDAY, "bob@example.com", terminal="tmux", opus=used(5, read=3_000)),
        coding(SUNDAY, "bob@example.com", terminal="vscode", opus=used(5, output=600)),
    ]

    worker.start("anthropic")
    worker.pull()

    assert company.available(ann) == 1_000_000 - 140
    assert company.available(bob) == 1_000_000 - 3_610
    assert books.check(company.database) == []


def test_what_belongs_to_nobody_is_counted_and_charged_to_nobody(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    vendors.completions[SUNDAY] = [completion(input_tokens=555)]

    worker.pull()

    (told,) = company.rows("SELECT * FROM source_day WHERE workspace_id = :workspace_id")
    assert (told["source"], told["day"], told["role"]) == ("openai", "2026-03-01", "report")
    assert (told["counted"], told["tokens"]) == (555, 0)
    assert company.entries() == []


def test_what_is_charged_names_the_provider_as_its_actor(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    employ(company, vendors, "ann")
    vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=555)]

    worker.pull()

    entry = company.entries()[-1]
    assert entry.actor == "provider:openai"
    assert entry.postings == (("member:UANN", "consumed", 555),)


def test_a_call_that_a_gateway_has_charged_is_only_compared(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann = employ(company, vendors, "ann")
    call(company, 1_000)
    vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=1_200)]

    worker.pull()

    told = company.rows("SELECT * FROM source_day WHERE workspace_id = :workspace_id")
    assert {row["source"]: row["counted"] for row in told} == {"litellm": 1_000, "openai": 1_200}
    assert company.available(ann) == 1_000_000 - 1_000


# Which days, and when.


def test_the_first_pull_reads_a_month_and_later_ones_the_last_days(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    worker.pull()
    month = vendors.asked_days()
    vendors.calls.clear()
    worker.later(minutes=59)
    worker.pull()
    assert vendors.calls == []
    worker.later(minutes=1)

    worker.pull()

    assert (month[0], month[-1], len(month)) == (FIRST, SUNDAY, 31)
    assert vendors.asked_days() == [date(2026, 2, 26) + timedelta(days=n) for n in range(4)]
    assert state(company).read_to == SUNDAY


def test_what_was_used_before_it_was_connected_is_kept_and_charged_to_nobody(
    company: Company, vendors: Vendors
) -> None:
    ann = employ(company, vendors, "ann")
    vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=700)]
    vendors.completions[MONDAY] = [completion(user_id="user-ann", input_tokens=60)]

    with closing(Worker(company.database, vendors)) as worker:
        worker.pull()
        vendors.completions[SUNDAY] = [
            completion(user_id="user-ann", input_tokens=800),
            completion(user_id="user-ann", model="gpt-5-mini", input_tokens=5),
        ]
        worker.later(hours=30)
        worker.pull()

    rows = company.rows("SELECT input_uncached, tokens FROM usage_event ORDER BY tokens, 1")
    assert [(row["input_uncached"], row["tokens"]) for row in rows] == [(5, 0), (800, 0), (60, 60)]
    assert company.available(ann) == 1_000_000 - 60
    assert state(company).charged_from == MONDAY
    assert list(books.check(company.database)) == []


def test_days_before_it_was_connected_are_not_trued_up_either(
    company: Company, vendors: Vendors
) -> None:
    ann = employ(company, vendors, "ann")
    call(company, 300)
    for day in (SUNDAY, MONDAY):
        vendors.completions[day] = [completion(user_id="user-ann", input_tokens=1_000)]

    with closing(Worker(company.database, vendors)) as worker:
        worker.pull()
        worker.later(hours=30)
        worker.pull()
        true_ups.true_up(company.database, company.workspace_id, worker.now)

    assert company.available(ann) == 1_000_000 - 300 - 1_000
    (entry,) = [one for one in company.entries() if one.kind == "true_up"]
    assert entry.note == "True-up: openai's report for 2 Mar"


def test_before_it_is_connected_the_report_takes_charge_of_nothing(
    company: Company, vendors: Vendors
) -> None:
    """What a gateway tells later of those days is charged."""
    ann = employ(company, vendors, "ann")
    vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=700)]

    with closing(Worker(company.database, vendors)) as worker:
        worker.pull()
    call(company, 300)

    assert company.available(ann) == 1_000_000 - 300


def test_today_is_read_from_noon_on(company: Company, vendors: Vendors, worker: Worker) -> None:
    ann = employ(company, vendors, "ann")
    worker.pull()
    vendors.completions[date(2026, 3, 2)] = [completion(user_id="user-ann", input_tokens=9)]
    worker.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    worker.pull()

    assert company.available(ann) == 1_000_000 - 9


def test_an_overloaded_provider_is_left_alone_and_the_day_read_afterwards(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    worker.pull()
    worker.later(hours=1)
    vendors.calls.clear()
    vendors.faults.append(Fault(429, headers={"Retry-After": "300"}))
    worker.pull()
    assert len(vendors.calls) == 1
    assert state(company).error == "OpenAI answered 429 to /v1/organization/usage/completions"
    worker.later(seconds=299)
    worker.pull()
    assert len(vendors.calls) == 1
    worker.later(seconds=1)

    worker.pull()

    assert len(vendors.asked_days()) == 4
    assert state(company).error == ""


def test_a_pull_goes_on_with_the_day_that_failed(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    vendors.faults.extend([Fault(body=b'{"data": []}')] * 20 + [Fault(500)])
    worker.pull()
    before = len(vendors.calls)
    assert state(company).next_day == FIRST + timedelta(days=10)
    vendors.calls.clear()
    worker.later(minutes=1)

    worker.pull()

    assert before == 21
    assert vendors.asked_days()[0] == FIRST + timedelta(days=10)
    assert state(company).succeeded_at == worker.now


@pytest.mark.parametrize(
    "fault",
    [Fault(500), Fault(hangs=True), Fault(body=b"<html>"), Fault(body=b" " * 40_000_000)],
    ids=["500", "time-out", "no JSON", "huge"],
)
def test_a_provider_in_trouble_loses_nothing_and_is_asked_less_and_less(
    company: Company, vendors: Vendors, worker: Worker, fault: Fault
) -> None:
    ann = employ(company, vendors, "ann")
    vendors.completions[FIRST] = [completion(user_id="user-ann", input_tokens=64)]
    vendors.faults.extend([fault] * 3)

    for _ in range(10):  # failures after 0, 1 and 3 minutes; the fourth try is after 7
        worker.pull()
        worker.later(minutes=1)

    assert company.available(ann) == 1_000_000 - 64
    assert state(company).failures == 0


def test_a_key_that_is_not_known_is_said_once_and_asked_once_an_hour(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    vendors.key = "made anew"
    with capture_logs() as said:
        for _ in range(3 * 60):
            worker.pull()
            worker.later(minutes=1)

    assert len(vendors.calls) == 3
    assert len([one for one in said if one["log_level"] == "warning"]) == 1
    assert "OPENAI_ADMIN_KEY" in state(company).error
    assert KEY not in f"{said}{state(company)}"


def test_a_new_key_is_tried_as_soon_as_the_bot_starts_with_it(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    vendors.key = "made anew"
    worker.pull()
    vendors.key = KEY
    worker.later(minutes=1)
    worker.start()

    worker.pull()

    assert state(company).succeeded_at == worker.now


def test_rows_that_could_not_be_read_are_told_until_a_pull_takes_them(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann = employ(company, vendors, "ann")
    vendors.completions[SATURDAY] = [
        completion(user_id="user-ann", input_tokens=-5),
        completion(user_id="user-ann", model="gpt-4", input_tokens=8),
    ]
    worker.pull()
    remark = state(company).remark
    vendors.completions[SATURDAY][0]["input_tokens"] = 5
    worker.later(hours=1)

    worker.pull()

    assert "input_tokens (-5)" in remark
    assert state(company).remark == ""
    assert company.available(ann) == 1_000_000 - 13


@pytest.mark.parametrize(("rows", "words"), [(1, "a row was not taken"), (2, "2 rows were not")])
def test_figures_that_contradict_each_other_are_told(
    company: Company, rows: int, words: str
) -> None:
    """Two workers who ask in the same second, and hear different figures."""
    for tokens in (5, 6):
        work = pulls.begin(company.database, company.workspace_id, "openai", company.now)
        assert work is not None
        found = tuple(event(f"row-{n}", tokens) for n in range(rows))
        pulls.take_in(company.database, work, Report(events=found), company.now)

    assert words in state(company).remarking
    assert "came before with other figures" in state(company).remarking


# Whose turn it is.


def test_of_two_workers_one_reads_a_day(company: Company) -> None:
    def begin() -> bool:
        work = pulls.begin(company.database, company.workspace_id, "openai", MORNING)
        return work is not None

    turns = [each.result() for each in at_once([begin] * 4)]

    assert sorted(turns) == [False, False, False, True]


def test_a_day_whose_worker_died_is_read_by_another(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    ann = employ(company, vendors, "ann")
    vendors.completions[FIRST] = [completion(user_id="user-ann", input_tokens=5)]
    assert pulls.begin(company.database, company.workspace_id, "openai", worker.now)
    worker.pull()
    assert vendors.calls == []
    worker.later(minutes=10)

    worker.pull()

    assert company.available(ann) == 1_000_000 - 5


def test_a_worker_that_was_overtaken_changes_nothing_of_what_the_other_noted(
    company: Company, vendors: Vendors, worker: Worker
) -> None:
    late = pulls.begin(company.database, company.workspace_id, "openai", worker.now)
    assert late is not None
    worker.later(minutes=10)
    worker.pull()
    noted = state(company)

    pulls.put_off(company.database, late, ProviderRefused("too late"), worker.now)

    assert state(company) == noted


def test_how_a_pull_stands_is_kept_as_it_is(company: Company) -> None:
    work = pulls.begin(company.database, company.workspace_id, "openai", MORNING)
    assert work is not None
    pulls.put_off(company.database, work, ProviderAway("„no“ \\ 'answer'"), MORNING)

    assert state(company) == replace(
        work.pull, error="„no“ \\ 'answer'", failures=1, next_at=MORNING + timedelta(minutes=1)
    )
    assert state(company, "anthropic") == Pull()


def test_a_pull_that_began_before_days_were_left_free_goes_on(company: Company) -> None:
    noted = Pull(read_to=SUNDAY, succeeded_at=MORNING - timedelta(days=1))
    with company.database.writing() as tx:
        assert stored.swap(tx, company.workspace_id, "openai", before=Pull(), after=noted)

    work = pulls.begin(company.database, company.workspace_id, "openai", MORNING)

    assert work is not None
    assert work.pull.charged_since is None
    assert state(company) == work.pull


# Whose usage it is.


def test_the_usage_of_two_workspaces_is_charged_to_nobody_until_one_is_named(
    company: Company, vendors: Vendors
) -> None:
    other = Company(company.database, "T2")
    connected(other, FIRST)
    with capture_logs() as said, closing(Worker(company.database, vendors)) as worker:
        worker.pull()
        worker.pull()
    ann = employ(other, vendors, "ann")
    vendors.completions[SUNDAY] = [completion(user_id="user-ann", input_tokens=5)]

    with closing(Worker(company.database, vendors, workspace="T2")) as named:
        named.pull()

    assert len(said) == 1
    assert "USAGE_WORKSPACE" in said[0]["reason"]
    assert other.available(ann) == 1_000_000 - 5
    assert state(company) == Pull()


def test_a_workspace_that_is_not_there_is_told(company: Company, vendors: Vendors) -> None:
    with pytest.raises(pulls.NobodyToCharge, match="T9"):
        pulls.payer(company.database, "T9")


def test_a_database_without_a_workspace_waits_for_one(database: Database) -> None:
    with pytest.raises(pulls.NobodyToCharge, match="no workspace yet"):
        pulls.payer(database, "")

    directory.open_workspace(database, WorkspaceId("T1"), MORNING)

    assert pulls.payer(database, "") == "T1"
