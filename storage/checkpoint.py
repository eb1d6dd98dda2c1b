"""A signed statement of what the ledger was: held elsewhere, it shows what a rewritten chain cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from sqlalchemy import Connection, select

from models.record import Record, canonical
from storage import keys, merkle, signing
from storage.errors import StoreError
from storage.ledger import GENESIS, Actor
from storage.merkle import Tree
from storage.schema import Ledger
from storage.signing import Key, KeyRefused
from storage.store import Store

BLOCK = 1000
"""Entries whose root stands in the checkpoint: the first block that differs is named."""
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Checkpoint(Record):
    """What the ledger was at one moment, signed."""

    schema_version: Literal[1] = 1
    size: int = Field(ge=0)
    """Entries it covers."""
    head: Digest
    """Hash of the last of them."""
    root: Digest
    """Root of the Merkle tree (RFC 6962) whose leaves are the hashes of the entries, as bytes."""
    blocks: tuple[Digest, ...]
    """The same of each block of 1,000 entries; the last one may be shorter."""
    at: datetime
    public_key: Digest
    """The 32 bytes of the Ed25519 key, in hexadecimal."""
    signature: Annotated[str, Field(pattern="^[0-9a-f]{128}$")]
    """Over the canonical JSON of everything above."""

    @property
    def fingerprint(self) -> str:
        return signing.fingerprint(bytes.fromhex(self.public_key))

    def signed(self) -> bytes:
        """The bytes that the signature is of."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))


class Inclusion(Record):
    """Proof that an entry is among those that a checkpoint covers."""

    schema_version: Literal[1] = 1
    seq: int
    size: int
    hash: Digest
    """Of the entry: SHA-256 of its body."""
    path: tuple[Digest, ...]
    """The nodes beside the way from the entry up to the root, the lowest first."""


class Roots(NamedTuple):
    """What a checkpoint says of a ledger."""

    size: int
    head: str
    root: str
    blocks: tuple[str, ...]


class Forest:
    """The tree of the whole ledger and those of its blocks, entry by entry."""

    def __init__(self) -> None:
        self.whole, self.block, self.blocks = Tree(), Tree(), list[str]()
        self.head = GENESIS

    def add(self, hash: str) -> None:
        data = bytes.fromhex(hash)
        self.head = hash
        self.whole.add(data)
        self.block.add(data)
        if self.block.size == BLOCK:
            self._close()

    def roots(self) -> Roots:
        if self.block.size:
            self._close()
        return Roots(self.whole.size, self.head, self.whole.root(), tuple(self.blocks))

    def _close(self) -> None:
        self.blocks.append(self.block.root())
        self.block = Tree()


def make(store: Store, key: Key, actor: Actor) -> Checkpoint:
    """Sign the ledger as it is. The key is an entry of it first. Raises ``StoreError`` where its chain is broken."""
    keys.introduce(store, key, actor)
    forest = Forest()
    with store.database.reading() as connection:
        for hash in hashes(connection):
            forest.add(hash)
    roots = forest.roots()
    unsigned = Checkpoint(**roots._asdict(), at=datetime.now(UTC), public_key=key.public.hex(), signature="0" * 128)
    return unsigned.model_copy(update={"signature": key.sign(unsigned.signed()).hex()})


def check(checkpoint: Checkpoint, expected: str | None = None) -> None:
    """Raises ``KeyRefused`` where the signature does not hold, or is not of the key that was expected (``signing.expected``)."""
    made_by = signing.short(checkpoint.fingerprint)
    if expected is not None and not checkpoint.fingerprint.startswith(expected):
        raise KeyRefused(
            f"This checkpoint is signed by the key {made_by}, and {signing.short(expected)} was expected; ask whoever gave "
            "it to you for one by that key, or compare the fingerprint with the one that reports print."
        )
    data, signature = checkpoint.signed(), bytes.fromhex(checkpoint.signature)
    if not signing.is_signed(bytes.fromhex(checkpoint.public_key), signature, data):
        raise KeyRefused(
            f"The signature of this checkpoint does not hold under the key {made_by}: it was changed after it was signed, "
            "or damaged on its way; use another copy of it."
        )


def inclusion(connection: Connection, seq: int, size: int) -> Inclusion:
    """Proof that entry ``seq`` is among the first ``size``. Raises ``ValueError`` where there is no such entry."""
    found = list(hashes(connection, size))
    if not 1 <= seq <= size or len(found) < size:
        raise ValueError(f"Entry {seq} of the first {size} is asked for, and the ledger has {len(found)} of these.")
    leaves = [bytes.fromhex(hash) for hash in found]
    return Inclusion(seq=seq, size=size, hash=found[seq - 1], path=merkle.path(leaves, seq - 1))


def is_included(proof: Inclusion, checkpoint: Checkpoint) -> bool:
    """Whether the proof leads to the checkpoint's root."""
    leads_to = merkle.climb(bytes.fromhex(proof.hash), proof.seq - 1, proof.size, proof.path)
    return proof.size == checkpoint.size and leads_to == checkpoint.root


def hashes(connection: Connection, size: int | None = None) -> Iterator[str]:
    """Hashes of the entries in order, read piece by piece; never those of a chain that does not follow itself."""
    previous = GENESIS
    lines = select(Ledger.seq, Ledger.previous, Ledger.hash).order_by(Ledger.seq).limit(size)
    with connection.execute(lines.execution_options(yield_per=BLOCK)) as streamed:
        for wanted, (seq, before, hash) in enumerate(streamed, start=1):
            if seq != wanted or before != previous:
                raise StoreError(f"Ledger entry {wanted} is broken, so nothing is signed; type: answerable verify")
            previous = hash
            yield hash
