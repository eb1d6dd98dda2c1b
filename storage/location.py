"""Where things lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from storage.archive import Archive


def home() -> Path:
    """The folder of this user: ``ANSWERABLE_HOME``, else ``~/.local/share/answerable``."""
    return Path(os.environ.get("ANSWERABLE_HOME") or Path.home() / ".local/share/answerable").expanduser()


def store_url(folder: Path) -> str:
    """The database: ``ANSWERABLE_STORE``, else ``store.db`` in the folder."""
    return os.environ.get("ANSWERABLE_STORE") or f"sqlite:///{folder.absolute() / 'store.db'}"


def open_default(folder: Path | None = None) -> Archive:
    """The archive of this user, made where there is none. Raises ``StoreError``."""
    folder = folder or home()
    return Archive(store_url(folder), folder / "vault")
