"""What is append-only, and the triggers that keep it so on both databases."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

APPEND_ONLY = (
    "model_version", "split", "policy", "blob", "report", "answer", "measure", "exhibit", "judgement", "verdict",
    "act", "ledger",
)  # fmt: skip
"""All tables but job and step. ``blob`` allows one change: the mark that its content was erased."""

ERASE_MARK = (
    "OLD.erased IS NULL AND NEW.erased IS NOT NULL AND NEW.digest = OLD.digest AND NEW.media_type = OLD.media_type "
    "AND NEW.size = OLD.size AND NEW.retention = OLD.retention AND NEW.created = OLD.created"
)
"""The only UPDATE a row of ``blob`` allows."""


def install(connection: Connection) -> None:
    """Create every trigger anew, as after a migration that copied and dropped a table."""
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.exec_driver_sql(statement)


def _sentence(table: str) -> str:
    return f"{table} is append-only: what was written is never changed or deleted"


def _sqlite() -> Iterator[str]:
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            name = f"{table}_refuses_{act.lower()}"
            unless = f"WHEN NOT ({ERASE_MARK})" if (table, act) == ("blob", "UPDATE") else ""
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield (
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} {unless} "
                f"BEGIN SELECT RAISE(ABORT, '{_sentence(table)}'); END"
            )


def _postgresql() -> Iterator[str]:
    yield """
        CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%% is append-only: what was written is never changed or deleted', TG_TABLE_NAME; END $$
    """
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            name = f"{table}_refuses_{act.lower()}"
            unless = f"WHEN (NOT ({ERASE_MARK}))" if (table, act) == ("blob", "UPDATE") else ""
            each = "STATEMENT" if act == "TRUNCATE" else "ROW"
            yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
            yield (
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} {unless} EXECUTE FUNCTION append_only()"
            )
