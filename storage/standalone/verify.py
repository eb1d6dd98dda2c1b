"""Verify a store of Answerable without Answerable: one file, Python 3.11 or newer, nothing to install.

    python verify.py STORE.db [--vault DIR] [--checkpoint FILE] [--key PUBLIC.pem or FINGERPRINT] [--json]
    python verify.py EXPORT.jsonl ...                  (what `answerable ledger export` writes)
    python verify.py [BUNDLE.zip or its folder] ...    (what `answerable export` writes; left out, this file's folder)

Of a store it derives every flat row again from the documents, checks every document and the whole chain against the ledger, and
with ``--vault`` every blob. With a checkpoint that was held elsewhere it also finds a chain that was computed anew. Of a
bundle it checks every file against the manifest, every document against its entry, and every entry against the root
that the bundle's checkpoint signs. Signatures need the package ``cryptography``; without it this is said. Ends with 0:
intact, 1: broken, 2: what was given cannot be used.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sqlite3
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

INTACT, BROKEN, UNUSABLE = 0, 1, 2
REVISIONS = ("0001", "0002")
GENESIS = "0" * 64
BLOCK = 1000
LARGEST = 1 << 31
"""Bytes that a bundle may unpack to."""
TABLES = {
    "ledger": "seq previous hash at actor known_by kind subject body",
    "model_version": "digest name version task parent created document sha256",
    "split": "digest dataset part n document sha256",
    "policy": "digest name version document sha256",
    "blob": "digest media_type size retention created erased",
    "report": "id key model split title dataset n code seed run rows created document sha256",
    "answer": "report code position dimension status reason seconds",
    "measure": (
        "id report position code dimension name setting slice value reason low high level n unit better bound sampled"
    ),
    "exhibit": "report position code name title chart n",
    "judgement": "id report policy passed after_the_fact created document sha256",
    "verdict": "judgement position id rule dimension severity outcome measure",
    "act": "id kind subject actor known_by created document sha256",
}
HEADS = {
    "model": ("model_version", "digest"), "split": ("split", "digest"), "policy": ("policy", "digest"),
    "report": ("report", "id"), "judgement": ("judgement", "id"), "act": ("act", "id"),
}  # fmt: skip
PARTS = {
    "answer": ("report", "report"), "measure": ("report", "report"), "exhibit": ("report", "report"),
    "verdict": ("judgement", "judgement"),
}  # fmt: skip
KEPT_AS = {
    "model": "application/octet-stream, kept as model",
    "report": "application/vnd.apache.parquet, kept as rows",
}
TEXTS = ("previous", "at", "actor", "known_by", "kind", "subject", "note")
ENTRY = {"schema_version", "seq", "behind_seconds", "digests", *TEXTS}
SIGNED = {"schema_version", "size", "head", "root", "blocks", "at", "public_key"}
UNPACKED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What reading a damaged zip raises."""
MALFORMED = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)
Row = dict[str, Any]


class Unusable(Exception):
    """What was given cannot be used; the message says why and what to do."""


class Finding(NamedTuple):
    kind: str
    subject: str
    message: str
    broken: bool


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of what holds only texts, whole numbers and lists, which is all that is needed here."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def identifier(prefix: str, parts: list[str]) -> str:
    text = base64.b32encode(hashlib.sha256(canonical(parts)).digest()).decode().lower()
    return f"{prefix}-{text[:16]}"


