"""What a week is said to be: each kind of change in one sentence, and figures against figures."""

from dataclasses import replace

import pytest

from bot.domain.digests import Moves, OwnWeek, Part, PoolFacts, Requests, Week
from bot.slack.render import days, messages
from bot.slack.render import digest_words as words
from bot.slack.render.blocks import Block, Message
from tests.slack.render.digests import OWN, QUIET, WEEK


def used(now: int, before: int, **more: object) -> Week:
    days = {"days": (now, *[0] * 6), "days_before": (before, *[0] * 6)}
    plain = {"allowance": None, "pool": None, "models": (), "projects": ()}
    none = {"moves": Moves(), "requests": Requests()}
    return replace(WEEK, **{**plain, **none, **days, **more})  # type: ignore[arg-type]


def buttons(shown: Message) -> list[Block]:
    rows = [block["elements"] for block in shown["blocks"] if block["type"] == "actions"]
    return [one for row in rows for one in row]


PACED = PoolFacts(available=100, per_day=5, lasts_days=20, lasts_on="2026-03-29")
DECIDED = Requests(asked=3, asked_tokens=9, wait_seconds=4_800, longest_seconds=93_600)
OPUS = Part(name="opus", tokens=10, before=90)
MINI = Part(name="mini", tokens=100, before=10)
EMPTY = PoolFacts(available=0, per_day=5, lasts_days=0, lasts_on="2026-03-09")
DRY = replace(EMPTY, available=10, lasts_days=2, lasts_on="2026-03-12")


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (used(1, 1, pool=EMPTY), "The pool of Search is empty."),
        (
            used(1, 1, pool=replace(EMPTY, available=5, lasts_days=2, lasts_on="2026-03-11")),
            "The pool of Search runs dry about 11 March at this pace.",
        ),
        (
            used(
                1, 1, pool=replace(EMPTY, available=5, lasts_on="2026-03-15", fills_on="2026-04-01")
            ),
            "The pool of Search runs dry about 15 March, 17 days before it fills.",
        ),
        (
            used(3_000, 1, allowance=1_000),
            "Search used 3,000 tokens, 2,000 more than its allowances for a week.",
        ),
        (QUIET, "A quiet week in Everyone (no team): no tokens were used or moved."),
        (
            replace(QUIET, moves_before=Moves(granted=5)),
            "A quiet week in Everyone (no team): no tokens were used or moved; "
            "5 came the week before.",
        ),
        (replace(QUIET, moves=Moves(granted=5)), "5 tokens came to Everyone (no team)."),
        (
            replace(QUIET, moves=Moves(expired=5)),
            "No tokens came to Everyone (no team) this week; what moved stands below.",
        ),
        (used(7, 0, typical=None), "The first week of use in Search: 7 tokens."),
        (used(0, 7), "No use in Search this time, after 7 tokens the week before."),
        (used(7, 0), "Search used 7 tokens, after a week without use."),
        (used(150, 100), "Use in Search rose by 50 % to 150 tokens."),
        (used(200, 100), "Use in Search doubled to 200 tokens."),
        (used(201, 100), "Use in Search more than doubled to 201 tokens."),
        (used(50, 100), "Use in Search fell by 50 % to 50 tokens."),
        (
            used(50, 100, models=(OPUS, MINI)),
            "Use in Search fell by 50 % to 50 tokens; all of the fall is `opus`.",
        ),
        (
            used(50, 100, models=(replace(OPUS, before=40), replace(MINI, tokens=40, before=60))),
            "Use in Search fell by 50 % to 50 tokens; most of the fall is `opus`.",
        ),
        (
            used(150, 100, projects=(MINI, OPUS)),
            "Use in Search rose by 50 % to 150 tokens; all of the rise is in project `mini`.",
        ),
        (used(101, 100), "A week much like the one before in Search: 101 tokens used."),
    ],
)
def test_each_change_has_its_sentence(week: Week, said: str) -> None:
    assert words.headline(week) == said


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (used(100, 100, typical=None), "*100* tokens used: about as many as the week before."),
        (
            used(50, 100, typical=40),
            "*50* tokens used: 50 % less than the week before and 25 % more than a typical week.",
        ),
        (used(50, 0, typical=None), "*50* tokens used: none the week before."),
        (
            used(0, 0, typical=None, pool=PoolFacts(available=5)),
            "The pool has *5*. How long it lasts I can't say yet: that takes three days of grants.",
        ),
        (
            used(0, 0, typical=None, pool=PoolFacts(available=5, per_day=0)),
            "The pool has *5*. Nothing left it in two weeks.",
        ),
        (
            used(0, 0, typical=None, requests=Requests(asked=1, asked_tokens=5, open=1)),
            "1 request for 5 tokens; 0 approved, 0 denied.",
        ),
        (
            used(0, 0, typical=None, pool=PACED),
            "The pool has *100*; 5 a day leaves it, allowances included: that lasts 20 days, until "
            "about 29 March.",
        ),
        (
            used(0, 0, typical=None, pool=replace(PACED, available=0, lasts_days=0)),
            "The pool has *0*; 5 a day leaves it, allowances included.",
        ),
        (
            used(0, 0, typical=None, pool=replace(PACED, fills_on="2026-03-29")),
            "The pool has *100*; 5 a day leaves it, allowances included: enough until it fills on "
            "29 March.",
        ),
        (
            used(0, 0, typical=None, pool=replace(PACED, fills_on="2026-04-01")),
            "The pool has *100*; 5 a day leaves it, allowances included: that lasts 20 days, until "
            "about 29 March; it fills on 1 April.",
        ),
        (
            used(0, 0, typical=None, requests=replace(DECIDED, asked=0, approved=1)),
            "No new requests; 1 approved, 0 denied. It had waited 26 hours.",
        ),
        (
            used(0, 0, typical=None, requests=replace(DECIDED, approved=1, denied=1)),
            "3 requests for 9 tokens; 1 approved, 1 denied. They had waited 80 minutes and 26 "
            "hours.",
        ),
        (
            used(0, 0, typical=None, requests=replace(DECIDED, approved=3)),
            "3 requests for 9 tokens; 3 approved, 0 denied. Half of them had waited 80 minutes at "
            "most, the longest 26 hours.",
        ),
        (
            replace(QUIET, moves=Moves(granted=5)),
            "Use isn't metered here yet: this tells of the tokens that moved.",
        ),
        (
            used(3, 3, typical=None, allowance=8),
            "*3* tokens used: about as many as the week before. That is 38 % of the week's "
            "allowances (8).",
        ),
    ],
)
def test_figures_are_set_against_figures(week: Week, said: str) -> None:
    assert words.sentences(week) == [said]


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (used(1, 1, pool=EMPTY), "an admin needs to fill the pool"),
        (used(9, 1, allowance=1), "whether the allowances still fit"),
        (
            used(1, 1, pool=EMPTY, requests=Requests(open=1, open_seconds=7_200)),
            "more lasts 30 days. A request has waited 2 hours for a decision. Its approvers have "
            "it as a message.",
        ),
        (
            used(1, 1, requests=Requests(open=2, open_seconds=7_200)),
            "2 requests wait for a decision, the oldest for 2 hours. Their approvers have them",
        ),
        (
            used(1, 1, requests=Requests(open=1, open_tokens=50)),
            "a request for 50 tokens waits for a decision. Its approvers have it as a message.",
        ),
        (
            used(1, 1, requests=Requests(open=2, open_tokens=50, open_seconds=7_200)),
            "2 requests for 50 tokens together wait for a decision, the oldest for 2 hours.",
        ),
        (
            used(1, 1, pool=DRY),
            "an admin needs to fill the pool; at this pace about 150 more lasts 30 days.",
        ),
        (
            used(1, 1, pool=replace(DRY, fills_on="2026-03-17")),
            "an admin needs to fill the pool; about 25 more lasts until it fills by itself on 17 "
            "March.",
        ),
        (
            used(1, 1, pool=replace(DRY, available=-7, fills_on="2026-03-17")),
            "an admin needs to fill the pool; about 32 more lasts until it fills by itself on 17 "
            "March.",
        ),
        (used(1, 1), "nothing needs doing"),
    ],
)
def test_the_next_step_is_said(week: Week, said: str) -> None:
    assert said in words.next_step(week)


