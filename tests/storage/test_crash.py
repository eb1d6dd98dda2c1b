"""Full disks, read-only folders, killed processes and many writers: the store stays as it was."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from storage_samples import ANN, NOON, ROWS, card, report, split, write_files

from storage.archive import Archive
from storage.errors import StoreError
from storage.verify import verify

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["storage.archive", "storage_samples"])


@contextmanager
def mounted(folder: Path, *command: str) -> Iterator[None]:
    """A mount for a while; skipped where this user may not mount."""
    done = subprocess.run(["mount", *command, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount needs more rights than these tests have: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def put_many(url: str, vault: Path, first: int, count: int) -> None:
    """Put reports one after the other, as a process of its own."""
    with Archive(url, vault) as archive:
        for run in range(first, first + count):
            archive.put_report(report(run=run, created=NOON + timedelta(minutes=run)), ROWS, ANN)


def test_two_processes_write_at_once(full: Archive, url: str, tmp_path: Path) -> None:
    writers = [FORK.Process(target=put_many, args=(url, tmp_path / "vault", first, 15)) for first in (100, 200)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert [one.exitcode for one in writers] == [0, 0]
    assert len(full.reports(limit=100)) == 31
    assert verify(full) == []


def test_a_killed_process_leaves_a_readable_store(full: Archive, url: str, tmp_path: Path) -> None:
    for attempt in range(4):
        before = len(full.reports(limit=10_000))
        writer = FORK.Process(target=put_many, args=(url, tmp_path / "vault", 1000 * (attempt + 1), 1000))
        writer.start()
        deadline = time.monotonic() + 30
        while len(full.reports(limit=10_000)) < before + 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(random.random() * 0.05)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join(10)
        assert writer.exitcode == -signal.SIGKILL
        kept = full.reports(limit=10_000)
        assert len(kept) >= before + 2
        assert verify(full) == []
    again = report(run=1000, created=NOON + timedelta(minutes=1000))
    assert full.put_report(again, ROWS, ANN) == again.id
    assert full.report(again.id) == again


def test_a_full_disk_is_a_sentence_and_the_store_stays_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        with Archive(f"sqlite:///{disk}/store.db", tmp_path / "vault") as archive:
            archive.put_split(split(), ANN)
            archive.put_model(card(), write_files(tmp_path / "model"), ANN)
            kept: list[str] = []
            putting = (archive.put_report(report(run=run), ROWS, ANN) for run in range(1000))
            with pytest.raises(StoreError, match=r"store\.db cannot be used: the disk is full"):
                kept.extend(putting)
            assert {one.id for one in archive.reports(limit=1000)} == set(kept)
            assert kept
            assert verify(archive) == []
        with Archive(f"sqlite:///{disk}/store.db", tmp_path / "vault") as archive:
            assert len(archive.reports(limit=1000)) == len(kept)


def test_a_full_vault_is_a_sentence_and_the_store_stays_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with (
        mounted(disk, "-t", "tmpfs", "-o", "size=1m", "tmpfs"),
        Archive(f"sqlite:///{tmp_path}/store.db", disk / "vault") as archive,
    ):
        with pytest.raises(StoreError, match="disk/vault cannot be used: the disk is full"):
            archive.put_blob(bytes(3_000_000), "application/octet-stream", "exhibit", ANN)
        assert [one for one in disk.rglob("*") if one.is_file()] == []
        archive.put_blob(b"small", "application/octet-stream", "exhibit", ANN)
        assert verify(archive) == []


def test_a_store_too_large_for_its_disk_is_not_half_made(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        with pytest.raises(StoreError, match="cannot be used: the disk"):
            Archive(f"sqlite:///{disk}/store.db", tmp_path / "vault")
        with pytest.raises(StoreError, match="cannot be used: the disk"):
            Archive(f"sqlite:///{disk}/store.db", tmp_path / "vault")


def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    with Archive(f"sqlite:///{folder}/store.db", folder / "vault") as archive:
        archive.put_split(split(), ANN)
    before = (folder / "store.db").read_bytes()
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        with pytest.raises(StoreError, match=r"store\.db cannot be used: .*read-only"):
            Archive(f"sqlite:///{folder}/store.db", folder / "vault").put_split(split("train"), ANN)
        with pytest.raises(StoreError, match=r"new\.db cannot be used: .*read-only"):
            Archive(f"sqlite:///{folder}/new.db", folder / "vault")
        with pytest.raises(StoreError, match="home/vault cannot be used: it is read-only"):
            Archive(f"sqlite:///{tmp_path}/store.db", folder / "vault").put_blob(b"x", "text/plain", "exhibit", ANN)
    assert (folder / "store.db").read_bytes() == before
