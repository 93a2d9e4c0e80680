"""The line in which holds wait: who is served together, and that each of them is told."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa

from bot.api import line
from bot.api.line import Line
from bot.storage.database import Database, DatabaseBusy, DatabaseFault
from tests.company import Company
from tests.waiting import SECONDS


class Refused(Exception):
    """What one of those who wait is refused with."""


def kept(company: Company) -> list[str]:
    return [
        str(row["key_id"]) for row in company.rows("SELECT key_id FROM api_key ORDER BY key_id")
    ]


def keep(database: Database, company: Company, name: str) -> None:
    """Write something that is only there once it is committed."""
    with database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO api_key (workspace_id, key_id, name, secret_hash, scopes, created_by,"
                " created_at) VALUES (:w, :n, :n, '', '', '', '2026-03-02T09:00:00.000000+00:00')"
            ),
            {"w": company.workspace_id, "n": name},
        )


class Works:
    """Writes what it is given, and notes who came together."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.together: list[list[str]] = []

    def __call__(self, database: Database, names: Sequence[Any]) -> list[object]:
        self.together.append(list(names))
        return [self._one(database, name) for name in names]

    def _one(self, database: Database, name: str) -> object:
        if name.startswith("bad"):
            return Refused(name)
        keep(database, self._company, name)
        return f"did {name}"


def served(database: Database, act: line.Act, names: Sequence[str]) -> list[object]:
    """What each hears who comes at the same moment."""

    async def come() -> list[Any]:
        waiting = Line(database)
        coming = (waiting.done(act, name, size=1) for name in names)
        return await asyncio.gather(*coming, return_exceptions=True)

    return asyncio.run(come())


def test_each_hears_of_their_own_work_once_it_is_committed(company: Company) -> None:
    works = Works(company)

    found = served(company.database, works, ["a", "bad b", "c"])

    assert [str(one) for one in found] == ["did a", "bad b", "did c"]
    assert isinstance(found[1], Refused)
    assert kept(company) == ["a", "c"]


def test_what_fails_whole_is_heard_by_all_who_came_for_it(company: Company) -> None:
    def fails(_database: Database, names: Sequence[Any]) -> list[object]:
        raise Refused(*names)

    found = served(company.database, fails, ["a", "b"])

    assert [type(one) for one in found] == [Refused, Refused]


class NeverCommits:
    """A database whose commits fail once all is done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect

    def together(self) -> AbstractContextManager[Database]:
        return _Fails(self._database.together())


class _Fails(AbstractContextManager[Database]):
    def __init__(self, inner: AbstractContextManager[Database]) -> None:
        self._inner = inner

    def __enter__(self) -> Database:
        return self._inner.__enter__()

    def __exit__(self, *_why: object) -> None:
        fault = DatabaseFault("the disk is full")
        self._inner.__exit__(DatabaseFault, fault, None)
        raise fault


@pytest.mark.parametrize("name", ["a", "bad a"])
def test_a_commit_that_fails_takes_back_what_was_said_and_what_was_refused(
    company: Company, name: str
) -> None:
    found = served(NeverCommits(company.database), Works(company), [name])  # type: ignore[arg-type]  # it does what is needed

    assert [type(one) for one in found] == [DatabaseFault]


def test_more_than_can_be_served_soon_are_told_to_come_again(company: Company) -> None:
    all_are_here = threading.Event()

    def waits(_database: Database, numbers: Sequence[Any]) -> Sequence[object]:
        assert all_are_here.wait(SECONDS)
        return numbers

    async def come() -> list[Any]:
        waiting = Line(company.database)
        # Two threads may each have taken some; the others find the line full.
        many = range(line.WAITING_MAX + 2 * line.TOGETHER_MAX + 1)
        coming = [asyncio.ensure_future(waiting.done(waits, one, size=1)) for one in many]
        coming.append(asyncio.ensure_future(_set(all_are_here)))
        return (await asyncio.gather(*coming, return_exceptions=True))[:-1]

    found = asyncio.run(come())

    served_well = [one for one in found if not isinstance(one, DatabaseBusy)]
    assert line.WAITING_MAX <= len(served_well) < len(found)
    assert all(found[one] == one for one in served_well)


async def _set(event: threading.Event) -> None:
    event.set()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_where_one_waits_for_a_lock_others_go_on_without_it(company: Company) -> None:
    is_stuck, is_free = threading.Event(), threading.Event()

    def may_be_stuck(_database: Database, names: Sequence[Any]) -> Sequence[object]:
        if "stuck" in names:
            is_stuck.set()
            assert is_free.wait(SECONDS)
        return names

    async def come() -> list[object]:
        waiting = Line(company.database)
        stuck = asyncio.ensure_future(waiting.done(may_be_stuck, "stuck", size=1))
        await asyncio.to_thread(is_stuck.wait, SECONDS)
        others = [await waiting.done(may_be_stuck, name, size=1) for name in ("a", "b")]
        is_free.set()
        return [*others, await stuck]

    assert asyncio.run(come()) == ["a", "b", "stuck"]


def test_a_large_request_is_served_without_waiting_for_others(company: Company) -> None:
    works = Works(company)

    async def come() -> list[Any]:
        waiting = Line(company.database)
        sizes = {"a": line.TOGETHER_MAX, "b": 1, "c": 1}
        coming = (waiting.done(works, name, size=size) for name, size in sizes.items())
        return await asyncio.gather(*coming)

    assert asyncio.run(come()) == ["did a", "did b", "did c"]
    assert ["a"] in works.together


# Whatever goes wrong.


def as_told(_database: Database, items: Sequence[Any]) -> Sequence[Any]:
    return items


def one_too_few(_database: Database, items: Sequence[Any]) -> Sequence[Any]:
    return items[1:]


async def answers(waited: Line, act: Any, *items: object) -> list[Any]:
    waiting = [asyncio.wait_for(waited.done(act, item, size=1), SECONDS) for item in items]
    return list(await asyncio.gather(*waiting, return_exceptions=True))


@pytest.mark.parametrize(
    "outcome",
    [ValueError(), StopIteration(), StopAsyncIteration(), GeneratorExit(), DatabaseFault("away")],
    ids=lambda outcome: type(outcome).__name__,
)
def test_an_outcome_of_any_kind_reaches_its_sender_and_keeps_nobody_waiting(
    database: Database, outcome: BaseException
) -> None:
    waited = Line(database)

    met, well = asyncio.run(answers(waited, as_told, outcome, "well"))

    assert isinstance(met, (type(outcome), RuntimeError))
    assert well == "well"


def test_what_comes_to_too_few_outcomes_fails_for_all_and_the_line_goes_on(
    database: Database,
) -> None:
    waited = Line(database)

    (met,) = asyncio.run(answers(waited, one_too_few, "a"))

    assert isinstance(met, ValueError)
    assert asyncio.run(answers(waited, as_told, "b")) == ["b"]
