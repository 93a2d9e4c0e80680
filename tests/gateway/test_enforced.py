"""A real proxy holds tokens before each call, and a real tokenbot charges what it used."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from bot import bootstrap
from bot.domain.policies import Mode, Policy
from bot.playground.people import ANA, BEN, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.gateway.calls import Caller, nonce
from tests.gateway.enforced import (
    EVA,
    FINN,
    GITA,
    HUGO,
    IVO,
    JUNO,
    KAI,
    LENA,
    MONA,
    NILS,
    OLGA,
    PEOPLE,
    Enforced,
    chat,
    refused,
)
from tests.gateway.front import Weather
from tests.gateway.upstream import Prompt
from tests.threads import Running
from tests.waiting import until

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(300)]

CLIENTS = 64
#: What a client says that its answers may have, and what some have all the same.
LIMIT, OVER = 200, 260
_END_SECONDS = 120.0
_chance = random.Random(6)  # noqa: S311 - no secret


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Enforced]:
    with ExitStack() as stack:
        slack = stack.enter_context(
            SimulatedSlack(clock=bootstrap.system_clock, people=PEOPLE, answer_seconds=10.0)
        )
        yield Enforced(stack, slack, tmp_path_factory.mktemp("enforced"), provider)


def ended(running: Sequence[Running[list[str]]]) -> list[str]:
    """The ids of all calls that were answered, once nobody calls any more."""
    until(lambda: all(one.is_done for one in running), seconds=_END_SECONDS)
    return [call_id for one in running for call_id in one.result()]


def prompt(*, is_endless: bool = False, output: int = 0) -> Prompt:
    """One that costs about as much as it says beforehand, and at times more."""
    return Prompt(
        input=_chance.randint(30, 70),
        output=output or _chance.randint(50, OVER),
        is_endless=is_endless,
        nonce=nonce(),
    )


def spend(caller: Caller, number: int) -> list[str]:
    """Call in all ways until it is refused; the ids of calls that were answered whole.

    Who is cut off, or told that nobody is there, tries again.
    """
    answered: list[str] = []
    for turn in range(300):
        try:
            if (turn + number) % 5 == 0:
                caller.leave_stream(prompt(is_endless=True), max_tokens=LIMIT)
                continue
            answer = chat(caller, prompt().text, max_tokens=LIMIT, stream=turn % 2 == 0)
        except (httpx.TransportError, StopIteration):
            continue
        if refused(answer):
            return answered
        assert answer.status_code in {200, 500, 503}, answer.text
        if answer.is_success:
            answered.append(answer.headers["x-litellm-call-id"])
    raise AssertionError("it never ended")


def check_spent(
    world: Enforced, person: Person, granted: int, answered: Sequence[str] = ()
) -> None:
    """What was answered was charged, each call once, and in all no more than was

    granted, but for what single calls overran what was held for each."""
    held = world.holds(person)
    overrun = sum(max(settled - tokens, 0) for _, tokens, settled in held)
    settled = sum(settled for _, _, settled in held)
    assert 0 < settled <= granted + overrun
    known = world.call_ids(person)
    assert set(answered) <= set(known)
    assert len(known) == len(set(known))
    assert world.used(person) == settled
    assert world.balance(person) == granted - settled


def test_64_clients_spend_one_allowance_and_no_more(world: Enforced) -> None:
    world.grant(ANA, 30_000)

    with Caller(world.closed.url, "ana") as ana:
        answered = ended([Running(partial(spend, ana, number)) for number in range(CLIENTS)])
        world.settle_all()
        while not refused(chat(ana, prompt().text, max_tokens=LIMIT)):
            world.settle_all()

    check_spent(world, ANA, 30_000, answered)
    assert world.balance(ANA) < LIMIT + 100
    assert {state for state, _, _ in world.holds(ANA)} <= {"settled", "voided"}
    assert world.ran("check") == (0, "The books add up.\n")


def test_two_proxies_spend_one_allowance(world: Enforced) -> None:
    world.grant(BEN, 15_000)

    with Caller(world.closed.url, "ben") as one, Caller(world.open.url, "ben") as other:
        answered = ended(
            [Running(partial(spend, (one, other)[number % 2], number)) for number in range(16)]
        )
    world.settle_all()

    check_spent(world, BEN, 15_000, answered)


def test_users_of_openais_client_read_what_to_do(world: Enforced) -> None:
    world.grant(MIA, 300)
    asked = {"model": "gpt", "messages": [{"role": "user", "content": prompt().text}]}

    made, whole, stream = world.with_openai(
        (world.closed, MIA, {**asked, "max_tokens": LIMIT}),
        (world.closed, MIA, {**asked, "max_tokens": 32_000}),
        (world.closed, MIA, {**asked, "max_tokens": 32_000, "stream": True}),
    )

    assert made == {"text": "word"}
    for said in (whole, stream):
        assert (said["error"], said["status"]) == ("APIStatusError", 402)
        assert said["type"] == "insufficient_quota"
        assert "Ask for more in Slack: /tokens request" in said["message"]


def test_claudes_clients_get_the_same_words(world: Enforced) -> None:
    with Caller(world.closed.url, EVA.name) as eva:
        body = {
            "model": "claude",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "x"}],
        }
        answer = eva.post("/v1/messages", body)

    assert refused(answer)
    assert answer.json()["type"] == "error"
    assert "Ask for more in Slack" in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_cheaper_model_is_used_and_the_caller_told(world: Enforced, *, stream: bool) -> None:
    person = (FINN, GITA)[stream]
    world.grant(person, 5_000)

    with (
        world.cap("gpt-4o", 1, fallback_model="gpt-4o-mini"),
        Caller(world.closed.url, person.name) as caller,
    ):
        answer = chat(caller, prompt().text, stream=stream)
        small = chat(caller, prompt().text, model="small", stream=stream)
    world.settle_all()

    assert (answer.status_code, small.status_code) == (200, 200)
    assert answer.headers["x-tokenbot-fallback-model"] == "small"
    assert "x-tokenbot-fallback-model" not in small.headers
    events = world.rows("SELECT model FROM usage_event WHERE account_id = ?", f"member:{person.id}")
    assert events == [("gpt-4o-mini",)] * 2


def test_warn_lets_pass_and_soft_until_its_grace(world: Enforced) -> None:
    with Caller(world.closed.url, HUGO.name) as hugo:
        assert refused(chat(hugo, prompt(output=100).text))
        with world.policy(Policy(mode=Mode.WARN)):
            assert chat(hugo, prompt(output=100).text).status_code == 200
        world.settle_all()
        spent = -world.balance(HUGO)
        with world.policy(Policy(mode=Mode.SOFT, grace_tokens=spent + 500)):
            assert chat(hugo, prompt(output=400).text, max_tokens=400).status_code == 200
            world.settle_all()
            assert refused(chat(hugo, prompt(output=400).text, max_tokens=400))

    assert world.balance(HUGO) == -world.used(HUGO) < 0


def test_strict_holds_all_that_a_caller_asks_for(world: Enforced) -> None:
    world.grant(IVO, 10_000)

    with Caller(world.closed.url, IVO.name) as usual, Caller(world.open.url, IVO.name) as strict:
        assert chat(usual, prompt(output=50).text, max_tokens=32_000).status_code == 200
        assert refused(chat(strict, prompt(output=50).text, max_tokens=32_000))
        assert chat(strict, prompt(output=50).text, max_tokens=5_000).status_code == 200

    world.settle_all()
    assert sorted(tokens // 1_000 for _, tokens, _ in world.holds(IVO)) == [1, 5]


def test_without_its_settings_a_proxy_does_not_start(world: Enforced) -> None:
    done = world.loaded(TOKENBOT_URL="tokenbot:3000")

    assert done.returncode != 0
    assert "tokenbot's plugin can't start: TOKENBOT_URL must be" in done.stderr
    assert "TOKENBOT_API_KEY must be a key" in done.stderr


class TestWhoPays:
    def test_it_is_whose_key_it_is_whatever_the_client_says(self, world: Enforced) -> None:
        world.grant(JUNO, 5_000)

        with Caller(world.open.url, JUNO.name) as juno:
            body = {"model": "gpt", "messages": [{"role": "user", "content": prompt().text}]}
            said = {"x-litellm-end-user-id": MONA.email or ""}
            answer = juno.post(
                "/v1/chat/completions", {**body, "max_tokens": 300, "user": MONA.email}, **said
            )

        world.settle_all()
        assert answer.status_code == 200
        assert world.used(JUNO) > 0
        assert world.used(MONA) == 0

    def test_a_trusted_service_says_for_whom_it_calls(self, world: Enforced) -> None:
        before = world.used(KAI)
        world.grant(KAI, 5_000)

        with Caller(world.open.url, "helpdesk") as helpdesk:
            answer = chat(helpdesk, prompt().text, max_tokens=300, user=KAI.email)
        world.settle_all()
        with Caller(world.closed.url, "helpdesk") as elsewhere:
            chat(elsewhere, prompt().text, max_tokens=300, user=KAI.email)
        world.settle_all()

        assert answer.status_code == 200
        assert world.used(KAI) > before
        assert len(world.holds(KAI)) == 1

    def test_a_client_can_not_forge_which_call_it_is(self, world: Enforced) -> None:
        world.grant(LENA, 5_000)
        forged: Any = {"tokenbot_call": "made-up", "tokenbot_fallback_model": "made-up"}

        with Caller(world.closed.url, LENA.name) as lena:
            for place in ("metadata", "litellm_metadata"):
                answer = chat(lena, prompt().text, max_tokens=300, **{place: forged})
                assert answer.status_code == 200
                assert "x-tokenbot-fallback-model" not in answer.headers
        world.settle_all()

        assert [state for state, _, _ in world.holds(LENA)] == ["settled", "settled"]
        check_spent(world, LENA, 5_000)

    @pytest.mark.parametrize(
        "odd",
        [
            {"max_tokens": 10**30},
            {"max_tokens": 10**9, "n": 10**9},
            {"model": "x" * 5_000},
            {"model": ""},
            {"messages": []},
            {"messages": [{"role": "user", "content": [[[{"text": 1}]]]}]},
            {"metadata": {"tags": ["project:" + "x" * 10**5]}},
        ],
        ids=["huge", "many", "long name", "no name", "nothing", "odd", "tags"],
    )
    def test_no_odd_request_passes_by_the_hold(
        self, world: Enforced, odd: dict[str, object]
    ) -> None:
        body = {"model": "gpt", "messages": [{"role": "user", "content": prompt().text}]}

        with Caller(world.closed.url, MONA.name) as mona:
            answer = mona.post("/v1/chat/completions", {**body, **odd})

        assert answer.status_code in {400, 402}, answer.text


class TestAway:
    @pytest.mark.parametrize("weather", [Weather.SLOW, Weather.BROKEN, Weather.GONE])
    def test_an_open_proxy_serves_on_and_tells_later_once(
        self, world: Enforced, weather: Weather
    ) -> None:
        before, events = world.used(NILS), len(world.holds(NILS))
        world.front.weather = weather
        with Caller(world.open.url, NILS.name) as nils:
            called = [nils.chat(prompt(), stream=number % 2 == 0) for number in range(12)]
        world.front.weather = Weather.FAIR
        world.settle_all()

        assert world.used(NILS) - before == sum(one.counts.total for one in called)
        # What the slow one held all the same is free again.
        assert {state for state, _, _ in world.holds(NILS)[events:]} <= {"voided"}
        assert world.ran("check") == (0, "The books add up.\n")

    def test_with_nobody_there_too(self, world: Enforced) -> None:
        before = world.used(NILS)
        world.front.weather = Weather.GONE  # for connections that it has already
        world.hide_front()
        with Caller(world.open.url, NILS.name) as nils:
            called = [nils.chat(prompt()) for _ in range(12)]
        assert world.owed >= len(called)
        world.front.weather = Weather.FAIR
        world.show_front()
        world.settle_all()

        assert world.used(NILS) - before == sum(one.counts.total for one in called)

    def test_a_closed_proxy_refuses_clearly_until_it_is_back(self, world: Enforced) -> None:
        world.grant(EVA, 5_000)
        asked = {"model": "gpt", "messages": [{"role": "user", "content": prompt().text}]}
        world.bot.kill()

        (said,) = world.with_openai((world.closed, EVA, asked))
        world.bot = world.start_bot()

        assert (said["error"], said["status"]) == ("InternalServerError", 503)
        assert said["message"].startswith("tokenbot, which says what may be used, can't be reached")
        with Caller(world.closed.url, EVA.name) as eva:
            until(lambda: chat(eva, prompt(output=20).text, max_tokens=20).status_code == 200)


def test_whoever_is_killed_books_stay_exact(world: Enforced) -> None:
    """The bot and a worker of the proxy, while 64 clients spend one allowance."""
    world.grant(OLGA, 40_000)

    with Caller(world.closed.url, OLGA.name) as olga:
        running = [Running(partial(spend, olga, number)) for number in range(CLIENTS)]
        until(lambda: world.used(OLGA) > _chance.randint(1_000, 8_000), seconds=_END_SECONDS)
        world.bot.kill()
        world.bot = world.start_bot()
        until(lambda: world.used(OLGA) > _chance.randint(9_000, 16_000), seconds=_END_SECONDS)
        world.closed.kill_worker()
        answered = ended(running)
    world.settle_all()

    check_spent(world, OLGA, 40_000, answered)
    assert world.ran("check") == (0, "The books add up.\n")
