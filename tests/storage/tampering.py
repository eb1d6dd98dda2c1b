"""Ways to change a store behind its back, and who looks."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from sqlalchemy import Connection

import storage.standalone.verify as standalone
from models.record import sha256
from storage import export, ledger, schema
from storage.archive import Archive
from storage.chain import lines, parsed
from storage.checkpoint import Checkpoint
from storage.ledger import GENESIS, Entry
from storage.triggers import APPEND_ONLY
from storage.verify import Finding, verify

ALONE: ModuleType = standalone
LEDGER = schema.Table.metadata.tables["ledger"]


def tamper(archive: Archive, *statements: str) -> None:
    """What someone with the rights of a database administrator can do: switch the triggers off and write."""
    with archive.database.writing() as connection:
        disarm(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)


def disarm(connection: Connection) -> None:
    """Switch every trigger and foreign key off."""
    for table in APPEND_ONLY:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            continue
        for act in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_refuses_{act}")


def recompute(archive: Archive, seq: int, **changed: object) -> None:
    """Change an entry and compute the chain after it anew; without a change the entry is left out."""
    with archive.database.writing() as connection:
        disarm(connection)
        kept = [entry for line in lines(connection) if (entry := parsed(line))]
        chosen = [kept[seq - 1].model_copy(update=changed)] if changed else []
        connection.execute(LEDGER.delete())
        connection.execute(
            LEDGER.insert(), [ledger.row(one) for one in _chained([*kept[: seq - 1], *chosen, *kept[seq:]])]
        )


def _chained(entries: list[Entry]) -> list[Entry]:
    chained: list[Entry] = []
    previous = GENESIS
    for seq, one in enumerate(entries, start=1):
        chained.append(one.model_copy(update={"seq": seq, "previous": previous}))
        previous = sha256(chained[-1].canonical())
    return chained


def looked_at(archive: Archive, folder: Path, held: Checkpoint | None = None) -> list[list[Finding]]:
    """What ours and the single file find, in the exported lines and, where the store is one, in the SQLite file."""
    (folder / "export.jsonl").write_text("\n".join(export.lines(archive.database)) + "\n")
    files = [folder / "export.jsonl"]
    url = archive.database.engine.url
    if url.get_backend_name() == "sqlite":
        files.append(Path(str(url.database)))
    found = [verify(archive, held)]
    for file in files:
        connection = ALONE.opened(file)
        signed = _as_alone(held, folder) if held else None
        found.append(ALONE.verify(connection, folder / "vault", signed))
        connection.close()
    return found


def _as_alone(held: Checkpoint, folder: Path) -> object:
    (folder / "held.json").write_bytes(held.canonical())
    return ALONE.read_checkpoint(folder / "held.json", None)[0]


def same(found: list[list[Finding]]) -> list[tuple[str, str]]:
    """Kind and subject of what is broken, once all agree on it."""
    said = [[(one.kind, one.subject) for one in each if one.broken] for each in found]
    assert all(each == said[0] for each in said), said
    return said[0]
