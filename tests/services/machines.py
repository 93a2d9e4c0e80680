"""Machines of generated wishes: how long they run, and on what.

The auditor reads whole databases at every step, so there are several small ones, taken by turns.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import cycle

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from bot.storage.database import Database

#: `soak`, `mutants`, or none for a quick look.
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "")
#: Of one test, in seconds.
TIMEOUT = 0 if PROFILE == "soak" else 240

#: How often a machine runs, and the most steps of each time.
Length = tuple[int, int]


def length(*, quick: Length, mutants: Length, soak: Length) -> Length:
    """How long a machine runs under the profile of today."""
    others: Mapping[str, Length] = {"mutants": mutants, "soak": soak}
    return others.get(PROFILE, quick)


def run(machine: type[RuleBasedStateMachine], several: Sequence[Database], length: Length) -> None:
    """The machine, which takes the next of its `databases` whenever it begins."""
    here = type(machine.__name__, (machine,), {"databases": cycle(several)})
    runs, steps = length
    run_state_machine_as_test(here, settings=settings(max_examples=runs, stateful_step_count=steps))
