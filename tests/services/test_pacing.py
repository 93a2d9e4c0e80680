"""How many events go into one commit."""

from hypothesis import given
from hypothesis import strategies as st

from bot.services.pacing import FIRST, HOLD_SECONDS, LEAST, MOST, Pace


def parts(pace: Pace, left: int, seconds_of_each: float) -> list[int]:
    """The sizes in which so many are taken."""
    sizes: list[int] = []
    while left:
        size = pace.size(left)
        pace.learn(size, size * seconds_of_each)
        sizes.append(size)
        left -= size
    return sizes


def test_a_quick_machine_takes_a_thousand_at_once_from_the_second_batch_on() -> None:
    pace = Pace()

    assert parts(pace, 1_000, 0.00009) == [250, 375, 375]
    assert parts(pace, 1_000, 0.00009) == [500, 500]
    assert parts(pace, 1_000, 0.00009) == [1_000]
    assert parts(pace, 10_000, 0.00009) == [1_000] * 10


def test_nobody_waits_for_more_than_the_first_slow_commit() -> None:
    pace = Pace()

    sizes = parts(pace, 1_000, 0.001)

    assert sizes[0] == FIRST
    assert max(sizes[1:]) * 0.001 <= HOLD_SECONDS


def test_single_events_never_make_the_parts_of_large_batches_small() -> None:
    pace = Pace()
    parts(pace, 10_000, 0.00009)

    for _ in range(100):
        pace.learn(1, 0.005)

    assert pace.size(1_000) == 1_000


def test_after_one_that_was_held_up_it_soon_takes_many_again() -> None:
    pace = Pace()
    pace.learn(1, 3.0)
    assert pace.size(1_000) == LEAST

    assert max(parts(pace, 10_000, 0.00009)) > MOST * 0.9


def test_one_that_failed_halves_what_is_tried_next_down_to_the_least() -> None:
    pace = Pace()
    parts(pace, 10_000, 0.00009)
    tried = []
    for _ in range(6):
        pace.halve()
        tried.append(pace.size(1_000))

    assert tried == [500, 250, 125, 59, LEAST, LEAST]


@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 10, allow_nan=False)), max_size=20),
    st.integers(1, 10_000),
)
def test_whatever_it_learned_parts_are_of_one_size_and_within_bounds(
    learned: list[tuple[int, float]], left: int
) -> None:
    pace = Pace()
    for size, seconds in learned:
        pace.learn(min(size, MOST), seconds)

    size = pace.size(left)

    assert min(left, LEAST // 2) <= size <= min(left, MOST)
    assert left - size * (left // size) < size
