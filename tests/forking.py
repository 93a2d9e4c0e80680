"""The server that forks processes for tests: one a session, whichever test asks first."""

import multiprocessing
from multiprocessing.context import ForkServerContext

#: What any of the processes runs. Whoever isn't named here imports all of `bot` for each of them.
_PRELOADED = ["tests.spending", "tests.e2e.quarter.workers", "tests.e2e.metering.clients"]


def context() -> ForkServerContext:
    """It has imported all this and done nothing else: what it forks starts in no time, and shares
    neither connection nor lock with the test.
    """
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(_PRELOADED)
    return forking
