"""The ledger and all that it speaks of as JSON lines, written piece by piece."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection

from storage import raw, schema
from storage.database import Database
from storage.ledger import WRITER
from storage.schema import Table

TABLES: tuple[type[Table], ...] = (
    schema.Ledger, schema.ModelVersion, schema.Split, schema.Policy, schema.Blob, schema.Report, schema.Answer,
    schema.Measure, schema.Exhibit, schema.Judgement, schema.Verdict, schema.Act,
)  # fmt: skip
PIECE, FEW = 500, 20
"""Rows held in memory; of those with a document, which may have megabytes, fewer."""


def lines(database: Database) -> Iterator[str]:
    """One JSON object a line: what this is, every row of every append-only table, and how many there were.

    Entries and documents are the very text that was hashed; ``verify.py`` reads the lines as it reads a store.
    """
    yield WRITER.encode({"answerable": "ledger export", "schema_version": 1, "at": datetime.now(UTC).isoformat()})
    count = 0
    with database.reading() as connection:
        for table in TABLES:
            for line in rows(connection, table):
                count += 1
                yield line
    yield WRITER.encode({"end": count})


def rows(connection: Connection, table: type[Table]) -> Iterator[str]:
    """Every row of a table as the database has it, one JSON object a line."""
    name = table.__tablename__
    query = raw.columns(table).order_by(*table.metadata.tables[name].primary_key)
    piece = FEW if "document" in table.metadata.tables[name].columns else PIECE
    with connection.execute(query.execution_options(yield_per=piece)) as streamed:
        for row in streamed.mappings():
            yield WRITER.encode({"table": name, "row": {column: _plain(value) for column, value in row.items()}})


def _plain(value: object) -> object:
    """A value as JSON has it: times as SQLite writes them, bytes as the text that they are."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    return value


def unplain(written: object) -> bytes:
    """Bytes again."""
    return base64.b64decode(written["base64"]) if isinstance(written, dict) else str(written).encode()
