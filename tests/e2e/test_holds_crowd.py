"""One person's calls from 32 clients at once, also of two processes, and when one is killed."""

import ssl
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot import bootstrap
from bot.domain.api_keys import Scope
from bot.domain.directory import UserId, WorkspaceId
from bot.playground.server import SimulatedSlack
from bot.services import api_keys, books
from bot.storage.database import Database
from tests.company import Company
from tests.e2e import processes
from tests.e2e.processes import Process
from tests.waiting import until

TEAM = WorkspaceId("T0PLAYGROUND")
CLIENTS, CALLS = 32, 6
HELD, USED = 1_000, 700
TRIES = 20
#: Holds that are answered before the kill.
ANSWERED = 40
#: Short of what all calls need.
FUNDS = 120_000


@dataclass(frozen=True, slots=True)
class House:
    """A company in a database, and processes that serve it."""

    company: Company
    url: str
    slack: SimulatedSlack
    folder: Path
    ana: UserId
    key: str

    @contextmanager
    def serving(self, number: int = 1) -> Iterator[list[Process]]:
        """So many processes."""
        with ExitStack() as stack:
            settings = processes.of(self.slack, DATABASE_URL=self.url)
            yield [
                stack.enter_context(processes.started(self.folder, "serve", **settings))
                for _ in range(number)
            ]

    def client(self, process: Process) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        # Reading all the world's certificates takes longer than the calls, and nobody needs one.
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.Client(base_url=process.url, headers=headers, timeout=30, verify=plain)


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path) -> Iterator[House]:
    company = Company(database, TEAM)
    made = api_keys.create(
        database,
        TEAM,
        name="gateway",
        scopes=[Scope.HOLDS],
        user_id=None,
        actor="command line",
        now=bootstrap.system_clock(),
    )
    ana = company.member("ana", available=FUNDS)
    with SimulatedSlack(clock=bootstrap.system_clock, people=(), answer_seconds=10.0) as slack:
        yield House(company, database_url, slack, tmp_path, ana, str(made.credential))
    assert [str(wrong) for wrong in books.check(database)] == []


def call(client: httpx.Client, user: UserId, name: str) -> str:
    """Hold, call, and charge what it used: what became of it."""
    asked = {"user": user, "amount": HELD, "idempotency_key": name}
    made = sent(client, "/v1/holds", asked)
    if made.status_code != 201:
        return str(made.status_code)
    used = {"input_tokens": USED, "output_tokens": 0}
    done = sent(client, f"/v1/holds/{made.json()['id']}/settle", used)
    return "settled" if done.status_code == 200 else str(done.status_code)


def sent(client: httpx.Client, path: str, body: object) -> httpx.Response:
    """Sent until it is not told to come again: a busy machine keeps nobody waiting for long."""
    answer = client.post(path, json=body)
    for _ in range(TRIES):
        if answer.status_code != 503:
            break
        answer = client.post(path, json=body)
    return answer


@pytest.mark.parametrize("number", [1, 2])
def test_one_persons_calls_from_32_clients_come_to_exact_sums(house: House, number: int) -> None:
    with house.serving(number) as started:

        def calls(nth: int) -> list[str]:
            with house.client(started[nth % number]) as client:
                return [call(client, house.ana, f"{nth}/{number}") for number in range(CALLS)]

        with ThreadPoolExecutor(CLIENTS) as crowd:
            outcomes = Counter(one for some in crowd.map(calls, range(CLIENTS)) for one in some)
        assert [process.terminate() for process in started] == [0] * number

    assert set(outcomes) == {"settled", "402"}
    assert outcomes.total() == CLIENTS * CALLS
    left = house.company.available(house.ana)
    assert left == FUNDS - outcomes["settled"] * USED
    assert 0 <= left < HELD * CLIENTS


def test_after_a_kill_every_hold_that_was_answered_is_there_and_can_be_settled(
    house: House,
) -> None:
    answered: list[str] = []

    def ask(process: Process) -> None:
        with house.client(process) as client, suppress(httpx.TransportError):  # it is killed
            while True:
                made = sent(client, "/v1/holds", {"user": house.ana, "amount": 10})
                answered.append(made.json()["id"])

    with house.serving() as (process,), ThreadPoolExecutor(8) as crowd:
        assert process.url
        asking = [crowd.submit(ask, process) for _ in range(8)]
        until(lambda: len(answered) >= ANSWERED)
        process.kill()
    assert [one.result() for one in asking] == [None] * 8
    checked = processes.ran(house.folder, "check", DATABASE_URL=house.url)
    assert (checked.returncode, checked.stdout.count("expected")) == (0, 0)
    assert set(answered) <= ids(house.company.database)

    with house.serving() as (process,), house.client(process) as client:
        used = {"input_tokens": 7, "output_tokens": 0}
        done = sent(client, f"/v1/holds/{answered[-1]}/settle", used).json()

    assert (done["state"], done["settled"]) == ("settled", 7)


def ids(database: Database) -> set[str]:
    with database.reading() as tx:
        return set(tx.connection.execute(sa.text("SELECT hold_id FROM hold")).scalars())
