"""Alembic's entry: runs migrations on the connection that `storage.opening` hands it."""

from alembic import context

from bot.storage.tables import WorkspaceRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=WorkspaceRow.metadata,
    transaction_per_migration=True,
    transactional_ddl=True,  # on SQLite too: `opening` begins for it, pysqlite would not before DDL
)
with context.begin_transaction():
    context.run_migrations()
