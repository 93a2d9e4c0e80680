"""Figures that grow since their sender began: what of them is new."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import telemetry
from bot.domain.counts import Counts, CountsRefused
from bot.domain.telemetry import Figure, Last, Point, Sighting
from bot.domain.usage_events import UsageEvent

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def sighting(*points: Point) -> Sighting:
    event = UsageEvent(
        source="claude-code",
        external_id="one",
        occurred_at=NOON,
        user="",
        model="claude-sonnet-4-5",
        provider="anthropic",
        counts=Counts(),
    )
    return Sighting(event=event, session="s-1", growing=points)


def point(
    value: int, *, at: int, figure: Figure = Figure.INPUT, series: str = "", start: int = 1
) -> Point:
    name = series or f"{figure} since {start}"
    return Point(series_id=name, figure=figure, started_ns=start, at_ns=at, value=value)


def gained(exports: list[list[Sighting]]) -> int:
    """All that these requests tell of, one after the other."""
    lasts: dict[str, Last] = {}
    total = 0
    for export in exports:
        new = {p.series_id: Last(-1, 0) for one in export for p in one.growing}
        told = telemetry.advanced(export, new | lasts)
        lasts |= told.lasts
        total += sum(telemetry.event_of(one).counts.total for one in told.gained)
    return total


@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        pytest.param([point(10, at=1), point(30, at=2)], 30, id="it grows"),
        pytest.param([point(10, at=1), point(10, at=2)], 10, id="it stands still"),
        pytest.param([point(10, at=1), point(10, at=1)], 10, id="the same again"),
        pytest.param([point(10, at=1), point(30, at=2), point(10, at=1)], 30, id="an older again"),
        pytest.param([point(30, at=2), point(10, at=1)], 30, id="the wrong way round"),
        pytest.param([point(30, at=2), point(5, at=4, start=3)], 35, id="a restart"),
        pytest.param(
            [point(10, at=2), point(5, at=4, start=3), point(12, at=5)],
            17,
            id="the last words of the old process after the first of the new",
        ),
        pytest.param([point(30, at=2), point(4, at=3), point(9, at=4)], 39, id="a silent reset"),
        pytest.param(
            [point(30, at=2, start=0), point(4, at=3, start=0)], 34, id="no start and a reset"
        ),
        pytest.param([point(0, at=1), point(7, at=2)], 7, id="it begins with nothing"),
    ],
)
def test_what_a_growing_figure_gained_counts_once(exports: list[Point], expected: int) -> None:
    assert gained([[sighting(one)] for one in exports]) == expected


def test_exports_collected_into_one_request_are_taken_in_the_order_of_their_times() -> None:
    assert gained([[sighting(point(30, at=2)), sighting(point(10, at=1))]]) == 30


def test_the_classes_of_one_moment_stand_together() -> None:
    export = sighting(
        point(10, at=1),
        point(5, at=1, figure=Figure.OUTPUT),
        point(2_000, at=1, figure=Figure.COST),
    )

    (one,) = telemetry.advanced([export], dict.fromkeys(names(export), Last(-1, 0))).gained
    event = telemetry.event_of(one)

    assert event.counts == Counts(input_uncached=10, output=5)
    assert event.cost_nano == 2_000


def test_a_class_that_stands_still_adds_nothing_to_one_that_grows() -> None:
    export = sighting(point(10, at=2), point(9, at=2, figure=Figure.OUTPUT))
    lasts = {"input_uncached since 1": Last(1, 10), "output since 1": Last(1, 5)}

    told = telemetry.advanced([export], lasts)

    assert telemetry.event_of(told.gained[0]).counts == Counts(output=4)
    assert told.lasts == {"input_uncached since 1": Last(2, 10), "output since 1": Last(2, 9)}


def test_more_than_a_call_can_use_is_refused() -> None:
    told = telemetry.advanced(
        [sighting(point(10**15, at=1))], {"input_uncached since 1": Last(-1, 0)}
    )

    with pytest.raises(CountsRefused):
        telemetry.event_of(told.gained[0])


def test_a_cost_that_no_call_can_have_is_let_go() -> None:
    counts, cost_nano = telemetry.counted(
        [point(1, at=1), point(10**15 + 1, at=1, figure=Figure.COST)]
    )

    assert (counts.total, cost_nano) == (1, None)


@given(st.data())
def test_repeats_and_restarts_change_no_sum(data: st.DataObject) -> None:
    used, at, exports = 0, 0, []
    for start in range(data.draw(st.integers(1, 4))):
        grown = 0
        for more in data.draw(st.lists(st.integers(0, 1_000), max_size=6)):
            at += 1
            grown += more
            exports.append([sighting(point(grown, at=at, start=start))])
        used += grown
    repeats = [one for one in exports for _ in range(data.draw(st.integers(1, 3)))]
    again = data.draw(st.permutations(repeats)) if data.draw(st.booleans()) else []

    assert gained([*repeats, *again]) == used


def names(export: Sighting) -> list[str]:
    return [one.series_id for one in export.growing]
