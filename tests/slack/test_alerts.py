"""Warnings as people get them, their buttons, and `/tokens alerts`, typed and as a form."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.domain import ledger as books
from bot.domain.directory import UserId
from bot.domain.teams import pool_account
from bot.playground.people import ANA, BEN, LEO, MIA, Person
from tests import clockwork
from tests.company import Company
from tests.slack.town import TEAM, Town


def company(town: Town) -> Company:
    """The same workspace, to put rows into."""
    found = Company(town.bot.database, TEAM)
    found.now = town.clock()
    return found


def use(town: Town, who: Person, tokens: int) -> None:
    """They used tokens, and the clock came round."""
    town.handle.use(TEAM, who.id, tokens)
    town.handle.tick(town.clock())


def at_noon(town: Town) -> None:
    """When it is quiet nowhere in the town: people are in several zones."""
    for who in (ANA, BEN, MIA, LEO):
        town.say(who, "alerts quiet off")


def test_a_member_reads_what_is_left_and_asks_for_more(town: Town) -> None:
    at_noon(town)
    town.fund(ANA)

    use(town, ANA, 850_000)
    warning = town.dm(ANA, containing="left")
    town.slack.click(ANA, warning, "Request more…")
    asked = town.slack.submit(ANA, {"How many?": "500k"})

    read = town.read(warning, ANA)
    assert "150k (150,000) tokens left: 15 % of this month’s 1M (1,000,000)." in read
    assert "If you need more, request it: your approvers decide." in read
    assert "500k (500,000) tokens asked for" in asked.shown


def test_see_usage_shows_it_by_day(sqlite_town: Town) -> None:
    town = sqlite_town
    at_noon(town)
    town.fund(ANA)
    use(town, ANA, 850_000)

    town.slack.click(ANA, town.dm(ANA, containing="left"), "See usage")
    town.settle()

    shown = town.read(town.slack.ephemerals(ANA)[-1], ANA)
    assert "0 tokens used in the last 14 days." in shown
    assert "Today" in shown
    assert "850k" in shown


def test_quiet_holds_for_the_period_however_often_it_is_clicked(town: Town) -> None:
    at_noon(town)
    town.fund(ANA)
    use(town, ANA, 850_000)
    warning = town.dm(ANA, containing="left")

    for _ in range(2):
        town.slack.click(ANA, warning, "Quiet until Wed 1 April")
        town.settle()
    use(town, ANA, 150_000)

    assert "Quiet until Wed 1 April: I don’t tell you" in town.read(
        town.slack.ephemerals(ANA)[-1], ANA
    )
    assert not [one for one in town.dms(ANA) if "No tokens left" in one]


def test_a_warning_whose_delivery_was_late_says_nothing_that_is_no_more_so(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    at_noon(town)
    town.fund(ANA)
    town.slack.faults.always("500", "chat.postMessage")
    use(town, ANA, 850_000)
    town.slack.faults.clear()

    town.say(LEO, "grant @ana 2M")
    told = town.dms(ANA)

    assert not [one for one in told if "left" in one]


def test_a_pools_manager_reads_whose_pool_and_who_can_fill_it(sqlite_town: Town) -> None:
    town = sqlite_town
    at_noon(town)
    here = company(town)
    pool = pool_account(clockwork.team(here, "Search & Co", UserId(MIA.id)))
    clockwork.credit(here, pool, 10_000_000)
    clockwork.move(here, pool, books.member_account(UserId(BEN.id)), 8_500_000)

    town.handle.tick(here.now)
    warning = town.dm(MIA, containing="The pool of")
    read = town.read(warning, MIA)
    town.slack.click(MIA, warning, "See usage")
    town.settle()

    assert "The pool of Search & Co has 1.5M (1,500,000) tokens left: 15 %" in read
    assert "@Leo" in read
    assert "to fill it." in read
    assert "Fill the pool…" not in read
    assert "of the pool of Search & Co used" in town.read(town.slack.ephemerals(MIA)[-1], MIA)


def test_an_admin_fills_a_low_pool_from_its_warning(sqlite_town: Town) -> None:
    town = sqlite_town
    at_noon(town)
    here = company(town)
    pool = pool_account(clockwork.team(here, "search"))
    clockwork.credit(here, pool, 10_000_000)
    clockwork.move(here, pool, books.member_account(UserId(BEN.id)), 8_500_000)

    town.handle.tick(here.now)
    town.slack.click(LEO, town.dm(LEO, containing="The pool of"), "Fill the pool…")
    filled = town.slack.submit(LEO, {"How many come into it?": "5M"})

    assert "6.5M (6,500,000) now" in filled.shown


def test_tokens_that_expire_can_be_given_to_a_colleague(sqlite_town: Town) -> None:
    town = sqlite_town
    at_noon(town)
    here = company(town)
    expires_at = town.clock() + timedelta(days=2)
    clockwork.lot(here, UserId(ANA.id), 300_000, expires_at=expires_at)

    town.handle.tick(town.clock())
    notice = town.dm(ANA, containing="expire")
    opened = town.slack.click(ANA, notice, "Give some to a colleague…")
    form = town.slack.as_text(opened.modal)
    sent = town.slack.submit(ANA, {"Who gets them?": BEN.id})

    assert (
        "300k (300,000) tokens, all that you have, can be used until Mar 4, 2026 09:29"
        in town.read(notice, ANA)
    )
    assert "300,000" in form
    assert "These can be used until" in form
    assert "300k (300,000) tokens sent to @Ben Okafor" in sent.shown


def test_the_button_of_what_expired_opens_the_form_all_the_same(sqlite_town: Town) -> None:
    town = sqlite_town
    at_noon(town)
    here = company(town)
    lot_id = clockwork.lot(
        here, UserId(ANA.id), 300_000, expires_at=town.clock() + timedelta(days=2)
    )
    town.handle.tick(town.clock())
    notice = town.dm(ANA, containing="expire")

    clockwork.spend(here, lot_id, remaining=0)
    opened = town.slack.click(ANA, notice, "Give some to a colleague…")

    form = town.slack.as_text(opened.modal)
    assert "Transfer tokens" in form
    assert "These can be used until" not in form


def test_alerts_can_be_chosen_by_typing(town: Town) -> None:
    typed = [
        "alerts 30 10% 0",
        "alerts quiet 22-7",
        "alerts weekends on",
        "alerts quiet off",
        "alerts default",
        "alerts off",
    ]

    shown = [town.say(BEN, one) for one in typed]

    for words, part in zip(
        shown,
        [
            "I tell you when 30 %, 10 % or nothing is left",
            "Quiet from 22:00 to 07:00 and on weekends",
            "Quiet from 22:00 to 07:00 (",
            "No quiet hours.",
            "I tell you when 20 %, 5 % or nothing is left",
            "No alerts: I don’t tell you",
        ],
        strict=True,
    ):
        assert part in words
    (row,) = town.rows("SELECT thresholds, quiet_from, quiet_to FROM preference")
    assert tuple(row.values()) == ("", 0, 0)


REFUSED: Mapping[str, str] = {
    "alerts low": "low is no percentage. Write numbers from 0 to 100, as 30 10 0.",
    "alerts -5": "-5 is no percentage",
    "alerts 2.5": "2.5 is no percentage",
    "alerts 101": "101 is more than all of it",
    "alerts 1 2 3 4 5 6": "1 2 3 4 5 6 are too many: 5 alerts fit.",
    "alerts @ana": "@ana is no percentage",
    "alerts quiet": "Write two full hours from 0 to 23, as 20-8.",
    "alerts quiet 20-24": "20-24 are no hours",
    "alerts quiet 8-8": "For no quiet hours type /tokens alerts quiet off.",
    "alerts weekends maybe": "maybe is neither on nor off.",
    "alerts team": "Which team?",
    "alerts team Everyone": "is no percentage",
    "alerts team Nowhere 25": "No team is called Nowhere.",
    "alerts team Everyone -25": "-25 is no percentage",
    "alerts team Everyone 25": "A team's alerts are set by its managers and by admins.",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_alerts_that_make_no_sense_are_refused_with_how_to_write_them(
    lobby: Town, typed: str
) -> None:
    assert REFUSED[typed] in lobby.say(BEN, typed)
    assert lobby.rows("SELECT * FROM preference") == []


def test_a_manager_and_an_admin_set_a_teams_alerts(sqlite_town: Town) -> None:
    town = sqlite_town
    clockwork.team(company(town), "Search & <b>")
    members_team = town.rows("SELECT thresholds FROM team WHERE team_id = 'everyone'")

    by_manager = town.say(MIA, "alerts team everyone 25 10 0")
    by_admin = town.say(LEO, "alerts team Search & <b> off")

    assert members_team == [{"thresholds": None}]
    assert "Alerts when 25 %, 10 % or nothing is left: for all who are in no other" in by_manager
    assert "No alerts any more: for the pool of Search & <b>" in by_admin
    found = town.rows("SELECT thresholds FROM team ORDER BY team_id")
    assert [row["thresholds"] for row in found] == ["25,10,0", ""]


def test_the_form_shows_what_holds_and_takes_what_is_changed(town: Town) -> None:
    opened = town.slack.command(BEN, "alerts")
    form = town.slack.as_text(opened.modal)

    sent = town.slack.submit(
        BEN,
        {
            "Tell me at how many percent left?": "40, 10",
            "Quiet hours": "21-7",
            "Saturdays and Sundays": "Like other days",
        },
    )

    assert "20 5 0" in form
    assert "20-8" in form
    assert "I tell you when 40 % or 10 % is left" in sent.shown
    assert "Quiet from 21:00 to 07:00 (" in sent.shown


def test_the_form_sent_as_it_was_keeps_the_teams_thresholds(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.command(BEN, "alerts")

    town.slack.submit(BEN, {"Quiet hours": ""})

    (row,) = town.rows("SELECT thresholds, quiet_from, quiet_to FROM preference")
    assert tuple(row.values()) == (None, 0, 0)


def test_a_mistake_in_the_form_is_shown_under_its_field(sqlite_town: Town) -> None:
    town = sqlite_town
    town.slack.command(BEN, "alerts")

    hours = town.slack.submit(BEN, {"Quiet hours": "evening"})
    percent = town.slack.submit(
        BEN, {"Quiet hours": "20-8", "Tell me at how many percent left?": "120"}
    )

    assert "evening are no hours" in hours.shown
    assert "120 is more than all of it" in percent.shown
    assert town.rows("SELECT * FROM preference") == []


def test_nobody_is_woken_by_an_alert(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(ANA, "alerts quiet 0-23")
    town.fund(ANA)

    use(town, ANA, 850_000)

    (row,) = town.rows("SELECT told_at, tell_at FROM alert")
    assert row["told_at"] is None
    assert str(row["tell_at"]) > town.clock().isoformat()
    assert not [one for one in town.dms(ANA) if "left" in one]
