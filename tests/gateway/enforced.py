"""A tokenbot with two proxies before which it stands, set up as `docs/gateway.md` says."""

import json
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from bot import bootstrap
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.limits import Measure
from bot.domain.policies import Cap, CapId, CapPeriod, Policy
from bot.playground.people import CAST, LEO, Person
from bot.playground.server import SimulatedSlack
from bot.services import policies
from bot.services.team_choice import Asked
from bot.storage import opening
from tests.e2e import processes
from tests.e2e.processes import Process
from tests.gateway import manual, proxy
from tests.gateway.calls import Caller
from tests.gateway.front import Front
from tests.gateway.manual import ENFORCING
from tests.gateway.proxy import Proxy
from tests.gateway.wire import free_port
from tests.waiting import until

_HERE = Path(__file__).parent
#: Each test spends the tokens of people of its own.
EVA, FINN, GITA, HUGO, IVO, JUNO, KAI, LENA, MONA, NILS, OLGA = (
    Person(id=f"U1{name.upper()}", name=name, real_name=name.title(), email=f"{name}@example.com")
    for name in (
        "eva",
        "finn",
        "gita",
        "hugo",
        "ivo",
        "juno",
        "kai",
        "lena",
        "mona",
        "nils",
        "olga",
    )
)
PEOPLE = (*CAST, EVA, FINN, GITA, HUGO, IVO, JUNO, KAI, LENA, MONA, NILS, OLGA)
#: The machine of the tests may be busy, and whoever is not waited for is not held for.
PATIENT_MS = "10000"
#: Less than a slow tokenbot takes.
HASTY_MS = "1000"
_ASKED = Asked(actor=UserId(LEO.id), team_id=EVERYONE)


