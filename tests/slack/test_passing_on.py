"""A request whose only approver was the requester, when somebody else is named later."""

from bot.domain.directory import Role, UserId
from bot.playground.people import LEO, MIA
from bot.services import approvers, settings
from tests.slack.town import TEAM, Town


def alone(town: Town) -> None:
    """Mia is the only approver."""
    settings.put(
        town.bot.database,
        TEAM,
        name="slack_admins_are_approvers",
        value="no",
        actor="command line",
        now=town.clock(),
    )


def name(town: Town) -> None:
    """Leo is named an approver too."""
    approvers.add(
        town.bot.database,
        TEAM,
        user_id=UserId(LEO.id),
        role=Role.MANAGER,
        actor="command line",
        now=town.clock(),
    )


def test_an_approver_named_later_gets_the_request_with_the_requesters_click(town: Town) -> None:
    alone(town)
    town.say(MIA, "request 500k for the pilot")
    own = town.dm(MIA, containing="asks for 500k")
    name(town)

    town.slack.click(MIA, own, "Approve 500k")
    town.slack.click(LEO, town.dm(LEO, containing="asks for 500k"), "Approve 500k")

    assert town.available(MIA) == 500_000
    assert town.entries() == ["grant"]


def test_a_click_on_ones_own_request_says_who_decides_and_sends_it_once(town: Town) -> None:
    alone(town)
    town.say(MIA, "request 500k")
    own = town.dm(MIA, containing="asks for 500k")
    name(town)

    town.slack.click(MIA, own, "Approve 500k")
    town.slack.click(MIA, own, "Approve 500k")
    town.settle()

    told = [text for text in town.dms(LEO) if "asks for 500k" in text]
    assert len(told) == 1
    assert town.available(MIA) == 0


def test_the_only_approver_decides_their_own_and_the_entry_says_so(town: Town) -> None:
    alone(town)
    town.say(MIA, "request 500k")

    town.slack.click(MIA, town.dm(MIA, containing="asks for 500k"), "Approve 500k")
    town.settle()

    assert town.available(MIA) == 500_000
    assert [bool(row["own"]) for row in town.rows("SELECT is_self_approved AS own FROM entry")] == [
        True
    ]
