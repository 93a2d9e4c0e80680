import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from bot.storage.database import DatabaseBusy, DatabaseFault
from bot.storage.turns import FileTurn, Turns
from tests.threads import Running
from tests.waiting import SECONDS, until


def test_threads_get_their_turns_in_the_order_they_came() -> None:
    turns, served = Turns(), list[int]()
    turns.take(0)

    def wait_for_turn(number: int) -> None:
        assert turns.take(SECONDS)
        served.append(number)
        turns.pass_on()

    running = []
    for number in range(5):
        running.append(Running(lambda n=number: wait_for_turn(n)))  # type: ignore[misc]  # mypy infers no lambda with a default
        until(lambda n=number: len(turns._waiting) == n + 1)  # type: ignore[misc]  # mypy infers no lambda with a default
    turns.pass_on()

    assert [each.join() for each in running] == [None] * 5
    assert served == [0, 1, 2, 3, 4]


def test_whoever_waits_too_long_goes_and_leaves_no_gap() -> None:
    turns = Turns()
    turns.take(0)

    assert not turns.take(0.01)
    assert not turns.hand_over()
    turns.pass_on()
    assert turns.take(0)


def hold_until_told(path: str, held: Event, told: Event) -> None:
    FileTurn(path).take(SECONDS)
    held.set()
    told.wait(SECONDS)


@pytest.mark.parametrize("end", ["killed", "ended"])
def test_a_turn_between_processes_is_free_again_when_its_owner_is_gone(
    tmp_path: Path, end: str
) -> None:
    path = str(tmp_path / "tokenbot.db.lock")
    spawning = multiprocessing.get_context("spawn")
    held, told = spawning.Event(), spawning.Event()
    owner = spawning.Process(target=hold_until_told, args=(path, held, told))
    owner.start()
    assert held.wait(SECONDS)
    turn = FileTurn(path)
    with pytest.raises(DatabaseBusy):
        turn.take(0.05)

    owner.kill() if end == "killed" else told.set()
    owner.join(SECONDS)

    turn.take(SECONDS)
    turn.close()


def test_a_turn_given_back_can_be_taken_by_another(tmp_path: Path) -> None:
    one, other = (FileTurn(str(tmp_path / "lock")) for _ in range(2))
    one.take(0)
    waiting = Running(lambda: other.take(SECONDS))

    one.give_back()

    assert waiting.join() is None
    with pytest.raises(DatabaseBusy):
        one.take(0.01)
    one.close()
    other.close()


def test_a_lock_file_that_can_not_be_opened_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFault, match=r"can't use .*nowhere"):
        FileTurn(str(tmp_path / "nowhere" / "lock")).take(0)
