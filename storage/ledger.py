"""What happened and who did it: append-only, each entry carrying the hash of the one before."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, insert, select

from models.record import Record, sha256
from storage.schema import Ledger

Kind = Literal["model", "split", "policy", "report", "judgement", "act", "blob", "erase", "key"]
KnownBy = Literal["oidc", "token", "os-user"]
GENESIS = "0" * 64
"""What the first entry names as the one before."""
HEAD = select(Ledger.seq, Ledger.hash, Ledger.at).order_by(Ledger.seq.desc()).limit(1)
INSERT = insert(Ledger)
WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Actor(NamedTuple):
    """Who acts, and how that is known."""

    name: str
    known_by: KnownBy


def me() -> Actor:
    """The user of this operating system who runs this process."""
    return Actor(getpass.getuser(), "os-user")


class Entry(Record):
    """One line of the ledger."""

    schema_version: Literal[1] = 1
    seq: int
    """1, 2, 3 ... without a gap."""
    previous: str
    """Hash of the entry before."""
    at: datetime
    behind_seconds: float = 0.0
    """How far the clock stood behind the entry before; above 0 it went backwards."""
    actor: str
    known_by: KnownBy
    kind: Kind
    subject: str
    """Id, digest or fingerprint of what was put in, declared or erased."""
    digests: tuple[tuple[str, str], ...] = ()
    """(what, SHA-256): ``document``, ``rows``, the name of a file, or the key that a key ``replaces``."""
    note: str = ""

    def canonical(self) -> bytes:
        """The same bytes as RFC 8785 gives, sooner: names are ASCII, and a number is whole unless the clock went back."""
        if self.behind_seconds:
            return super().canonical()
        plain = self.model_dump(mode="json") | {"behind_seconds": 0}
        return WRITER.encode(plain).encode()

    @property
    def hash(self) -> str:
        return self.sha256()


class New(NamedTuple):
    """What is to become an entry."""

    kind: Kind
    subject: str
    actor: Actor
    digests: tuple[tuple[str, str], ...] = ()
    note: str = ""
    at: datetime | None = None
    """Now, where nothing is said."""


def append(
    connection: Connection,
    kind: Kind,
    subject: str,
    actor: Actor,
    digests: tuple[tuple[str, str], ...] = (),
    note: str = "",
    at: datetime | None = None,
) -> Entry:
    """Write an entry in the transaction of what it records; the ledger must be locked."""
    return append_all(connection, [New(kind, subject, actor, digests, note, at)])[0]


def append_all(connection: Connection, lines: Iterable[New]) -> list[Entry]:
    """Write many entries in one transaction, in order; the ledger must be locked. The head is read once."""
    last = connection.execute(HEAD).first()
    seq, previous, before = (last.seq, last.hash, last.at) if last else (0, GENESIS, None)
    entries, written = [], []
    for line in lines:
        seq += 1
        entry = _entry(line, seq, previous, before)
        flat = row(entry)
        previous, before = str(flat["hash"]), entry.at
        entries.append(entry)
        written.append(flat)
    if written:
        connection.execute(INSERT, written)
    return entries


def _entry(line: New, seq: int, previous: str, before: datetime | None) -> Entry:
    at = line.at or datetime.now(UTC)
    return Entry(
        seq=seq,
        previous=previous,
        at=at,
        behind_seconds=max(0.0, (before - at).total_seconds()) if before else 0.0,
        actor=line.actor.name,
        known_by=line.actor.known_by,
        kind=line.kind,
        subject=line.subject,
        digests=line.digests,
        note=line.note,
    )


def row(entry: Entry) -> dict[str, object]:
    """The flat row of an entry."""
    body = entry.canonical()
    return {
        "seq": entry.seq, "previous": entry.previous, "hash": sha256(body), "at": entry.at, "actor": entry.actor,
        "known_by": entry.known_by, "kind": entry.kind, "subject": entry.subject, "body": body,
    }  # fmt: skip


def first(connection: Connection, kind: Kind, subject: str) -> datetime | None:
    """When a subject was first put in or declared."""
    return connection.execute(
        select(func.min(Ledger.at)).where(Ledger.subject == subject, Ledger.kind == kind)
    ).scalar()
