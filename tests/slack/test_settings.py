"""`/tokens settings`: how usage comes in and what it is charged, for those who look after it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import prices
from bot.domain.rates import Draft, Preset
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.schedule import tick
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
    assert "tokenbot api-key create NAME --scope usage:write" in shown
    assert "one token is one token" in shown
    assert f"estimated by the list prices of {prices.VERSION}" in shown
    assert "Every name that a source uses belongs to somebody." in shown
    assert "Single calls: 13 months; entries and sums: for ever" in shown


def test_it_shows_each_source_and_what_belongs_to_nobody(town: Town) -> None:
    now = town.clock()
    tell(town, used(ANA.id, 1_200, now), used("robot", 300, now))

    shown = town.say(LEO, "settings")

    assert "Usage comes in from 1 source; none is silent." in shown
    assert "litellm (gateway): last event just now, at once; 2 events, 1,500 tokens" in shown
    assert "no report to compare with" in shown
    assert "1 name with 300 tokens belongs to nobody yet: /tokens link" in shown


def test_it_shows_how_much_of_a_report_belongs_to_nobody(town: Town) -> None:
    now = town.clock()
    tell(town, used("key", 300, now, source="openai"), role=SourceRole.REPORT)

    assert "no report to compare with; 300 of its tokens are nobody's" in town.say(LEO, "settings")


def test_a_source_that_fell_silent_comes_first(town: Town) -> None:
    now = town.clock()
    tell(town, used(ANA.id, 10, now - timedelta(hours=30), source="portkey"))
    town.clock.forward(hours=30)
    tell(town, used(ANA.id, 10, town.clock()))

    shown = town.say(LEO, "settings")

    assert "1 source fell silent while people are active: portkey." in shown


def fall_silent(town: Town, *sources: str) -> None:
    """They told a call each on two days, and a day later others go on."""
    for hours in (24, 27):
        tell(town, *(used(ANA.id, 10, town.clock(), source=source) for source in sources))
        town.clock.forward(hours=hours)
    tell(town, used(ANA.id, 10, town.clock()))


def test_admins_are_told_once_that_a_source_fell_silent(town: Town) -> None:
    fall_silent(town, "portkey", "claude-code")

    for _ in range(3):
        tick(town.bot.database, town.clock())
        town.settle()

    told = town.read(town.dm(LEO, containing="fell silent"), LEO)
    assert "2 sources of usage fell silent while people are active" in told
    assert "claude-code (gateway): last heard" in told
    assert "tokenbot api-key list" in told
    assert "docs/api.md and docs/sources/claude-code.md" in told
    assert len([one for one in town.dms(LEO) if "fell silent" in one]) == 1
    assert [one for one in town.dms(MIA) if "fell silent" in one] == []


def test_its_button_shows_all_sources(town: Town) -> None:
    fall_silent(town, "portkey")
    tick(town.bot.database, town.clock())

    message = town.dm(LEO, containing="fell silent")
    town.slack.click(LEO, message, "See all sources")

    town.soon(lambda: town.slack.ephemerals(LEO))
    shown = town.read(town.slack.ephemerals(LEO)[-1], LEO)
    assert "1 source fell silent while people are active: portkey." in shown
    assert "litellm (gateway): last event just now" in shown


def test_what_was_heard_before_the_word_of_it_is_sent_is_not_told(town: Town) -> None:
    fall_silent(town, "portkey", "claude-code")
    town.slack.faults.always("500", "chat.postMessage")
    tick(town.bot.database, town.clock())
    tell(town, used(ANA.id, 10, town.clock(), source="portkey"))
    town.slack.faults.clear()

    told = town.read(town.dm(LEO, containing="fell silent"), LEO)

    assert "A source of usage fell silent while people are active: claude-code." in told


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
