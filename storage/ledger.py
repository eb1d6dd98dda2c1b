"""What happened and who did it: append-only, each entry carrying the hash of the one before."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, insert, select

from models.record import Record
from storage.schema import Ledger

Kind = Literal["model", "split", "policy", "report", "judgement", "blob", "erase"]
KnownBy = Literal["oidc", "token", "os-user"]
GENESIS = "0" * 64
"""What the first entry names as the one before."""


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
    """Id or digest of what was put in, declared or erased."""
    digests: tuple[tuple[str, str], ...] = ()
    """(what, SHA-256): ``document``, ``rows``, or the name of a file."""
    note: str = ""

    @property
    def hash(self) -> str:
        return self.sha256()


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
    last = connection.execute(select(Ledger.seq, Ledger.hash, Ledger.at).order_by(Ledger.seq.desc()).limit(1)).first()
    at = at or datetime.now(UTC)
    entry = Entry(
        seq=last.seq + 1 if last else 1,
        previous=last.hash if last else GENESIS,
        at=at,
        behind_seconds=max(0.0, (last.at - at).total_seconds()) if last else 0.0,
        actor=actor.name,
        known_by=actor.known_by,
        kind=kind,
        subject=subject,
        digests=digests,
        note=note,
    )
    connection.execute(insert(Ledger).values(**row(entry)))
    return entry


def row(entry: Entry) -> dict[str, object]:
    """The flat row of an entry."""
    return {
        "seq": entry.seq, "previous": entry.previous, "hash": entry.hash, "at": entry.at, "actor": entry.actor,
        "known_by": entry.known_by, "kind": entry.kind, "subject": entry.subject, "body": entry.canonical(),
    }  # fmt: skip


def first(connection: Connection, kind: Kind, subject: str) -> datetime | None:
    """When a subject was first put in or declared."""
    return connection.execute(
        select(func.min(Ledger.at)).where(Ledger.subject == subject, Ledger.kind == kind)
    ).scalar()
