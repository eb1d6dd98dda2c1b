"""Prove that nothing was changed: the chain, every document, every flat row, every blob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, select

from models.record import Record, sha256
from storage import schema
from storage.documents import HEADS, key
from storage.errors import StoreError
from storage.ledger import GENESIS, Entry, row
from storage.rows import rows
from storage.store import Store
from storage.vault import Vault


class Finding(NamedTuple):
    """One thing that verifying found."""

    kind: str
    """``entry``, ``document``, ``row``, ``blob`` or ``clock``."""
    subject: str
    message: str
    broken: bool
    """Whether the archive no longer proves what it says; a note (evidence erased, clock set back) does not break it."""


def verify(store: Store) -> list[Finding]:
    """Everything that is wrong or worth knowing, the chain first; an intact archive has no finding that is broken."""
    with store.database.reading() as connection:
        bodies = connection.execute(select(schema.Ledger).order_by(schema.Ledger.seq)).mappings().all()
        found = list(_chain([dict(one) for one in bodies]))
        entries = [entry for one in bodies if (entry := _entry(one["body"]))]
        for entry in entries:
            found += _document(connection, entry)
        found += _unrecorded(connection, entries)
        found += _blobs(connection, store.vault, entries)
    return found


def _entry(body: bytes) -> Entry | None:
    try:
        return Entry.model_validate_json(body)
    except ValidationError:
        return None


def _chain(lines: list[dict[str, object]]) -> Iterator[Finding]:
    """The first broken entry, and every time that the clock went backwards before it."""
    previous = GENESIS
    for seq, line in enumerate(lines, start=1):
        body = line["body"]
        entry = _entry(body) if isinstance(body, bytes) else None
        if why := _broken(seq, previous, line, entry):
            yield Finding("entry", str(seq), f"Ledger entry {seq} is the first broken one: {why}.", broken=True)
            return
        if entry is not None:
            previous = entry.hash
            if entry.behind_seconds > 0:
                message = f"At ledger entry {seq} the clock had gone back by {entry.behind_seconds:.0f} seconds."
                yield Finding("clock", str(seq), message, broken=False)


def _broken(seq: int, previous: str, line: dict[str, object], entry: Entry | None) -> str | None:
    if line["seq"] != seq:
        return f"it is missing, the next one has number {line['seq']}"
    if entry is None:
        return "its body cannot be read"
    if entry.hash != line["hash"]:
        return "its content does not have the hash written beside it"
    if entry.previous != previous:
        return "it does not follow the entry before it"
    return None if row(entry) == line else "its columns do not say what its body says"


def _document(connection: Connection, entry: Entry) -> Iterator[Finding]:
    """Whether what the entry recorded is still there, unchanged, and its flat rows with it."""
    if entry.kind not in HEADS:
        return
    head, record = HEADS[entry.kind]
    name = f"{entry.kind} {entry.subject[:18]}"
    document = connection.execute(select(head.document).where(key(head) == entry.subject)).scalar()
    if document is None:
        message = f"The {name} was deleted: ledger entry {entry.seq} recorded it and it is gone."
        yield Finding("document", entry.subject, message, broken=True)
        return
    recorded = dict(entry.digests).get("document")
    if sha256(document) != recorded:
        message = f"The {name} was changed: its document is not the one that ledger entry {entry.seq} recorded."
        yield Finding("document", entry.subject, message, broken=True)
        return
    for table in _differing(connection, record.model_validate_json(document), entry.subject):
        message = f"Rows of the {name} in table {table} are not those that its document gives."
        yield Finding("row", entry.subject, message, broken=True)


def _differing(connection: Connection, record: Record, subject: str) -> Iterator[str]:
    """Tables whose rows differ from those derived from the document."""
    for position, (table, derived) in enumerate(rows(record).items()):
        columns = table.metadata.tables[table.__tablename__].columns
        owner = key(table) if position == 0 else columns["report" if "report" in columns else "judgement"]
        order = [columns["position"]] if "position" in columns else []
        kept = connection.execute(select(table).where(owner == subject).order_by(*order)).mappings().all()
        if [dict(one) for one in kept] != derived:
            yield table.__tablename__


def _unrecorded(connection: Connection, entries: list[Entry]) -> Iterator[Finding]:
    """Documents that no entry speaks of: slipped in, or their entries were cut off the end of the ledger."""
    for kind, (head, _) in HEADS.items():
        recorded = {entry.subject for entry in entries if entry.kind == kind}
        for subject in connection.execute(select(key(head)).order_by(key(head))).scalars():
            if subject not in recorded:
                message = f"The {kind} {subject[:18]} has no ledger entry: it was slipped in, or the entry was removed."
                yield Finding("document", subject, message, broken=True)


def _blobs(connection: Connection, vault: Vault, entries: list[Entry]) -> Iterator[Finding]:
    recorded = {digest for entry in entries for what, digest in entry.digests if what != "document"}
    erasures = {entry.subject: entry for entry in entries if entry.kind == "erase"}
    kept = {
        one.digest: one.erased is not None for one in connection.execute(select(schema.Blob.digest, schema.Blob.erased))
    }
    for digest in sorted(recorded | kept.keys()):
        why = _blob(vault, digest, kept.get(digest), erasures.get(digest), digest in recorded)
        if why:
            yield Finding("blob", digest, why, broken=True)
        elif digest in erasures:
            entry = erasures[digest]
            message = f"Evidence erased: {digest[:12]} by {entry.actor} on {entry.at:%Y-%m-%d}, because {entry.note}"
            yield Finding("blob", digest, message, broken=False)


def _blob(vault: Vault, digest: str, erased: bool | None, erasure: Entry | None, recorded: bool) -> str | None:
    """What is wrong with one blob, or ``None``."""
    short = digest[:12]
    if erased is None:
        return f"The row of blob {short} was deleted: the ledger recorded it and it is gone."
    if not recorded:
        return f"Blob {short} has no ledger entry: it was slipped in, or the entry was removed."
    if erased != (erasure is not None):
        return f"Blob {short} is marked as {'' if erased else 'not '}erased, and the ledger says otherwise."
    if erased:
        return (
            f"Blob {short} was to be erased and is still in the vault; erase it again." if vault.has(digest) else None
        )
    try:
        vault.get(digest)
    except StoreError as why:
        return str(why)
    return None
