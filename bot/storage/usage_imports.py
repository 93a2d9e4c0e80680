"""What an import asks beside intake: what is known already, and what its file said before."""

import sqlite3
from collections.abc import Collection
from types import TracebackType

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage.database import Transaction
from bot.storage.faults import translated
from bot.storage.statements import Statement, among
from bot.storage.tables import UsageEventRow, table

_event = table(UsageEventRow)

_STANDING = Statement(
    lambda insert: sa.select(_event.c.external_id).where(
        _event.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
        _event.c.source == sa.bindparam("source", type_=sa.String()),
        among(_event.c.external_id, "ids", insert),
    )
)
_COUNT = """
INSERT INTO said (digest, times) VALUES (?, 1)
ON CONFLICT (digest) DO UPDATE SET times = times + 1 RETURNING times
"""


def standing(
    tx: Transaction, workspace_id: WorkspaceId, source: str, external_ids: Collection[str]
) -> set[str]:
    """Those of a source's ids that are taken in; nothing is locked."""
    values = {"workspace_id": workspace_id, "source": source, "ids": tuple(external_ids)}
    return {external_id for (external_id,) in tx.fetch(_STANDING, values)}


class Repeats:
    """How often each digest came before, for as long as this is open.

    A temporary file of SQLite's that nobody else sees: millions of digests would not fit in memory.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -4096",  # 4 MB, whatever the file grows to
            "CREATE TABLE said (digest BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID",
            "BEGIN",
        ):
            self._file.execute(statement)

    def __enter__(self) -> "Repeats":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def before(self, digest: bytes) -> int:
        """How often it came before; it has come once more now. Raises `DatabaseFault`."""
        with translated():  # the disk of temporary files may be full
            (times,) = self._file.execute(_COUNT, (digest,)).fetchone()
        return int(times) - 1
