"""Who may do and see what, asked over the wire."""

from collections.abc import Iterator

import pytest

from bot.domain.directory import Role, UserId
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.services import approvers, settings
from tests.databases import Databases
from tests.slack.test_buttons import receipt_id
from tests.slack.town import TEAM, Town, people, town_on

(FAY,) = people("fay")


def give(town: Town, who: Person, role: Role) -> None:
    approvers.add(
        town.bot.database,
        TEAM,
        user_id=UserId(who.id),
        role=role,
        actor="command line",
        now=town.clock(),
    )


def put(town: Town, name: str, value: str) -> None:
    settings.put(
        town.bot.database, TEAM, name=name, value=value, actor="command line", now=town.clock()
    )


@pytest.fixture(scope="module")
def office(databases: Databases) -> Iterator[Town]:
    """A town where Fay is in finance and Ana has a million."""
    with databases.migrated("sqlite") as url, town_on(url, cast=(*CAST, FAY)) as made:
        give(made, FAY, Role.FINANCE)
        made.fund(ANA)
        yield made


@pytest.mark.parametrize("who", [ANA, FAY], ids=lambda who: who.name)
@pytest.mark.parametrize("typed", ["grant @ben 5", "grant", "grant @ben"])
def test_who_is_no_approver_grants_nothing_and_learns_what_else_to_do(
    office: Town, who: Person, typed: str
) -> None:
    shown = office.say(who, typed)

    assert shown.startswith("Granting is for approvers. You can send some of your own")
    assert office.slack.modal(who) is None
    assert office.available(BEN) == 0


@pytest.mark.parametrize("who", [ANA, FAY], ids=lambda who: who.name)
def test_who_is_no_approver_reverses_nothing(office: Town, who: Person) -> None:
    granted = office.say(LEO, "grant @mia 5")

    shown = office.say(who, f"reverse {receipt_id(granted)}")

    assert shown.startswith("Taking back is for approvers.")


@pytest.mark.parametrize("typed", ["balance @ana", "history @ana"])
def test_a_members_figures_are_shown_to_approvers_and_finance_alone(
    office: Town, typed: str
) -> None:
    shown = {who.name: office.say(who, typed) for who in (BEN, MIA, LEO, FAY)}

    assert "is private: they and their approvers see it." in shown["ben"]
    assert "1M" not in shown["ben"]
    for name in ("mia", "leo", "fay"):
        assert "1M (1,000,000)" in shown[name]


def test_finance_sees_no_button_to_grant(office: Town) -> None:
    assert "[Grant…]" in office.say(MIA, "balance @ana")
    assert "[Grant…]" not in office.say(FAY, "balance @ana")


def test_a_button_that_was_passed_on_decides_nothing_for_a_member(office: Town) -> None:
    """Buttons carry no right: whoever clicks is asked about."""
    office.say(BEN, "request 500k")
    request = office.dm(MIA, containing="asks for")

    for button in ("Approve 500k", "Approve another amount…", "Deny…"):
        office.slack.click(ANA, request, button)
        office.settle()
        said = office.read(office.slack.ephemerals(ANA)[-1], ANA)
        assert "is for their approvers to decide" in said

    office.say(BEN, "withdraw")
    assert office.available(BEN) == 0
    assert office.slack.modal(ANA) is None


def test_the_history_of_another_does_not_open_by_a_button_that_was_passed_on(
    office: Town,
) -> None:
    shown = office.slack.command(ANA, "history").message
    assert shown is not None
    shown.blocks.append(
        {
            "type": "actions",
            "block_id": "forged",
            "elements": [
                {
                    "type": "button",
                    "action_id": "history_newest",
                    "text": {"type": "plain_text", "text": "Peek"},
                    "value": f"{MIA.id}:",
                }
            ],
        }
    )

    office.slack.click(ANA, shown, "Peek")
    office.settle()

    assert "is private" in office.read(office.slack.ephemerals(ANA)[-1], ANA)


def test_an_approver_does_not_decide_their_own_request_while_there_is_another(
    town: Town,
) -> None:
    town.say(MIA, "request 500k")
    request = town.dm(LEO, containing="asks for")

    town.slack.click(MIA, request, "Approve 500k")
    town.settle()

    assert "This request is yours" in town.read(town.slack.ephemerals(MIA)[-1], MIA)
    assert town.slack.dm(MIA) == []
    assert town.entries() == []


def test_an_approver_grants_nothing_to_themselves_while_there_is_another(town: Town) -> None:
    shown = town.say(MIA, "grant @mia 5")

    assert shown.startswith("That would put tokens on your own account")
    assert town.entries() == []


def test_the_only_approver_grants_to_themselves_and_the_books_say_so(town: Town) -> None:
    approvers.remove(
        town.bot.database,
        TEAM,
        user_id=UserId(MIA.id),
        role=Role.MANAGER,
        actor="command line",
        now=town.clock(),
    )

    shown = town.say(LEO, "grant @leo 5")

    assert "You are the only approver, so this went to yourself; the books say so" in shown
    (entry,) = town.rows("SELECT is_self_approved FROM entry")
    assert entry["is_self_approved"]


def test_where_slacks_admins_are_no_approvers_they_only_see(town: Town) -> None:
    put(town, "slack_admins_are_approvers", "no")

    shown = town.say(LEO, "grant @ana 5")

    assert shown.startswith("Granting is for approvers.")


def test_a_request_nobody_can_decide_is_not_sent(town: Town) -> None:
    put(town, "slack_admins_are_approvers", "no")
    approvers.remove(
        town.bot.database,
        TEAM,
        user_id=UserId(MIA.id),
        role=Role.MANAGER,
        actor="command line",
        now=town.clock(),
    )

    shown = town.say(BEN, "request 5")

    assert "Nobody here can decide a request yet" in shown
    assert "tokenbot approver add" in shown
    assert town.rows("SELECT 1 FROM topup") == []


def test_answers_are_seen_by_the_one_who_asked_alone(office: Town) -> None:
    for typed in ("balance", "help", "history", "grant @ben @ana 1 M", "nonsense"):
        message = office.slack.command(MIA, typed).message

        assert message is not None
        assert message.only_for == MIA.id
