"""The ledger read from its first entry to its last: whether each follows the one before, and what a checkpoint signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from models.record import sha256
from storage import raw, signing
from storage.checkpoint import BLOCK, Checkpoint, Forest
from storage.finding import Finding
from storage.ledger import GENESIS, Entry, row
from storage.schema import Ledger

PAGE = 1000
Line = dict[str, Any]


def lines(connection: Connection) -> Iterator[Line]:
    """Every row of the ledger in order, page by page."""
    after: Any = None
    while True:
        query = raw.columns(Ledger).order_by(Ledger.seq).limit(PAGE)
        page = connection.execute(query if after is None else query.where(Ledger.seq > after)).mappings().all()
        yield from map(dict, page)
        if len(page) < PAGE:
            return
        after = page[-1]["seq"]


def parsed(line: Line) -> Entry | None:
    """The entry in a row's body; ``None`` where there is none."""
    try:
        return Entry.model_validate_json(line["body"])
    except (ValidationError, TypeError):
        return None


class Chain:
    """Follows the ledger entry by entry."""

    def __init__(self, connection: Connection, checkpoint: Checkpoint | None = None) -> None:
        self.findings: list[Finding] = []
        self.size = 0
        self.first_broken: int | None = None
        self._previous = GENESIS
        self._connection = connection
        self._checkpoint = checkpoint
        self._forest = Forest()
        self._keys: set[str] = set()

    def follow(self, line: Line, entry: Entry | None) -> None:
        """One more entry."""
        self.size += 1
        if self.first_broken is None:
            self._link(line, entry)
        if self._checkpoint and self.size <= self._checkpoint.size:
            body = line["body"]
            self._forest.add(sha256(body if isinstance(body, bytes) else str(body).encode()))
            if entry and entry.kind == "key":
                self._keys.add(entry.subject)

    def _link(self, line: Line, entry: Entry | None) -> None:
        why = self._broken(line, entry)
        if why or entry is None:
            self.first_broken = self.size
            message = f"Ledger entry {self.size} is the first broken one: {why}."
            self.findings.append(Finding("entry", str(self.size), message, broken=True))
            return
        self._previous = line["hash"]
        if entry.behind_seconds > 0:
            message = f"At ledger entry {self.size} the clock had gone back by {entry.behind_seconds:.0f} seconds."
            self.findings.append(Finding("clock", str(self.size), message, broken=False))

    def _broken(self, line: Line, entry: Entry | None) -> str | None:
        if line["seq"] != self.size:
            return f"it is missing, the next one has number {line['seq']}"
        if entry is None:
            return "its body cannot be read"
        flat = row(entry)
        if flat["hash"] != line["hash"]:
            return "its content does not have the hash written beside it"
        if entry.previous != self._previous:
            return "it does not follow the entry before it"
        return None if raw.form(self._connection, flat) == line else "its columns do not say what its body says"

    def against_checkpoint(self, *, key_is_trusted: bool) -> Iterator[Finding]:
        """What the checkpoint says of the ledger that was followed to its end."""
        held = self._checkpoint
        if held is None:
            return
        of = f"the checkpoint of {held.at:%Y-%m-%d %H:%M} UTC"
        if block := self._differing_block(held):
            yield self._block(*block, of)
        if self.size < held.size:
            yield _missing(self.size, held.size, of)
        if not key_is_trusted and held.fingerprint not in self._keys:
            yield _unknown_key(held, of)
        if self.size >= held.size:
            yield _coverage(self.size - held.size, held.size, of)

    def _differing_block(self, held: Checkpoint) -> tuple[int, int] | None:
        """First and last entry of the first block that is not what was signed."""
        found = self._forest.roots()
        comparable = len(found.blocks) if self.size >= held.size else self.size // BLOCK
        for number in range(comparable):
            if found.blocks[number] != held.blocks[number]:
                return number * BLOCK + 1, min((number + 1) * BLOCK, held.size)
        if self.size >= held.size and (found.root, found.head) != (held.root, held.head):
            return 1, held.size
        return None

    def _block(self, first: int, last: int, of: str) -> Finding:
        message = f"Ledger entries {first} to {last} are not those that {of} signed"
        if self.first_broken is None or self.first_broken > last:
            message += ": one of them was changed, and the chain after it was computed anew"
        return Finding("checkpoint", f"{first}-{last}", f"{message}.", broken=True)


def in_order(chain: list[Finding], signed: list[Finding]) -> list[Finding]:
    """Findings about entries, the first broken place first: the block that was signed before an entry behind it."""
    return sorted([*chain, *signed], key=lambda one: (not one.broken, _place(one)))


def _place(one: Finding) -> int:
    """Where a finding points to; of a block its end, because an entry within it is named more exactly."""
    last = one.subject.rpartition("-")[2]
    return int(last) if last.isdigit() and len(last) < 64 else 0


def _missing(size: int, signed: int, of: str) -> Finding:
    message = (
        f"Ledger entries {size + 1} to {signed} are missing: {of} covers {signed} entries, and the ledger has {size}."
    )
    return Finding("checkpoint", f"{size + 1}-{signed}", message, broken=True)


def _unknown_key(held: Checkpoint, of: str) -> Finding:
    message = (
        f"The key {signing.short(held.fingerprint)} that signed {of} is not introduced by what it covers: compare it with "
        "the fingerprint on a report that you trust, and name that with --key."
    )
    return Finding("checkpoint", held.fingerprint, message, broken=True)


def _coverage(later: int, signed: int, of: str) -> Finding:
    covered = f"{of[0].upper()}{of[1:]} covers the first {signed} ledger entries"
    message = f"{covered}; appended after it, and not covered: {later}." if later else f"{covered}: all of them."
    return Finding("checkpoint", str(signed), message, broken=False)
