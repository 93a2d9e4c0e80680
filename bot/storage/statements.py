"""Hot statements: SQLAlchemy Core on our tables, compiled once per dialect to plain SQL.

The ORM costs ten times a transfer, Core twice; a constant string on the driver's cursor, a third
(docs/decisions/0003-hot-statements.md).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.moments import Moment, as_text

#: More would save little, and be longer texts to keep prepared.
_SQLITE_ROWS_MAX = 32

Row = tuple[Any, ...]
Values = Mapping[str, object]
#: Gets the dialect's own `insert`, for ON CONFLICT and RETURNING.
Build = Callable[[Any], sa.ClauseElement]
#: What stands for each name of a row.
Given = Mapping[str, sa.ColumnElement[Any]]
#: Gets that, and the dialect's own `insert`.
BuildBulk = Callable[[Given, Any], sa.ClauseElement]


def among(column: sa.ColumnElement[Any], name: str, insert: Any) -> sa.ColumnElement[bool]:
    """That the column's value is one of a tuple, which is given whole under this name."""
    if insert is postgresql.insert:
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(sa.String())))
    given = sa.func.json_each(sa.bindparam(name, type_=sa.String())).table_valued("value")
    return column.in_(sa.select(given.c.value))


def among_rows(target: sa.TableClause, given: Given, insert: Any) -> sa.ColumnElement[bool]:
    """That a row to be deleted has all that is given: SQLite's DELETE reads no other table."""
    if insert is postgresql.insert:
        return sa.and_(*(target.c[name] == value for name, value in given.items()))
    columns = sa.tuple_(*(target.c[name] for name in given))
    return columns.in_(sa.select(*given.values()))


def insert_given(target: sa.Table, given: Given, insert: Any) -> Any:
    """An insert of the given values, to which ON CONFLICT can be added.

    Without a WHERE, SQLite reads ON CONFLICT behind a SELECT as a join's condition.
    """
    always = sa.literal_column("1") == sa.literal_column("1")
    return insert(target).from_select(list(given), sa.select(*given.values()).where(always))


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
        return self._sqlite.sql, [
            as_text(v) if (kind := type(v)) is datetime else json.dumps(v) if kind is tuple else v
            for v in parameters
        ]

    @property
    def only_reads(self) -> bool:
        """Whether it changes and locks nothing, once it was compiled for PostgreSQL."""
        return self._postgresql is not None and self._postgresql.only_reads

    def for_postgresql(self, values: Values) -> tuple[bytes, tuple[object, ...]]:
        """The text, in bytes as libpq takes it, and its parameters in order."""
        if self._postgresql is None:
            self._postgresql = _Compiled(self._build(postgresql.insert), _postgresql())
        return self._postgresql.encoded, self._postgresql.in_order(values)


class Bulk:
    """A statement for many rows at once, each with its values in the order of `names`.

    SQLite runs it for up to 32 of them, PostgreSQL for all, with an array for each name: a hundred
    rows then cost a few of its statements, not a hundred. So no row may rest on another.
    """

    __slots__ = ("_build", "_columns", "_moments", "_postgresql", "_sqlite", "_table")

    def __init__(
        self, target: sa.TableClause, names: Sequence[str], build: BuildBulk | None = None
    ) -> None:
        """By itself it inserts the rows; the names are of the table's columns, for their types."""
        self._table, self._build = target, build
        self._columns = tuple(target.c[name] for name in names)
        self._moments = tuple(
            place for place, one in enumerate(self._columns) if isinstance(one.type, Moment)
        )
        #: By how many rows it is for.
        self._sqlite: dict[int, str] = {}
        self._postgresql: bytes | None = None

    @property
    def names(self) -> list[str]:
        """What each row has values for, in their order."""
        return [one.name for one in self._columns]

    def for_sqlite(self, rows: Sequence[Row]) -> Iterator[tuple[str, list[object]]]:
        """Texts and their parameters, times as text; each is for a power of two of rows.

        So there are few texts, which sqlite3 keeps prepared.
        """
        texts: dict[datetime | None, str | None] = {None: None}
        first, left = 0, len(rows)
        while left:
            count = min(1 << left.bit_length() - 1, _SQLITE_ROWS_MAX)
            some = rows[first : first + count]
            given = [self._with_texts(row, texts) for row in some] if self._moments else some
            yield self._sqlite.get(count) or self._of_rows(count), list(chain.from_iterable(given))
            first, left = first + count, left - count

    def _of_rows(self, count: int) -> str:
        """SQLite's text for so many rows."""
        dialect = sqlite.dialect()
        names = ", ".join(map(dialect.identifier_preparer.quote, self.names))
        row = f"({', '.join('?' * len(self._columns))})"
        given = sa.table("given", *(sa.column(one.name, one.type) for one in self._columns))
        built = str(self._built(given.c, sqlite.insert).compile(dialect=dialect))
        text = f"WITH given ({names}) AS (VALUES {', '.join([row] * count)}) {built}"
        self._sqlite[count] = text  # two threads may both make it, and it is the same
        return text

    def for_postgresql(self, rows: Sequence[Row]) -> tuple[bytes, tuple[Row, ...]]:
        """The text, and all values of each name."""
        if self._postgresql is None:
            arrays = (
                sa.bindparam(one.name, type_=postgresql.ARRAY(one.type)) for one in self._columns
            )
            unnested = sa.func.unnest(*arrays).table_valued(*self.names, name="given")
            given = unnested.render_derived()
            built = self._built(given.c, postgresql.insert)
            self._postgresql = str(built.compile(dialect=_postgresql())).encode()
        return self._postgresql, tuple(zip(*rows, strict=True))

    def _built(self, given: Any, insert: Any) -> sa.ClauseElement:
        """The statement for a table of what is given."""
        if self._build is not None:
            return self._build(dict(given), insert)
        return sa.insert(self._table).from_select(list(given.keys()), sa.select(*given))

    def _with_texts(self, row: Row, texts: dict[datetime | None, str | None]) -> Sequence[object]:
        """The row with its times as texts, each of which is made once for all rows."""
        values = list(row)
        for place in self._moments:
            moment = values[place]
            if moment not in texts:
                texts[moment] = as_text(moment)
            values[place] = texts[moment]
        return values


def _postgresql() -> sa.Dialect:
    dialect: sa.Dialect = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there
    return dialect


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
