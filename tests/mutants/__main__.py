"""Tries all mutants: `python -m tests.mutants`."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutants import MUTANTS, Mutant, survives


def try_all(mutants: Sequence[Mutant] = MUTANTS, *, at_once: int = 2) -> dict[str, str]:
    """The rules whose mutants live, and what the tests said."""
    with ThreadPoolExecutor(at_once) as pool:
        said = pool.map(lambda mutant: survives(mutant, mutant.tests), mutants)
        return {m.rule: each for m, each in zip(mutants, said, strict=True) if each}


if __name__ == "__main__":
    living = try_all()
    for rule, said in living.items():
        sys.stdout.write(f"LIVES: {rule}\n{said}\n")
    sys.stdout.write(f"{len(MUTANTS) - len(living)} of {len(MUTANTS)} mutants were noticed\n")
    sys.exit(bool(living))
