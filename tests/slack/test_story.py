"""The story of a first week: granted, shared, asked for, approved; by every way there is."""

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import TEAM, Town


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


def test_the_whole_story_by_forms_from_home_leaves_every_balance_right(town: Town) -> None:
    for person in (ANA, BEN, LEO):
        town.slack.open_home(person)
    town.home(LEO, containing="Grant…")
    town.slack.click(LEO, "home", "Grant…")
    granted = town.slack.submit(
        LEO, {"Who gets them?": [ANA.id], "How many for each?": "1M", "What for?": "the prototype"}
    )
    town.slack.open_home(ANA)
    town.home(ANA, containing="1M tokens available")
    town.slack.click(ANA, "home", "Transfer…")
    sent = town.slack.submit(
        ANA, {"Who gets them?": BEN.id, "How many?": "250k", "What for?": "the demo"}
    )
    town.slack.click(BEN, "home", "Request more…")
    asked = town.slack.submit(
        BEN,
        {"How many?": "500k", "What for?": "evaluation", "When do you need them?": "Today"},
    )
    request = town.dm(MIA, containing="asks for")
    town.slack.click(MIA, request, "Approve another amount…")
    decided = town.slack.submit(MIA, {"How many to grant?": "300k", "A note for them": "for now"})

    assert "1M (1,000,000) tokens granted to @Ana Silva" in granted.shown
    assert "250k (250,000) tokens sent to @Ben Okafor" in sent.shown
    assert "500k (500,000) tokens asked for" in asked.shown
    assert "today" in town.read(request, MIA)
    assert decided.modal is None
    assert "for now" in town.dms(BEN)[-1]
    assert town.balances(ANA, BEN) == [750_000, 550_000]
    assert town.entries() == ["grant", "transfer", "grant"]
    assert town.wrong_in_the_books() == []


def test_each_side_reads_the_story_in_its_own_history(town: Town) -> None:
    town.say(LEO, "grant @ana 1M for the search prototype")
    town.say(ANA, "transfer @ben 250k for the demo")

    anas, bens = town.say(ANA, "history"), town.say(BEN, "history")

    assert anas.index("−250k (250,000) sent to @Ben Okafor") < anas.index("+1M (1,000,000)")
    assert "granted by @Leo Novak" in anas
    assert "for the search prototype".removeprefix("for ") in anas
    assert "+250k (250,000) from @Ana Silva" in bens
    assert "1M" not in bens


def test_all_copies_of_a_request_show_the_decision_and_lose_their_buttons(town: Town) -> None:
    town.handle.add_approver(TEAM, LEO.id)
    town.say(BEN, "request 500k for the evaluation run")
    copies = {who.id: town.dm(who, containing="asks for") for who in (MIA, LEO)}

    town.slack.click(MIA, "dm", "Approve 500k")

    for who in (MIA, LEO):
        changed = town.dm(who, containing="Approved 500k (500,000) by @Mia Chen")
        assert changed.ts == copies[who.id].ts
        buttons = "[Undo]" if who is MIA else ""  # for a minute, for who decided
        assert "[".join(town.read(changed, who).split("[")[1:]) == buttons[1:]
    assert "500k (500,000) tokens approved by @Mia Chen" in town.dms(BEN)[-1]
    assert town.available(BEN) == 500_000


def test_a_denied_request_moves_nothing_and_tells_why(town: Town) -> None:
    town.say(BEN, "request 500k")
    request = town.dm(MIA, containing="asks for")

    opened = town.slack.click(MIA, request, "Deny…")
    without_reason = town.slack.submit(MIA, {})
    blank = town.slack.submit(MIA, {"Why?": "   "})
    denied = town.slack.submit(MIA, {"Why?": "the budget is spent"})

    assert opened.is_good
    assert without_reason.errors
    assert blank.errors == {"reason": "A few words why: they see it, with your name."}
    assert denied.modal is None
    told = town.dms(BEN)[-1]
    assert "denied by @Mia Chen" in told
    assert "the budget is spent" in told
    assert town.dm(MIA, containing="Denied by @Mia Chen").ts == request.ts
    assert town.entries() == []


def test_a_withdrawn_request_leaves_nothing_to_decide(town: Town) -> None:
    town.say(BEN, "request 500k")
    town.dm(MIA, containing="asks for")

    withdrawn = town.say(BEN, "withdraw")

    assert "withdrawn" in withdrawn
    assert "[" not in town.read(town.dm(MIA, containing="Withdrawn by @Ben Okafor"), MIA)
    assert "You have no open request" in town.say(BEN, "withdraw")
    assert town.entries() == []


def test_of_several_open_requests_one_is_chosen_to_withdraw(town: Town) -> None:
    town.say(BEN, "request 500k")
    town.say(BEN, "request 700k")
    choice = town.slack.command(BEN, "withdraw")

    town.slack.click(BEN, "ephemeral", "Withdraw the request for 500k tokens")
    town.dm(MIA, containing="Withdrawn")

    assert "2 open requests" in choice.shown
    states = town.rows("SELECT tokens, state FROM topup ORDER BY topup_id")
    assert [(row["tokens"], row["state"]) for row in states] == [
        (500_000, "withdrawn"),
        (700_000, "open"),
    ]


def test_a_fourth_open_request_is_refused(town: Town) -> None:
    for _ in range(3):
        town.say(BEN, "request 500k")

    fourth = town.say(BEN, "request 500k")

    assert "3 open requests, which is the most" in fourth


def test_several_people_are_granted_in_one_entry_and_each_is_told(town: Town) -> None:
    receipt = town.say(LEO, "grant @ana @ben 1M for the pilot")

    assert "1M (1,000,000) tokens each granted to 2 people, 2M (2,000,000) in all" in receipt
    assert town.entries() == ["grant"]
    assert town.balances(ANA, BEN) == [1_000_000, 1_000_000]
    for who in (ANA, BEN):
        assert "granted to you by @Leo Novak" in town.dm(who, containing="pilot").text + (
            town.read(town.slack.dm(who)[-1], who)
        )
