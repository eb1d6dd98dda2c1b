"""Stores that are changed behind their back, and stores that are not: what verifying says of each.

A tampering counts as found where `storage.verify` and the single file `verify.py` both say so and name the place: the
entry, the block of a chain that was computed anew, the document, the table or the blob.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from audit.acts.act import Content
from audit.acts.person import Grant
from audit.acts.waiver import Waiver
from models.record import sha256
from storage import checkpoint, keys, ledger, signing
from storage.archive import Archive
from storage.chain import parsed
from storage.checkpoint import BLOCK, Checkpoint
from storage.ledger import GENESIS, Entry, New
from storage.standalone import verify as alone
from storage.verify import Finding, verify
from tests.storage import storage_samples as samples

say = Console(stderr=True).print
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Nothing here is about disks."""
Expected = tuple[str, str | None]
"""Kind and subject of a finding that names the place; ``None`` where any subject does."""
FAR = date(2099, 1, 1)
FLAT = ("model_version", "split", "policy", "report", "answer", "measure", "exhibit", "judgement", "verdict", "act")


class Held(NamedTuple):
    """A store that nobody has changed yet, and the checkpoint of it that is held elsewhere."""

    folder: Path
    checkpoint: Checkpoint


def found(trials: int) -> float:
    """Tamperings found and named, of all kinds in turn, seeded."""
    kinds = [*KINDS]
    named: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        small = history(Path(place) / "small", random.Random(0), puts=8)
        large = history(Path(place) / "large", random.Random(1), puts=8, repeated=2300)
        for trial in range(trials):
            kind = kinds[trial % len(kinds)]
            rng = random.Random(trial)
            held = large if kind == "recomputed" and rng.random() < 0.4 else small
            if _is_found(held, kind, rng, Path(place) / "trial"):
                named[kind] += 1
            else:
                say(f"trial {trial} ({kind}) was not found")
    say(dict(named))
    return named.total()


def false_alarms(trials: int) -> float:
    """Clean stores of random histories that either verifier calls broken."""
    alarms = 0
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        for trial in range(trials):
            rng = random.Random(trial)
            held = history(Path(place) / "clean", rng, puts=rng.randint(0, 4), repeated=rng.choice([0] * 15 + [1200]))
            findings = looked_at(held)
            if any(one.broken for each in findings for one in each):
                say(f"clean store {trial}: {findings}")
                alarms += 1
            shutil.rmtree(held.folder)
    return alarms


def looked_at(held: Held) -> list[list[Finding | alone.Finding]]:
    """What both verifiers find."""
    with Archive(f"sqlite:///{held.folder}/store.db", held.folder / "vault") as archive:
        ours = verify(archive, held.checkpoint)
    (held.folder / "held.json").write_bytes(held.checkpoint.canonical())
    signed, _ = alone.read_checkpoint(held.folder / "held.json", None)
    connection = alone.opened(held.folder / "store.db")
    theirs = alone.verify(connection, held.folder / "vault", signed)
    connection.close()
    return [list(ours), list(theirs)]


def _is_found(held: Held, kind: str, rng: random.Random, copy: Path) -> bool:
    shutil.copytree(held.folder, copy)
    try:
        raw = sqlite3.connect(copy / "store.db")
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        change = Change(raw, copy / "vault", held.checkpoint, rng)
        expected = KINDS[kind](change)
        raw.commit()
        raw.close()
        return all(_names(each, expected) for each in looked_at(Held(copy, held.checkpoint)))
    finally:
        shutil.rmtree(copy)


def _names(findings: list[Finding | alone.Finding], expected: Expected) -> bool:
    kind, subject = expected
    return any(one.broken and one.kind == kind and subject in (None, one.subject) for one in findings)


# Histories.


def history(folder: Path, rng: random.Random, puts: int, repeated: int = 0) -> Held:
    """A store with a random history: versions, reports, judgements, blobs, erasures, rotations, a clock set back."""
    key = folder.with_name(f"{folder.name}.key")
    key.unlink(missing_ok=True)
    folder.mkdir()
    shutil.copy(_empty(), folder / "store.db")
    with Archive(f"sqlite:///{folder}/store.db", folder / "vault") as archive:
        archive.put_split(samples.split(), samples.ANN)
        archive.put_policy(samples.policy(), samples.ANN)
        for number in range(puts):
            _put(archive, rng, number + 1)
        _repeat(archive, repeated)
        held = checkpoint.make(archive, signing.load_or_create(key, archive.folders()), samples.ANN)
        if rng.random() < 0.2:
            checkpoint.make(archive, keys.rotate(archive, key, samples.ANN), samples.ANN)
        for number in range(puts, puts + rng.randint(0, 3)):
            _put(archive, rng, number + 1)
    return Held(folder, held)


