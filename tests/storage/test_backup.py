"""A backup is the store at one instant, and a restored one is proved; what is damaged or taken is refused in a sentence."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import stat
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from storage_samples import ANN, NOON, ROWS, report
from tampering import tamper

from models.record import sha256
from storage import backup, checkpoint, export, ledger, queries, signing
from storage.archive import Archive
from storage.errors import StoreError
from storage.jobs import Jobs
from storage.vault import Vault
from storage.verify import verify

ONE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""Where the file is looked at, and not the database."""
FORK = multiprocessing.get_context("forkserver")


@pytest.fixture
def kept(full: Archive, tmp_path: Path) -> Path:
    """A backup of one of everything, with an erased blob, a job and a step."""
    erased = full.put_blob(b"a face", "image/png", "exhibit", ANN)
    full.erase(erased, "asked", ANN)
    full.put_blob(b"\0\xff not text", "image/png", "exhibit", ANN)
    Jobs(full.database).submit("audit", {"model": "mortgage@1"}, ANN)
    backup.write(full, tmp_path / "kept.zip")
    return tmp_path / "kept.zip"


def lines(archive: Archive) -> list[str]:
    """Everything that is append-only, as the database has it."""
    return list(export.lines(archive.database))[1:]


def sqlite(home: Path) -> str:
    return f"sqlite:///{home.absolute() / 'store.db'}"


def test_what_is_restored_is_what_was_there(full: Archive, kept: Path, tmp_path: Path) -> None:
    home = tmp_path / "restored"
    found = backup.restore(kept, home, sqlite(home))
    with Archive(sqlite(home), home / "vault") as again:
        assert lines(again) == lines(full)
        assert [one.broken for one in verify(again)] == [False]
        assert again.vault.key() == full.vault.key()
        assert [one.kind for one in Jobs(again.database).jobs()] == ["audit"]
        assert again.put_report(report(run=9), ROWS, ANN) == report(run=9).id
    assert found.blobs == 3
    assert found.rows == len(lines(full))  # its last line says how many; a job is not among them
    assert {stat.S_IMODE(one.stat().st_mode) for one in (kept, home / "vault" / "key")} == {0o600}
    assert sorted(one.name for one in home.iterdir()) == ["store.db", "vault"]
    assert not list(tmp_path.glob("*.part"))


def test_it_goes_into_the_other_kind_of_database(full: Archive, kept: Path, empty_url: str, tmp_path: Path) -> None:
    """Both kinds of backup into both kinds of database."""
    home = tmp_path / "restored"
    url = empty_url if empty_url.startswith("postgresql") else f"sqlite:///{tmp_path}/elsewhere/store.db"
    backup.restore(kept, home, url)
    assert [one.name for one in home.iterdir()] == ["vault"]
    with Archive(url, home / "vault") as again:
        assert lines(again) == lines(full)
        assert not [one for one in verify(again) if one.broken]
    with pytest.raises(StoreError, match=r"holds rows already, and nothing is overwritten"):
        backup.restore(kept, tmp_path / "second", url)
    assert not (tmp_path / "second").exists()


def write_on(url: str, vault: Path, ready: object, stop: object) -> None:
    """Put reports and erase evidence until told to stop, as a process of its own."""
    with Archive(url, vault) as archive:
        run = 100
        while not stop.wait(0.02):  # type: ignore[attr-defined]
            evidence = ROWS + str(run).encode()
            made = report(run=run, created=NOON + timedelta(minutes=run)).model_copy(update={"rows": sha256(evidence)})
            archive.put_report(made, evidence, ANN)
            if run % 3 == 0:
                archive.erase(sha256(evidence), "asked", ANN)
            run += 1
            ready.set()  # type: ignore[attr-defined]


