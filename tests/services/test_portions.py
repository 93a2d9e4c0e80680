"""How many events go into one commit."""

from hypothesis import given
from hypothesis import strategies as st

from bot.services.portions import FIRST, LEAST, MOST, WAIT_SECONDS, Portions


def parts(portions: Portions, left: int, seconds_of_each: float) -> list[int]:
    """The sizes in which so many are taken."""
    sizes: list[int] = []
    while left:
        size = portions.size(left)
        portions.learn(size, size * seconds_of_each)
        sizes.append(size)
        left -= size
    return sizes


def test_a_quick_machine_takes_a_thousand_at_once_from_the_second_batch_on() -> None:
    portions = Portions()

    assert parts(portions, 1_000, 0.00009) == [250, 375, 375]
    assert parts(portions, 1_000, 0.00009) == [500, 500]
    assert parts(portions, 1_000, 0.00009) == [1_000]
    assert parts(portions, 10_000, 0.00009) == [1_000] * 10


def test_nobody_waits_for_more_than_the_first_slow_commit() -> None:
    portions = Portions()

    sizes = parts(portions, 1_000, 0.001)

    assert sizes[0] == FIRST
    assert max(sizes[1:]) * 0.001 <= WAIT_SECONDS


def test_single_events_never_make_the_parts_of_large_batches_small() -> None:
    portions = Portions()
    parts(portions, 10_000, 0.00009)

    for _ in range(100):
        portions.learn(1, 0.005)

    assert portions.size(1_000) == 1_000


def test_after_one_that_was_held_up_it_soon_takes_many_again() -> None:
    portions = Portions()
    portions.learn(1, 3.0)
    assert portions.size(1_000) == LEAST

    assert max(parts(portions, 10_000, 0.00009)) > MOST * 0.9


def test_one_that_failed_halves_what_is_tried_next_down_to_the_least() -> None:
    portions = Portions()
    parts(portions, 10_000, 0.00009)
    tried = []
    for _ in range(6):
        portions.halve()
        tried.append(portions.size(1_000))

    assert tried == [500, 250, 125, 59, LEAST, LEAST]


@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 10, allow_nan=False)), max_size=20),
    st.integers(1, 10_000),
)
def test_whatever_it_learned_parts_are_of_one_size_and_within_bounds(
    learned: list[tuple[int, float]], left: int
) -> None:
    portions = Portions()
    for size, seconds in learned:
        portions.learn(min(size, MOST), seconds)

    size = portions.size(left)

    assert min(left, LEAST // 2) <= size <= min(left, MOST)
    assert left - size * (left // size) < size