@cache
def _empty() -> Path:
    """A store with nothing in it, made once."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    atexit.register(shutil.rmtree, folder)
    Archive(f"sqlite:///{folder}/store.db", folder / "vault").close()
    return folder / "store.db"


def _put(archive: Archive, rng: random.Random, number: int) -> None:
    """A version with its report and judgement, and now and then something else."""
    card = samples.card(version=number)
    when = samples.NOON + timedelta(hours=number)
    report = samples.report(card, value=rng.random(), created=when)
    policy = samples.policy(f"1.{number}", limit=rng.random())
    archive.put_model(card, samples.write_files(Path(archive.vault.root).parent / "model", version=number), samples.ANN)
    archive.put_report(report, samples.ROWS, samples.ANN)
    archive.put_policy(policy, samples.ANN)
    archive.put_judgement(samples.judgement(report, policy, passed=rng.random() < 0.5, created=when), samples.ANN)
    for subject, content in _acts(number):
        archive.put_act(subject, content, samples.ANN)
    if number % 3 == 1:
        digest = archive.put_blob(rng.randbytes(200), "image/png", "exhibit", samples.ANN)
        if number % 2:
            archive.erase(digest, "asked", samples.ANN)
    if rng.random() < 0.1:
        with archive.writing() as connection:
            early = datetime.now(UTC) - timedelta(seconds=rng.uniform(0, 9000))
            recorded = (("document", policy.sha256()),)
            ledger.append(connection, "policy", policy.sha256(), samples.ANN, recorded, at=early)


def _acts(number: int) -> list[tuple[str, Content]]:
    """What people did at one time: an inventory entry, a waiver, and every third time a grant."""
    accepted = Waiver(measure="accuracy.accuracy", owner="olga", reason="until the next version", expires=FAR)
    granted = Grant(issuer="https://id.example", subject=str(number), name=f"person {number}", roles=("reviewer",))
    done: list[tuple[str, Content]] = [("mortgage", samples.inventory(f"owner {number}")), ("mortgage", accepted)]
    return [*done, (granted.person, granted)] if number % 3 == 1 else done


def _repeat(archive: Archive, count: int) -> None:
    policy = samples.policy().sha256()
    with archive.writing() as connection:
        again = [New("policy", policy, samples.ANN, (("document", policy),)) for _ in range(count)]
        ledger.append_all(connection, again)


# Tamperings. Each makes its change at or before the checkpoint and returns what must be found.


class Change(NamedTuple):
    """A store's tables without triggers, and chance."""

    raw: sqlite3.Connection
    vault: Path
    held: Checkpoint
    rng: random.Random

    def seq(self, last: int = 0) -> int:
        """An entry that the checkpoint covers, ``last`` places before its end at the latest."""
        return self.rng.randint(1, self.held.size - last)

    def entries(self) -> list[Entry]:
        bodies = self.raw.execute("SELECT body FROM ledger ORDER BY seq")
        return [entry for (body,) in bodies if (entry := parsed({"body": body}))]

    def document(self, table: str, key: str) -> tuple[str, dict[str, object]]:
        rows = self.raw.execute(f"SELECT {key}, document FROM {table} ORDER BY {key}").fetchall()
        recorded = {entry.subject for entry in self.entries()[: self.held.size]}
        subject, document = self.rng.choice([one for one in rows if one[0] in recorded])
        return subject, json.loads(document)


def _edited(change: Change) -> Expected:
    """Columns or body of an entry, with or without its hash."""
    seq = change.seq(last=1)
    entry = change.entries()[seq - 1].model_copy(update={"actor": "eve"})
    flat = ledger.row(entry)
    columns = change.rng.choice([["actor"], ["body"], ["hash"], ["previous"], ["at"], ["body", "actor", "hash"]])
    if columns in (["hash"], ["previous"]):
        flat |= {"hash": sha256(b"x"), "previous": sha256(b"x")}
    flat["at"] = "2020-01-01 00:00:00.000000"
    change.raw.execute(
        f"UPDATE ledger SET {', '.join(f'{one} = ?' for one in columns)} WHERE seq = ?",
        [*(flat[one] for one in columns), seq],
    )
    return "entry", str(seq + 1 if len(columns) == 3 else seq)


