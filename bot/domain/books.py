"""What a check of the books finds, and how the fingerprint of a recorded entry is told anew.

Nothing here uses what records entries: an auditor that shared its code would share its mistakes.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.directory import WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """Which row: its table, and its id within the workspace."""

    table: str
    row_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A row that is off: the rule it breaks, what the rule expects, and what stands there."""

    workspace_id: WorkspaceId
    rule: str
    row: BookRow
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.workspace_id} {self.row.table} {self.row.row_id} [{self.rule}]: "
            f"expected {self.expected}, found {self.found}"
        )


def fingerprint(
    *,
    kind: str,
    actor: str,
    postings: Iterable[tuple[str, str, int]],
    note: str,
    reverses: str | None,
) -> str:
    """What the entry must have been stamped with when it was recorded as it now stands."""
    content = repr((kind, actor, sorted(postings), note, reverses))
    return hashlib.blake2s(content.encode(), digest_size=16).hexdigest()
