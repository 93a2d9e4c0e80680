"""Bugs in budgets, and what pools owe and pay."""

from tests.mutants.mutant import BUDGETS, Mutant

COUNTS = ("tests/services/test_budget_counts.py", "-k", "sqlite")
POOLS = ("tests/services/test_pools_machine.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "a budget is never exceeded",
        "bot/storage/budgets.py",
        """            *_at(workspace_id, pool, now),
            _budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens,
""",
        "            *_at(workspace_id, pool, now),\n",
        POOLS,
    ),
    Mutant(
        "all of a budget can be spent",
        "bot/storage/budgets.py",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens < _budget.c.tokens",
        BUDGETS,
    ),
    Mutant(
        "what is reserved can't be granted beyond the budget",
        "bot/storage/budgets.py",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens",
        "_budget.c.spent + tokens <= _budget.c.tokens",
        COUNTS,
    ),
    Mutant(
        "a budget set anew counts what left meanwhile",
        "bot/storage/budgets.py",
        """    count_anew(tx, workspace_id, pool)
    found = state(""",
        "    found = state(",
        COUNTS,
    ),
    Mutant(
        "a budget's days are those of the team's zone",
        "bot/services/zones.py",
        "    budgets.count_anew(tx, workspace_id, pool)\n",
        "",
        COUNTS,
    ),
    Mutant(
        "a pool pays each credit once",
        "bot/services/fundings.py",
        "self._given[key] = given + tokens",
        "self._given[key] = 0",
        POOLS,
    ),
    Mutant(
        "a team of whom one asked first is made good whole",
        "bot/services/fundings.py",
        """    if any(turn.is_due_on(day) for turn in turns):
        return  # theirs comes first; what is left then is left for the next tick
""",
        "",
        COUNTS,
        also=(
            (
                "bot/schedule.py",
                """    if found.has_dues or found.has_memberships:
        yield dues.settle_all
    if found.has_fundings:
""",
                "    if found.has_fundings:\n",
            ),
        ),
    ),
    Mutant(
        "whoever comes in on the very day is paid too",
        "bot/services/fundings.py",
        "if funding.state is FundingState.RESERVED and funding.rest - given < tokens:",
        "if funding.state is None:",
        COUNTS,
    ),
    Mutant(
        "what nobody took of a pool comes free",
        "bot/services/fundings.py",
        """    if funding.rest:
        fundings.release(tx, funding.workspace_id""",
        """    if not funding.rest:
        fundings.release(tx, funding.workspace_id""",
        COUNTS,
    ),
    Mutant(
        "what a pool owed goes to the treasury when its team ends",
        "bot/services/team_ends.py",
        "    fundings.give_up(tx, workspace_id, pool)\n",
        "",
        COUNTS,
    ),
    Mutant(
        "what is taken back may be spent again",
        "bot/domain/budgets.py",
        "frozenset({EntryKind.REVERSAL, EntryKind.RETURN})",
        "frozenset({EntryKind.RETURN})",
        BUDGETS,
    ),
    Mutant(
        "what a pool reserves for its team counts",
        "bot/storage/fundings.py",
        "if budgets.allows(tx, workspace_id, pool, tokens, now):",
        "if tokens:",
        BUDGETS,
    ),
    Mutant(
        "what a company's pools owe and reserve is its own",
        "bot/storage/tables/allowances.py",
        'FUNDING_UNFINISHED = text(f"({_UNFINISHED})")',
        "FUNDING_UNFINISHED = text(_UNFINISHED)",
        ("tests/services/test_fundings_apart.py", "-k", "sqlite"),
    ),
)
