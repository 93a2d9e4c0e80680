"""The first steps by name: untouched, half done, skipped, all set."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from bot.domain.arrivals import SetUp, Step
from bot.domain.periods import Period
from bot.slack.render import messages
from tests.slack.render.facts import CROWD, HUGE, MIA

Render = Callable[[], dict[str, Any]]

_HALF = SetUp(channel="C1", skipped=frozenset({Step.ALLOWANCE}))
_DONE = SetUp(
    channel="C1", named=(MIA.user_id,), tokens=1_000_000, period=Period.WEEK, allowances=1
)

MESSAGES: Mapping[str, Render] = MappingProxyType(
    {
        "welcome": partial(messages.welcome, SetUp()),
        "welcome_half_way": partial(messages.welcome, _HALF),
        "welcome_all_set": partial(messages.welcome, _DONE),
        "welcome_all_skipped": partial(messages.welcome, SetUp(skipped=frozenset(Step))),
        "setup": partial(messages.setup, _HALF),
        "setup_done": partial(messages.setup, _DONE),
        "setup_crowd": partial(
            messages.setup, SetUp(named=CROWD[:5], tokens=HUGE, period=Period.YEAR, allowances=9)
        ),
        "setup_allowances_of_others": partial(messages.setup, SetUp(allowances=2)),
    }
)