def test_a_request_that_only_waits_is_said_once() -> None:
    assert words.sentences(used(0, 0, typical=None, requests=Requests(open=1))) == []


def test_a_notification_says_the_next_step_after_the_headline() -> None:
    text = messages.digest(replace(WEEK, pool=None))["text"]

    assert text == (
        "Use in Search rose by 40 % to 10.5M tokens; all of the rise is claude-opus. "
        "Next: a request for 900k tokens has waited 2 days for a decision. Its approvers have it "
        "as a message. "
        "Search, 2–8 March 2026. Used: 75 % of the week's allowances."
    )


def test_no_row_of_the_table_counts_what_another_counts() -> None:
    (table,) = [b for b in messages.digest(WEEK)["blocks"] if b["type"] == "table"]

    names = [row[0]["text"] for row in table["rows"]]

    assert names == [
        "Tokens",
        "Used (typical: 7.2M)",
        "– of it claude-opus",
        "– of it claude-sonnet",
        "– of it gpt-mini",
        "– in project ranking",
        "– in project evaluation",
        "Came in",
        "– of it grants and approvals (3 times)",
        "– of it allowances",
        "Transferred between members (3 times)",
        "Expired (left from earlier)",
    ]


def test_what_came_in_one_way_has_no_sum_above_it() -> None:
    week = replace(QUIET, moves=Moves(granted=5, grants=1), moves_before=Moves(granted=7))
    (table,) = [b for b in messages.digest(week)["blocks"] if b["type"] == "table"]

    assert [[cell["text"] for cell in row] for row in table["rows"][1:]] == [
        ["Came in: grants and approvals (once)", "5", "7"]
    ]


