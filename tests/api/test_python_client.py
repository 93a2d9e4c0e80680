"""`tokenbot_client` and the API that it is for, over real sockets."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tokenbot_client import (
    ApiKeyRefused,
    AsyncTokens,
    Hold,
    HoldEnded,
    HoldUnknown,
    KeyReused,
    LimitReached,
    NotValid,
    PersonUnknown,
    Problem,
    Tokens,
)
from tokenbot_client.exchange import Made
from tokenbot_client.retries import Times

from bot.domain.api_keys import Scope
from bot.domain.directory import UserId
from bot.services import books, directory
from tests.api.serving import Served, serving
from tests.company import MORNING

TIMES = Times(now=lambda: MORNING)
USAGE = {"prompt_tokens": 200, "completion_tokens": 50}


@pytest.fixture
def ana(served: Served) -> UserId:
    return served.company.member("ana", available=1_000)


@pytest.fixture
def tokens(served: Served) -> Iterator[Tokens]:
    with Tokens(url=served.url, api_key=served.key, times=TIMES) as made:
        yield made


def test_a_call_is_held_for_made_and_charged(served: Served, ana: UserId, tokens: Tokens) -> None:
    with tokens.hold(ana, model="gpt-4o", input_tokens=500, max_output_tokens=100) as hold:
        before = (hold.state, hold.amount, hold.held, hold.available)
        hold.settle(USAGE)
    balance = tokens.balance(ana)

    assert before == ("open", 600, 600, 400)
    assert (hold.state, hold.settled, hold.available) == ("settled", 250, 750)
    assert (balance.user, balance.balance, balance.held, balance.available) == (ana, 750, 0, 750)
    assert books.check(served.company.database) == []


def test_a_call_is_told_by_its_messages_with_tools_or_by_its_text(
    ana: UserId, tokens: Tokens
) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "hello world"}]}]
    tools = [{"type": "function", "function": {"name": "look_up"}}]

    chat = tokens.may(ana, model="gpt-4o", messages=messages, max_output_tokens=100)
    more = tokens.may(ana, model="gpt-4o", messages=messages, tools=tools, max_output_tokens=100)
    text = tokens.may(ana, model="gpt-4o", text="hello world", max_output_tokens=100)

    assert (chat.needed, text.needed) == (109, 102)
    assert more.needed is not None
    assert more.needed > 109


def test_a_call_without_settlement_costs_nothing(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    with pytest.raises(RuntimeError), tokens.hold(ana, amount=600):
        raise RuntimeError
    by_hand = tokens.hold(ana, amount=600)
    by_hand.void()

    assert tokens.flush(15)
    assert (by_hand.state, tokens.balance(ana).available) == ("voided", 1_000)


def test_a_refusal_is_told_with_all_that_the_api_says(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    directory.know_app(served.company.database, served.company.workspace_id, "A1")
    with pytest.raises(LimitReached, match="1,001 tokens, and 1,000 are available") as refused:
        tokens.hold(ana, amount=1_001)
    asked = tokens.may(ana, amount=1_001)

    refusal = refused.value
    assert (refusal.needed, refusal.available) == (1_001, 1_000)
    assert (refusal.limit.limit, refusal.limit.left) == ("allowance", 1_000)
    assert [one.limit for one in refusal.limits] == ["allowance"]
    assert (refusal.next_allowance_at, refusal.fallback_model) == (None, None)
    assert refusal.slack == "slack://app?team=T1&id=A1&tab=home"
    assert (bool(asked), str(asked.refusal)) == (False, str(refusal))
    assert tokens.may(ana, amount=1_000)


def test_a_long_run_settles_in_parts_is_extended_and_frees_the_rest(
    ana: UserId, tokens: Tokens
) -> None:
    with tokens.hold(ana, amount=600, ttl_seconds=60) as hold:
        ends = hold.expires_at
        hold.settle(USAGE, final=False)
        between = (hold.state, hold.held, hold.available)
        hold.extend(3_600)
        hold.settle(USAGE)

    assert between == ("open", 350, 400)
    assert ends == MORNING + timedelta(seconds=60)
    assert hold.expires_at == MORNING + timedelta(hours=1)
    assert (hold.settled, hold.available) == (500, 500)


def test_settling_twice_is_one_charge_and_other_figures_a_conflict(
    ana: UserId, tokens: Tokens
) -> None:
    hold = tokens.hold(ana, amount=600)
    hold.settle(USAGE)
    hold.settle(USAGE)

    with pytest.raises(NotValid, match="other figures"):
        hold.settle({"prompt_tokens": 201, "completion_tokens": 50})
    with pytest.raises(HoldEnded, match="settled"):
        hold.settle({"id": "another", "usage": USAGE})
    with pytest.raises(HoldEnded):
        hold.void()
    assert tokens.balance(ana).available == 750


def test_settling_after_a_void_is_refused_and_charges_nothing(ana: UserId, tokens: Tokens) -> None:
    hold = tokens.hold(ana, amount=600)
    hold.void()

    with pytest.raises(HoldEnded, match="Report what was used all the same"):
        hold.settle(USAGE)
    assert tokens.balance(ana).available == 1_000


def test_a_settlement_after_the_end_of_its_hold_is_charged_and_late(database_url: str) -> None:
    now = MORNING
    with serving(database_url, clock=lambda: now) as served:
        ana = served.company.member("ana", available=1_000)
        with Tokens(url=served.url, api_key=served.key, times=Times(now=lambda: now)) as tokens:
            hold = tokens.hold(ana, amount=600, ttl_seconds=60)
            now = MORNING + timedelta(hours=1)
            freed = tokens.balance(ana).available
            hold.settle(USAGE)

    assert freed == 1_000
    assert (hold.is_late, hold.settled, hold.available) == (True, 250, 750)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"amount": 0},
        {"amount": -5},
        {"amount": 10**15 + 1},
        {"amount": 10**40},
        {"amount": "5"},
        {"amount": 1.5},
        {"amount": 5, "input_tokens": 5},
        {"max_output_tokens": 5},
        {"input_tokens": -1},
        {"input_tokens": 1, "strict": "yes"},
        {"amount": 5, "ttl_seconds": 0},
        {"amount": 5, "ttl_seconds": -1},
        {"amount": 5, "ttl_seconds": 86_401},
        {"amount": 5, "idempotency_key": "x" * 201},
        {"amount": 5, "metadata": {"a": {}}},
        {"amount": 5, "project": "\ud800"},
        {"amount": 5, "project": "x" * 5_000},
        {"amount": 5, "user": "U\x00"},
        {"amount": 5, "user": ""},
    ],
)
def test_what_no_hold_can_be_is_refused_in_words_and_holds_nothing(
    ana: UserId, tokens: Tokens, wish: dict[str, Any]
) -> None:
    with pytest.raises(NotValid) as refused:
        tokens.hold(**{"user": ana, **wish})

    assert len(str(refused.value)) > 10
    assert tokens.balance(ana).available == 1_000


def test_an_extension_that_can_not_be_is_refused(ana: UserId, tokens: Tokens) -> None:
    hold = tokens.hold(ana, amount=5)

    for seconds in (0, -1, 86_401):
        with pytest.raises(NotValid, match="ttl_seconds must be from 1 to 86400"):
            hold.extend(seconds)
    hold.void()
    with pytest.raises(HoldEnded):
        hold.extend(60)


def test_the_same_key_is_the_same_hold_and_another_call_with_it_a_conflict(
    ana: UserId, tokens: Tokens
) -> None:
    first, again = (tokens.hold(ana, amount=600, idempotency_key="k") for _ in range(2))

    assert (first.id, again.available) == (again.id, 400)
    with pytest.raises(KeyReused, match="key k came before"):
        tokens.hold(ana, amount=5, idempotency_key="k")


def test_calls_of_nobody_are_metered_or_refused_as_the_setting_says(
    served: Served, tokens: Tokens
) -> None:
    with tokens.hold("nobody@corp.test", amount=600) as hold:
        hold.settle(USAGE)
    served.company.put_setting("unknown_users", "refuse")

    assert (hold.settled, hold.held) == (250, 0)
    with pytest.raises(PersonUnknown, match="/tokens link"):
        tokens.hold("nobody@corp.test", amount=600)
    with pytest.raises(PersonUnknown):
        tokens.balance("nobody@corp.test")


def test_a_key_that_is_revoked_in_mid_stream_settles_nothing_more(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    made = served.made("service", Scope.HOLDS, Scope.USAGE_WRITE)
    with Tokens(url=served.url, api_key=str(made.credential), times=TIMES) as theirs:
        hold = theirs.hold(ana, amount=600)
        served.revoke("service")

        with pytest.raises(ApiKeyRefused, match="revoked"):
            hold.settle(USAGE)
        with pytest.raises(ApiKeyRefused):
            theirs.hold(ana, amount=1)

    assert tokens.balance(ana).held == 600


def test_a_key_without_the_scope_holds_nothing(served: Served, ana: UserId) -> None:
    made = served.made("meter", Scope.USAGE_WRITE)
    with (
        Tokens(url=served.url, api_key=str(made.credential)) as tokens,
        pytest.raises(ApiKeyRefused, match="holds"),
    ):
        tokens.hold(ana, amount=1)


def test_another_persons_hold_is_unknown_to_a_persons_key(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    ben = served.company.member("ben", available=50)
    made = served.made("ben's", user_id=ben)
    with Tokens(url=served.url, api_key=str(made.credential), times=TIMES) as bens:
        mine = bens.hold(amount=50)
        theirs = tokens.hold(ana, amount=50)
        theirs._exchange = mine._exchange

        assert mine.available == 0
        with pytest.raises(HoldUnknown):
            theirs.void()


def test_another_route_at_the_url_says_so(served: Served) -> None:
    with (
        Tokens(url=f"{served.url}/elsewhere", api_key=served.key) as tokens,
        pytest.raises(Problem, match="GET /docs lists the routes"),
    ):
        tokens.hold("U1", amount=1)


def test_a_call_whose_hold_could_not_be_told_of_is_charged_once(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    """The settlement's answer was lost, and the same comes again in the background."""
    hold = tokens.hold(ana, amount=600)
    hold.settle({"id": "call-1", "usage": USAGE})
    [settled] = served.events()

    event = hold._event({"id": "call-1", "usage": USAGE}, is_final=True)
    hold._exchange.settle_later(hold._made, lambda: event)
    hold._exchange.settle_later(Made(None), lambda: event)

    assert tokens.flush(15)
    assert served.events() == [settled] == [("python", "call-1")]
    assert tokens.balance(ana).available == 750


