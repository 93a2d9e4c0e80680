"""Processes that spend at once, for tests of races.

They are forked (`tests.forking`), so that eight start in no time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier

from bot.domain.bulks import Kind, Verdict
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.refusals import Refusal
from bot.domain.topups import TopUpId, Urgency
from bot.services import (
    bulks,
    deadlines,
    decisions,
    dues,
    reversals,
    settlements,
    silences,
    topups,
    transfers,
    undoing,
)
from bot.services.holds import Standing
from bot.storage import opening
from bot.storage.database import Database, DatabaseBusy
from tests import held
from tests.company import MORNING
from tests.forking import context
from tests.waiting import SECONDS

WORKSPACE = WorkspaceId("T1")
#: A person who is told "busy" tries again; so do these, so that every wish comes to its end.
TRIES = 200


@dataclass(frozen=True, slots=True)
class Transfer:
    sender: str
    recipient: str
    tokens: int
    key: str

    def make(self, database: Database) -> str:
        return transfers.transfer(
            database,
            WORKSPACE,
            sender=UserId(self.sender),
            recipient=UserId(self.recipient),
            tokens=self.tokens,
            note="",
            key=IdempotencyKey(self.key),
            now=MORNING,
        ).entry_id


@dataclass(frozen=True, slots=True)
class Approval:
    actor: str
    topup_id: str

    def make(self, database: Database) -> str:
        decision = decisions.approve(
            database,
            WORKSPACE,
            actor=UserId(self.actor),
            topup_id=TopUpId(self.topup_id),
            tokens=None,
            note="",
            clicked=None,
            now=MORNING,
        )
        assert decision.receipt is not None
        return decision.receipt.entry_id


@dataclass(frozen=True, slots=True)
class Decisions:
    """Several requests approved or denied at once: how many that decided."""

    actor: str
    topup_ids: tuple[str, ...]
    key: str
    kind: Kind = Kind.APPROVE

    def make(self, database: Database) -> str:
        made = bulks.decide(
            database,
            WORKSPACE,
            actor=UserId(self.actor),
            topup_ids=[TopUpId(one) for one in self.topup_ids],
            kind=self.kind,
            note="",
            key=IdempotencyKey(self.key),
            now=MORNING,
        )
        return str(len(made.decided))


@dataclass(frozen=True, slots=True)
class Undoing:
    """The undo of such a decision: how many requests are open again by it."""

    actor: str
    key: str

    def make(self, database: Database) -> str:
        undone = undoing.undo_all(
            database,
            WORKSPACE,
            actor=UserId(self.actor),
            key=IdempotencyKey(self.key),
            now=MORNING,
        )
        return str(sum(one.verdict is Verdict.UNDONE for one in undone.items))


@dataclass(frozen=True, slots=True)
class Reversal:
    actor: str
    entry_id: str
    key: str

    def make(self, database: Database) -> str:
        return reversals.reverse(
            database,
            WORKSPACE,
            actor=UserId(self.actor),
            typed_id=EntryId(self.entry_id),
            note="",
            is_confirmed=False,
            key=IdempotencyKey(self.key),
            now=MORNING,
        ).entry_id


@dataclass(frozen=True, slots=True)
class Request:
    requester: str
    tokens: int
    key: str

    def make(self, database: Database) -> str:
        return topups.ask(
            database,
            WORKSPACE,
            requester=UserId(self.requester),
            tokens=self.tokens,
            note="",
            urgency=Urgency.TODAY,
            key=IdempotencyKey(self.key),
            now=MORNING,
        ).topup.topup_id


@dataclass(frozen=True, slots=True)
class Look:
    """The clock looks what is due, so many hours after the morning."""

    hours: int

    def make(self, database: Database) -> str:
        deadlines.do_due(database, MORNING + timedelta(hours=self.hours))
        return "looked"


@dataclass(frozen=True, slots=True)
class Listen:
    """The clock looks which sources are silent, so many hours after the morning."""

    hours: int

    def make(self, database: Database) -> str:
        silences.do_due(database, MORNING + timedelta(hours=self.hours))
        return "listened"


@dataclass(frozen=True, slots=True)
class Settlement:
    standing: Standing
    tokens: int
    now: datetime

    def make(self, database: Database) -> str:
        used_here = held.settlement(self.standing, self.tokens, self.now)
        return settlements.settle(database, WORKSPACE, used_here, now=self.now).hold.state


@dataclass(frozen=True, slots=True)
class LettingExpire:
    now: datetime

    def make(self, database: Database) -> str:
        dues.settle_all(database, self.now)
        return "expired"


Order = (
    Transfer
    | Approval
    | Decisions
    | Undoing
    | Reversal
    | Request
    | Look
    | Listen
    | Settlement
    | LettingExpire
)


def outcome(database: Database, order: Order) -> str:
    """The id of what was made, or the name of the refusal."""
    for _ in range(TRIES):
        try:
            return order.make(database)
        except Refusal as refused:
            return type(refused).__name__
        except DatabaseBusy:
            continue
    return "busy to the end"


class Workers:
    """Processes, each with its own connections, that begin their orders together."""

    def __init__(self, url: str, orders: Sequence[Sequence[Order]]) -> None:
        forking = context()
        self._barrier = barrier = forking.Barrier(len(orders))
        self._answers: list[Connection] = []
        self.processes: list[BaseProcess] = []
        for mine in orders:
            answers, sending = forking.Pipe(duplex=False)
            process = forking.Process(target=_work, args=(url, barrier, list(mine), sending))
            process.start()
            sending.close()  # so that its death can be seen here
            self._answers.append(answers)
            self.processes.append(process)

    def first_answer(self) -> str:
        """What the first process says first; by then all of them are at work."""
        assert self._answers[0].poll(SECONDS), "no process got to work"
        return str(self._answers[0].recv())

    def outcomes(self) -> list[str]:
        """What became of all orders that were answered; a killed process leaves some out."""
        found: list[str] = []
        for answers, process in zip(self._answers, self.processes, strict=True):
            while answers.poll(SECONDS):
                try:
                    found.append(answers.recv())
                except EOFError:
                    break
            process.join(SECONDS)
            assert process.exitcode is not None, "a process did not end"
            answers.close()
        return found


def _work(url: str, barrier: Barrier, orders: list[Order], answers: Connection) -> None:
    database = opening.connect(url)
    barrier.wait(SECONDS)
    for order in orders:
        answers.send(outcome(database, order))
    database.close()


def run(url: str, orders: Sequence[Sequence[Order]]) -> list[str]:
    """What became of all orders, given to as many processes as there are lists."""
    return Workers(url, orders).outcomes()


Make = Callable[[int, int], Order]


def each(processes: int, orders: int, make: Make) -> list[list[Order]]:
    """The same work for several: `make(process, number)`."""
    return [[make(p, n) for n in range(orders)] for p in range(processes)]
