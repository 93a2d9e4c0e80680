import pytest

from tests import mutants
from tests.mutants import MACHINE, MUTANTS

pytestmark = pytest.mark.mutants


def test_the_books_machine_catches_at_least_eight_bugs() -> None:
    assert sum(mutant.tests == MACHINE for mutant in MUTANTS) >= 8


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_a_planted_bug_is_noticed(mutant: mutants.Mutant) -> None:
    assert mutants.survives(mutant, mutant.tests) == "", f"nothing shows that {mutant.rule}"
