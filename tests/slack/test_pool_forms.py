"""Forms about a team's pool: from the panel and from words that lack a part."""

from collections.abc import Mapping

import pytest

from bot.playground.people import LEO, MIA, Person
from bot.services import books
from tests.slack.test_teams import modal
from tests.slack.town import Town

HOW_MANY, HOW_MUCH, PERIOD, FIRST_DAY = (
    "How many come into it?",
    "How much may leave it?",
    "In which period?",
    "A day on which a period begins",
)
NO_BUDGET = "No budget: whatever is in the pool may leave it"
#: What is no amount, and what stands under the field then.
NO_AMOUNTS: Mapping[str, str] = {
    "0": "0 is no amount. The least is 1 token. Write it like 250k, 1.5M or 2,000,000.",
    "-5": "-5 is below zero. Amounts are always positive. Did you mean 5?",
    "1,5M": "1,5M could be two numbers. Decimals take a point. Did you mean 1.5M?",
    "1000000000000001": (
        "1000000000000001 is more than can move at once. The most is 1,000,000,000,000,000."
    ),
    "lots": "lots isn't an amount. Write it like 250k, 1.5M or 2,000,000.",
}


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """A team *search* with Ana, whom Mia looks after, and 300k in its pool."""
    town = sqlite_town
    for typed, done in (
        ("create search @ana", "search is there: 1 person"),
        ("manager search @mia", "search: @Mia Chen looks after it"),
        ("fill search 300k for the pilot", "it has 300k (300,000) now"),
    ):
        said = town.say(LEO, f"team {typed}")
        assert done in said, said
    town.settle()
    return town


def pool(town: Town) -> int:
    (row,) = town.rows("SELECT balance FROM account WHERE kind = 'pool'")
    return int(str(row["balance"]))


def budgets(town: Town) -> list[tuple[object, ...]]:
    rows = town.rows("SELECT tokens, period, anchor_on FROM budget_rule")
    return [tuple(row.values()) for row in rows]


def open_form(town: Town, who: Person, label: str, team: str = "search") -> str:
    """What the form shows that this button of the panel opens."""
    town.say(who, f"team {team}")
    town.slack.click(who, "modal", label)
    return modal(town, who)


# The panel.


@pytest.mark.parametrize(
    ("who", "team", "offered"), [(LEO, "search", 2), (MIA, "search", 0), (LEO, "everyone", 0)]
)
def test_the_panel_offers_the_pool_to_those_who_may_fill_it(
    search: Town, who: Person, team: str, offered: int
) -> None:
    search.say(who, f"team {team}")

    shown = modal(search, who)
    assert [one in shown for one in ("Fill the pool…", "Budget…")].count(True) == offered


# Filling.


def test_the_panel_fills_the_pool_with_what_it_has_before_and_after(search: Town) -> None:
    shown = open_form(search, LEO, "Fill the pool…")

    search.slack.submit(LEO, {HOW_MANY: "1M", "What for?": "the <!channel> quarter"})

    assert "The pool of search has 300k (300,000) tokens." in shown
    assert "1M (1,000,000) tokens put into the pool of search" in modal(search, LEO)
    assert "it has 1.3M (1,300,000) now, 300k (300,000) before" in modal(search, LEO)
    assert "the <!channel> quarter" in modal(search, LEO)
    assert pool(search) == 1_300_000
    assert [str(wrong) for wrong in books.check(search.bot.database)] == []


def test_a_filling_form_sent_twice_fills_once(search: Town) -> None:
    open_form(search, LEO, "Fill the pool…")
    sent = search.slack.submit(LEO, {HOW_MANY: "1M"})

    again = search.slack.resend(sent.request)

    assert pool(search) == 1_300_000
    assert "Done already: nothing was moved twice" in again.body


@pytest.mark.parametrize("typed", NO_AMOUNTS)
def test_what_fills_no_pool_stands_under_its_field(search: Town, typed: str) -> None:
    open_form(search, LEO, "Fill the pool…")

    sent = search.slack.submit(LEO, {HOW_MANY: typed})

    assert sent.errors == {"amount": NO_AMOUNTS[typed]}
    assert pool(search) == 300_000


def test_a_reason_that_is_a_document_stands_under_its_field(search: Town) -> None:
    open_form(search, LEO, "Fill the pool…")
    form = search.slack.modal(LEO)
    assert form is not None

    sent = search.slack.submit(LEO, {HOW_MANY: "1M", "What for?": "W" * 501})

    assert set(sent.errors) == {"reason"}
    assert pool(search) == 300_000


# A budget.


def test_the_panel_sets_a_budget_and_the_form_shows_it_then(search: Town) -> None:
    before = open_form(search, LEO, "Budget…")
    search.slack.submit(LEO, {HOW_MUCH: "100k", PERIOD: "Every week", FIRST_DAY: "2026-02-25"})
    done = modal(search, LEO)
    search.say(MIA, "grant @ana 60k")
    after = open_form(search, LEO, "Budget…")

    assert "has 300k (300,000) tokens and no budget: all of it may leave it" in before
    assert "100k (100,000) tokens may leave the pool of search every week." in done
    assert "The next week begins on Wed 4 Mar 2026" in done
    assert (
        "every week. 60k (60,000) are spent this week, so 40k (40,000) may still leave it "
        "until Wed 4 Mar 2026."
    ) in after
    assert "100,000" in after
    assert "2026-02-25" in after
    assert budgets(search) == [(100_000, "week", "2026-02-25")]


