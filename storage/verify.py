"""Prove that nothing was changed: the chain, every document, every flat row, every blob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Select, bindparam, select, type_coerce
from sqlalchemy.types import NullType

from models.record import Record, sha256
from storage import chain, checkpoint, raw, schema
from storage.blobs import Blobs
from storage.chain import Chain
from storage.checkpoint import Checkpoint
from storage.documents import HEADS, key
from storage.finding import Finding
from storage.ledger import Entry
from storage.rows import rows
from storage.schema import Table
from storage.store import Store

__all__ = ["Finding", "verify"]

PARTS: dict[type[Table], tuple[type[Table], str]] = {
    schema.Answer: (schema.Report, "report"),
    schema.Measure: (schema.Report, "report"),
    schema.Exhibit: (schema.Report, "report"),
    schema.Verdict: (schema.Judgement, "judgement"),
}
"""Tables whose rows belong to a document of another table, and the column that names it."""


def verify(store: Store, held: Checkpoint | None = None, expected: str | None = None) -> list[Finding]:
    """Everything that is wrong or worth knowing, the chain first; an intact archive has no finding that is broken.

    With a checkpoint that was held elsewhere also what the chain alone cannot show. ``expected`` is the fingerprint of
    its key (``signing.expected``); left out, the ledger must have introduced the key. Raises ``KeyRefused``.
    """
    if held is not None:
        checkpoint.check(held, expected)
    with store.database.reading() as connection:
        following = Chain(connection, held)
        recorded = Recorded()
        for line in chain.lines(connection):
            entry = chain.parsed(line)
            following.follow(line, entry)
            if entry is not None:
                recorded.add(entry)
        signed = list(following.against_checkpoint(key_is_trusted=expected is not None))
        found = chain.in_order(following.findings, signed)
        for (kind, subject, digest), seq in recorded.documents.items():
            found += _document(connection, kind, subject, digest, seq)
        found += _unrecorded(connection, recorded)
        found += _orphans(connection)
        found += recorded.blobs.findings(connection, store.vault)
    return found


class Recorded:
    """What the ledger says there should be."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str, str | None], int] = {}
        """(kind, subject, digest) and the entry that recorded it first."""
        self.blobs = Blobs()

    def add(self, entry: Entry) -> None:
        if entry.kind in HEADS:
            one = (entry.kind, entry.subject, dict(entry.digests).get("document"))
            self.documents.setdefault(one, entry.seq)
        self.blobs.add(entry)


def _document(connection: Connection, kind: str, subject: str, recorded: str | None, seq: int) -> Iterator[Finding]:
    """Whether what the entry recorded is still there, unchanged, and its flat rows with it."""
    head, record = HEADS[kind]  # type: ignore[index]
    name = f"{kind} {subject[:18]}"
    kept = connection.execute(select(type_coerce(head.document, NullType())).where(key(head) == subject)).first()
    if kept is None:
        message = f"The {name} was deleted: ledger entry {seq} recorded it and it is gone."
        yield Finding("document", subject, message, broken=True)
        return
    document = kept[0]
    if not isinstance(document, bytes) or sha256(document) != recorded:
        message = f"The {name} was changed: its document is not the one that ledger entry {seq} recorded."
        yield Finding("document", subject, message, broken=True)
        return
    try:
        derived = record.model_validate_json(document)
    except ValidationError:
        message = f"The {name} is no {kind}: its document cannot be read."
        yield Finding("document", subject, message, broken=True)
        return
    for table in _differing(connection, derived, subject):
        message = f"Rows of the {name} in table {table} are not those that its document gives."
        yield Finding("row", subject, message, broken=True)


def _differing(connection: Connection, record: Record, subject: str) -> Iterator[str]:
    """Tables whose rows differ from those derived from the document."""
    for table, derived in rows(record).items():
        kept = connection.execute(_of(table), {"subject": subject}).mappings().all()
        if [dict(one) for one in kept] != [raw.form(connection, one) for one in derived]:
            yield table.__tablename__


@cache
def _of(table: type[Table]) -> Select[Any]:
    """The rows of one document in a table, in order."""
    columns = table.metadata.tables[table.__tablename__].columns
    owner = columns[PARTS[table][1]] if table in PARTS else key(table)
    order = [columns["position"]] if "position" in columns else []
    return raw.columns(table).where(owner == bindparam("subject")).order_by(*order)


def _unrecorded(connection: Connection, recorded: Recorded) -> Iterator[Finding]:
    """Documents that no entry speaks of: slipped in, or their entries were cut off the end of the ledger."""
    for kind, (head, _) in HEADS.items():
        known = {subject for one, subject, _ in recorded.documents if one == kind}
        for subject in connection.execute(select(key(head)).order_by(key(head))).scalars():
            if subject not in known:
                message = f"The {kind} {subject[:18]} has no ledger entry: it was slipped in, or the entry was removed."
                yield Finding("document", subject, message, broken=True)


def _orphans(connection: Connection) -> Iterator[Finding]:
    """Rows that belong to no document."""
    for table, (head, column) in PARTS.items():
        owner = table.metadata.tables[table.__tablename__].columns[column]
        lost = select(owner).where(owner.not_in(select(key(head)))).distinct().order_by(owner)
        for subject in connection.execute(lost).scalars():
            message = (
                f"Rows of {subject[:18]} in table {table.__tablename__} belong to no document: they were slipped in."
            )
            yield Finding("row", subject, message, broken=True)
