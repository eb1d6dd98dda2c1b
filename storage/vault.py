"""Large things by digest: row evidence, exhibits of people's rows, model files. A folder, or S3 through fsspec."""

from __future__ import annotations

import hmac
import io
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import fsspec

from models.record import sha256
from storage.errors import StoreError, in_one_sentence


class Vault:
    """Bytes in, SHA-256 out. A file is whole or not there: written aside, flushed to the disk, then renamed."""

    def __init__(self, url: str | Path) -> None:
        self.files: Any
        self.files, self.root = fsspec.core.url_to_fs(str(url))
        self.place = f"The vault {url}"

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their digest. Putting them again repairs a file that was damaged."""
        digest = sha256(data)
        if not self.verify(digest):
            self._write(self.path(digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest; raises ``StoreError`` where the file is missing or has changed."""
        data = self._read(digest)
        if data is None:
            raise StoreError(f"{self.place} has lost {digest[:12]}: the file is missing; restore it from a copy.")
        if sha256(data) != digest:
            raise StoreError(
                f"{self.place} holds {digest[:12]} damaged: its content has changed; restore it from a copy."
            )
        return data

    def stream(self, digest: str) -> Any:
        """The file of a digest, opened to be read piece by piece and not checked. Raises ``FileNotFoundError``."""
        return self.files.open(self.path(digest), "rb")

    def has(self, digest: str) -> bool:
        with in_one_sentence(self.place):
            return bool(self.files.exists(self.path(digest)))

    def verify(self, digest: str) -> bool:
        """Whether the bytes are there and still have this digest."""
        data = self._read(digest)
        return data is not None and sha256(data) == digest

    def erase(self, digest: str) -> None:
        """Delete the bytes. The archive writes down that and why; erasing twice is erasing once."""
        with in_one_sentence(self.place), suppress(FileNotFoundError):
            self.files.rm_file(self.path(digest))

    def key(self) -> bytes:
        """The secret of this vault: 32 random bytes, made once, readable by its owner only."""
        path = f"{self.root}/key"
        with in_one_sentence(self.place):
            if not self.files.exists(path):
                self._write(path, secrets.token_bytes(32), replace=False)
            return bytes(self.files.cat_file(path))

    def hashed_ids(self, ids: Iterable[object]) -> list[str]:
        """HMAC-SHA256 of each id under the vault's key: equal ids stay equal, and none can be guessed without the key."""
        key = self.key()
        return [hmac.digest(key, str(one).encode(), "sha256").hex() for one in ids]

    def path(self, digest: str) -> str:
        """Where a digest lies: two levels of folders, so that none grows too large."""
        return f"{self.root}/{digest[:2]}/{digest[2:4]}/{digest}"

    def _read(self, digest: str) -> bytes | None:
        with in_one_sentence(self.place):
            try:
                return bytes(self.files.cat_file(self.path(digest)))
            except FileNotFoundError:
                return None

    def _write(self, path: str, data: bytes, *, replace: bool = True) -> None:
        aside = f"{path}.{secrets.token_hex(4)}.part"
        with in_one_sentence(self.place):
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                with self.files.open(aside, "wb") as out:
                    out.write(data)
                    out.flush()
                    with suppress(io.UnsupportedOperation, AttributeError):
                        os.fsync(out.fileno())
                self._publish(aside, path, replace=replace)
            finally:
                with suppress(FileNotFoundError):
                    self.files.rm_file(aside)

    def _publish(self, aside: str, path: str, *, replace: bool) -> None:
        if "file" not in self.files.protocol:
            self.files.mv(aside, path)
            return
        Path(aside).chmod(0o600)
        if replace:
            Path(aside).replace(path)
        else:
            with suppress(FileExistsError):
                os.link(aside, path)
        folder = os.open(Path(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
