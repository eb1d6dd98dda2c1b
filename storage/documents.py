"""Documents in tables: written once with their flat rows, read back as the record they were."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Column, ColumnElement, Connection, insert, select

from audit.acts.act import Act
from audit.policy import Judgement, Policy
from audit.report import Report
from models.card import Card
from models.record import Record
from storage import ledger, schema
from storage.ledger import Actor, Kind
from storage.rows import Rows, rows
from storage.splitcard import SplitCard

R = TypeVar("R", bound=Record)
Head = (
    type[schema.ModelVersion]
    | type[schema.Split]
    | type[schema.Policy]
    | type[schema.Report]
    | type[schema.Judgement]
    | type[schema.Act]
)
HEADS: dict[Kind, tuple[Head, type[Record]]] = {
    "model": (schema.ModelVersion, Card),
    "split": (schema.Split, SplitCard),
    "policy": (schema.Policy, Policy),
    "report": (schema.Report, Report),
    "judgement": (schema.Judgement, Judgement),
    "act": (schema.Act, Act),
}
"""Table and record of each kind of document."""


def put(
    connection: Connection, kind: Kind, record: Record, actor: Actor, digests: tuple[tuple[str, str], ...] = (),
    note: str = "",
) -> str:  # fmt: skip
    """Write a document, its flat rows and its ledger entry (with the ``digests`` of its files); returns its id."""
    flat = rows(record)
    for table, lines in flat.items():
        if lines:
            connection.execute(insert(table), lines)
    subject = head_id(flat)
    ledger.append(connection, kind, subject, actor, (("document", record.sha256()), *digests), note)
    return subject


def get(connection: Connection, table: Head, record: type[R], *where: ColumnElement[bool]) -> R | None:
    """The newest (or only) document under a condition."""
    return next(iter(every(connection, table, record, *where, limit=1)), None)


def every(
    connection: Connection, table: Head, record: type[R], *where: ColumnElement[bool], limit: int | None = None
) -> list[R]:
    """All documents under a condition, newest first where the table has a time."""
    query = select(table.document).where(*where).limit(limit)
    if created := getattr(table, "created", None):
        query = query.order_by(created.desc(), key(table).desc())
    return [record.model_validate_json(document) for document in connection.execute(query).scalars()]


def exists(connection: Connection, *where: ColumnElement[bool]) -> bool:
    """Whether any row meets the condition."""
    return connection.execute(select(1).where(*where).limit(1)).first() is not None


def key(table: type[schema.Table]) -> Column[str]:
    """The primary key column of a table of documents or blobs."""
    (column,) = table.metadata.tables[table.__tablename__].primary_key
    return column


def head_id(flat: Rows) -> str:
    """Id or digest of the document that the rows stand for."""
    table, lines = next(iter(flat.items()))
    return str(lines[0][key(table).name])
