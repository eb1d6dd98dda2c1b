"""One file verifies a store without this project, and agrees with ours."""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from storage_samples import ANN, ROWS, card, report
from tampering import ALONE, looked_at, recompute, same, tamper

from audit.measure import setting
from models.record import sha256
from storage import checkpoint, envelope, export, signing
from storage.archive import Archive
from storage.checkpoint import Checkpoint
from storage.database import known
from storage.schema import Table
from storage.signing import Key
from storage.standalone import SOURCE
from storage.triggers import APPEND_ONLY

SLIPPED_IN = "INSERT INTO policy (digest, name, version, document, sha256) SELECT 'beef', name, '9', document, sha256 FROM policy"
WEIGHTS = card().identity.files[0].digest


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return signing.create(tmp_path_factory.mktemp("held") / "checkpoint.key")


@pytest.fixture
def files(full: Archive, tmp_path: Path) -> Iterator[list[Path]]:
    """The store as files that can be given away: exported lines, and SQLite's own where it is one."""
    lines = tmp_path / "export.jsonl"
    lines.write_text("\n".join(export.lines(full.database)) + "\n")
    url = full.database.engine.url
    return [lines, *([Path(str(url.database))] if url.get_backend_name() == "sqlite" else [])]


def run(*words: object, isolated: str = "-ISB") -> subprocess.CompletedProcess[str]:
    """The file alone, copied away from this project, without site-packages."""
    return subprocess.run(
        [sys.executable, isolated, *map(str, words)], capture_output=True, text=True, check=False, cwd="/", env={}
    )


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    found = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert found - {"cryptography"} <= sys.stdlib_module_names


def test_it_knows_every_table_and_revision() -> None:
    tables = Table.metadata.tables
    assert tuple(known()) == ALONE.REVISIONS
    assert {name: columns.split() for name, columns in ALONE.TABLES.items()} == {
        name: [column.name for column in tables[name].columns] for name in APPEND_ONLY
    }


def test_a_clean_store_is_intact(full: Archive, key: Key, tmp_path: Path, files: list[Path]) -> None:
    alone = shutil.copy(SOURCE, tmp_path / "alone.py")
    for file in files:
        done = run(alone, file, "--vault", tmp_path / "vault")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Intact: the chain, every document and every flat row.\n"
        assert "content of blobs was not checked" in run(alone, file).stdout


