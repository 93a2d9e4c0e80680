"""A bug to plant, and the tests that have to notice bugs of several nouns."""

from collections.abc import Sequence
from dataclasses import dataclass

MACHINE = ("tests/services/test_books_machine.py", "-k", "sqlite")
#: The patient calendar of allowances and lots.
DUES = ("tests/domain/test_dues.py",)
BUDGETS = ("tests/services/test_budgets.py", "-k", "sqlite")


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `path`, `old` is replaced by `new`, which breaks `rule`; `tests` must fail."""

    rule: str
    path: str
    old: str
    new: str
    tests: Sequence[str] = MACHINE
    #: What has to change with the first: another guard of the same rule, or the rest of the bug.
    also: Sequence[tuple[str, str, str]] = ()

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        return [(self.path, self.old, self.new), *self.also]
