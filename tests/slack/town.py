"""A town: a simulated Slack and the real bot, which speak over loopback, on a clock of their own.

Time stands nearly still, so that a minute's *Undo* never runs out by itself, and goes on while a
test waits, so that what is spaced or put off comes.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TypeVar

import sqlalchemy as sa
from pydantic import SecretStr

from bot import bootstrap, logs
from bot.bootstrap import Bot, Handle
from bot.config import Settings
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.playground.outcomes import Outcome
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.playground.places import Message
from bot.playground.server import SimulatedSlack
from bot.services import books, directory
from tests.teams import found_team
from tests.waiting import until
from tests.welcomed import at_home

__all__ = ["ANA", "BEN", "LEO", "MIA", "TEAM", "Town", "TownClock", "people", "town_on"]

T = TypeVar("T")

TEAM = WorkspaceId("T0PLAYGROUND")
MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TICK = timedelta(microseconds=100)
#: What passes in the town at each look of somebody who waits.
_WAITING_STEP = timedelta(seconds=1)
#: How an answer begins that says that nothing was done and to try again, and how often we do.
_BUSY = "Busy: nothing was moved."
_TRIES = 4


class TownClock:
    """Later at every look, by so little that nothing runs out; `forward` moves it."""

    def __init__(self) -> None:
        self._now = MORNING
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self._now += _TICK
            return self._now

    def forward(self, **span: float) -> None:
        with self._lock:
            self._now += timedelta(**span)


@dataclass(slots=True)
class Town:
    """What a test acts in and looks at."""

    slack: SimulatedSlack
    clock: TownClock
    settings: Settings
    handle: Handle
    logged: StringIO = field(default_factory=StringIO)

    @property
    def bot(self) -> Bot:
        return self.handle.bot

    def say(self, who: Person, text: str) -> str:
        """Type `/tokens text`; what is shown to them."""
        return self.type(who, text).shown

    def type(self, who: Person, text: str) -> Outcome:
        """Type it once more when told to, since a disk may stall for longer than writers wait."""
        done = self.slack.command(who, text)
        for _ in range(_TRIES - 1):
            if not done.shown.startswith(_BUSY):
                break
            done = self.slack.command(who, text)
        return done

    def soon(self, predicate: Callable[[], T], *, seconds: float = 15.0) -> T:
        """The first truthy value; time in the town goes on meanwhile."""

        def look() -> T:
            found = predicate()
            if not found:
                self.clock.forward(seconds=_WAITING_STEP.total_seconds())
            return found

        return self.slack.wait_until(look, seconds)

    def dm(self, who: Person, *, containing: str) -> Message:
        """The newest message to them that says this, waited for."""

        def found() -> Message | None:
            said = [one for one in self.slack.dm(who) if containing in self.read(one, who)]
            return said[-1] if said else None

        message = self.soon(found)
        assert message is not None
        return message

    def dms(self, who: Person) -> list[str]:
        """All messages to them as they read, oldest first, once nothing is owed any more."""
        self.settle()
        return [self.read(message, who) for message in self.slack.dm(who)]

    def read(self, message: Message, who: Person) -> str:
        return self.slack.as_text(message, who)

    def home(self, who: Person, *, containing: str) -> str:
        """Their Home once it says this."""
        self.soon(lambda: containing in self.slack.as_text(self.slack.home(who)))
        return self.slack.as_text(self.slack.home(who))

    def settle(self) -> None:
        """Wait until nothing is owed."""
        self.soon(lambda: not self.waiting())

    def waiting(self) -> int:
        """How many notices are still owed."""
        (row,) = self.rows("SELECT count(*) AS n FROM outbox WHERE state = 'waiting'")
        return int(str(row["n"]))

    def available(self, who: Person) -> int:
        """Balance less held, as the account's row has it; nothing for an account unopened."""
        found = self.rows(
            "SELECT balance - held AS available FROM account WHERE account_id = :account",
            account=member_account(UserId(who.id)),
        )
        return int(str(found[0]["available"])) if found else 0

    def balances(self, *who: Person) -> list[int]:
        return [self.available(person) for person in who]

    def entries(self) -> list[str]:
        """The kinds of all entries, in their order."""
        return [str(row["kind"]) for row in self.rows("SELECT kind FROM entry ORDER BY entry_id")]

    def rows(self, sql: str, **values: object) -> list[Mapping[str, object]]:
        """What a SELECT finds."""
        with self.bot.database.reading() as tx:
            found = tx.connection.execute(sa.text(sql), values).mappings()
            return [dict(row) for row in found]

    def wrong_in_the_books(self) -> Sequence[object]:
        return books.check(self.bot.database)

    def team(
        self, name: str, *who: Person, zone: str = "UTC", managers: tuple[Person, ...] = ()
    ) -> TeamId:
        """A team that pays for these people."""
        return found_team(
            self.bot.database,
            TEAM,
            name,
            *(UserId(person.id) for person in who),
            now=self.clock(),
            zone=zone,
            managers=tuple(UserId(person.id) for person in managers),
        )

    def fund(self, who: Person, amount: str = "1M") -> Outcome:
        """Leo grants, and the news has come."""
        done = self.type(LEO, f"grant @{who.name} {amount}")
        assert "granted" in done.shown, done.shown
        self.settle()
        return done

    def meets(self, *newcomers: Person) -> None:
        """Have people come whom the bot is told of."""
        for person in newcomers:
            self.slack.add_person(person)
        self.knows(*newcomers)

    def knows(self, *who: Person) -> None:
        """Wait until the directory has met them."""
        ids = [UserId(person.id) for person in who]

        def known() -> bool:
            found = directory.names(self.bot.database, TEAM, ids)
            return all(found[user_id].fetched_at for user_id in ids)

        until(known)


def people(*names: str, **facts: object) -> list[Person]:
    """Colleagues called so: `people("eve")` is U0XEVE."""
    return [
        Person(id=f"U0X{name.upper()}", name=name, real_name=name.title(), **facts)  # type: ignore[arg-type]
        for name in names
    ]


@contextmanager
def town_on(
    database_url: str,
    *,
    cast: Sequence[Person] = CAST,
    over_socket: bool = False,
    is_new: bool = False,
) -> Iterator[Town]:
    """A town on this database, from when the bot knows everybody and Mia is an approver.

    Unless it is new, its first admin was welcomed long ago.
    """
    if not is_new:
        at_home(database_url, TEAM)
    clock = TownClock()
    token = "xapp-playground" if over_socket else None
    with SimulatedSlack(
        clock=clock, signing_clock=clock, app_token=token, people=cast, answer_seconds=10.0
    ) as slack:
        settings = Settings(
            slack_bot_token=SecretStr(slack.bot_token),
            slack_signing_secret=SecretStr(slack.signing_secret),
            slack_app_token=SecretStr(token) if token else None,
            slack_api_url=slack.api_url,
            database_url=database_url,
            host="127.0.0.1",
            port=0,
        )
        with bootstrap.running(settings, clock=clock) as handle:
            logged = listened()
            slack.bot_url = handle.url
            town = Town(slack=slack, clock=clock, settings=settings, handle=handle, logged=logged)
            until(lambda: bool(directory.workspace_ids(handle.bot.database)))
            town.knows(*cast)
            if not is_new:
                handle.add_approver(slack.team_id, MIA.id)
            if over_socket:
                slack.wait_until(slack.sockets.is_connected)
            yield town


def listened() -> StringIO:
    """Where the log goes from now on, ours and the libraries'."""
    logged = StringIO()
    logs.configure("text", to=logged)
    return logged