def _deleted(change: Change) -> Expected:
    """One entry, or all from one on."""
    seq = change.seq()
    if change.rng.random() < 0.5:
        change.raw.execute("DELETE FROM ledger WHERE seq >= ?", [seq])
        return "checkpoint", f"{seq}-{change.held.size}"
    change.raw.execute("DELETE FROM ledger WHERE seq = ?", [seq])
    (last,) = change.raw.execute("SELECT max(seq) FROM ledger").fetchone()
    return ("entry", str(seq)) if last > seq else ("checkpoint", f"{seq}-{seq}")


def _inserted(change: Change) -> Expected:
    """An entry between two, which move up, or one with a number that is there."""
    seq = change.seq()
    forged = change.entries()[seq - 1].model_copy(update={"actor": "eve"})
    change.raw.execute("UPDATE ledger SET seq = -seq - 1 WHERE seq >= ?", [seq])
    change.raw.execute("UPDATE ledger SET seq = -seq WHERE seq < 0")
    _write(change.raw, [forged])
    return "entry", str(seq + 1)


def _reordered(change: Change) -> Expected:
    """Two entries change places, with or without their numbers."""
    first, second = sorted(change.rng.sample(range(1, change.held.size + 1), 2))
    entries = change.entries()
    one, other = entries[first - 1], entries[second - 1]
    change.raw.execute("DELETE FROM ledger WHERE seq IN (?, ?)", [first, second])
    if change.rng.random() < 0.5:
        one, other = one.model_copy(update={"seq": second}), other.model_copy(update={"seq": first})
        _write(change.raw, [one, other])
        return "entry", str(first)
    _write(change.raw, [one, other])
    change.raw.execute("UPDATE ledger SET seq = -1 WHERE seq = ?", [first])
    change.raw.execute("UPDATE ledger SET seq = ? WHERE seq = ?", [first, second])
    change.raw.execute("UPDATE ledger SET seq = ? WHERE seq = -1", [second])
    return "entry", str(first)


def _flat(change: Change) -> Expected:
    """One value of one row, a row less, or a row more."""
    table = change.rng.choice(FLAT)
    columns = alone.TABLES[table].split()
    names = [row[0] for row in change.raw.execute(f"SELECT rowid FROM {table} ORDER BY rowid").fetchall()]
    row = change.rng.choice(names)
    way = change.rng.random()
    if way < 0.15 and table in alone.PARTS:
        change.raw.execute(f"DELETE FROM {table} WHERE rowid = ?", [row])
    elif way < 0.3 and table in alone.PARTS:
        values = ["'m-slipped-in'" if one == "id" else "99" if one in ("position", "code") else one for one in columns]
        change.raw.execute(f"INSERT INTO {table} SELECT {', '.join(values)} FROM {table} WHERE rowid = ?", [row])
    else:
        column = change.rng.choice(
            [one for one in columns if one not in ("document", alone.HEADS.get(table, ("", ""))[1])]
        )
        change.raw.execute(f"UPDATE {table} SET {column} = {_other(change, table, column, row)} WHERE rowid = ?", [row])
    return ("document", None) if way >= 0.3 and column == _key(table) else ("row", None)


def _key(table: str) -> str:
    return dict(alone.HEADS.values()).get(table, "")


def _other(change: Change, table: str, column: str, row: int) -> str:
    """SQL of another value of the same type."""
    (value,) = change.raw.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", [row]).fetchone()
    if isinstance(value, int | float):
        return f"{column} + 1000" if column not in ("passed", "after_the_fact", "sampled") else f"1 - {column}"
    return f"'{'x' if value is None else value + 'x'}'"


def _blob(change: Change) -> Expected:
    """Content or row of a blob."""
    kept = change.raw.execute("SELECT digest FROM blob WHERE erased IS NULL ORDER BY digest").fetchall()
    (digest,) = change.rng.choice(kept)
    path = change.vault / digest[:2] / digest[2:4] / digest
    way = change.rng.choice(
        ["flip", "cut", "lost", "size", "retention", "media_type", "erased", "deleted", "more", "back"]
    )
    if way == "flip":
        data = bytearray(path.read_bytes())
        data[change.rng.randrange(len(data))] ^= 1 << change.rng.randrange(8)
        path.write_bytes(data)
    elif way == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif way == "lost":
        path.unlink()
    elif way == "deleted":
        change.raw.execute("DELETE FROM blob WHERE digest = ?", [digest])
    elif way == "more":
        change.raw.execute(
            "INSERT INTO blob SELECT ?, media_type, size, retention, created, erased FROM blob LIMIT 1", [sha256(b"m")]
        )
        digest = sha256(b"m")
    elif way == "back":
        ((digest,),) = change.raw.execute("SELECT digest FROM blob WHERE erased IS NOT NULL LIMIT 1").fetchall()
        change.raw.execute("UPDATE blob SET erased = NULL WHERE digest = ?", [digest])
    else:
        value = {"size": "size + 1", "erased": "created"}.get(
            way, "'text/plain'" if way == "media_type" else "'forever'"
        )
        change.raw.execute(f"UPDATE blob SET {way} = {value} WHERE digest = ?", [digest])
    return "blob", digest