def test_a_backup_made_while_another_process_writes_is_one_instant(full: Archive, url: str, tmp_path: Path) -> None:
    ready, stop = FORK.Event(), FORK.Event()
    writer = FORK.Process(target=write_on, args=(url, tmp_path / "vault", ready, stop))
    writer.start()
    try:
        assert ready.wait(60)
        for number in range(3):
            backup.write(full, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join(60)
    assert writer.exitcode == 0
    sizes = []
    for number in range(3):
        home = tmp_path / f"home{number}"
        backup.restore(tmp_path / f"{number}.zip", home, sqlite(home))
        with Archive(sqlite(home), home / "vault") as again:
            sizes.append(queries.entries(again.database)[0].seq)
            assert lines(full)[: sizes[-1]] == lines(again)[: sizes[-1]]
    assert sizes == sorted(sizes)
    assert sizes[-1] <= queries.entries(full.database)[0].seq


@ONE
def test_what_is_erased_while_it_is_copied_is_not_in_it(
    full: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = full.put_blob(b"a face", "image/png", "exhibit", ANN)
    opened = Vault.stream

    def erased_first(vault: Vault, asked: str) -> object:
        monkeypatch.setattr(Vault, "stream", opened)
        full.erase(digest, "asked", ANN)
        return opened(vault, digest)

    monkeypatch.setattr(Vault, "stream", erased_first)
    backup.write(full, tmp_path / "kept.zip")
    home = tmp_path / "restored"
    backup.restore(tmp_path / "kept.zip", home, sqlite(home))
    assert not list((home / "vault").rglob(digest))


@ONE
def test_what_is_repaired_while_it_is_copied_is_whole_in_it(
    full: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, opened = full.vault.path(sha256(ROWS)), Vault.stream

    def repaired_after(vault: Vault, asked: str) -> object:
        source = opened(vault, asked)
        if asked == sha256(ROWS):
            monkeypatch.setattr(Vault, "stream", opened)
            full.vault.put(ROWS)
        return source

    Path(damaged).write_bytes(b"other")
    monkeypatch.setattr(Vault, "stream", repaired_after)
    backup.write(full, tmp_path / "kept.zip")
    home = tmp_path / "restored"
    backup.restore(tmp_path / "kept.zip", home, sqlite(home))


def refused(path: Path, home: Path) -> str:
    """The one sentence that is said, and that nothing is left of it."""
    with pytest.raises((StoreError, ValueError)) as why:
        backup.restore(path, home, sqlite(home))
    assert not home.exists()
    assert not list(home.parent.glob("*.part"))
    assert "\n" not in str(why.value)
    return str(why.value)


@ONE
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.99])
def test_one_that_was_cut_short_is_refused(kept: Path, tmp_path: Path, share: float) -> None:
    kept.write_bytes(kept.read_bytes()[: int(len(kept.read_bytes()) * share)])
    assert "is no whole backup" in refused(kept, tmp_path / "restored")


@ONE
def test_every_damaged_byte_that_matters_is_noticed(kept: Path, tmp_path: Path) -> None:
    whole = kept.read_bytes()
    with zipfile.ZipFile(kept) as packed:
        starts = [one.header_offset + 30 + len(one.filename) + 40 for one in packed.infolist() if one.file_size > 60]
    assert len(starts) == 2
    for at in starts:
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert str(kept) in refused(kept, tmp_path / "restored")


def repacked(kept: Path, change: dict[str, bytes | None], *, listed: bool) -> Path:
    """Somebody who knows how it is made writes it anew, with the manifest as it was or made to fit."""
    with zipfile.ZipFile(kept) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    files = {name: data for name, data in (files | change).items() if data is not None}
    if listed:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {name: sha256(data) for name, data in files.items() if name != "manifest.json"}
        manifest["rows"] = files["store.jsonl"].count(b"\n")
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(kept, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return kept


@ONE
@pytest.mark.parametrize("listed", [False, True], ids=["manifest as it was", "manifest made to fit"])
@pytest.mark.parametrize("what", [
    "edited", "row left out", "not JSON", "no column", "not a number", "too large", "blob changed", "blob gone", "more",
    "escapes",
])  # fmt: skip
def test_one_that_was_edited_is_refused(kept: Path, tmp_path: Path, what: str, listed: bool) -> None:
    with zipfile.ZipFile(kept) as packed:
        rows = packed.read("store.jsonl")
        blob = next(name for name in packed.namelist() if len(name) > 60)
    changes: dict[str, dict[str, bytes | None]] = {
        "edited": {"store.jsonl": rows.replace(b'"actor":"ann"', b'"actor":"eve"', 1)},
        "row left out": {"store.jsonl": rows.replace(rows.splitlines(keepends=True)[2], b"")},
        "not JSON": {"store.jsonl": rows + b"{\n"},
        "no column": {"store.jsonl": rows.replace(b'"actor":"ann",', b"", 1)},
        "not a number": {"store.jsonl": re.sub(rb'"low":[0-9.]+', b'"low":[]', rows, count=1)},
        "too large": {"store.jsonl": rows.replace(b'"seq":1,', b'"seq":1%s,' % (b"0" * 40), 1)},
        "blob changed": {blob: b"other"},
        "blob gone": {blob: None},
        "more": {"more.txt": b"more"},
        "escapes": {"vault/../../escaped": b"out"},
    }
    said = refused(repacked(kept, changes[what], listed=listed), tmp_path / "restored")
    assert re.search(r"is no whole backup|is not what was backed up", said), said
    assert not list(tmp_path.parent.rglob("escaped"))


@ONE
def test_a_place_that_is_taken_and_a_file_that_is_not_there(kept: Path, tmp_path: Path) -> None:
    home = tmp_path / "taken"
    home.mkdir()
    backup.restore(kept, home, sqlite(home))
    with pytest.raises(ValueError, match="holds something already, and nothing is overwritten"):
        backup.restore(kept, home, sqlite(home))
    assert "There is no file" in refused(tmp_path / "absent.zip", tmp_path / "new")


@ONE
def test_it_goes_where_one_stands(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "here"
    home.mkdir()
    monkeypatch.chdir(home)
    backup.restore(kept, Path(), sqlite(Path()))
    assert sorted(one.name for one in home.iterdir()) == ["store.db", "vault"]


@ONE
def test_one_that_is_packed_in_another_way_is_refused(kept: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(kept) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_LZMA) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    assert "is packed in a way that no backup is" in refused(kept, tmp_path / "new")


@ONE
def test_what_is_no_file_is_left_as_it_is(full: Archive, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for taken in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ValueError, match="is no file, and a backup takes the place of"):
            backup.write(full, taken)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@ONE
def test_one_by_a_newer_answerable_is_refused(kept: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(kept) as packed:
        manifest = json.loads(packed.read("manifest.json")) | {"revision": "9999"}
    repacked(kept, {"manifest.json": json.dumps(manifest).encode()}, listed=False)
    assert "was made by a newer Answerable" in refused(kept, tmp_path / "new")


def test_a_damaged_store_is_not_backed_up(full: Archive, tmp_path: Path) -> None:
    (path,) = [one for one in (tmp_path / "vault").rglob(sha256(ROWS)) if one.is_file()]
    path.write_bytes(b"other")
    with pytest.raises(StoreError, match="damaged: its content has changed"):
        backup.write(full, tmp_path / "kept.zip")
    assert not list(tmp_path.glob("kept*"))


def test_a_changed_store_is_backed_up_and_not_restored(full: Archive, tmp_path: Path) -> None:
    tamper(full, "UPDATE act SET actor = 'eve'")
    backup.write(full, tmp_path / "kept.zip")
    assert "Rows of the act" in refused(tmp_path / "kept.zip", tmp_path / "new")


@ONE
def test_no_signing_key_is_in_it(full: Archive, tmp_path: Path) -> None:
    key = signing.create(tmp_path / "config" / "checkpoint.key")
    checkpoint.make(full, key, ANN)
    backup.write(full, tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip") as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
    assert b"PRIVATE KEY" not in everything
    assert key.public.hex().encode() in everything


@ONE
def test_memory_stays_the_same(full: Archive, tmp_path: Path) -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        backup.write(full, tmp_path / f"{number}.zip")
        home = tmp_path / f"home{number}"
        backup.restore(tmp_path / f"{number}.zip", home, sqlite(home))
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(0)
    before = peak(1)
    recorded = (("document", report().sha256()),)
    for _ in range(16):
        full.put_blob(os.urandom(1 << 20), "application/octet-stream", "exhibit", ANN)
        with full.writing() as connection:
            again = [ledger.New("report", report().id, ANN, recorded, "x" * 1000) for _ in range(200)]
            ledger.append_all(connection, again)
    assert peak(2) - before < 5 << 20
