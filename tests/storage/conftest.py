"""An archive on each database. Every test gets one of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from storage_samples import ANN, ROWS, card, inventory, judgement, policy, report, split, write_files

from storage.archive import Archive
from storage.database import Database

_numbers = count()


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    return Path(initdb).parent if initdb else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The socket folder of a PostgreSQL of this test process alone, with an empty store ``head`` to copy."""
    programs = _postgres_programs()
    if programs is None:
        why = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="answerable-pg-", dir=memory))
    owner = {"user": "postgres"} if os.getuid() == 0 else {}
    if owner:
        shutil.chown(folder, "postgres")
    quick = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", "data", *quick], cwd=folder, check=True, capture_output=True, **owner)
    settings = [
        "listen_addresses=",
        "fsync=off",
        "full_page_writes=off",
        "dynamic_shared_memory_type=mmap",
        f"unix_socket_directories={folder}",
    ]
    command = [programs / "postgres", "-D", "data", *(part for one in settings for part in ("-c", one))]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **owner) as server,
    ):
        try:
            _wait(folder)
            _run(folder, "CREATE DATABASE head")
            Database(postgres_url(folder, "head")).close()
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(20)
            shutil.rmtree(folder)


def postgres_url(folder: Path, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={folder}"


def _wait(folder: Path) -> None:
    for _ in range(200):
        try:
            return _run(folder, "SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise TimeoutError((folder / "log").read_text())


def _run(folder: Path, statement: str) -> None:
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that nobody has used."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    folder = request.getfixturevalue("postgres")
    name = f"store{next(_numbers)}"
    _run(folder, f"CREATE DATABASE {name} TEMPLATE head")
    yield postgres_url(folder, name)
    _run(folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_url(url: str) -> Iterator[str]:
    """The address of a store that does not exist yet."""
    if url.startswith("sqlite"):
        yield url
        return
    folder = Path(url.partition("host=")[2])
    name = f"empty{next(_numbers)}"
    _run(folder, f"CREATE DATABASE {name}")
    yield postgres_url(folder, name)
    _run(folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def archive(url: str, tmp_path: Path) -> Iterator[Archive]:
    with Archive(url, tmp_path / "vault") as opened:
        yield opened


@pytest.fixture
def full(archive: Archive, tmp_path: Path) -> Archive:
    """An archive with one of everything."""
    archive.put_split(split(), ANN)
    archive.put_policy(policy(), ANN)
    archive.put_model(card(), write_files(tmp_path / "model"), ANN)
    archive.put_report(report(), ROWS, ANN)
    archive.put_judgement(judgement(report()), ANN)
    archive.put_act("mortgage", inventory(), ANN)
    return archive
