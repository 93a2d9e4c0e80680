"""What the list of requests carries comes back as it was; whatever else comes is any, or none."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directory import TeamId, UserId
from bot.domain.queues import PAGE, Filter, Whose
from bot.domain.topups import TopUpId
from bot.slack import lists
from bot.slack.ids import Action
from bot.slack.lists import Under

FULL = Filter(
    whose=Whose.ALL,
    team_id=TeamId("search"),
    person=UserId("UANA"),
    tokens_max=lists.MOST[1],
    waited=timedelta(days=3),
    page=4,
)
UNDER = Under(view_id="V1", chosen=lists.dump(FULL), drawn=7)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("looked_for", [Filter(), FULL])
def test_a_filter_comes_back(looked_for: Filter) -> None:
    assert lists.load(lists.dump(looked_for)) == looked_for


def test_a_form_over_the_list_brings_back_what_it_decides_and_what_is_under_it() -> None:
    ids = [TopUpId(f"t{n}") for n in range(PAGE)]
    carried = lists.carry(ids, UNDER)

    assert lists.carried(carried) == tuple(ids)
    assert lists.under(carried) == UNDER
    assert lists.under(lists.carry_under(UNDER)) == Under(
        view_id="V1", chosen=UNDER.chosen, drawn=8
    )


def test_a_page_of_the_longest_ids_fits_what_slack_lets_a_form_carry() -> None:
    ids = [TopUpId(f"019cae4f-5a03-7000-8000-0000c0ff{n:04}") for n in range(PAGE)]
    longest = Under(
        view_id="V" * 20, chosen=lists.dump(FULL).replace("search", "s" * 36), drawn=99_999
    )

    assert len(lists.carry(ids, longest)) <= 3_000


def test_more_than_a_page_is_cut_and_nothing_comes_twice() -> None:
    options = [{"value": f"t{n % (PAGE + 5)}"} for n in range(3 * PAGE)]
    fields = {f"{lists.TICKS}-0000-000001": {"value": {"selected_options": options}}}

    assert lists.ticked(fields) == tuple(f"t{n}" for n in range(PAGE))


@given(st.text(max_size=60))
def test_whatever_is_carried_is_read_without_harm(metadata: str) -> None:
    assert lists.carried(metadata) == ()
    assert lists.under(metadata) is None
    assert lists.drawn(metadata) == 0
    assert lists.load(metadata) == Filter()


@given(anything)
def test_whatever_json_is_carried_is_read_without_harm(said: Any) -> None:
    for name in ("requests", "list", "chosen", "drawn", "whose", "team", "most", "days", "page"):
        metadata = json.dumps({name: said})
        assert all(isinstance(one, str) for one in lists.carried(metadata))
        assert lists.drawn(metadata) >= 0
        assert lists.load(metadata).page >= 0
        assert lists.under(metadata) is None or lists.under(metadata).view_id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        (Action.REQUESTS_MOST, "100000", Filter(tokens_max=100_000)),
        (Action.REQUESTS_MOST, "100001", Filter()),
        (Action.REQUESTS_MOST, "1e9", Filter()),
        (Action.REQUESTS_MOST, "٣", Filter()),
        (Action.REQUESTS_WAITED, "3", Filter(waited=timedelta(days=3))),
        (Action.REQUESTS_WAITED, "-3", Filter()),
        (Action.REQUESTS_WAITED, "9" * 400, Filter()),
        (Action.REQUESTS_WHOSE, "all", Filter(whose=Whose.ALL)),
        (Action.REQUESTS_WHOSE, "everybody's", Filter()),
        (Action.REQUESTS_TEAM, lists.ANY, Filter()),
        (Action.REQUESTS_TEAM, "' OR 1=1 --", Filter(team_id=TeamId("' OR 1=1 --"))),
    ],
)
def test_a_menus_line_is_read(action: Action, value: str, expected: Filter) -> None:
    fields = {"filters-0": {action.value: {"selected_option": {"value": value}}}}

    assert lists.chosen(fields) == expected


@pytest.mark.parametrize("value", ["", "-1", "x", "1.5", "²", "9" * 6])
def test_a_page_that_is_none_is_the_first(value: str) -> None:
    assert lists.page(value) == 0
