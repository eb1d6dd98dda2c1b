"""Database and vault at one instant in one file, while everything goes on; and the store that is made of it again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import Boolean, Column, Connection, LargeBinary, insert, select
from sqlalchemy.exc import StatementError

from storage import database, export, schema
from storage.archive import Archive
from storage.database import Database
from storage.errors import StoreError, in_one_sentence
from storage.ledger import WRITER
from storage.schema import Instant, Table
from storage.store import Store
from storage.verify import verify

TABLES: tuple[type[Table], ...] = (*export.TABLES, schema.Job, schema.Step)
ROWS, MANIFEST, KEY = "store.jsonl", "manifest.json", "vault/key"
BLOB = re.compile(r"vault/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE, AT_ONCE = 1 << 20, 500
TRIES = 3
DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, TypeError, KeyError, AttributeError,
    ArithmeticError, StatementError,
)  # fmt: skip
"""What reading a backup raises that was cut short or changed."""


class Written(NamedTuple):
    """What a backup holds."""

    rows: int
    blobs: int
    bytes: int


class ChangedMeanwhile(Exception):
    """A blob of the instant was erased or repaired while it was copied: that instant must not be kept."""


def write(store: Store, out: Path) -> Written:
    """Keep the store in a file that only its owner reads, written aside and then renamed. Memory stays the same however
    large the store is, and writers go on.

    Raises ``StoreError`` where the vault has lost or damaged something: it would be no backup.
    """
    if out.exists() and not out.is_file():
        raise ValueError(f"{out} is no file, and a backup takes the place of what it is written to; name a file.")
    aside = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    with in_one_sentence(f"The backup {out}"):
        try:
            for _ in range(TRIES):
                with suppress(ChangedMeanwhile):
                    found = _write(store, aside)
                    aside.replace(out)
                    return found
            raise StoreError(
                f"The backup {out} was not written: evidence is erased or repaired all the time; try again."
            )
        finally:
            aside.unlink(missing_ok=True)


def _write(store: Store, path: Path) -> Written:
    digests: dict[str, str] = {}
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            at = datetime.now(UTC)
            with store.database.reading() as connection:
                blobs = _kept(connection)
                count = _rows(connection, packed, digests)
            _blobs(store, blobs, packed, digests)
            told = {
                "answerable": "backup", "schema_version": 1, "revision": database.known()[-1], "at": at.isoformat(),
                "rows": count, "files": digests,
            }  # fmt: skip
            packed.writestr(MANIFEST, WRITER.encode(told))
        out.flush()
        os.fsync(out.fileno())
    return Written(count, len(blobs), path.stat().st_size)


def _kept(connection: Connection) -> list[str]:
    """Digests of what the vault held at this instant: the first thing that is asked, so that it begins the instant."""
    kept = select(schema.Blob.digest).where(schema.Blob.erased.is_(None)).order_by(schema.Blob.digest)
    return list(connection.execute(kept).scalars())


def _rows(connection: Connection, packed: zipfile.ZipFile, digests: dict[str, str]) -> int:
    count, hashed = 0, hashlib.sha256()
    with packed.open(ROWS, "w", force_zip64=True) as out:
        for line in (line for table in TABLES for line in export.rows(connection, table)):
            data = f"{line}\n".encode()
            hashed.update(data)
            out.write(data)
            count += 1
    digests[ROWS] = hashed.hexdigest()
    return count


def _blobs(store: Store, blobs: Iterable[str], packed: zipfile.ZipFile, digests: dict[str, str]) -> None:
    key = store.vault.key()
    packed.writestr(KEY, key)
    digests[KEY] = hashlib.sha256(key).hexdigest()
    for digest in blobs:
        name = f"vault/{digest[:2]}/{digest[2:4]}/{digest}"
        line = zipfile.ZipInfo(name)
        try:
            with store.vault.stream(digest) as source, packed.open(line, "w", force_zip64=True) as out:
                digests[name] = _copy(source, out)
        except FileNotFoundError:
            digests[name] = ""
        if digests[name] != digest:
            if not _erased(store, digest):
                store.vault.get(digest)  # says in a sentence what is wrong with it
            raise ChangedMeanwhile


def _erased(store: Store, digest: str) -> bool:
    with store.database.reading() as connection:
        mark = select(schema.Blob.erased).where(schema.Blob.digest == digest)
        return connection.execute(mark).scalar() is not None


def restore(path: Path, home: Path, url: str) -> Written:
    """Make a store of a backup, in a folder and a database that hold nothing; all of it is proved before any is there.

    Raises ``StoreError`` for a file that is damaged or was changed, ``ValueError`` for a place that is taken.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise ValueError(
            f"{home} holds something already, and nothing is overwritten; name an empty folder with --home."
        )
    beside = url != f"sqlite:///{home.absolute() / 'store.db'}"
    home = home.resolve()
    aside = home.with_name(f"{home.name}.{secrets.token_hex(4)}.part")
    with in_one_sentence(f"The folder {home}"):
        aside.mkdir(parents=True, mode=0o700)
        try:
            with _opened(path) as backup:
                with Archive(f"sqlite:///{aside.absolute() / 'store.db'}", aside / "vault") as store:
                    found = backup.unpack(aside, store.database)
                    _prove(store, path)
                if beside:
                    _elsewhere(backup, url, aside)
            aside.replace(home)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return found


