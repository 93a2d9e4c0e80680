"""One-line bugs, each of which breaks a rule of the books; the tests have to notice every one.

A file for each noun, called as the noun is in `bot/`. `python -m tests.mutants` tries them all.
"""

from tests.mutants import (
    advances,
    allowances,
    api_keys,
    budgets,
    bulks,
    dues,
    grants,
    holds,
    ledger,
    limits,
    retention,
    reversals,
    silences,
    teams,
    topups,
    true_ups,
    undoing,
    usage,
)
from tests.mutants.mutant import MACHINE, Mutant
from tests.mutants.planting import survives

__all__ = ["MACHINE", "MUTANTS", "Mutant", "survives"]

MUTANTS = (
    *bulks.MUTANTS,
    *undoing.MUTANTS,
    *advances.MUTANTS,
    *ledger.MUTANTS,
    *reversals.MUTANTS,
    *grants.MUTANTS,
    *topups.MUTANTS,
    *dues.MUTANTS,
    *allowances.MUTANTS,
    *budgets.MUTANTS,
    *teams.MUTANTS,
    *true_ups.MUTANTS,
    *usage.MUTANTS,
    *silences.MUTANTS,
    *retention.MUTANTS,
    *holds.MUTANTS,
    *limits.MUTANTS,
    *api_keys.MUTANTS,
)
