"""What is owed reaches tokenbot whatever happens to the process that owes it."""

import os
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tokenbot_client import outbox
from tokenbot_client.outbox import Outbox

USED = {"litellm": {"status": "success", "prompt_tokens": 12}}
NOTED = {"litellm": {"status": "success", "prompt_tokens": 10}}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path)
    yield made
    made.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that no disk slows, where there is such a one: what is killed leaves files alike."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def owed(box: Outbox) -> dict[str, tuple[str, Any]]:
    """By its call, the hold and the body of everything that waits."""
    waiting = box.waiting(1_000)
    assert len({one.call for one in waiting}) == len(waiting)
    return {one.call: (one.hold, one.told) for one in waiting}


def in_child(act: Callable[[], None]) -> None:
    """Run it in a process of its own, which ends without saying goodbye."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def killed_at(line: int, act: Callable[[], None]) -> bool:
    """Run it in a process that is killed before its so-manieth line of the outbox; False once

    there are not so many.
    """
    reading, writing = os.pipe()

    def run() -> None:
        left = line

        def trace(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename != outbox.__file__:
                return None
            if event == "line":
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        act()
        sys.settrace(None)
        os.write(writing, b"ended")

    in_child(run)
    os.close(writing)
    ended = os.read(reading, 10) == b"ended"
    os.close(reading)
    return not ended


def amid(line: int, interrupt: Callable[[], object], act: Callable[[], object]) -> bool:
    """Run `act`, and `interrupt` before its so-manieth line of the outbox; False once there are

    not so many.
    """
    left = line

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != outbox.__file__:
            return None
        if event == "line":
            left -= 1
            if left == -1:
                interrupt()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return left < 0


def test_what_is_ready_waits_in_the_order_in_which_it_came(box: Outbox) -> None:
    box.put("b", "h2", USED, is_ready=True)
    box.put("a", "h1", USED, is_ready=True)
    box.put("c", "h3", NOTED, is_ready=False)

    assert list(owed(box)) == ["b", "a"]


def test_a_call_owes_the_last_that_was_put(box: Outbox) -> None:
    box.put("a", "h1", NOTED, is_ready=False)
    box.put("a", "h1", USED, is_ready=True)

    assert owed(box) == {"a": ("h1", USED)}


def test_what_was_put_again_since_it_was_read_is_still_owed(box: Outbox) -> None:
    box.put("a", "h1", NOTED, is_ready=True)
    sent = box.waiting(10)
    box.put("a", "h1", USED, is_ready=True)

    box.done(sent)

    assert owed(box) == {"a": ("h1", USED)}


def test_a_dead_process_is_taken_over_with_what_was_not_ready(box: Outbox, tmp_path: Path) -> None:
    def owe_and_die() -> None:
        dying = Outbox(tmp_path)
        dying.put("a", "h1", USED, is_ready=True)
        dying.put("b", "h2", NOTED, is_ready=False)

    in_child(owe_and_die)

    assert box.take_over() == 2
    assert owed(box) == {"a": ("h1", USED), "b": ("h2", NOTED)}
    assert len(list(tmp_path.glob("*.db"))) == 1


def test_a_living_process_keeps_its_own(box: Outbox, tmp_path: Path) -> None:
    other = Outbox(tmp_path)
    other.put("a", "h1", USED, is_ready=True)

    assert box.take_over() == 0
    assert owed(other) == {"a": ("h1", USED)}
    other.close()


def test_a_process_that_begins_is_not_taken_for_a_dead_one(memory: Path) -> None:
    box = Outbox(memory)
    made: list[Outbox] = []
    line = 0

    while amid(line, box.take_over, lambda: made.append(Outbox(memory))):
        made[-1].put("a", "h1", USED, is_ready=True)
        made[-1].close()
        assert box.take_over() == 1
        box.done(box.waiting(10))
        line += 1

    assert line > 10
    box.close()
    made[-1].close()


def test_killed_between_any_two_lines_it_owes_what_it_had_said(memory: Path) -> None:
    def work(said: Path) -> None:
        box = Outbox(memory)
        steps: list[tuple[str, Callable[[], None]]] = [
            ("noted", lambda: box.put("a", "h1", NOTED, is_ready=False)),
            ("used", lambda: box.put("a", "h1", USED, is_ready=True)),
            ("other", lambda: box.put("b", "h2", USED, is_ready=True)),
            ("done", lambda: box.done(box.waiting(1))),
        ]
        for name, step in steps:
            step()
            with said.open("a") as file:
                file.write(f"{name}\n")

    line, is_killed = 0, True
    while is_killed:
        said = memory / f"said-{line}"
        said.touch()
        is_killed = killed_at(line, lambda said=said: work(said))  # type: ignore[misc]
        heir = Outbox(memory)
        heir.take_over()
        found = owed(heir)
        heir.done(heir.waiting(10))
        heir.close()
        steps = said.read_text().split()
        if "noted" in steps and "done" not in steps and "other" not in steps:
            assert found["a"][1] == USED or "used" not in steps
        if "other" in steps:
            assert found["b"] == ("h2", USED)
        if "done" in steps:
            assert "a" not in found
        line += 1

    assert line > 30


def test_killed_between_any_two_lines_of_taking_over_nothing_is_lost(memory: Path) -> None:
    def owe() -> None:
        dying = Outbox(memory)
        dying.put("a", "h1", USED, is_ready=True)
        dying.put("b", "", NOTED, is_ready=False)

    line, is_killed = 0, True
    while is_killed:
        in_child(owe)
        is_killed = killed_at(line, lambda: print(Outbox(memory).take_over()))  # noqa: T201
        heir = Outbox(memory)
        heir.take_over()
        assert owed(heir) == {"a": ("h1", USED), "b": ("", NOTED)}
        heir.done(heir.waiting(10))
        heir.close()
        line += 1

    assert line > 30


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5_000])
def test_a_broken_file_is_put_aside_and_keeps_no_other(
    box: Outbox, tmp_path: Path, content: bytes
) -> None:
    for name in ("0-broken", "1-good"):
        (tmp_path / f"{name}.lock").touch()
    (tmp_path / "0-broken.db").write_bytes(content)
    other = Outbox(tmp_path)
    other.put("a", "h1", USED, is_ready=True)
    other.close()

    taken = box.take_over()

    assert taken == 1
    assert owed(box) == {"a": ("h1", USED)}
    assert (tmp_path / "0-broken.broken").exists() == bool(content)
    assert box.take_over() == 0


def test_a_broken_file_is_put_aside_whole(box: Outbox, tmp_path: Path) -> None:
    (tmp_path / "broken.lock").touch()
    (tmp_path / "broken.db").write_bytes(b"no database")
    (tmp_path / "broken.db-wal").write_bytes(b"what came last")

    assert box.take_over() == 0

    assert (tmp_path / "broken.broken-wal").read_bytes() == b"what came last"
    assert not (tmp_path / "broken.db-wal").exists()


def test_what_can_not_be_opened_just_now_waits_and_keeps_no_other(
    box: Outbox, tmp_path: Path
) -> None:
    def owe_and_die(call: str) -> None:
        Outbox(tmp_path).put(call, "h1", USED, is_ready=True)

    in_child(lambda: owe_and_die("a"))
    (first,) = [file for file in tmp_path.glob("*.db") if file != box._path]
    kept = first.rename(tmp_path / "kept")
    first.mkdir()
    in_child(lambda: owe_and_die("b"))

    assert box.take_over() == 1
    assert list(owed(box)) == ["b"]
    first.rmdir()
    kept.rename(first)
    assert box.take_over() == 1
    assert sorted(owed(box)) == ["a", "b"]


def test_where_the_disk_is_full_it_is_kept_in_memory(box: Outbox) -> None:
    (pages,) = box._db.execute("PRAGMA page_count").fetchone()
    box._db.execute(f"PRAGMA max_page_count = {pages}")
    large = {"litellm": {"status": "success", "id": "x" * 20_000}}

    box.put("a", "h1", large, is_ready=True)
    box.put("b", "h2", {"litellm": {"id": "y" * 20_000}}, is_ready=False)

    assert owed(box) == {"a": ("h1", large)}
    box.done(box.waiting(10))
    assert owed(box) == {}


def test_where_nothing_can_be_written_what_is_ready_is_sent_all_the_same(box: Outbox) -> None:
    box.put("a", "h1", NOTED, is_ready=False)
    box.put("b", "h2", USED, is_ready=True)
    box._db.execute("PRAGMA query_only = 1")

    box.ready("a")
    box.ready("nobody's")
    box.put("c", "h3", USED, is_ready=True)

    assert owed(box) == {"a": ("h1", NOTED), "b": ("h2", USED), "c": ("h3", USED)}
    with pytest.raises(sqlite3.OperationalError):
        box.done(box.waiting(10))
    assert list(owed(box)) == ["b"]


def test_a_folder_that_can_not_be_written_is_an_error_at_the_start() -> None:
    with pytest.raises(OSError, match="nowhere"):
        Outbox(Path("/proc/nowhere"))
