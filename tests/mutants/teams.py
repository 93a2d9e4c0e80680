"""Bugs in who is in a team, and its zone."""

from tests.mutants.mutant import Mutant

TEAMS = ("tests/services/test_teams.py", "-k", "sqlite")
CLOCK_RACES = ("tests/services/test_clock_races.py", "-k", "joiner and sqlite")

MUTANTS = (
    Mutant(
        "no two teams pay somebody who moves while the clock works",
        "bot/services/memberships.py",
        "        or (turn.next_on is not None and turn.allowance.is_of_other_team(allowance))\n",
        "",
        CLOCK_RACES,
    ),
    Mutant(
        "what expires moves with the team's zone",
        "bot/services/zones.py",
        "expires=[*later, *earlier])",
        "expires=[])",
        TEAMS,
    ),
    Mutant(
        "what is credited moves with the team's zone",
        "bot/services/zones.py",
        "begins=begins, expires",
        "begins={}, expires",
        TEAMS,
    ),
)
