"""The story of a first week: granted, shared, asked for, approved; by every way there is."""

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import Town


def test_the_whole_story_by_commands_leaves_every_balance_and_the_books_right(town: Town) -> None:
    granted = town.say(LEO, "grant @ana 1M for the search prototype")
    sent = town.say(ANA, "transfer @ben 250k for the demo")
    asked = town.say(BEN, "request 500k for the evaluation run")
    town.dm(MIA, containing="asks for")
    opened = town.slack.click(MIA, "dm", "Approve another amount…")
    decided = town.slack.submit(MIA, {"How many to grant?": "300k"})

    assert "1M (1,000,000) tokens granted to @Ana Silva" in granted
    assert "250k (250,000) tokens sent to @Ben Okafor" in sent
    assert "500k (500,000) tokens asked for" in asked
    assert opened.is_good
    assert decided.is_good
    assert "300k (300,000) tokens approved by @Mia Chen" in town.dms(BEN)[-1]
    assert town.balances(ANA, BEN, MIA) == [750_000, 550_000, 0]
    assert town.entries() == ["grant", "transfer", "grant"]
    assert town.wrong_in_the_books() == []
