"""Run by alembic: migrate one connection in one transaction, then put back what a copied table loses."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from storage import schema, triggers
from storage.database import queue


def migrate(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _foreign_keys(connection, "OFF")
    try:
        with connection.execution_options(write=True).begin():
            queue(connection)
            context.configure(
                connection=connection,
                target_metadata=schema.Table.metadata,
                render_as_batch=True,
                transactional_ddl=True,
                compare_type=True,
            )
            context.run_migrations()
            triggers.install(connection)
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"The migration left rows that refer to nothing: {broken[:3]}.")
    finally:
        if sqlite:
            _foreign_keys(connection, "ON")


def _foreign_keys(connection: Connection, state: str) -> None:
    """SQLite ignores this inside a transaction, so it goes around SQLAlchemy, which would begin one."""
    connection.connection.cursor().execute(f"PRAGMA foreign_keys={state}")


migrate(context.config.attributes["connection"])
