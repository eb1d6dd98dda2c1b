"""A database and a vault that change together: transactions, and large things with their ledger entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from sqlalchemy import Connection, insert, select, update

from models.record import sha256
from models.task import UnknownName
from storage import ledger
from storage.database import Database, lock
from storage.documents import exists
from storage.errors import Erased
from storage.ledger import Actor
from storage.schema import Blob
from storage.vault import Vault

Retention = Literal["model", "rows", "exhibit"]
"""Why a large thing is kept: files of a version, rows about people, what is shown."""


def kept_as(media_type: str, retention: str) -> str:
    """What the ledger notes of a blob's row."""
    return f"{media_type}, kept as {retention}"


class Store:
    """What an archive stands on. Raises ``StoreError`` where it cannot be used, and leaves it as it was."""

    def __init__(self, url: str, vault: str | Path) -> None:
        self.database = Database(url)
        self.vault = Vault(vault)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    def folders(self) -> tuple[Path, ...]:
        """Where this store lies on this machine: the folder of its SQLite file, and its vault."""
        address = self.database.engine.url
        file = Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None
        local = "file" in self.vault.files.protocol
        return (*([file.parent] if file else []), *([Path(self.vault.root)] if local else []))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may append to the ledger."""
        with self.database.writing() as connection:
            lock(connection, "ledger")
            yield connection

    def put_blob(self, data: bytes, media_type: str, retention: Retention, actor: Actor) -> str:
        """Keep a large thing in the vault; returns its digest. What was erased is not kept again."""
        digest = sha256(data)
        with self.writing() as connection:
            if self.keep(connection, data, media_type, retention):
                note = kept_as(media_type, retention)
                ledger.append(connection, "blob", digest, actor, (("content", digest),), note)
        return digest

    def keep(self, connection: Connection, data: bytes, media_type: str, retention: Retention) -> bool:
        """Write a blob and its row inside a transaction; whether it is new. The file is there before its row is."""
        digest = sha256(data)
        known = connection.execute(select(Blob.erased).where(Blob.digest == digest)).first()
        if known is None or known.erased is None:
            self.vault.put(data)
        if known is None:
            row = {"digest": digest, "media_type": media_type, "size": len(data), "retention": retention}
            connection.execute(insert(Blob).values(**row, created=datetime.now(UTC)))
        return known is None

    def blob(self, digest: str) -> bytes:
        """The bytes of a digest. Raises ``Erased``, ``UnknownName``, or ``StoreError`` for a damaged vault."""
        with self.database.reading() as connection:
            known = connection.execute(select(Blob.erased).where(Blob.digest == digest)).first()
        if known is None:
            raise UnknownName("blob", digest, [])
        if known.erased is not None:
            raise Erased(f"Evidence erased: {digest[:12]} was erased on {known.erased:%Y-%m-%d}; its digest stays.")
        return self.vault.get(digest)

    def erase(self, digest: str, reason: str, actor: Actor) -> None:
        """Erase a blob for good. Digest, mark and ledger entry stay, and reports that rest on it still verify."""
        if not reason.strip():
            raise ValueError("Erasing needs a reason, because the reason is what remains; give --reason.")
        with self.writing() as connection:
            mark = update(Blob).where(Blob.digest == digest, Blob.erased.is_(None)).values(erased=datetime.now(UTC))
            if connection.execute(mark).rowcount:
                ledger.append(connection, "erase", digest, actor, (("content", digest),), reason)
            elif not exists(connection, Blob.digest == digest):
                raise UnknownName("blob", digest, [])
        self.vault.erase(digest)
