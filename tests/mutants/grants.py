"""Bugs in grants."""

from tests.mutants.mutant import BUDGETS, Mutant

MUTANTS = (
    Mutant(
        "a grant reaches each of its recipients",
        "bot/domain/grants.py",
        "for user, taker in people.items()\n",
        "for user, taker in list(people.items())[:1]\n",
    ),
    Mutant(
        "nobody grants to themselves",
        "bot/domain/grants.py",
        "if is_to_self and not is_only_approver:",
        "if is_to_self and is_only_approver:",
    ),
    Mutant(
        "tokens never go to a bot or to somebody who has left",
        "bot/services/grants.py",
        "            participants.refuse_absent(tx, workspace_id, *takers)\n",
        "",
    ),
    Mutant(
        "a manager's grant is the pool's",
        "bot/domain/grants.py",
        "if giver.is_admin or taker.team_id == EVERYONE:",
        "if giver or taker.team_id == EVERYONE:",
        BUDGETS,
    ),
)
