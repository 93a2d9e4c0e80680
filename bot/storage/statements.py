"""Hot statements: SQLAlchemy Core on our tables, compiled once per dialect to plain SQL.

The ORM costs ten times a transfer, Core twice; a constant string on the driver's cursor, a third
(docs/decisions/0003-hot-statements.md).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.moments import as_text

Row = tuple[Any, ...]
Values = Mapping[str, object]
#: Gets the dialect's own `insert`, for ON CONFLICT and RETURNING.
Build = Callable[[Any], sa.ClauseElement]


class Statement:
    """SQL with named parameters; what it needs is given by name at each run."""

    __slots__ = ("_build", "_postgresql", "_sqlite")

    def __init__(self, build: Build) -> None:
        self._build = build
        self._sqlite: _Compiled | None = None
        self._postgresql: _Compiled | None = None

    def for_sqlite(self, values: Values) -> tuple[str, list[object]]:
        """The text and its parameters in order, times as text."""
        if self._sqlite is None:  # two threads may both compile it, to the same text
            dialect = sqlite.dialect(paramstyle="qmark")
            self._sqlite = _Compiled(self._build(sqlite.insert), dialect)
        parameters = self._sqlite.in_order(values)
        return self._sqlite.sql, [as_text(v) if type(v) is datetime else v for v in parameters]

    @property
    def only_reads(self) -> bool:
        """Whether it changes and locks nothing, once it was compiled for PostgreSQL."""
        return self._postgresql is not None and self._postgresql.only_reads

    def for_postgresql(self, values: Values) -> tuple[bytes, tuple[object, ...]]:
        """The text, in bytes as libpq takes it, and its parameters in order."""
        if self._postgresql is None:
            dialect = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there
            self._postgresql = _Compiled(self._build(postgresql.insert), dialect)
        return self._postgresql.encoded, self._postgresql.in_order(values)


class _Compiled:
    """One dialect's text, with the constants that Core made parameters of."""

    __slots__ = ("_constants", "_order", "encoded", "only_reads", "sql")

    def __init__(self, statement: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        names: tuple[str, ...] = tuple(compiled.positiontup)
        self.sql = str(compiled)
        self.encoded = self.sql.encode()
        self.only_reads = self.sql.startswith("SELECT") and " FOR " not in self.sql
        # One call in C for all parameters; the first name once more, since of one alone
        # `itemgetter` makes no tuple.
        self._order: Callable[[Values], Row] = (
            itemgetter(*names, names[0]) if names else lambda _: (None,)
        )
        self._constants = {k: v for k, v in compiled.params.items() if v is not None}

    def in_order(self, values: Values) -> Row:
        given = {**self._constants, **values} if self._constants else values
        return self._order(given)[:-1]
