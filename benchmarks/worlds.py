"""A company large enough to measure on, and wishes to transfer; checked when an arm is done."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.ledger import RECIPIENTS_MAX, IdempotencyKey
from bot.services import books, directory, grants, transfers
from bot.storage import opening
from bot.storage.database import Database

WORKSPACE = WorkspaceId("T0BENCH01")
BOSS = UserId("U0BOSS001")
MEMBERS = 2_000
TOKENS_EACH = 10**9
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTE = "for the demo"


@dataclass(frozen=True, slots=True)
class Wish:
    """A transfer that somebody wants."""

    sender: UserId
    recipient: UserId
    tokens: int
    key: IdempotencyKey
    now: datetime


def member(number: int) -> UserId:
    return UserId(f"U0{number:07}")


def opened(url: str) -> Database:
    """A database that was founded before."""
    return opening.connect(url)


def found(url: str) -> Database:
    """A migrated database with a company whose members have tokens."""
    opening.migrate(url)
    database = opening.connect(url)
    directory.open_workspace(database, WORKSPACE, BEGAN)
    everyone = [member(number) for number in range(MEMBERS)]
    people = [Person(user_id=user, name=user) for user in everyone]
    boss = Person(user_id=BOSS, name="boss", is_admin=True)
    directory.learn(database, WORKSPACE, [boss, *people], now=BEGAN)
    for start in range(0, MEMBERS, RECIPIENTS_MAX):
        grants.grant(
            database,
            WORKSPACE,
            actor=BOSS,
            recipients=everyone[start : start + RECIPIENTS_MAX],
            tokens=TOKENS_EACH,
            note=NOTE,
            key=IdempotencyKey(f"grant:{start}"),
            now=BEGAN,
        )
    return database


def wishes(seed: int) -> Iterator[Wish]:
    """Transfers between random members, each a millisecond after the one before."""
    rnd = random.Random(seed)
    for number in count():
        sender = rnd.randrange(MEMBERS)
        recipient = (sender + rnd.randrange(1, MEMBERS)) % MEMBERS
        yield Wish(
            member(sender),
            member(recipient),
            rnd.randrange(1, 100),
            IdempotencyKey(f"command:{seed}.{number}"),
            BEGAN + timedelta(milliseconds=number),
        )


def stock_up(stock: list[Wish], source: Iterator[Wish], enough: int) -> None:
    """Have wishes ready, so that making them is nobody's time; the oldest is popped first."""
    stock[:0] = reversed([next(source) for _ in range(enough - len(stock))])


def transfer(database: Database, wish: Wish) -> None:
    """The whole service."""
    transfers.transfer(
        database,
        WORKSPACE,
        sender=wish.sender,
        recipient=wish.recipient,
        tokens=wish.tokens,
        note=NOTE,
        key=wish.key,
        now=wish.now,
    )


def verify(database: Database, *, transfers_done: int) -> None:
    """Nothing was lost: the books are right, tokens conserved, each transfer and notice there."""
    wrong = books.check(database)
    if wrong:
        raise AssertionError(f"{len(wrong)} rows are off, the first: {wrong[0]}")
    with database.snapshot() as tx:
        held, entries, postings, notices = tx.connection.execute(
            sa.text(
                "SELECT (SELECT SUM(balance) FROM account),"
                " (SELECT COUNT(*) FROM entry WHERE kind = 'transfer'),"
                " (SELECT COUNT(*) FROM posting), (SELECT COUNT(*) FROM outbox)"
            )
        ).one()
    expected = (MEMBERS * TOKENS_EACH, *(transfers_done + extra for extra in (0, MEMBERS, MEMBERS)))
    if (int(held), entries, postings, notices) != expected:
        raise AssertionError(f"{(held, entries, postings, notices)} is not {expected}")
