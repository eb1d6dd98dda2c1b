"""Which keys sign for a ledger: the first one and every rotation are entries of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from storage import ledger, signing
from storage.database import Database
from storage.ledger import Actor, Entry
from storage.schema import Ledger
from storage.signing import Key, KeyRefused
from storage.store import Store

NOTE = re.compile(r"Ed25519 public key ([0-9a-f]{64})")
"""What the note of a key's entry says: the 32 bytes that old checkpoints are checked with for ever."""


class KnownKey(NamedTuple):
    """A key that the ledger introduced."""

    seq: int
    fingerprint: str
    public: bytes


def known(connection: Connection) -> list[KnownKey]:
    """Every key that the ledger introduced, the one in use last."""
    query = select(Ledger.body).where(Ledger.kind == "key").order_by(Ledger.seq)
    entries = [Entry.model_validate_json(body) for body in connection.execute(query).scalars()]
    return [KnownKey(one.seq, one.subject, public) for one in entries if (public := told(one))]


def told(entry: Entry) -> bytes | None:
    """The public key of a key's entry, where its fingerprint is the subject."""
    found = NOTE.match(entry.note)
    public = bytes.fromhex(found[1]) if found else b""
    return public if signing.fingerprint(public) == entry.subject else None


def current(database: Database) -> str | None:
    """Fingerprint of the key in use; ``None`` where nothing was signed yet."""
    with database.reading() as connection:
        found = known(connection)
    return found[-1].fingerprint if found else None


def introduce(store: Store, key: Key, actor: Actor) -> str:
    """Make the ledger know the key that signs from now on; returns its fingerprint. Introducing it again adds nothing.

    Raises ``KeyRefused`` for a key that was replaced by another one.
    """
    with store.writing() as connection:
        before = known(connection)
        if before and before[-1].fingerprint == key.fingerprint:
            return key.fingerprint
        if any(one.fingerprint == key.fingerprint for one in before):
            raise KeyRefused(
                f"The key {signing.short(key.fingerprint)} was replaced: the ledger's key is "
                f"{signing.short(before[-1].fingerprint)}. Name its file with {signing.VARIABLE}, or rotate to a new key."
            )
        replaced = (("replaces", before[-1].fingerprint),) if before else ()
        note = f"Ed25519 public key {key.public.hex()}"
        ledger.append(connection, "key", key.fingerprint, actor, replaced, note)
    return key.fingerprint


def rotate(store: Store, path: Path | None, actor: Actor) -> Key:
    """A new key in the place of the old one, which signs nothing any more; old checkpoints are still checked with it.

    The file is replaced first: were the entry never written, the next checkpoint would write it.
    """
    key = signing.replace(path or signing.default_path(), store.folders())
    introduce(store, key, actor)
    return key