def test_a_hold_whose_answer_was_lost_is_found_by_its_key_and_charged(
    served: Served, ana: UserId, tokens: Tokens
) -> None:
    wish = tokens._desk.wish(ana, amount=600)
    hold = tokens._desk.hold(wish)
    unheard = Hold(hold._exchange, wish.intended, Made(None, lost=wish.body))

    unheard.settle(USAGE)

    assert tokens.flush(15)
    assert (unheard.is_away, tokens.balance(ana).held) == (True, 0)
    assert tokens.balance(ana).available == 750
    assert served.events() == [("python", wish.intended.key)]


def test_usage_of_a_voided_hold_that_is_told_later_is_charged_as_usage(
    ana: UserId, tokens: Tokens
) -> None:
    hold = tokens.hold(ana, amount=600)
    hold.void()

    event = hold._event({"id": "call-1", "usage": USAGE}, is_final=True)
    hold._exchange.settle_later(hold._made, lambda: event)

    assert tokens.flush(15)
    assert tokens.balance(ana).available == 750


def test_async_calls_at_once_never_overspend(served: Served, ana: UserId) -> None:
    async def call(tokens: AsyncTokens) -> bool:
        try:
            async with tokens.hold(ana, amount=100) as hold:
                await hold.settle({"prompt_tokens": 100, "completion_tokens": 0})
        except LimitReached:
            return False
        return True

    async def work() -> tuple[list[bool], int]:
        access: dict[str, Any] = {"url": served.url, "api_key": served.key, "times": TIMES}
        async with AsyncTokens(**access) as tokens:
            made = await asyncio.gather(*(call(tokens) for _ in range(24)))
            return list(made), (await tokens.balance(ana)).available

    made, left = asyncio.run(work())

    assert sorted(made) == [False] * 14 + [True] * 10
    assert left == 0
    assert books.check(served.company.database) == []