def test_a_pool_that_runs_dry_comes_with_the_button_that_fills_it() -> None:
    short, fine = (messages.digest(used(1, 1, pool=pool)) for pool in (EMPTY, None))

    assert [b["text"]["text"] for b in buttons(short)] == ["Fill the pool…"]
    assert buttons(fine) == []


def test_ones_own_week_offers_more_tokens_where_they_run_short() -> None:
    labels = [
        [one["text"]["text"] for one in buttons(messages.own_digest(week))]
        for week in (OWN, replace(OWN, lasts_days=6), replace(OWN, available=0))
    ]

    assert labels == [["See usage"], *[["Request more…", "See usage"]] * 2]


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (OWN, "nothing needs doing; at this pace what expires is used before."),
        (replace(OWN, expires_on=None), "nothing needs doing."),
        # 20 days at 52,142 are 1,042,840; what is more than that is left over.
        (replace(OWN, expires_on="2026-03-29", expiring=1_042_840), "is used before."),
        (
            replace(OWN, expires_on="2026-03-29", expiring=1_042_841),
            "give a colleague what you don’t need of the 1.04M that expire, or let them go.",
        ),
        (replace(OWN, expires_on="2026-04-01", expiring=1_250_000), "is used before."),
        (
            replace(OWN, per_day=None, lasts_days=None, lasts_on=None),
            "give a colleague what you don’t need of the 400k that expire, or let them go.",
        ),
        (replace(OWN, lasts_days=6, lasts_on="2026-03-15"), "request it: your approvers decide."),
        (
            replace(OWN, lasts_days=6, lasts_on="2026-03-15", next_on="2026-03-15"),
            "nothing needs doing",
        ),
        (replace(OWN, available=0, next_on="2026-03-15"), "request it: your approvers decide."),
    ],
)
def test_ones_own_week_says_what_to_do(week: OwnWeek, said: str) -> None:
    text = messages.own_digest(week)["text"]

    assert "Next: " in text
    assert text.endswith(said) or f"{said};" in text


def test_no_sentence_of_a_team_blames_or_names_anybody() -> None:
    text = str(messages.digest(WEEK)).lower()

    assert not [word for word in ("<@", "wast", "too much", "only used", "unused") if word in text]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0, 5, "0 tokens used last week, 5 the week before."),
        (5, 0, "5 tokens used last week, 0 the week before."),
        (50, 100, "50 tokens used last week, 100 the week before."),
        (0, 0, "0 tokens used last week, 0 available."),
    ],
)
def test_ones_own_week_begins_with_what_one_used(now: int, before: int, said: str) -> None:
    days = {"days": (now, *[0] * 6), "days_before": (before, *[0] * 6)}

    own = messages.own_digest(OwnWeek(zone="UTC", week_on="2026-03-02", **days))  # type: ignore[arg-type]

    assert own["text"].startswith(said)


def test_a_part_without_a_name_of_its_own_is_no_markup() -> None:
    parts = (Part(name="`<!here>`", tokens=150, before=0), Part(name="b", tokens=0, before=0))

    assert "<!here>" not in words.headline(used(150, 100, models=parts))


def test_what_lasts_beyond_a_year_has_no_day() -> None:
    assert days.lasting(35, "2026-04-13") == "35 days, until about 13 April"
    assert days.lasting(365, "2027-03-09") == "365 days, until about 9 March"
    assert days.lasting(812, "2028-06-19") == "more than a year"