def test_a_budget_below_what_is_spent_is_kept_and_says_until_when_nothing_leaves(
    search: Town,
) -> None:
    search.say(MIA, "grant @ana 60k")
    open_form(search, LEO, "Budget…")

    search.slack.submit(LEO, {HOW_MUCH: "50k", PERIOD: "Every month"})

    shown = modal(search, LEO)
    assert "Nothing more leaves it until Wed 1 Apr 2026: as much is spent already." in shown
    assert "60k (60,000) are spent this month" in shown
    assert "so nothing more leaves it until Wed 1 Apr 2026" in open_form(search, LEO, "Budget…")
    assert "allows 0 until" in search.say(MIA, "grant @ana 1")


def test_no_budget_takes_it_away_whatever_amount_stands_above_it(search: Town) -> None:
    search.say(LEO, "team budget search 1k")
    open_form(search, LEO, "Budget…")

    search.slack.submit(LEO, {PERIOD: NO_BUDGET})

    assert "The pool of search has no budget: what is in it may leave it." in modal(search, LEO)
    assert budgets(search) == []


@pytest.mark.parametrize("typed", NO_AMOUNTS)
def test_what_is_no_budget_stands_under_its_field(search: Town, typed: str) -> None:
    open_form(search, LEO, "Budget…")

    sent = search.slack.submit(LEO, {HOW_MUCH: typed})

    assert sent.errors == {"amount": NO_AMOUNTS[typed]}
    assert budgets(search) == []


def test_a_period_without_an_amount_is_asked_for_it(search: Town) -> None:
    open_form(search, LEO, "Budget…")

    sent = search.slack.submit(LEO, {PERIOD: "Every quarter"})

    assert sent.errors == {"amount": "How much? For no limit at all, choose No budget below."}
    assert budgets(search) == []


def test_a_budget_form_sent_twice_sets_one_budget(search: Town) -> None:
    open_form(search, LEO, "Budget…")
    sent = search.slack.submit(LEO, {HOW_MUCH: "100k", PERIOD: "Every week"})

    again = search.slack.resend(sent.request)

    assert "every week" in again.body
    assert budgets(search) == [(100_000, "week", "2024-01-01")]


# What changed while a form was open.


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("Fill the pool…", {HOW_MANY: "1M"}),
        ("Budget…", {HOW_MUCH: "1M", PERIOD: "Every week"}),
    ],
)
def test_a_team_that_ended_meanwhile_is_neither_filled_nor_limited(
    search: Town, label: str, values: dict[str, str]
) -> None:
    open_form(search, LEO, label)
    search.say(LEO, "team end search")
    search.slack.click(LEO, "ephemeral", "End the team")
    search.soon(lambda: pool(search) == 0)

    search.slack.submit(LEO, values)

    assert "The team search has ended, so nothing was changed" in modal(search, LEO)
    assert (pool(search), budgets(search)) == (0, [])


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("Fill the pool…", {HOW_MANY: "1M"}),
        ("Budget…", {HOW_MUCH: "1M", PERIOD: "Every week"}),
    ],
)
def test_whoever_is_no_admin_any_more_fills_and_limits_nothing(
    search: Town, label: str, values: dict[str, str]
) -> None:
    open_form(search, LEO, label)
    search.slack.change_person(LEO, is_admin=False, is_owner=False)
    search.soon(lambda: not search.rows("SELECT 1 FROM member WHERE is_slack_admin"))

    search.slack.submit(LEO, values)

    assert "Filling a pool is for admins" in modal(search, LEO)
    assert (pool(search), budgets(search)) == (300_000, [])


# Words that lack a part.


@pytest.mark.parametrize(
    ("typed", "title", "parts"),
    [
        ("fill search", "Fill the pool", ("The pool of search has 300k",)),
        ("fill Search", "Fill the pool", ("The pool of search has 300k",)),
        ("fill search for the *quarter*", "Fill the pool", ("the *quarter*",)),
        ('fill "search" for the quarter', "Fill the pool", ("the quarter",)),
        ("budget search", "Budget of the pool", ("In which period?: Every month",)),
        ("budget search weekly", "Budget of the pool", ("In which period?: Every week",)),
        ("budget search a quarter", "Budget of the pool", ("In which period?: Every quarter",)),
        ('budget "search" every year', "Budget of the pool", ("In which period?: Every year",)),
    ],
)
def test_what_lacks_an_amount_opens_the_form_with_what_was_typed(
    search: Town, typed: str, title: str, parts: tuple[str, ...]
) -> None:
    opened = search.slack.command(LEO, f"team {typed}")

    shown = modal(search, LEO)
    assert opened.body == ""
    for part in (title, *parts):
        assert part in shown


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        (MIA, "team fill search", "Filling a pool is for admins"),
        (MIA, "team budget search", "Filling a pool is for admins"),
        (LEO, "team fill everyone", "no pool of its own"),
        (LEO, "team budget everyone weekly", "no pool of its own"),
        (LEO, "team fill", "Which team? Name one"),
        (LEO, "team budget", "Which team? Name one"),
        (LEO, "team fill nowhere for the quarter", "No team of yours is called nowhere"),
        (LEO, "team budget nowhere weekly", "No team of yours is called nowhere"),
        (LEO, 'team budget "search" fortnightly', "fortnightly"),
    ],
)
def test_no_form_opens_for_what_can_t_be_done(
    search: Town, who: Person, typed: str, said: str
) -> None:
    shown = search.say(who, typed)

    assert said in shown
    assert search.slack.modal(who) is None


def test_a_team_with_for_in_its_name_is_found_whole(search: Town) -> None:
    search.say(LEO, "team create people for search")

    search.say(LEO, "team fill people for search")

    assert "The pool of people for search has 0 tokens." in modal(search, LEO)
