"""`/tokens settings`: how usage comes in and what it is charged, for those who look after it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.rates import Draft, Preset
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.services import rate_cards, usage
from tests.metered import used
from tests.slack.town import TEAM, Town, town_on


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_on(database_url) as made:
        yield made


def tell(town: Town, *events: UsageEvent, role: SourceRole = SourceRole.GATEWAY) -> None:
    usage.take_in(
        town.bot.database, TEAM, events, role=role, owner=None, actor="key:test", now=town.clock()
    )


def test_before_any_usage_it_says_that_none_comes(town: Town) -> None:
    shown = town.say(LEO, "settings")

    assert "No usage comes in yet." in shown
    assert "one token is one token" in shown
    assert "Every name that a source uses belongs to somebody." in shown


def test_it_shows_each_source_and_what_belongs_to_nobody(town: Town) -> None:
    now = town.clock()
    tell(town, used(ANA.id, 1_200, now), used("robot", 300, now))

    shown = town.say(LEO, "settings")

    assert "Usage comes in from 1 source; none is silent." in shown
    assert "litellm (gateway): last event just now, at once; 2 events, 1,500 tokens" in shown
    assert "no report to compare with" in shown
    assert "1 name with 300 tokens belongs to nobody yet: /tokens link" in shown


def test_a_source_that_fell_silent_comes_first(town: Town) -> None:
    now = town.clock()
    tell(town, used(ANA.id, 10, now - timedelta(hours=30), source="portkey"))
    town.clock.forward(hours=30)
    tell(town, used(ANA.id, 10, town.clock()))

    shown = town.say(LEO, "settings")

    assert "1 source fell silent while people are active: portkey." in shown


def test_it_names_models_without_a_price_and_the_rates(town: Town) -> None:
    now = town.clock()
    odd = replace(used(ANA.id, 40, now), model="our-own-<model>", provider="inhouse")
    tell(town, odd)
    draft = Draft(name="cost", preset=Preset.COST)
    rate_cards.put(town.bot.database, TEAM, draft=draft, actor=LEO.id, now=now)

    shown = town.say(LEO, "settings")

    assert "our-own-<model>: 1 call, 40 tokens" in shown
    assert "cost, 1M tokens = $1.00" in shown


def test_members_and_managers_are_told_whom_to_ask(town: Town) -> None:
    for who in (BEN, MIA):
        assert "Sources" not in (said := town.say(who, "settings"))
        assert "admins" in said