def _policy(change: Change) -> Expected:
    """A limit moved, a rule made a note, or the policy gone; its flat row says what the new document says."""
    subject, policy = change.document("policy", "digest")
    if change.rng.random() < 0.2:
        change.raw.execute("DELETE FROM policy WHERE digest = ?", [subject])
        return "document", subject
    (rule, *_) = policy["rules"]
    rule |= change.rng.choice([{"at_least": 0.0001}, {"severity": "note"}, {"rationale": "because we say so"}])
    return _rewritten(change, "policy", "digest", subject, policy)


def _card(change: Change) -> Expected:
    """A card that says something else of the same version."""
    subject, card = change.document("model_version", "digest")
    card |= change.rng.choice(
        [{"seed": 1234}, {"dataset": "better"}, {"parent": "0" * 64}, {"task": "other"}, {"cost": None}]
    )
    return _rewritten(change, "model_version", "digest", subject, card)


def _act(change: Change) -> Expected:
    """What a person did said otherwise, taken away, or put in: another approver, a longer waiver, one more role."""
    way = change.rng.choice(["said otherwise", "taken away", "put in"])
    subject, act = change.document("act", "id")
    content = act["content"]
    assert isinstance(content, dict)
    content |= {"roles": ["admin"]} if "roles" in content else {"owner": "eve"}
    act |= {"actor": "eve"} if change.rng.random() < 0.5 else {}
    data = alone.canonical(act)
    if way == "taken away":
        change.raw.execute("DELETE FROM act WHERE id = ?", [subject])
        return "document", subject
    ((flat,),) = alone.rows("act", data).values()
    if way == "put in":
        change.raw.execute(
            f"INSERT INTO act ({', '.join(flat)}) VALUES ({', '.join('?' * len(flat))})", [*flat.values()]
        )
        return "document", flat["id"]
    flat["id"] = subject
    change.raw.execute(
        f"UPDATE act SET {', '.join(f'{name} = ?' for name in flat)} WHERE id = ?", [*flat.values(), subject]
    )
    return "document", subject


def _rewritten(change: Change, table: str, key: str, subject: str, document: dict[str, object]) -> Expected:
    data = alone.canonical(document)
    change.raw.execute(f"UPDATE {table} SET document = ?, sha256 = ? WHERE {key} = ?", [data, sha256(data), subject])
    return "document", subject


def _recomputed(change: Change) -> Expected:
    """An entry changed, left out, put in or moved, and every hash after it computed anew: the chain itself is whole."""
    entries = change.entries()
    seq = change.seq(last=1)
    at = seq - 1
    way = change.rng.choice(["changed", "left out", "put in", "swapped"])
    if way == "changed":
        entries[at] = entries[at].model_copy(update={"actor": "eve"})
    elif way == "left out":
        del entries[at]
    elif way == "put in":
        entries.insert(at, entries[at].model_copy(update={"actor": "eve"}))
    else:
        entries[at], entries[at + 1] = entries[at + 1].model_copy(update={"actor": "eve"}), entries[at]
    previous, chained = GENESIS, []
    for number, one in enumerate(entries, start=1):
        chained.append(one.model_copy(update={"seq": number, "previous": previous}))
        previous = sha256(chained[-1].canonical())
    change.raw.execute("DELETE FROM ledger")
    _write(change.raw, chained)
    first = at // BLOCK * BLOCK + 1
    last = min(first + BLOCK - 1, change.held.size)
    return "checkpoint", f"{first}-{last}" if len(chained) >= last else f"{len(chained) + 1}-{change.held.size}"


def _write(raw: sqlite3.Connection, entries: list[Entry]) -> None:
    for entry in entries:
        flat = ledger.row(entry) | {"at": alone.instant(entry.at.isoformat())}
        raw.execute(
            f"INSERT INTO ledger ({', '.join(flat)}) VALUES ({', '.join('?' * len(flat))})", list(flat.values())
        )


KINDS: dict[str, Callable[[Change], Expected]] = {
    "edited": _edited, "deleted": _deleted, "inserted": _inserted, "reordered": _reordered, "flat rows": _flat,
    "blobs": _blob, "policies": _policy, "cards": _card, "acts": _act, "recomputed": _recomputed,
}  # fmt: skip
