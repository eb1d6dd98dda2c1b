"""Files that are there whole or not at all, and what a card says about them."""

from __future__ import annotations

import os
from pathlib import Path

from models.card import File
from models.record import sha256


def write(path: Path, data: bytes) -> File:
    """Write a file through a temporary neighbour and a rename, and describe it.

    Killed at any moment, the old file or the new one is there, never half of one. Raises ``OSError`` for a full disk or
    a read-only folder, and leaves no temporary file behind.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return File(name=path.name, digest=sha256(data), bytes=len(data))
