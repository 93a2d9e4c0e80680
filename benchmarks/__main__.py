"""One command for all ratios: prints a table, and exits with 1 when one is missed."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks import (
    counting,
    gateway,
    holds,
    http_commands,
    intake,
    intake_http,
    midnight,
    page,
    postgres_transfers,
    sqlite_transfers,
    weekly_digests,
)
from benchmarks.measure import Options, Result

SUITES: Mapping[str, Callable[[Options], Iterator[Result]]] = MappingProxyType(
    {
        "sqlite": sqlite_transfers.run,
        "postgres": postgres_transfers.run,
        "balance": http_commands.balance,
        "crowd": http_commands.crowd,
        "footprint": http_commands.footprint,
        "counting": counting.run,
        "midnight": midnight.run,
        "intake": intake.run,
        "intake_http": intake_http.run,
        "holds": holds.run,
        "digests": weekly_digests.run,
        "gateway": gateway.run,
        "page": page.run,
    }
)
_ROUNDS_MIN = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(SUITES), default=list(SUITES))
    parser.add_argument("--rounds", type=int, default=7, help="at least 5 to judge")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each arm")
    parser.add_argument("--dir", type=Path, help="a folder on the disk to measure")
    chosen = parser.parse_args()
    results: list[Result] = []
    for name in chosen.only:
        with tempfile.TemporaryDirectory(prefix="tokenbot-bench-", dir=chosen.dir) as folder:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            options = Options(chosen.rounds, chosen.seconds, Path(folder))
            for result in SUITES[name](options):
                print(_row(result), flush=True)
                results.append(result)
    if chosen.rounds < _ROUNDS_MIN:
        print("fewer than five rounds: a glance, no verdict", file=sys.stderr)
        return 0
    return 0 if all(result.is_met for result in results) else 1


def _row(result: Result) -> str:
    low, high = min(result.figures), max(result.figures)
    spread = f"{low:.2f} .. {high:.2f}"
    demanded = f"{result.bound} {result.demanded:g}{result.unit}"
    verdict = "met" if result.is_met else "MISSED"
    median = f"{result.median:.2f}{result.unit}"
    return f"| {result.name:<58} | {median:>9} | {spread:>18} | {demanded:>9} | {verdict:<6} |"


if __name__ == "__main__":
    sys.exit(main())