def instant(text: str) -> str:
    """A moment as the store's columns have it."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


# What is verified: a SQLite file, or exported lines put into one in memory.


def opened(path: Path) -> sqlite3.Connection:
    """The store or export as tables."""
    if not path.is_file():
        raise Unusable(
            f"There is no file {path}; name a store's SQLite file or the lines of `answerable ledger export`."
        )
    with path.open("rb") as file:
        sqlite = file.read(16) == b"SQLite format 3\0"
    connection = _sqlite(path) if sqlite else _exported(path)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.row_factory = sqlite3.Row
    return connection


def _sqlite(path: Path) -> sqlite3.Connection:
    """The file, never written to."""
    address = path.resolve().as_uri()
    lonely = not path.with_name(path.name + "-wal").exists()
    connection = sqlite3.connect(f"{address}?mode=ro" + ("&immutable=1" if lonely else ""), uri=True)
    connection.execute("BEGIN")
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "alembic_version" in there and "act" not in there:
        connection.execute(f"CREATE TEMP TABLE act ({', '.join(TABLES['act'].split())})")  # at revision 0001
        there.add("act")
    if missing := sorted({*TABLES, "alembic_version"} - there):
        raise Unusable(f"{path} is no store of Answerable: it has no table {missing[0]}.")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision is None or revision[0] not in REVISIONS:
        raise Unusable(f"{path} is at a revision that this verify.py does not know; get the one of a newer Answerable.")
    return connection


def _exported(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({', '.join(columns.split())})")
    for owner, (table, key) in {**HEADS, "blob": ("blob", "digest")}.items():
        connection.execute(f"CREATE INDEX by_{owner} ON {table} ({key})")
    for part, (_, column) in PARTS.items():
        connection.execute(f"CREATE INDEX of_{part} ON {part} ({column})")
    with path.open(encoding="utf-8") as file:
        try:
            _load(connection, file)
        except (*MALFORMED, sqlite3.Error) as why:
            raise Unusable(f"{path} is neither a SQLite file nor an export that can be read: {why}.") from None
    return connection


def _load(connection: sqlite3.Connection, file: Any) -> None:
    header = json.loads(next(file, ""))
    if not isinstance(header, dict) or header.get("answerable") != "ledger export":
        raise ValueError("its first line does not say that it is a ledger export")
    if header.get("schema_version") != 1:
        raise ValueError(f"it has version {header.get('schema_version')}, and this verify.py knows version 1")
    count, end = 0, None
    for line in file:
        found = json.loads(line)
        if "end" in found:
            end = found["end"]
            continue
        columns = TABLES[found["table"]].split()
        if set(found["row"]) != set(columns):
            raise ValueError(f"a row of {found['table']} does not have the columns {', '.join(columns)}")
        values = [_stored(name, found["row"][name]) for name in columns]
        connection.execute(f"INSERT INTO {found['table']} VALUES ({', '.join('?' * len(values))})", values)
        count += 1
    if end != count:
        raise ValueError(f"it has {count} rows and its last line says {end}: it is not whole; export it again")


def _stored(column: str, value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    return value.encode() if column in ("body", "document") and isinstance(value, str) else value


# Flat rows, from documents.


def rows(kind: str, document: bytes) -> dict[str, list[Row]]:
    """The rows that stand for a document, by table."""
    record = json.loads(document)
    if record.get("schema_version") != 1:
        raise ValueError(f"schema_version {record.get('schema_version')}")
    made: dict[str, list[Row]] = DERIVE[kind](record, document)
    ((head, *_), *_) = made.values()
    head |= {"document": document, "sha256": sha256(document)}
    return made


def _take(record: Row, *names: str) -> Row:
    return {name: record[name] for name in names}


def _model(card: Row, _: bytes) -> dict[str, list[Row]]:
    row = _take(card, "digest", "name", "version", "task", "parent") | {"created": instant(card["created"])}
    return {"model_version": [row]}


def _split(card: Row, _: bytes) -> dict[str, list[Row]]:
    return {"split": [_take(card, "digest", "dataset", "part", "n")]}


def _policy(policy: Row, document: bytes) -> dict[str, list[Row]]:
    return {"policy": [_take(policy, "name", "version") | {"digest": sha256(document)}]}


def _report(report: Row, _: bytes) -> dict[str, list[Row]]:
    name = identifier("r", [report["key"]])
    row = _take(report, "key", "model", "split", "title", "dataset", "n", "code", "seed", "run", "rows")
    answers = [
        {
            "report": name, "code": one["question"]["code"], "position": position,
            "dimension": one["question"]["dimension"], "status": one["status"], "reason": one["reason"],
            "seconds": float(one["seconds"]),
        }
        for position, one in enumerate(report["answers"])
    ]  # fmt: skip
    asked = [(one["question"], measure) for one in report["answers"] for measure in one["measures"]]
    shown = [(one["question"], exhibit) for one in report["answers"] for exhibit in one["exhibits"]]
    exhibits = [
        _take(one, "name", "title", "chart", "n") | {"report": name, "position": position, "code": question["code"]}
        for position, (question, one) in enumerate(shown)
    ]
    return {
        "report": [row | {"id": name, "created": instant(report["created"])}],
        "answer": answers,
        "measure": [_measure(report, name, position, *one) for position, one in enumerate(asked)],
        "exhibit": exhibits,
    }


def _measure(report: Row, name: str, position: int, question: Row, one: Row) -> Row:
    setting = " ".join(f"{key}={_number(value)}" for key, value in one["setting"])
    where = " & ".join(
        f"{c['column']}={c['value']}" if c["operator"] == "=" else f"{c['column']} in {c['value']}"
        for c in one["slice"]
    )
    plain = [interval for interval in one["intervals"] if not interval["guaranteed"]]
    shown: Row = next(iter(plain or one["intervals"]), {"low": None, "high": None, "level": None})
    return {
        "id": identifier("m", [report["key"], one["name"], setting, where]), "report": name, "position": position,
        "code": question["code"], "dimension": question["dimension"], "name": one["name"], "setting": setting,
        "slice": where, "value": _real(one["value"]), "reason": one["reason"], "low": _real(shown["low"]),
        "high": _real(shown["high"]), "level": _real(shown["level"]), "n": one["n"], "unit": one["unit"],
        "better": one["better"], "bound": one["bound"], "sampled": int(one["sampled"]),
    }  # fmt: skip


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() else f"{value:g}"


def _real(value: Any) -> float | None:
    return None if value is None else float(value)


def _judgement(judgement: Row, document: bytes) -> dict[str, list[Row]]:
    name = identifier("g", [sha256(document)])
    row = {
        "id": name, "report": identifier("r", [judgement["report"]]), "policy": judgement["policy"],
        "passed": int(judgement["passed"]), "after_the_fact": int(judgement["after_the_fact"]),
        "created": instant(judgement["created"]),
    }  # fmt: skip
    verdicts = [
        _take(one, "id", "dimension", "outcome", "measure")
        | {"judgement": name, "position": position, "rule": one["rule"]["measure"], "severity": one["rule"]["severity"]}
        for position, one in enumerate(judgement["verdicts"])
    ]
    return {"judgement": [row], "verdict": verdicts}


def _act(act: Row, document: bytes) -> dict[str, list[Row]]:
    row = _take(act, "kind", "subject", "actor", "known_by")
    return {"act": [row | {"id": identifier("a", [sha256(document)]), "created": instant(act["created"])}]}


DERIVE: dict[str, Callable[[Row, bytes], dict[str, list[Row]]]] = {
    "model": _model, "split": _split, "policy": _policy, "report": _report, "judgement": _judgement,
    "act": _act,
}  # fmt: skip


# Merkle trees (RFC 6962).


class Tree:
    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []

    def add(self, data: bytes) -> None:
        node, rest = hashlib.sha256(b"\0" + data).digest(), self.size
        while rest % 2:
            node, rest = _parent(self._perfect.pop(), node), rest // 2
        self._perfect.append(node)
        self.size += 1

    def root(self) -> str:
        node = self._perfect[-1] if self._perfect else hashlib.sha256().digest()
        for left in reversed(self._perfect[:-1]):
            node = _parent(left, node)
        return node.hex()


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def climb(data: bytes, index: int, size: int, beside: list[str]) -> str | None:
    """The root that a leaf and its path lead to; ``None`` where the path does not fit index and size."""
    if not 0 <= index < size:
        return None
    node, last, up = hashlib.sha256(b"\0" + data).digest(), size - 1, [bytes.fromhex(one) for one in beside]
    while last:
        if index % 2 or index < last:
            if not up:
                return None
            node = _parent(up.pop(0), node) if index % 2 else _parent(node, up.pop(0))
        index, last = index // 2, last // 2
    return None if up else node.hex()


# Checkpoints.


class Checkpoint(NamedTuple):
    size: int
    head: str
    root: str
    blocks: list[str]
    at: datetime
    fingerprint: str
    public: bytes

    @property
    def title(self) -> str:
        return f"the checkpoint of {self.at:%Y-%m-%d %H:%M} UTC"


def read_checkpoint(path: Path, key: str | None) -> tuple[Checkpoint, str | None]:
    """The checkpoint in a file, an e-mail or a git note, and what could not be checked of it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as why:
        raise Unusable(f"There is no checkpoint in {path} that can be read: {why}; use another copy of it.") from None
    return checkpoint_in(text, str(path), key)


