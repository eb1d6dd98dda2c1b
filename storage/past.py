"""A store as it was after one of its ledger's entries, so that what was written then can be written again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from storage import queries
from storage.archive import Archive
from storage.database import Database
from storage.documents import HEADS, key
from storage.store import Store


@contextmanager
def as_of(archive: Archive, entry: int) -> Iterator[Archive]:
    """The archive without all that came after an entry; the archive itself where nothing did. For reading only.

    What was erased since stays erased.

    Raises ``ValueError`` for an entry that the ledger does not have yet.
    """
    last = queries.last_entry(archive.database)
    if entry > last:
        raise ValueError(f"The ledger of this store has {last} entries, and entry {entry} is asked for: another store?")
    if entry == last:
        yield archive
        return
    past = object.__new__(Archive)
    past.database, past.vault = _shadowed(archive, entry), archive.vault
    try:
        yield past
    finally:
        past.close()


def _shadowed(archive: Store, entry: int) -> Database:
    """The same database on connections of its own, in which a view hides from each table what came later."""
    engine = archive.database.engine
    database = Database(engine.url.render_as_string(hide_password=False))
    database.close()  # what was pooled so far sees everything
    event.listen(database.engine, "connect", lambda connection, _: _hide_later(connection, engine.dialect.name, entry))
    return database


def _hide_later(connection: Any, dialect: str, entry: int) -> None:
    """Names without a schema mean temporary views first, on both databases."""
    cursor = connection.cursor()
    schema = '"main"'
    if dialect == "postgresql":
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
    for kind, (table, _) in HEADS.items():
        name = table.__tablename__
        later = f"SELECT subject FROM {schema}.ledger WHERE kind = '{kind}' AND seq > {int(entry)}"
        shown = f"SELECT * FROM {schema}.{name} WHERE {key(table).name} NOT IN ({later})"
        cursor.execute(f"CREATE TEMPORARY VIEW {name} AS {shown}")
    cursor.execute(f"CREATE TEMPORARY VIEW ledger AS SELECT * FROM {schema}.ledger WHERE seq <= {int(entry)}")
    connection.commit()
