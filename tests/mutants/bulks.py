"""Bugs in several requests decided at once."""

from tests.mutants.mutant import Mutant

BULKS = ("tests/services/test_bulks.py", "-k", "sqlite")
#: SQLite's writers wait for each other whatever they lock.
BULK_RACES = ("tests/services/test_bulk_races.py", "-k", "postgresql and in_hand")

MUTANTS = (
    Mutant(
        "what a pool has is shared out once among several approved together",
        "bot/domain/bulks.py",
        "            left[item.source] = purse.less(item.tokens)\n",
        "",
        BULKS,
        also=(("bot/storage/grants.py", "    if refused:\n", "    if False:\n"),),
    ),
    Mutant(
        "a budget is kept by several approved together",
        "bot/domain/bulks.py",
        "item.tokens > purse.budget.left",
        "item.tokens > purse.budget.budget.tokens",
        BULKS,
    ),
    Mutant(
        "nobody decides their own among several",
        "bot/domain/bulks.py",
        "topup.requester == bench.actor and not bench.is_only_approver",
        "topup.requester == bench.actor and not bench.actor",
        BULKS,
    ),
    Mutant(
        "several are decided by the same roles as one",
        "bot/domain/bulks.py",
        "    if not roles.may(actor, Deed.DECIDE, requester):  # says",
        "    if not actor:  # says",
        BULKS,
    ),
    Mutant(
        "a request decided before stays as it is among several",
        "bot/domain/bulks.py",
        "    if topup.state is not TopUpState.OPEN:\n",
        "    if topup.state is TopUpState.EXPIRED:\n",
        BULKS,
    ),
    Mutant(
        "the same submission of several gives the same outcome",
        "bot/services/bulks.py",
        "        if earlier is not None:\n",
        "        if earlier is not None and not earlier.items:\n",
        BULKS,
    ),
    Mutant(
        "grants of several take their lots from the pool one after the other",
        "bot/storage/grants.py",
        "        left = spending.without(left, taken)\n",
        "",
        BULKS,
    ),
    Mutant(
        "a debt is repaid first by each of several grants",
        "bot/storage/grants.py",
        "        balance[account] -= tokens\n",
        "",
        BULKS,
    ),
    Mutant(
        "several that decide the same requests wait for each other",
        "bot/storage/bulks.py",
        "found.with_for_update() if lock else found",
        "found",
        BULK_RACES,
    ),
)
