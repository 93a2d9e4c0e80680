"""Bugs in API keys that are limited to some people."""

from tests.mutants.mutant import Mutant

LIMITED_KEYS = ("tests/api/test_limited_keys.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "a limited key holds for nobody else",
        "bot/services/authorizing.py",
        "    return caller.reach.has(account, team_id)\n",
        "    return True\n",
        LIMITED_KEYS,
    ),
    Mutant(
        "a limited key charges nobody else",
        "bot/services/placing.py",
        "    if sender.reach == ALL:\n",
        "    if sender.reach:\n",
        LIMITED_KEYS,
    ),
)