def checkpoint_in(text: str, path: str, key: str | None) -> tuple[Checkpoint, str | None]:
    try:
        found = json.loads(_checkpoint_text(text))
        if (
            found.get("schema_version") != 1
            or set(found) != {*SIGNED, "signature"}
            or not isinstance(found["size"], int)
        ):
            raise ValueError("it is not of version 1")
        public, signature = bytes.fromhex(found["public_key"]), bytes.fromhex(found["signature"])
        blocks = [str(one) for one in found["blocks"]]
        if len(blocks) != -(-found["size"] // BLOCK):
            raise ValueError("it does not have the root of every block")
        at = datetime.fromisoformat(found["at"]).astimezone(UTC)
        held = Checkpoint(found["size"], str(found["head"]), str(found["root"]), blocks, at, sha256(public), public)
    except MALFORMED as why:
        raise Unusable(f"There is no checkpoint in {path} that can be read: {why}; use another copy of it.") from None
    if key is not None and not held.fingerprint.startswith(_expected(key)):
        raise Unusable(f"The checkpoint is signed by the key {short(held.fingerprint)}, and another one was expected.")
    signed = canonical({name: value for name, value in found.items() if name != "signature"})
    unchecked = _signature(public, signature, signed, "checkpoint")
    if key is not None and unchecked:
        raise Unusable(f"Whether the key that you name signed it cannot be told. {unchecked}")
    return held, unchecked


def short(fingerprint: str) -> str:
    return " ".join(fingerprint[start : start + 4] for start in range(0, 16, 4))


def _checkpoint_text(text: str) -> str:
    marks = ("-----BEGIN ANSWERABLE CHECKPOINT-----", "-----END ANSWERABLE CHECKPOINT-----")
    begin, end = (mark.replace(" ", r"[\s>]+") for mark in marks)
    if armoured := re.findall(f"{begin}(.*?){end}", text, re.DOTALL):
        kept = re.sub(r"[^A-Za-z0-9+/]", "", armoured[-1])
        return base64.b64decode(kept + "=" * (-len(kept) % 4)).decode()
    lines = [line for line in text.splitlines() if line.startswith("{")]
    return lines[-1] if lines and lines[-1].rstrip().endswith("}") else text


def _expected(key: str) -> str:
    squeezed = re.sub(r"[\s:]", "", key).lower()
    if re.fullmatch("[0-9a-f]{16,64}", squeezed):
        return squeezed
    try:
        body = re.sub(r"-----[^-]+-----|\s", "", Path(key).read_text(encoding="ascii"))
        der = base64.b64decode(body, validate=True)
    except (OSError, ValueError):
        raise Unusable(
            f"{key!r} is neither a fingerprint (16 to 64 of 0-9 and a-f) nor the file of a public key."
        ) from None
    if len(der) != 44 or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        raise Unusable(f"{key} holds no public Ed25519 key in PEM.")
    return sha256(der[-32:])


def _signature(public: bytes, signature: bytes, data: bytes, of: str) -> str | None:
    """Raises ``Unusable`` for a wrong signature; returns why it could not be checked."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return f"The signature of the {of} was NOT checked: type `pip install cryptography` and verify again."
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise Unusable(
            f"The signature of the {of} does not hold: it was changed or damaged; use another copy."
        ) from None
    return None


# The ledger.


class Ledger:
    """The chain, followed entry by entry, and what it says there should be."""

    def __init__(self, held: Checkpoint | None) -> None:
        self.held = held
        self.size = 0
        self.first_broken: int | None = None
        self.findings: list[Finding] = []
        self.documents: dict[tuple[str, str, str | None], int] = {}
        self.blobs: dict[str, set[str]] = {}
        self.erasures: dict[str, Row] = {}
        self.keys: set[str] = set()
        self._previous = GENESIS
        self._whole, self._block, self._blocks = Tree(), Tree(), list[str]()
        self._head = GENESIS

    def follow(self, line: Row) -> None:
        self.size += 1
        entry = _entry(line["body"])
        if self.first_broken is None:
            self._link(line, entry)
        if self.held and self.size <= self.held.size:
            self._leaf(line["body"])
        if entry is not None:
            self._record(entry)

    def _link(self, line: Row, entry: Row | None) -> None:
        if why := self._broken(line, entry):
            self.first_broken = self.size
            text = f"Ledger entry {self.size} is the first broken one: {why}."
            self.findings.append(Finding("entry", str(self.size), text, True))
        self._previous = line["hash"]
        if not why and entry and entry["behind_seconds"] > 0:
            text = f"At ledger entry {self.size} the clock had gone back by {entry['behind_seconds']:.0f} seconds."
            self.findings.append(Finding("clock", str(self.size), text, False))

    def _broken(self, line: Row, entry: Row | None) -> str | None:
        if line["seq"] != self.size:
            return f"it is missing, the next one has number {line['seq']}"
        if entry is None:
            return "its body cannot be read"
        if sha256(line["body"]) != line["hash"]:
            return "its content does not have the hash written beside it"
        if entry["previous"] != self._previous:
            return "it does not follow the entry before it"
        columns = _take(entry, "seq", "previous", "actor", "known_by", "kind", "subject")
        columns |= {"at": instant(entry["at"]), "hash": line["hash"], "body": line["body"]}
        return None if columns == line else "its columns do not say what its body says"

    def _leaf(self, body: Any) -> None:
        self._head = sha256(body if isinstance(body, bytes) else str(body).encode("utf-8", "replace"))
        self._whole.add(bytes.fromhex(self._head))
        self._block.add(bytes.fromhex(self._head))
        if self._block.size == BLOCK or (self.held and self.size == self.held.size):
            self._blocks.append(self._block.root())
            self._block = Tree()

    def _record(self, entry: Row) -> None:
        kind, subject = entry["kind"], entry["subject"]
        digests = dict(entry["digests"])
        if kind in HEADS:
            self.documents.setdefault((kind, subject, digests.get("document")), self.size)
        if kind == "erase":
            self.erasures[subject] = entry
        if kind == "key":
            if not self.held or self.size <= self.held.size:
                self.keys.add(subject)
            return
        for what, digest in digests.items():
            if what != "document":
                said = self.blobs.setdefault(digest, set())
                if kind != "erase":
                    said.add(str(KEPT_AS.get(kind, entry["note"])))

    def against_checkpoint(self, key_is_trusted: bool) -> Iterator[Finding]:
        held = self.held
        if held is None:
            return
        if block := self._differing(held):
            text = f"Ledger entries {block[0]} to {block[1]} are not those that {held.title} signed"
            if self.first_broken is None or self.first_broken > block[1]:
                text += ": one of them was changed, and the chain after it was computed anew"
            yield Finding("checkpoint", f"{block[0]}-{block[1]}", f"{text}.", True)
        if self.size < held.size:
            text = f"Ledger entries {self.size + 1} to {held.size} are missing: {held.title} covers {held.size}."
            yield Finding("checkpoint", f"{self.size + 1}-{held.size}", text, True)
        if not key_is_trusted and held.fingerprint not in self.keys:
            text = f"The key {short(held.fingerprint)} that signed {held.title} is not introduced by what it covers."
            yield Finding("checkpoint", held.fingerprint, text, True)
        if self.size >= held.size:
            text = f"{held.title[0].upper()}{held.title[1:]} covers the first {held.size} ledger entries; "
            text += f"appended after it, and not covered: {self.size - held.size}."
            yield Finding("checkpoint", str(held.size), text, False)

    def _differing(self, held: Checkpoint) -> tuple[int, int] | None:
        for number, (found, signed) in enumerate(zip(self._blocks, held.blocks, strict=False)):
            if found != signed:
                return number * BLOCK + 1, min((number + 1) * BLOCK, held.size)
        if self.size >= held.size and (self._whole.root(), self._head) != (held.root, held.head):
            return 1, held.size
        return None


def _entry(body: Any) -> Row | None:
    """The entry in a body; ``None`` where there is none."""
    try:
        entry = json.loads(body) if isinstance(body, bytes) else None
        if not isinstance(entry, dict) or set(entry) != ENTRY or entry["schema_version"] != 1:
            return None
        texts = all(isinstance(entry[name], str) for name in TEXTS)
        pairs = all(len(pair) == 2 and all(isinstance(one, str) for one in pair) for pair in entry["digests"])
        pairs = pairs and isinstance(entry["digests"], list)
        numbers = isinstance(entry["behind_seconds"], int | float) and isinstance(entry["seq"], int)
        instant(entry["at"])
    except MALFORMED:
        return None
    return entry if texts and pairs and numbers else None


def _place(one: Finding) -> int:
    last = one.subject.rpartition("-")[2]
    return int(last) if last.isdigit() and len(last) < 64 else 0


# Documents, rows and blobs against the ledger.


def verify(
    connection: sqlite3.Connection,
    vault: Path | None = None,
    held: Checkpoint | None = None,
    key_is_trusted: bool = False,
) -> list[Finding]:
    """Everything that is wrong or worth knowing."""
    ledger = Ledger(held)
    for line in connection.execute(f"SELECT {', '.join(TABLES['ledger'].split())} FROM ledger ORDER BY seq"):
        ledger.follow(dict(line))
    signed = [*ledger.findings, *ledger.against_checkpoint(key_is_trusted)]
    found = sorted(signed, key=lambda one: (not one.broken, _place(one)))
    for (kind, subject, digest), seq in ledger.documents.items():
        found += _document(connection, kind, subject, digest, seq)
    found += _unrecorded(connection, ledger)
    found += _orphans(connection)
    found += _blobs(connection, vault, ledger)
    return found


def _document(
    connection: sqlite3.Connection, kind: str, subject: str, recorded: str | None, seq: int
) -> Iterator[Finding]:
    table, key = HEADS[kind]
    name = f"{kind} {subject[:18]}"
    kept = connection.execute(f"SELECT document FROM {table} WHERE {key} = ?", (subject,)).fetchone()
    if kept is None:
        yield Finding(
            "document", subject, f"The {name} was deleted: ledger entry {seq} recorded it and it is gone.", True
        )
        return
    if not isinstance(kept[0], bytes) or sha256(kept[0]) != recorded:
        text = f"The {name} was changed: its document is not the one that ledger entry {seq} recorded."
        yield Finding("document", subject, text, True)
        return
    try:
        derived = rows(kind, kept[0])
    except MALFORMED:
        yield Finding("document", subject, f"The {name} is no {kind}: its document cannot be read.", True)
        return
    for part, wanted in derived.items():
        if _rows(connection, part, subject) != wanted:
            text = f"Rows of the {name} in table {part} are not those that its document gives."
            yield Finding("row", subject, text, True)


def _rows(connection: sqlite3.Connection, table: str, subject: str) -> list[Row]:
    owner = PARTS[table][1] if table in PARTS else dict(HEADS.values())[table]
    columns = TABLES[table].split()
    order = " ORDER BY position" if "position" in columns else ""
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE {owner} = ?{order}"
    return [dict(one) for one in connection.execute(query, (subject,))]


def _unrecorded(connection: sqlite3.Connection, ledger: Ledger) -> Iterator[Finding]:
    for kind, (table, key) in HEADS.items():
        known = {subject for one, subject, _ in ledger.documents if one == kind}
        for (subject,) in connection.execute(f"SELECT {key} FROM {table} ORDER BY {key}"):
            if subject not in known:
                text = (
                    f"The {kind} {str(subject)[:18]} has no ledger entry: it was slipped in, or the entry was removed."
                )
                yield Finding("document", str(subject), text, True)


def _orphans(connection: sqlite3.Connection) -> Iterator[Finding]:
    for part, (head, column) in PARTS.items():
        query = f"SELECT DISTINCT {column} FROM {part} WHERE {column} NOT IN (SELECT id FROM {head})"
        for (subject,) in connection.execute(query):
            text = f"Rows of {str(subject)[:18]} in table {part} belong to no document: they were slipped in."
            yield Finding("row", str(subject), text, True)


def _blobs(connection: sqlite3.Connection, vault: Path | None, ledger: Ledger) -> Iterator[Finding]:
    columns = TABLES["blob"].split()
    kept = {str(one["digest"]): dict(one) for one in connection.execute(f"SELECT {', '.join(columns)} FROM blob")}
    for digest in sorted(ledger.blobs.keys() | kept.keys()):
        erased = ledger.erasures.get(digest)
        why = _blob(digest, kept.get(digest), ledger.blobs.get(digest), erased is not None)
        if not why and vault is not None:
            why = _content(vault, digest, kept[digest]["size"], erased is not None)
        if why:
            yield Finding("blob", digest, why, True)
        elif erased:
            text = (
                f"Evidence erased: {digest[:12]} by {erased['actor']} on {erased['at'][:10]}, because {erased['note']}"
            )
            yield Finding("blob", digest, text, False)


def _blob(digest: str, row: Row | None, said: set[str] | None, erased: bool) -> str | None:
    short = digest[:12]
    if row is None:
        return f"The row of blob {short} was deleted: the ledger recorded it and it is gone."
    if said is None:
        return f"Blob {short} has no ledger entry: it was slipped in, or the entry was removed."
    if said and "" not in said and f"{row['media_type']}, kept as {row['retention']}" not in said:
        return f"The row of blob {short} was changed: it is not kept as the ledger says, {' or '.join(sorted(said))}."
    if (row["erased"] is not None) != erased:
        return f"Blob {short} is marked as {'not ' if erased else ''}erased, and the ledger says otherwise."
    return None


def _content(vault: Path, digest: str, size: Any, erased: bool) -> str | None:
    path = vault / digest[:2] / digest[2:4] / digest
    if erased:
        return f"Blob {digest[:12]} was to be erased and is still in the vault." if path.exists() else None
    if not path.is_file():
        return f"The vault {vault} has lost {digest[:12]}: the file is missing."
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        return f"The vault {vault} holds {digest[:12]} damaged: its content has changed."
    if path.stat().st_size != size:
        return f"The row of blob {digest[:12]} was changed: it does not say how large the file is."
    return None


# Evidence bundles: a zip or the folder that it was unpacked to.


def bundled(path: Path) -> dict[str, bytes | None]:
    """Every file by its path in the bundle; ``None`` for one that has no business there and is not read."""
    if path.is_dir() and not (path / "manifest.json").is_file():
        return {}  # whatever else lies there
    if path.is_dir():
        there = {one.relative_to(path).as_posix(): one for one in path.rglob("*") if one.is_symlink() or one.is_file()}
        return {name: None if one.is_symlink() else one.read_bytes() for name, one in there.items()}
    found: dict[str, bytes | None] = {}
    with zipfile.ZipFile(path) as packed:
        lines = [one for one in packed.infolist() if not one.is_dir()]
        if sum(one.file_size for one in lines) > LARGEST:
            raise Unusable(f"{path} unpacks to more than {LARGEST >> 30} GB, which no bundle does.")
        for one in lines:
            stays = not re.search(r"^[/\\]|\\|:|(^|/)\.\.(/|$)", one.filename)
            plain = one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            found[one.filename] = packed.read(one) if stays and plain and one.filename not in found else None
    return found


def verify_bundle(
    files: dict[str, bytes | None], key: str | None = None, other: Checkpoint | None = None
) -> tuple[list[Finding], list[str]]:
    """Everything that is wrong or worth knowing, and what could not be checked."""
    try:
        manifest = json.loads(files.get("manifest.json") or b"")
        listed, kind = dict(manifest["files"]), manifest["answerable"]
    except MALFORMED:
        listed, kind = {}, None
    if kind != "evidence bundle" or manifest.get("schema_version") != 1:
        return [
            Finding("file", "manifest.json", "The manifest is missing, or cannot be read by this verify.py.", True)
        ], []
    found = list(_listed(files, listed))
    try:
        held, unchecked = checkpoint_in((files.get("checkpoint.json") or b"").decode(), "checkpoint.json", key)
    except (Unusable, *MALFORMED) as why:
        return [*found, Finding("checkpoint", "checkpoint.json", str(why), True)], []
    left_out = [unchecked] if unchecked else []
    if other and (other.size, other.root) != (held.size, held.root):
        text = f"The bundle rests on {held.title}, and {other.title} was given: they sign different things."
        found.append(Finding("checkpoint", "checkpoint.json", text, True))
    try:
        left_out += _vouched(files, manifest, held)
    except (Unusable, *MALFORMED) as why:
        found.append(Finding("file", "manifest.sig", str(why), True))
    entries = {path: entry for path, body in files.items() if path.startswith("entries/") and (entry := _entry(body))}
    found += _proved(files, entries, held)
    found += _recorded(files, entries, manifest)
    said = "the key that was expected" if key else "compare this fingerprint with one that you know from elsewhere"
    found.append(Finding("checkpoint", held.fingerprint, f"Signed by key {short(held.fingerprint)}: {said}.", False))
    return found, left_out


def _listed(files: dict[str, bytes | None], listed: dict[str, str]) -> Iterator[Finding]:
    for path, digest in sorted(listed.items()):
        data = files.get(path)
        if path not in files:
            yield Finding("file", path, f"{path} was deleted: the manifest lists it.", True)
        elif data is not None and sha256(data) != digest:
            yield Finding("file", path, f"{path} was changed: it is not the file that the manifest lists.", True)
    for path, data in sorted(files.items()):
        if data is None:
            yield Finding(
                "file", path, f"{path!r} is a link, is there twice, is packed oddly, or leads out of the bundle.", True
            )
        elif path not in listed and path not in ("manifest.json", "manifest.sig"):
            yield Finding("file", path, f"{path!r} was added: the manifest does not list it.", True)


def _vouched(files: dict[str, bytes | None], manifest: Row, held: Checkpoint) -> Iterator[str]:
    """What could not be checked of the manifest. Raises ``Unusable`` where its signature is not what it should be."""
    signature = files.get("manifest.sig")
    if signature is None and manifest["signed"]:
        raise Unusable("manifest.sig was deleted: the manifest says that it is signed.")
    if signature is None:
        yield "The manifest is not signed: nobody vouches for README.txt, key.pem, verify.py and pages/, nor that all is here."
        return
    why = _signature(held.public, bytes.fromhex(signature.decode()), files["manifest.json"] or b"", "manifest")
    yield from [why] if why else []


def _proved(files: dict[str, bytes | None], entries: dict[str, Row], held: Checkpoint) -> Iterator[Finding]:
    """Whether each entry is in the tree that was signed."""
    try:
        proofs = dict(json.loads(files.get("proofs.json") or b"{}"))
    except MALFORMED:
        proofs = {}
    for path in sorted({path for path in files if path.startswith("entries/")} | proofs.keys()):
        entry, body = entries.get(path), files.get(path)
        why = "it is missing, or cannot be read"
        if entry is not None and body is not None:
            beside, seq = proofs.get(path), entry["seq"]
            why = "it has no proof" if beside is None else "its proof does not lead to the root that was signed"
            if path == f"entries/{seq:08d}.json" and _leads(body, seq, beside, held):
                continue
        yield Finding("entry", path, f"{path} is no entry of the ledger of {held.title}: {why}.", True)


def _leads(body: bytes, seq: int, beside: Any, held: Checkpoint) -> bool:
    try:
        return climb(bytes.fromhex(sha256(body)), seq - 1, held.size, beside) == held.root
    except MALFORMED:
        return False


def _recorded(files: dict[str, bytes | None], entries: dict[str, Row], manifest: Row) -> Iterator[Finding]:
    """Whether each document is the one that an entry recorded, and none of them is missing."""
    recorded: dict[str, set[str]] = {}
    for entry in entries.values():
        if entry["kind"] in HEADS:
            place = f"documents/{entry['kind']}-{entry['subject']}.json"
            recorded.setdefault(place, set()).add(dict(entry["digests"]).get("document", ""))
    for path in sorted({path for path in files if path.startswith("documents/")} | recorded.keys()):
        data = files.get(path)
        if data is None:
            yield Finding("document", path, f"{path} is missing: an entry recorded it.", True)
        elif sha256(data) not in recorded.get(path, set()):
            yield Finding("document", path, f"{path} is not the document that its entry recorded.", True)
        elif not _is_named(path, data):
            yield Finding("document", path, f"{path} holds another document than its name says.", True)
    title = _title(files.get(f"documents/model-{manifest.get('model')}.json"))
    if title is None or title != manifest.get("about"):
        yield Finding("document", "model", f"There is no card of {manifest.get('about')!r} in it.", True)
    else:
        yield Finding("document", "model", f"This is the evidence about {title}.", False)


def _title(document: bytes | None) -> str | None:
    try:
        card = json.loads(document or b"")
        return f"{card['name']}@{card['version']}"
    except MALFORMED:
        return None


def _is_named(path: str, document: bytes) -> bool:
    kind, _, subject = path.removeprefix("documents/").removesuffix(".json").partition("-")
    try:
        ((head, *_), *_) = rows(kind, document).values()
    except MALFORMED:
        return False
    return bool(head[HEADS[kind][1]] == subject)


# The command.


def main(words: list[str] | None = None) -> int:
    """What the command does; returns its exit status."""
    try:
        return _main(words)
    except Unusable as why:
        text = str(why)
    except sqlite3.Error as why:
        text = f"The store cannot be read: {why}; verify another copy of it."
    except (OSError, *UNPACKED, *MALFORMED) as why:
        text = f"What was given cannot be verified: {why}."
    _say(text, sys.stderr)
    return UNUSABLE


def _main(words: list[str] | None) -> int:
    asked = _parser().parse_args(words)
    if asked.store.is_dir() or _begins_as_zip(asked.store):
        return _main_bundle(asked)
    if asked.key and not asked.checkpoint:
        raise Unusable("--key is the key of a checkpoint; give --checkpoint too.")
    if asked.vault and not asked.vault.is_dir():
        raise Unusable(f"There is no folder {asked.vault}; name the store's vault, or leave --vault out.")
    held, unchecked = read_checkpoint(asked.checkpoint, asked.key) if asked.checkpoint else (None, None)
    with closing(opened(asked.store)) as connection:
        found = verify(connection, asked.vault, held, key_is_trusted=asked.key is not None)
    left_out = [unchecked] if unchecked else []
    if not asked.vault:
        left_out.append("The content of blobs was not checked: give --vault.")
    _tell(found, left_out, "the chain, every document and every flat row", as_json=asked.json)
    return BROKEN if any(one.broken for one in found) else INTACT


def _begins_as_zip(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\3\4"


def _main_bundle(asked: argparse.Namespace) -> int:
    if asked.vault:
        raise Unusable("A bundle has no vault: people's data are not in it; leave --vault out.")
    key = _expected(asked.key) if asked.key else None
    other = read_checkpoint(asked.checkpoint, key)[0] if asked.checkpoint else None
    files = bundled(asked.store)
    found, left_out = verify_bundle(files, key, other)
    _tell(found, left_out, f"{len(files)} files, every document and every entry of the bundle", as_json=asked.json)
    return BROKEN if any(one.broken for one in found) else INTACT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify a store of Answerable, or its exported ledger."
    )
    what = "SQLite file, lines of `answerable ledger export`, or a bundle of `answerable export`: zip or folder"
    parser.add_argument("store", type=Path, nargs="?", default=Path(__file__).parent, help=what)
    parser.add_argument("--vault", type=Path, help="folder of the store's large things, to check their content too")
    parser.add_argument("--checkpoint", type=Path, help="file, e-mail or git note that was held elsewhere")
    parser.add_argument("--key", help="who must have signed it: file of a public key, or a fingerprint")
    parser.add_argument("--json", action="store_true", help="findings as JSON")
    return parser


def _tell(found: list[Finding], left_out: list[str], intact: str, *, as_json: bool) -> None:
    broken = any(one.broken for one in found)
    if as_json:
        told = {"intact": not broken, "findings": [one._asdict() for one in found], "not_checked": left_out}
        return _say(json.dumps(told))
    for one in found:
        _say(f"{'BROKEN' if one.broken else 'note'} {one.kind} {one.subject[:18]}: {one.message}")
    for text in left_out:
        _say(f"note: {text}")
    _say("BROKEN: this is not what was written." if broken else f"Intact: {intact}.")


def _say(text: str, stream: Any = None) -> None:
    """One line, in which nothing that was found can move the cursor or colour a verdict."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    stream.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main())