def test_a_checkpoint_is_checked_with_and_without_cryptography(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    store = tmp_path / "export.jsonl"
    store.write_text("\n".join(export.lines(full.database)))
    (tmp_path / "held.eml").write_text(envelope.as_email(held))
    (tmp_path / "public.pem").write_text(key.public_pem())
    words = (SOURCE, store, "--checkpoint", tmp_path / "held.eml")
    without = run(*words)
    assert without.returncode == 0
    assert "signature of the checkpoint was NOT checked" in without.stdout
    unknown = run(*words, "--key", key.fingerprint)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "cannot be told" in unknown.stderr
    for name in (tmp_path / "public.pem", signing.short(key.fingerprint), key.fingerprint):
        done = run(*words, "--key", name, isolated="-IB")
        assert (done.returncode, done.stderr) == (0, "")
        assert "NOT checked" not in done.stdout.replace("content of blobs was not checked", "")
    other = run(*words, "--key", "0" * 64)
    assert (other.returncode, other.stdout) == (2, "")
    assert "another one was expected" in other.stderr


def test_a_wrong_signature_is_refused_in_a_sentence(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN).model_copy(update={"size": 5})
    store = tmp_path / "export.jsonl"
    store.write_text("\n".join(export.lines(full.database)))
    (tmp_path / "held.json").write_text(envelope.as_json(held))
    done = run(SOURCE, store, "--checkpoint", tmp_path / "held.json", isolated="-IB")
    assert done.returncode == 2
    assert done.stderr.startswith("The signature of the checkpoint does not hold")


@pytest.mark.parametrize("statement", [
    "UPDATE ledger SET actor = 'eve' WHERE seq = 2",
    "UPDATE ledger SET previous = hash WHERE seq = 2",
    "UPDATE ledger SET hash = previous WHERE seq = 4",
    "UPDATE ledger SET seq = 9 WHERE seq = 4",
    "DELETE FROM ledger WHERE seq = 1",
    "DELETE FROM ledger WHERE seq = 5",
    "DELETE FROM ledger WHERE seq = 6",
    "DELETE FROM act",
    "UPDATE act SET actor = 'eve'",
    "UPDATE act SET known_by = 'oidc'",
    "UPDATE act SET subject = 'cards'",
    "UPDATE act SET created = '2020-01-01 00:00:00'",
    "INSERT INTO act (id, kind, subject, actor, known_by, created, document, sha256) "
    "SELECT 'a-slipped', kind, subject, actor, known_by, created, document, sha256 FROM act",
    "DELETE FROM verdict",
    "UPDATE measure SET value = 0.99 WHERE position = 1",
    "UPDATE measure SET sampled = NOT sampled WHERE position = 1",
    "UPDATE measure SET low = NULL WHERE position = 0",
    "DELETE FROM measure WHERE position = 2",
    "UPDATE answer SET seconds = 9 WHERE position = 0",
    "UPDATE exhibit SET title = 'x'",
    "UPDATE report SET created = '2020-01-01 00:00:00'",
    "UPDATE verdict SET outcome = 'pass'",
    "UPDATE judgement SET passed = NOT passed",
    "UPDATE model_version SET version = 9",
    "UPDATE split SET n = 1",
    "UPDATE policy SET version = '2'",
    "UPDATE blob SET size = 1",
    "UPDATE blob SET retention = 'exhibit'",
    "UPDATE blob SET media_type = 'text/plain'",
    "UPDATE blob SET erased = created",
    SLIPPED_IN,
])  # fmt: skip
def test_ours_and_the_single_file_find_the_same(full: Archive, tmp_path: Path, statement: str) -> None:
    assert same(looked_at(full, tmp_path)) == []
    tamper(full, statement)
    assert same(looked_at(full, tmp_path))


@pytest.mark.parametrize("statement", [
    "UPDATE ledger SET at = 'yesterday' WHERE seq = 2",
    "UPDATE ledger SET body = 'text' WHERE seq = 2",
    "UPDATE ledger SET body = x'ff' WHERE seq = 2",
    "UPDATE ledger SET body = '[[[[' WHERE seq = 2",
    "UPDATE ledger SET seq = 'two' WHERE seq = 2",
    "UPDATE report SET created = 'noon'",
    "UPDATE report SET document = 'text'",
    "UPDATE measure SET value = 'much' WHERE position = 0",
    "UPDATE measure SET sampled = 7 WHERE position = 0",
    "UPDATE blob SET created = 'noon', size = 'large'",
    "INSERT INTO answer SELECT 'r-none', code, position, dimension, status, reason, seconds FROM answer LIMIT 1",
])  # fmt: skip
def test_what_sqlite_lets_through_is_found_too(full: Archive, tmp_path: Path, statement: str) -> None:
    if full.database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps to the types of its columns")
    with sqlite3.connect(str(full.database.engine.url.database)) as raw:
        for table in APPEND_ONLY:
            raw.execute(f"DROP TRIGGER {table}_refuses_update")
        raw.execute(statement)
    raw.close()
    assert same(looked_at(full, tmp_path))


@pytest.mark.parametrize("epsilon", [8.0, 2e6, 1234567.5, 1e-7, 1e21, True, 3])
def test_a_setting_reads_the_same_from_the_document(full: Archive, tmp_path: Path, epsilon: float) -> None:
    found = report(run=1)
    measure = found.answers[2].measures[0].model_copy(update={"setting": setting(epsilon=epsilon)})
    answer = found.answers[2].model_copy(update={"measures": (measure,)})
    full.put_report(found.model_copy(update={"answers": (*found.answers[:2], answer)}), ROWS, ANN)
    assert same(looked_at(full, tmp_path)) == []


def test_blobs_and_the_clock(full: Archive, tmp_path: Path) -> None:
    full.put_blob(b"picture", "image/png", "exhibit", ANN)
    full.erase(sha256(b"picture"), "asked", ANN)
    assert same(looked_at(full, tmp_path)) == []
    full.vault.files.pipe_file(full.vault.path(sha256(ROWS)), b"other rows")
    full.vault.erase(WEIGHTS)
    full.vault.put(b"picture")
    assert {subject for _, subject in same(looked_at(full, tmp_path))} == {sha256(ROWS), WEIGHTS, sha256(b"picture")}


def test_a_broken_store_ends_with_1(full: Archive, tmp_path: Path) -> None:
    tamper(full, "UPDATE policy SET version = '2'")
    store = tmp_path / "export.jsonl"
    store.write_text("\n".join(export.lines(full.database)))
    done = run(SOURCE, store)
    assert (done.returncode, done.stderr) == (1, "")
    assert "BROKEN row" in done.stdout
    told = json.loads(run(SOURCE, store, "--json").stdout)
    assert told["intact"] is False
    assert told["findings"][0]["kind"] == "row"


def test_a_recomputed_chain_is_found_by_the_file_alone(full: Archive, key: Key, tmp_path: Path) -> None:
    held: Checkpoint = checkpoint.make(full, key, ANN)
    recompute(full, 2, actor="eve")
    store = tmp_path / "export.jsonl"
    store.write_text("\n".join(export.lines(full.database)))
    (tmp_path / "note").write_text(envelope.as_note(held))
    done = run(SOURCE, store, "--checkpoint", tmp_path / "note")
    assert done.returncode == 1
    assert "Ledger entries 1 to 7 are not those" in done.stdout


def test_a_documents_full_recomputation_is_no_traceback(full: Archive, tmp_path: Path) -> None:
    nonsense = b'{"schema_version":1,"rules":[[]]}'
    sqlite = full.database.engine.dialect.name == "sqlite"
    data = f"x'{nonsense.hex()}'" if sqlite else rf"'\x{nonsense.hex()}'::bytea"
    recompute(full, 2, digests=(("document", sha256(nonsense)),))
    tamper(full, f"UPDATE policy SET document = {data}")
    assert [kind for kind, _ in same(looked_at(full, tmp_path))] == ["document"]


@pytest.mark.parametrize("content", [
    b"", b"hello", b"SQLite format 3\0 and no more", b"\xff\xfe", b"[" * 100_000, b'{"answerable": "ledger export"}\n',
    b'{"answerable": "ledger export", "schema_version": 1}\n{"table": "jobs", "row": {}}\n{"end": 1}\n',
    b'{"answerable": "ledger export", "schema_version": 1}\n{"table": "split", "row": {}}\n{"end": 1}\n',
    b'{"answerable": "ledger export", "schema_version": 1}\n{"end": 7}\n',
])  # fmt: skip
def test_what_is_no_store_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    done = run(SOURCE, tmp_path / "file")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / "file") in done.stderr or "cannot be read" in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["/none"], "There is no file /none"),
    ([SOURCE, "--vault", "/none"], "There is no folder /none"),
    ([SOURCE, "--key", "x"], "give --checkpoint too"),
    ([SOURCE, "--checkpoint", "/none"], "no checkpoint in /none"),
    ([SOURCE, "--checkpoint", SOURCE], "no checkpoint in"),
])  # fmt: skip
def test_wrong_words_are_a_sentence(words: list[object], said: str) -> None:
    done = run(SOURCE, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_cut_short_is_not_taken(full: Archive, tmp_path: Path) -> None:
    lines = list(export.lines(full.database))
    for kept in (lines[:-1], lines[:-2] + lines[-1:]):
        (tmp_path / "cut").write_text("\n".join(kept))
        done = run(SOURCE, tmp_path / "cut")
        assert done.returncode == 2
        assert "it is not whole" in done.stderr


def test_an_export_is_made_piece_by_piece(full: Archive) -> None:
    lines = export.lines(full.database)
    assert json.loads(next(lines))["answerable"] == "ledger export"
    first = json.loads(next(lines))
    assert first["table"] == "ledger"
    assert first["row"]["hash"] == sha256(first["row"]["body"].encode())
    lines.close()
    assert report().key in "".join(export.lines(full.database))
