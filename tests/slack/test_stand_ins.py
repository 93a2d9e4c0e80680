"""`/tokens away`, its form, and what approvers, stand-ins and requesters see."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from bot.playground.people import ANA, BEN, CAST, LEO, MIA
from bot.services import deadlines
from tests.databases import Databases
from tests.slack.town import Town, people, town_on

GUS, SAM = people("gus", is_restricted=True)[0], people("sam")[0]


@pytest.fixture
def office(database_url: str) -> Iterator[Town]:
    with town_on(database_url, cast=(*CAST, GUS, SAM)) as made:
        yield made


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Town]:
    """A town where nobody is ever away for real."""
    with databases.migrated("sqlite") as url, town_on(url, cast=(*CAST, GUS)) as made:
        yield made


# The town's morning is that of Monday, 2 March 2026.


def test_an_approver_names_a_stand_in_who_then_decides(office: Town) -> None:
    office.say(ANA, "request 500k for the demo")
    office.dm(MIA, containing="asks for 500k")

    shown = office.say(MIA, "away @ben from 2026-03-02 to 2026-03-06")
    begun = office.read(office.dm(BEN, containing="You stand in for @Mia Chen until"), BEN)
    passed = office.dm(BEN, containing="Passed on to you")
    office.slack.click(BEN, passed, "Approve 500k")

    assert "@Ben Okafor stands in for you from" in shown
    assert "Requests to them reach you now" in begun
    assert "You decide in place of @Mia Chen, who is away until" in office.read(passed, BEN)
    office.dm(ANA, containing="500k (500,000) tokens approved by @Ben Okafor")
    office.settle()
    assert "Approve 500k" not in office.read(office.slack.dm(MIA)[-1], MIA)
    assert office.available(ANA) == 500_000
    assert office.wrong_in_the_books() == []


def test_new_requests_go_to_the_stand_in_and_say_for_whom(office: Town) -> None:
    office.say(MIA, "away @ben until 2026-03-06")

    shown = office.say(ANA, "request 500k")
    copy = office.read(office.dm(BEN, containing="asks for 500k"), BEN)
    office.settle()

    assert "@Ben Okafor decides" in shown
    assert "You decide in place of @Mia Chen, who is away until" in copy
    assert office.slack.dm(MIA) == []
    assert "tokens granted to @Sam" in office.say(BEN, "grant @sam 5")


def test_away_alone_shows_the_stand_in_and_ends_it(office: Town) -> None:
    office.say(MIA, "away @ben until 2026-03-06")
    office.say(ANA, "request 500k")
    office.dm(BEN, containing="asks for 500k")

    shown = office.say(MIA, "away")
    ended = office.slack.click(MIA, "ephemeral", "End")
    office.dm(BEN, containing="You no longer stand in for @Mia Chen")
    again = office.dm(MIA, containing="asks for 500k")

    assert "@Ben Okafor stands in for you from" in shown
    assert ended.is_good
    office.slack.click(BEN, office.dm(BEN, containing="asks for 500k"), "Approve 500k")
    office.settle()
    said = office.read(office.slack.ephemerals(BEN)[-1], BEN)
    assert said.startswith("The request of @Ana Silva is for their approvers to decide.")
    office.slack.click(MIA, again, "Approve 500k")
    assert office.available(ANA) == 500_000


@pytest.mark.parametrize("word", ["off", "back", "BACK"])
def test_off_and_back_end_it(office: Town, word: str) -> None:
    office.say(MIA, "away @ben until 2026-03-06")
    office.say(MIA, "away @sam from 2026-03-10 to 2026-03-12")

    both = office.say(MIA, "away")
    shown = office.say(MIA, f"away {word}")
    again = office.say(MIA, f"away {word}")

    assert "You named 2 stand-ins, one after the other." in both
    assert shown.startswith("@Ben Okafor and @Sam no longer stand in for you.")
    assert again.startswith("Nobody stands in for you, so there is nothing to end.")


INCOMPLETE: Mapping[str, tuple[str, ...]] = {
    "away": ("Name a stand-in",),
    "away @ben": ("Name a stand-in", BEN.id),
    "away @ben from 2026-12-01": ("Name a stand-in", BEN.id, "2026-12-01"),
    "away @ben from 2026-12-01 to": ("Name a stand-in", BEN.id, "2026-12-01"),
    "away @ben from": ("Name a stand-in", BEN.id),
}


@pytest.mark.parametrize("typed", INCOMPLETE)
def test_what_is_missing_is_asked_for_in_a_form(desk: Town, typed: str) -> None:
    opened = desk.slack.command(MIA, typed)

    shown = desk.slack.as_text(opened.modal)
    desk.slack.close_modal(MIA)
    for part in INCOMPLETE[typed]:
        assert part in shown


def test_where_slack_opens_no_form_the_answer_says_what_to_type(desk: Town) -> None:
    desk.slack.faults.fail_next(1, "500", "views.open")

    shown = desk.say(MIA, "away")

    assert shown.endswith("/tokens away @ben from 2026-12-01 to 2026-12-14")


REFUSED: Mapping[str, str] = {
    "away ben until 2026-12-14": "ben is nobody I can find. Type @ and choose the person",
    "away until 2026-12-14": "until is nobody I can find",
    "away @mia until 2026-12-14": "That's you. Somebody else stands in for you",
    "away @gus until 2026-12-14": "a guest here",
    "away @tokenbot until 2026-12-14": "is an app",
    "away @ben for 2026-12-14": "for doesn't fit here. Write it like /tokens away @ben from",
    "away @ben @ana until 2026-12-14": "doesn't fit here",
    "away @ben until 2026-12-14 to 2026-12-15": "to doesn't fit here",
    "away @ben until 2026-12-14 please": "please doesn't fit here",
    "away @ben until 14.12.2026": "14.12.2026 is no day that I can read. Write it like",
    "away @ben until 2026-02-30": "2026-02-30 is no day that I can read",
    "away @ben until <!channel>": "is no day that I can read",
    "away @ben until 2026-03-01": "2026-03-01 is over. End today or later.",
    "away @ben from 2026-03-01 to 2026-03-04": "2026-03-01 is over. Begin today or later.",
    "away @ben from 2026-03-05 to 2026-03-04": "2026-03-04 comes before the first day.",
    "away @ben from 2027-03-10 to 2027-03-11": "2027-03-10 is more than a year ahead.",
    "away @ben from 2026-03-02 to 2026-05-31": "2026-05-31 is too far off: a stand-in stands in "
    "for 90 days at most.",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_a_naming_that_can_not_be_is_refused_with_words(desk: Town, typed: str) -> None:
    shown = desk.say(MIA, typed)

    assert REFUSED[typed] in shown.replace("`", "")
    assert desk.rows("SELECT * FROM stand_in") == []
    assert desk.slack.modal(MIA) is None


@pytest.mark.parametrize("typed", ["away", "away @ben until 2026-12-14", "away off"])
def test_who_approves_nothing_names_nobody(desk: Town, typed: str) -> None:
    assert desk.say(ANA, typed).startswith("Naming a stand-in is for approvers")
    assert desk.slack.modal(ANA) is None


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"Last day away": "2026-03-01"}, "last_day", "is over"),
        ({"First day away": "2026-03-01", "Last day away": "2026-03-09"}, "first_day", "is over"),
        (
            {"First day away": "2026-03-09", "Last day away": "2026-03-08"},
            "last_day",
            "comes before the first day",
        ),
        ({"Last day away": "2027-12-01"}, "last_day", "90 days at most"),
        ({"Who stands in for you?": MIA.id, "Last day away": "2026-03-09"}, "recipients", "you"),
        ({"Who stands in for you?": GUS.id, "Last day away": "2026-03-09"}, "recipients", "guest"),
    ],
)
def test_a_mistake_in_the_form_stands_under_its_field(
    desk: Town, fields: dict[str, str], field: str, words: str
) -> None:
    desk.say(MIA, "away @ben")

    sent = desk.slack.submit(MIA, fields)
    desk.slack.close_modal(MIA)

    assert list(sent.errors) == [field]
    assert words in sent.errors[field]
    assert desk.rows("SELECT * FROM stand_in") == []


def test_the_form_names_and_changes(office: Town) -> None:
    office.say(MIA, "away @ben")
    named = office.slack.submit(MIA, {"Last day away": "2026-03-06"})
    office.slack.close_modal(MIA)
    office.dm(BEN, containing="You stand in for @Mia Chen")

    office.say(MIA, "away")
    office.slack.click(MIA, "ephemeral", "Change…")
    changed = office.slack.submit(
        MIA, {"Who stands in for you?": SAM.id, "Last day away": "2026-03-06"}
    )

    assert "@Ben Okafor stands in for you" in named.shown
    assert "@Sam stands in for you" in changed.shown
    office.dm(BEN, containing="You no longer stand in for @Mia Chen")
    office.dm(SAM, containing="You stand in for @Mia Chen until")


def test_the_same_command_sent_again_names_once(office: Town) -> None:
    first = office.slack.command(MIA, "away @ben until 2026-03-06")

    again = office.slack.resend(first.request)
    office.settle()

    assert again.status == 200
    assert len(office.rows("SELECT * FROM stand_in")) == 1
    assert len(office.slack.dm(BEN)) == 1


# Requests over time, as people see them.


def test_a_request_over_a_weekend_is_reminded_of_escalated_and_expires(office: Town) -> None:
    office.clock.forward(days=4, hours=5)  # Friday
    office.say(ANA, "request 500k for the demo")
    first = office.dm(MIA, containing="asks for 500k")
    first_ts = first.ts

    office.handle.tick(office.clock() + timedelta(days=2))
    assert len(office.dms(MIA)) == 1
    office.clock.forward(days=3, hours=1)
    office.handle.tick(office.clock())
    reminder = office.dm(MIA, containing="@Ana Silva has waited 3 days for 500k")
    office.soon(lambda: "asked again below" in office.read(office.slack.dm(MIA)[0], MIA))
    old = office.slack.dm(MIA)[0]
    assert old.ts == first_ts
    assert "Deny…" not in office.read(old, MIA)
    assert "Approve 500k" in office.read(reminder, MIA)

    office.clock.forward(days=2)
    office.handle.tick(office.clock())
    escalated = office.read(office.dm(LEO, containing="nobody has decided."), LEO)
    assert "of @Mia Chen" in escalated
    assert "Approve 500k" in escalated

    office.clock.forward(days=9)
    office.handle.tick(office.clock())
    told = office.dm(ANA, containing="your request expired before anybody decided")
    office.settle()
    assert "Request again…" in office.read(told, ANA)
    for who in (MIA, LEO):
        said = [office.read(message, who) for message in office.slack.dm(who)]
        assert not [one for one in said if "Approve 500k" in one]
        assert "Expired before anybody decided" in said[-1]
    opened = office.slack.click(ANA, told, "Request again…")
    assert opened.modal is not None


def test_a_reminder_decides_and_all_its_messages_say_so(office: Town) -> None:
    office.say(ANA, "request 500k")
    office.dm(MIA, containing="asks for 500k")
    office.clock.forward(days=1, hours=1)
    office.handle.tick(office.clock())
    reminder = office.dm(MIA, containing="has waited 25 hours for 500k")
    office.settle()

    office.slack.click(MIA, reminder, "Approve 500k")
    office.settle()

    assert office.available(ANA) == 500_000
    assert "Approved 500k" in office.read(office.slack.dm(MIA)[-1], MIA)
    assert "asked again below" in office.read(office.slack.dm(MIA)[0], MIA)


def test_a_request_decided_while_its_reminder_waits_is_not_reminded_of(office: Town) -> None:
    office.say(ANA, "request 500k")
    copy = office.dm(MIA, containing="asks for 500k")
    office.settle()
    office.slack.faults.always("500", "chat.postMessage")
    office.clock.forward(days=1, hours=1)
    deadlines.do_due(office.bot.database, office.clock())
    # Refused and put off, so that nothing is on its way to Slack while Mia decides.
    put_off = "SELECT 1 FROM outbox WHERE state = 'waiting' AND error <> ''"
    office.slack.wait_until(lambda: len(office.rows(put_off)) == 1, 15.0)

    office.slack.click(MIA, copy, "Approve 500k")
    office.slack.faults.clear()
    office.settle()

    assert len(office.slack.dm(MIA)) == 1
    assert "Approved 500k" in office.read(office.slack.dm(MIA)[0], MIA)
