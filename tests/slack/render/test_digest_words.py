"""What a week is said to be: each kind of change in one sentence, and figures against figures."""

from dataclasses import replace

import pytest

from bot.domain.digests import Moves, OwnWeek, Part, PoolFacts, Requests, Week
from bot.slack.render import days, messages
from bot.slack.render import digest_words as words
from tests.slack.render.digests import QUIET, WEEK


def used(now: int, before: int, **more: object) -> Week:
    days = {"days": (now, *[0] * 6), "days_before": (before, *[0] * 6)}
    plain = {"allowance": None, "pool": None, "models": (), "projects": (), "requests": Requests()}
    return replace(WEEK, **{**plain, **days, **more})  # type: ignore[arg-type]


EMPTY = PoolFacts(available=0, per_day=5, lasts_days=0, lasts_on="2026-03-09")


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (used(1, 1, pool=EMPTY), "The pool of Search is empty."),
        (
            used(1, 1, pool=replace(EMPTY, available=5, lasts_days=2, lasts_on="2026-03-11")),
            "The pool of Search lasts until 11 March at this pace.",
        ),
        (
            used(3_000, 1, allowance=1_000),
            "Search used 3,000 tokens, 2,000 more than its allowances for a week.",
        ),
        (QUIET, "A quiet week in Everyone: no tokens were used or moved."),
        (replace(QUIET, moves=Moves(granted=5)), "5 tokens came to Everyone."),
        (
            replace(QUIET, moves=Moves(expired=5)),
            "No tokens came to Everyone this week; what moved stands below.",
        ),
        (used(7, 0, typical=None), "The first week of use in Search: 7 tokens."),
        (used(0, 7), "No use in Search this time, after 7 tokens the week before."),
        (used(7, 0), "Search used 7 tokens, after a week without use."),
        (used(150, 100), "Use in Search rose by 50 % to 150 tokens."),
        (used(50, 100), "Use in Search fell by 50 % to 50 tokens."),
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
    ],
)
def test_figures_are_set_against_figures(week: Week, said: str) -> None:
    assert words.sentences(week) == [said]


@pytest.mark.parametrize(
    ("week", "said"),
    [
        (used(1, 1, pool=EMPTY), "an admin fills the pool"),
        (used(9, 1, allowance=1), "whether the allowances still fit"),
        (used(1, 1, requests=Requests(open=2, open_seconds=7_200)), "2 requests wait"),
        (used(1, 1), "nothing needs doing"),
    ],
)
def test_the_next_step_is_said(week: Week, said: str) -> None:
    assert said in words.next_step(week)


def test_no_sentence_of_a_team_blames_or_names_anybody() -> None:
    text = str(messages.digest(WEEK)).lower()

    assert not [word for word in ("<@", "wast", "too much", "only used", "unused") if word in text]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0, 5, "You used no tokens last week."),
        (5, 0, "You used 5 tokens last week, and none the week before."),
        (105, 100, "You used 105 tokens last week, about as many as the week before."),
        (50, 100, "You used 50 tokens last week, 50 % less than the week before."),
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
    assert days.lasting(35, "2026-04-13") == "35 days, until 13 April"
    assert days.lasting(365, "2027-03-09") == "365 days, until 9 March"
    assert days.lasting(812, "2028-06-19") == "more than a year"
