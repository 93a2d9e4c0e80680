"""Threads and processes that hold at once."""

import os
import subprocess
import sys
import threading

from callers import ANA, Settings, usage
from peers import Tokenbot

from tokenbot_client import (
    Tokens,
)


def test_many_threads_share_one(tokens: Tokens, tokenbot: Tokenbot) -> None:
    def spend() -> None:
        for _ in range(10):
            with tokens.hold(ANA, amount=100) as hold:
                hold.settle(usage(10))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (tokenbot.holds.open, tokenbot.holds.available) == ([], 9_200)


def test_a_process_that_ends_in_a_block_frees_what_it_held(
    tokenbot: Tokenbot, settings: Settings
) -> None:
    script = """
import sys
from tokenbot_client import Tokens
with Tokens().hold("ana", amount=600):
    sys.exit(3)
"""

    assert run(script, settings) == (3, "")
    assert tokenbot.holds.paths() == ["holds", "void h1"]


def test_a_forked_child_holds_and_settles_by_itself(tokenbot: Tokenbot, settings: Settings) -> None:
    script = """
import os
from tokenbot_client import Tokens
tokens = Tokens()
usage = {"prompt_tokens": 100, "completion_tokens": 0}
held = tokens.hold("ana", amount=600)
child = os.fork()
if child == 0:
    with tokens.hold("ben", amount=600) as hold:
        hold.settle(usage)
    with tokens.hold("ben", amount=600):
        os._exit(0 if tokens.flush(15) else 1)
assert os.waitpid(child, 0)[1] == 0
held.settle(usage)
print(held.available)
"""

    assert run(script, settings, warnings="ignore::DeprecationWarning") == (0, "9200\n")
    assert tokenbot.holds.paths().count("settle h1") == 1


def run(script: str, settings: Settings, *, warnings: str = "error") -> tuple[int, str]:
    """How a process of its own ends, and what it prints."""
    access = {"TOKENBOT_URL": settings["url"], "TOKENBOT_API_KEY": settings["api_key"]}
    done = subprocess.run(  # noqa: S603 - this file's own scripts
        [sys.executable, "-W", warnings, "-c", script],
        env={**os.environ, **access},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
