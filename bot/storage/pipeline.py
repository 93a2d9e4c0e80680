"""Statements of one round trip on PostgreSQL, sent through psycopg's libpq.

psycopg's cursors wait for the socket at every statement of a pipeline, and each wait lets the
interpreter go; here only the last one does (docs/decisions/0003-hot-statements.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from time import monotonic
from types import MappingProxyType, NoneType
from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.waiting import Wait

from bot.storage.statements import Row

#: Prepared statements that somebody deallocated, or whose tables a migration changed.
_OUTDATED = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported)

#: For so long a plan is kept. One made while its table was empty reads all of it; how much can
#: have come within a second is little.
_PLANS_SECONDS = 1.0
#: Arrays that are longer are planned for each time: for many rows another plan may be the better.
_ARRAY_MAX = 128

#: SQL with `$1`, `$2` …, and its parameters.
Prepared = tuple[bytes, Sequence[object]]


class Pipeline:
    """A driver's connection, with the statements that it has prepared."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection
        self._transformer = Transformer(connection)
        self._names: dict[bytes, bytes] = {}
        self._numbers = count()
        self._planned_at = monotonic()

    def run(self, calls: Sequence[Prepared]) -> list[list[Row]]:
        """The rows of each call; all go in one round trip.

        Raises what psycopg raises for the first that fails; those after it are not run.
        """
        if not calls:
            return []
        if self._are_plans_old():
            self._sent([(b"DISCARD PLANS", ())])
        return self._sent(calls)

    def _are_plans_old(self) -> bool:
        """Whether they are to be made anew; never within a transaction, which may have failed."""
        now = monotonic()
        is_idle = self.connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if not is_idle or now - self._planned_at < _PLANS_SECONDS:
            return False
        self._planned_at = now
        return True

    def _sent(self, calls: Sequence[Prepared]) -> list[list[Row]]:
        texts = [[_as_text(value) for value in values] for _, values in calls]
        pgconn = self.connection.pgconn
        #: Of each result to come, the statement that it prepares, or None where it has rows.
        expected: list[tuple[bytes, bytes] | None] = []
        fresh: dict[bytes, bytes] = {}
        try:
            pgconn.enter_pipeline_mode()
            for (sql, values), parameters in zip(calls, texts, strict=True):
                if not parameters or any(map(_is_long, values)):  # without: BEGIN and its like
                    pgconn.send_query_params(sql, parameters or None)
                    expected.append(None)
                    continue
                name = self._names.get(sql) or fresh.get(sql)
                if name is None:
                    name = fresh[sql] = b"hot_%d" % next(self._numbers)
                    pgconn.send_prepare(name, sql)
                    expected.append((sql, name))
                pgconn.send_query_prepared(name, parameters)
                expected.append(None)
            pgconn.pipeline_sync()
            results = self.connection.wait(_all_results(pgconn))
            pgconn.exit_pipeline_mode()
        except BaseException:
            self.connection.close()  # nobody can tell what is still on its way
            raise
        return list(self._rows(results, expected))

    def _rows(
        self, results: Sequence[pq.abc.PGresult], expected: Sequence[tuple[bytes, bytes] | None]
    ) -> Iterator[list[Row]]:
        for result, prepared in zip(results, expected, strict=True):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                error = error_from_result(result)
                if isinstance(error, _OUTDATED):
                    self._names.clear()  # all are prepared anew
                raise error
            if prepared is not None:
                sql, name = prepared  # it stays prepared, whatever becomes of the transaction
                self._names[sql] = name
            elif result.ntuples:
                self._transformer.set_pgresult(result)
                yield self._transformer.load_rows(0, result.ntuples, tuple)
            else:
                yield []


def _all_results(pgconn: pq.abc.PGconn) -> PQGen[list[pq.abc.PGresult]]:
    """Send what is queued, then one result for each statement, up to the end of the pipeline."""
    while pgconn.flush():  # more than the socket takes; the server may wait for us to read
        yield Wait.RW
        pgconn.consume_input()
    results: list[pq.abc.PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            if pgconn.status == pq.ConnStatus.BAD:  # libpq lost the thread: no end will come
                raise psycopg.OperationalError("the connection to the database was lost")
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _is_long(value: object) -> bool:
    return type(value) is tuple and len(value) > _ARRAY_MAX


def _as_text(value: object) -> bytes | None:
    """The value as PostgreSQL reads it, which learns its type from the statement."""
    if value is None:
        return None
    convert = _TEXT_OF.get(type(value))
    if convert is None:
        raise TypeError(f"a hot statement takes no {type(value).__name__}")
    return convert(value)


def _array(values: tuple[Any, ...]) -> bytes:
    """An array's own text. Most are of one kind, and then one call in C makes the most of it."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {str} and None not in values:
        joined = '","'.join(values)
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return b'{"%s"}' % _text(joined)
    if len(kinds) == 1 and (plain := _PLAIN.get(*kinds)):
        text = ",".join(["NULL" if value is None else plain(value) for value in values])
        return b"{%s}" % text.encode()
    return b"{%s}" % b",".join(map(_element, values))


def _element(value: object) -> bytes:
    text = _as_text(value)
    if text is None:
        return b"NULL"
    return b'"%s"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _text(value: str) -> bytes:
    if "\0" in value:  # libpq would send what is before it
        raise psycopg.DataError("PostgreSQL's text can't hold a zero byte")
    return value.encode()


#: Kinds whose text means nothing else within an array.
_PLAIN: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {int: str, bool: "{:d}".format, datetime: datetime.isoformat}
)
_TEXT_OF: Mapping[type, Callable[[Any], bytes]] = MappingProxyType(
    {
        bool: lambda value: b"t" if value else b"f",
        int: lambda value: b"%d" % value,
        str: _text,
        datetime: lambda value: value.isoformat().encode(),
        tuple: _array,
    }
)
