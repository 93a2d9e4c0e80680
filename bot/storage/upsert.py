"""The dialect's own INSERT, which knows ON CONFLICT, for statements that are not hot."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.database import Transaction


def insert(tx: Transaction) -> Any:
    """SQLAlchemy's `insert` for the database at hand; both spell ON CONFLICT alike."""
    return sqlite.insert if tx.connection.dialect.name == "sqlite" else postgresql.insert
