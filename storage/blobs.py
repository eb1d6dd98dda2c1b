"""Large things against the ledger: whether each is there, unchanged, and kept as it was meant to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from storage import raw, schema
from storage.errors import StoreError
from storage.finding import Finding
from storage.ledger import Entry
from storage.store import kept_as
from storage.vault import Vault

AS = {
    "model": kept_as("application/octet-stream", "model"),
    "report": kept_as("application/vnd.apache.parquet", "rows"),
}
"""How the files of a document are kept."""


class Blobs:
    """Every blob that the ledger speaks of."""

    def __init__(self) -> None:
        self._recorded: defaultdict[str, set[str]] = defaultdict(set)
        self._erasures: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        """What one entry says of blobs."""
        if entry.kind == "erase":
            self._erasures[entry.subject] = entry
        if entry.kind == "key":
            return
        for what, digest in entry.digests:
            if what != "document":
                self._recorded[digest] |= {AS.get(entry.kind, entry.note)} if entry.kind != "erase" else set()

    def findings(self, connection: Connection, vault: Vault) -> Iterator[Finding]:
        """What is wrong with any blob, and what was erased."""
        kept = {str(one["digest"]): dict(one) for one in connection.execute(raw.columns(schema.Blob)).mappings()}
        for digest in sorted(self._recorded.keys() | kept.keys()):
            if why := self._wrong(vault, digest, kept.get(digest)):
                yield Finding("blob", digest, why, broken=True)
            elif entry := self._erasures.get(digest):
                message = (
                    f"Evidence erased: {digest[:12]} by {entry.actor} on {entry.at:%Y-%m-%d}, because {entry.note}"
                )
                yield Finding("blob", digest, message, broken=False)

    def _wrong(self, vault: Vault, digest: str, row: dict[str, Any] | None) -> str | None:
        """What is wrong with one blob, or ``None``."""
        short = digest[:12]
        if row is None:
            return f"The row of blob {short} was deleted: the ledger recorded it and it is gone."
        if digest not in self._recorded:
            return f"Blob {short} has no ledger entry: it was slipped in, or the entry was removed."
        said = self._recorded[digest]
        if said and "" not in said and kept_as(row["media_type"], row["retention"]) not in said:
            return (
                f"The row of blob {short} was changed: it is not kept as the ledger says, {' or '.join(sorted(said))}."
            )
        erased = row["erased"] is not None
        if erased != (digest in self._erasures):
            return f"Blob {short} is marked as {'' if erased else 'not '}erased, and the ledger says otherwise."
        return _still_there(vault, digest) if erased else _damaged(vault, digest, row["size"])


def _still_there(vault: Vault, digest: str) -> str | None:
    there = vault.has(digest)
    return f"Blob {digest[:12]} was to be erased and is still in the vault; erase it again." if there else None


def _damaged(vault: Vault, digest: str, size: object) -> str | None:
    try:
        data = vault.get(digest)
    except StoreError as why:
        return str(why)
    if len(data) != size:
        return f"The row of blob {digest[:12]} was changed: it says {size} bytes, and there are {len(data)}."
    return None