def _elsewhere(backup: Backup, url: str, aside: Path) -> None:
    """The rows in another database than the one in the folder, in one transaction."""
    for one in aside.glob("store.db*"):
        one.unlink()
    with Archive(url, aside / "vault") as store:
        with store.database.writing() as connection:
            taken = next((t for t in TABLES if connection.execute(select(t).limit(1)).first()), None)
            if taken is not None:
                raise StoreError(
                    f"{store.database.place} holds rows already, and nothing is overwritten; name an empty database "
                    "with ANSWERABLE_STORE."
                )
            backup.fill(connection)
        _prove(store, backup.path)


def _prove(store: Store, path: Path) -> None:
    if broken := [one for one in verify(store) if one.broken]:
        raise StoreError(
            f"{path} is not what was backed up: {broken[0].message} Nothing was restored; use another copy."
        )


class Backup:
    """A backup that is read."""

    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        self.path, self._packed = path, packed
        manifest = json.loads(packed.read(MANIFEST))
        if manifest["answerable"] != "backup" or manifest["schema_version"] != 1:
            raise ValueError("its manifest is of something else")
        if manifest["revision"] not in database.known():
            raise StoreError(
                f"{path} was made by a newer Answerable: it is of revision {manifest['revision']}, and the newest known "
                f"here is {database.known()[-1]}; update answerable."
            )
        self.rows, self.files = int(manifest["rows"]), dict(manifest["files"])
        if odd := [one.filename for one in packed.infolist() if one.compress_type not in PACKED]:
            raise ValueError(f"{odd[0]!r} is packed in a way that no backup is")
        names = packed.namelist()
        if sorted(names) != sorted([*self.files, MANIFEST]) or not {ROWS, KEY} <= self.files.keys():
            raise ValueError("it does not hold the files that its manifest lists")

    def unpack(self, folder: Path, into: Database) -> Written:
        """Vault and rows, each held against its digest."""
        blobs = [name for name in self.files if name not in (ROWS, KEY)]
        for name in (KEY, *blobs):
            found = BLOB.fullmatch(name)
            if name != KEY and (found is None or self.files[name] != found[1]):
                raise ValueError(f"{name!r} is no place in a vault")
            self._unpack(name, folder / name)
        with self._packed.open(ROWS) as source:
            if _copy(source) != self.files[ROWS]:
                raise ValueError("its rows are not those that were backed up")
        with into.writing() as connection:
            self.fill(connection)
        return Written(self.rows, len(blobs), self.path.stat().st_size)

    def fill(self, connection: Connection) -> None:
        """Write every row into empty tables."""
        tables = {table.__tablename__: table for table in TABLES}
        count, size, waiting, of = 0, 0, list[dict[str, object]](), ""
        with self._packed.open(ROWS) as source:
            for line in source:
                found = json.loads(line)
                if waiting and (found["table"] != of or len(waiting) == AT_ONCE or size > PIECE):
                    connection.execute(insert(tables[of]), waiting)
                    size, waiting = 0, []
                of, count, size = found["table"], count + 1, size + len(line)
                waiting.append(_typed(tables[of], found["row"]))
        if waiting:
            connection.execute(insert(tables[of]), waiting)
        if count != self.rows:
            raise ValueError(f"it has {count} rows, and its manifest says {self.rows}")

    def _unpack(self, name: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with self._packed.open(name) as source, os.fdopen(file, "wb") as out:
            if _copy(source, out) != self.files[name]:
                raise ValueError(f"{name} is not what was backed up")


@contextmanager
def _opened(path: Path) -> Iterator[Backup]:
    """The backup; whatever is wrong with it is one sentence."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as packed:
            yield Backup(path, packed)
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}; name what `answerable backup` wrote.") from None
    except DAMAGED as why:
        raise StoreError(
            f"{path} is no whole backup: {_first_line(why)}. Nothing was restored; use another copy."
        ) from None


def _typed(table: type[Table], row: dict[str, object]) -> dict[str, object]:
    columns = table.metadata.tables[table.__tablename__].columns
    if row.keys() != set(columns.keys()):
        raise ValueError(f"a row of {table.__tablename__} does not have the columns {', '.join(columns.keys())}")
    return {name: _value(columns[name], value) for name, value in row.items()}


def _value(column: Column[object], given: object) -> object:
    """A value as the column takes it, from what ``storage.export`` wrote."""
    if given is None:
        return None
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(str(given)).replace(tzinfo=UTC)
    if isinstance(column.type, LargeBinary):
        return export.unplain(given)
    return bool(given) if isinstance(column.type, Boolean) else given


def _first_line(why: Exception) -> str:
    return str(why).partition("\n")[0]


def _copy(source: IO[bytes], out: IO[bytes] | None = None) -> str:
    """Copy piece by piece; returns the digest."""
    hashed = hashlib.sha256()
    while piece := source.read(PIECE):
        hashed.update(piece)
        if out is not None:
            out.write(piece)
    return hashed.hexdigest()
