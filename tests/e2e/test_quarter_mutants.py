import pytest

from tests import mutants
from tests.e2e.quarter.mutants import MUTANTS

# Most are noticed within some simulated weeks; one that lives takes three quarters.
pytestmark = [pytest.mark.mutants, pytest.mark.timeout(1_800)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_a_bug_that_only_a_kill_or_a_race_shows_is_noticed(mutant: mutants.Mutant) -> None:
    assert mutants.survives(mutant, mutant.tests) == "", f"nothing shows that {mutant.rule}"