class Enforced:
    """What the tests of enforcement share: starting proxies takes long."""

    def __init__(self, stack: ExitStack, slack: SimulatedSlack, folder: Path, upstream: str):
        self._stack = stack
        self._slack = slack
        self.folder = folder
        self._environment = processes.of(slack, PORT=str(free_port()))
        self.bot = self.start_bot()
        slack.bot_url = self.bot.url
        until(lambda: self.is_known(OLGA))
        self.front = Front(self.bot.url)
        stack.callback(self.front.http.close)
        self._open_front = stack.enter_context(ExitStack())
        self.show_front()
        secret = self._make_key()
        #: Two workers, which refuse calls while tokenbot is away.
        self.closed = self._launch(secret, upstream, self.bot.url, TOKENBOT_WHEN_AWAY="closed")
        #: One that makes them, holds strictly, and has tokenbot behind the front.
        self.open = self._launch(
            secret,
            upstream,
            self.front.url,
            "--num_workers",
            "1",
            TOKENBOT_HOLD="strict",
            TOKENBOT_TRUSTED_KEYS="helpdesk",
            TOKENBOT_TIMEOUT_MS=HASTY_MS,
        )
        self.closed.wait()
        self.open.wait()

    # What people do.

    def grant(self, person: Person, tokens: int) -> None:
        """Leo gives them so much; they had nothing, for each test has a person of its own."""
        assert "granted" in self._slack.command(LEO, f"grant @{person.name} {tokens}").shown

    @contextmanager
    def policy(self, policy: Policy) -> Iterator[None]:
        """All teams have it while the block runs."""
        self._in_books(policies.put, policy=policy)
        try:
            yield
        finally:
            self._in_books(policies.put, policy=None)

    @contextmanager
    def cap(self, model: str, tokens: int, fallback_model: str) -> Iterator[None]:
        """A model is capped while the block runs."""
        cap = Cap(
            cap_id=CapId(""),
            team_id=EVERYONE,
            measure=Measure.MODEL,
            name=model,
            tokens=tokens,
            period=CapPeriod.WEEK,
            fallback_model=fallback_model,
        )
        self._in_books(policies.put_cap, cap=cap)
        ((cap_id,),) = self.rows("SELECT cap_id FROM cap")
        try:
            yield
        finally:
            self._in_books(policies.drop_cap, cap_id=CapId(str(cap_id)))

    def with_openai(self, *calls: tuple[Proxy, Person, dict[str, Any]]) -> list[dict[str, Any]]:
        """What users of OpenAI's own client see of these calls."""
        asked = [
            {"url": to.url, "key": f"sk-{person.name}", "create": create}
            for to, person, create in calls
        ]
        done = subprocess.run(  # noqa: S603 (the program that the Makefile installed)
            [proxy.program("python"), str(_HERE / "openai_calls.py")],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
            check=True,
        )
        said: list[dict[str, Any]] = json.loads(done.stdout)
        return said

    def loaded(self, **settings: str) -> subprocess.CompletedProcess[str]:
        """The plugin as the proxy loads it, before it serves anybody."""
        return subprocess.run(  # noqa: S603 (the program that the Makefile installed)
            [proxy.program("python"), "-c", "import tokenbot_client.litellm"],
            env=proxy.environment(settings),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    # The bot.

    def start_bot(self) -> Process:
        process = self._stack.enter_context(
            processes.started(self.folder, "serve", **self._environment)
        )
        assert process.url
        return process

    def ran(self, *arguments: str) -> tuple[int, str]:
        """A command's exit code, and what it printed."""
        done = processes.ran(self.folder, *arguments, **self._environment)
        return done.returncode, done.stdout

    def hide_front(self) -> None:
        """Nobody listens there any more."""
        self._open_front.close()

    def show_front(self) -> None:
        self._open_front.enter_context(self.front.serving())

    # What is in the books.

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a stranger reads from tokenbot's file."""
        return _rows(self.folder / "tokenbot.db", sql, *values)

    def balance(self, person: Person) -> int:
        found = self.rows("SELECT balance FROM account WHERE account_id = ?", f"member:{person.id}")
        return int(found[0][0]) if found else 0

    def used(self, person: Person) -> int:
        """The tokens of all of a person's events."""
        ((tokens,),) = self.rows(
            "SELECT coalesce(sum(tokens), 0) FROM usage_event WHERE account_id = ?",
            f"member:{person.id}",
        )
        return int(tokens)

    def call_ids(self, person: Person) -> list[str]:
        """Of a person's events, as the proxy calls them."""
        found = self.rows(
            "SELECT details FROM usage_event WHERE account_id = ?", f"member:{person.id}"
        )
        return [json.loads(details)["call_id"] for (details,) in found]

    def holds(self, person: Person) -> list[tuple[str, int, int]]:
        """Of each of a person's holds its state, what it held, and what it was charged."""
        return self.rows(
            "SELECT state, tokens, settled FROM hold WHERE account_id = ?", f"member:{person.id}"
        )

    def is_known(self, person: Person) -> bool:
        return bool(self.rows("SELECT 1 FROM member WHERE email = ?", person.email))

    @property
    def owed(self) -> int:
        """What the proxies have not told yet."""
        boxes = (self.folder / "outbox").glob("*.db")
        return sum(map(_owed, boxes))

    def settle_all(self, *, seconds: float = 60.0) -> None:
        """Wait until tokenbot knows all that the proxies know."""
        until(lambda: self.owed == 0, seconds=seconds)

    # How it is made.

    def _make_key(self) -> str:
        (command,) = ENFORCING.commands("tokenbot")
        code, printed = self.ran(*shlex.split(command))
        assert code == 0
        return printed.splitlines()[-1]

    def _launch(
        self, secret: str, upstream: str, url: str, *arguments: str, **settings: str
    ) -> Proxy:
        environment = ENFORCING.environment()
        assert set(environment) == {"TOKENBOT_URL", "TOKENBOT_API_KEY", "TOKENBOT_OUTBOX"}
        assert environment["TOKENBOT_URL"] == manual.ADDRESS
        (command,) = ENFORCING.commands("litellm")
        config, path, *said = shlex.split(command)
        assert (config, path) == ("--config", "config.yaml")
        given = {
            "TOKENBOT_URL": url,
            "TOKENBOT_API_KEY": secret,
            "TOKENBOT_OUTBOX": str(self.folder / "outbox"),
            "TOKENBOT_TIMEOUT_MS": PATIENT_MS,
            **settings,
        }
        return self._stack.enter_context(
            proxy.launched(
                self.folder, ENFORCING.config(), given, *said, *arguments, upstream=upstream
            )
        )

    def _in_books(self, act: Callable[..., object], **more: object) -> None:
        """An admin's deed, beside the bot and on its file."""
        url = f"sqlite:///{self.folder / 'tokenbot.db'}"
        with closing(opening.connect(url)) as database:
            workspace = WorkspaceId(self._slack.team_id)
            act(database, workspace, _ASKED, now=bootstrap.system_clock(), **more)


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.PAYMENT_REQUIRED


def chat(caller: Caller, text: str, model: str = "gpt", **more: Any) -> httpx.Response:
    """A call whose answer may be an error."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return caller.post("/v1/chat/completions", body)


def _rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        return reader.execute(sql, values).fetchall()


def _owed(box: Path) -> int:
    try:
        return int(_rows(box, "SELECT count(*) FROM owed")[0][0])
    except sqlite3.OperationalError:  # just being taken over: whoever asks looks again
        return 1
