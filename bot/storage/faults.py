"""What a database says when it can't: busy, or broken. Nothing was moved, unless it says so."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseFault(Exception):
    """The database could not do it; `reason` is for the log and the admin.

    The outcome is unknown when the connection broke while a commit was on its way.
    """

    def __init__(self, reason: str, *, is_outcome_unknown: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_outcome_unknown = is_outcome_unknown


class DatabaseBusy(DatabaseFault):
    """Someone else held the database for longer than we wait; a retry is worthwhile."""


_BUSY_ON_POSTGRESQL = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.TooManyConnections,
)


@contextmanager
def translated() -> Iterator[None]:
    """Drivers' errors of operation as ours; errors of programming pass through."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseBusy("no database connection was free in time") from error
    except DBAPIError as error:
        original = error.orig
        raise (fault_of(original) if isinstance(original, Exception) else None) or error from error
    except (sqlite3.Error, psycopg.Error) as error:
        raise fault_of(error) or error from error


def fault_of(error: Exception) -> DatabaseFault | None:
    """The fault behind a driver's error; None when it is none of operation."""
    match error:
        case sqlite3.OperationalError() if "locked" in str(error) or "busy" in str(error):
            return DatabaseBusy(str(error))
        case sqlite3.OperationalError() | sqlite3.DatabaseError() if _is_of_operation(error):
            return DatabaseFault(str(error))
        case psycopg.Error() if isinstance(error, _BUSY_ON_POSTGRESQL):
            return DatabaseBusy(str(error).strip())
        case psycopg.OperationalError() | psycopg.errors.ReadOnlySqlTransaction():
            return DatabaseFault(str(error).strip())
        case _:
            return None


def _is_of_operation(error: sqlite3.Error) -> bool:
    words = ("full", "readonly", "disk I/O", "unable to open", "malformed", "not a database")
    return any(word in str(error) for word in words)
