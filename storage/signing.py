"""The key that signs checkpoints: Ed25519, in a file that lies outside the store."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import in_one_sentence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE = "ANSWERABLE_KEY"
SHORTEST = 16
"""Characters of a fingerprint that name a key."""


class KeyRefused(ValueError):
    """A key, a signature or a fingerprint that is not accepted; the message says why and what to do."""


class Key:
    """A private key and what of it may be shown."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        self.fingerprint = fingerprint(self.public)

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    def public_pem(self) -> str:
        """The public half, to be given to whoever verifies."""
        return public_pem(self.public)


def public_pem(public: bytes) -> str:
    """The file of a public key."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def fingerprint(public: bytes) -> str:
    """SHA-256 of the 32 raw bytes of a public key, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def short(of: str) -> str:
    """The part of a fingerprint that people compare: ``3f2a 90bc 11d4 77e0``."""
    return " ".join(of[start : start + 4] for start in range(0, SHORTEST, 4))


def default_path() -> Path:
    """Where this user's key lies: ``ANSWERABLE_KEY``, else ``answerable/checkpoint.key`` in the configuration folder."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder).expanduser() / "answerable" / "checkpoint.key"


def load(path: Path, outside: tuple[Path, ...] = ()) -> Key:
    """The key in a file. Raises ``KeyRefused`` for one that others can read, that lies in a store, or that is no key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    _refuse_inside(path, outside)
    with in_one_sentence(f"The key {path}"):
        if not path.is_file():
            raise KeyRefused(f"There is no key {path}; make one, or name another file with {VARIABLE}.")
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            raise KeyRefused(f"The key {path} has mode {mode}, so that others can use it; type: chmod 600 {path}")
        data = path.read_bytes()
    try:
        private = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyRefused(f"{path} holds no private key in PEM without a password; name another file.") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyRefused(f"{path} holds a {type(private).__name__}, and checkpoints are signed with Ed25519.")
    return Key(private)


def create(path: Path, outside: tuple[Path, ...] = ()) -> Key:
    """A new key in a file that only its owner reads. Raises ``KeyRefused`` where a file is there already."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _refuse_inside(path, outside)
    private = Ed25519PrivateKey.generate()
    with in_one_sentence(f"The key {path}"):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyRefused(f"The key {path} is there already; rotate it, or name another file.") from None
        with os.fdopen(file, "wb") as out:
            out.write(_pem(private))
            out.flush()
            os.fsync(out.fileno())
    return Key(private)


def load_or_create(path: Path | None = None, outside: tuple[Path, ...] = ()) -> Key:
    """The key of this user, made the first time."""
    path = path or default_path()
    return load(path, outside) if path.exists() else create(path, outside)


def replace(path: Path, outside: tuple[Path, ...] = ()) -> Key:
    """A new key in the place of the one that is there, which is gone afterwards."""
    load(path, outside)
    aside = path.with_name(f"{path.name}.new")
    with in_one_sentence(f"The key {path}"):
        aside.unlink(missing_ok=True)
        key = create(aside, outside)
        aside.replace(path)
    return key


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the data was signed with the private half of this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def expected(text: str) -> str:
    """The fingerprint, or the beginning of it, that a person names: as it is printed, or the file of a public key."""
    if found := printed(text):
        return found
    path = Path(text).expanduser()
    if not path.is_file():
        raise KeyRefused(
            f"{text!r} is neither the file of a public key nor a fingerprint; a fingerprint has {SHORTEST} to 64 of the "
            "characters 0-9 and a-f, as every report prints it."
        )
    return fingerprint(_public(path))


def printed(text: str) -> str | None:
    """The fingerprint, or the beginning of it, in the form in which it is printed; ``None`` where it is something else."""
    squeezed = re.sub(r"[\s:]", "", text).lower()
    return squeezed if re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", squeezed) else None


def _public(path: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    with in_one_sentence(f"The key {path}"):
        data = path.read_bytes()
    try:
        public = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused(f"{path} holds no public key in PEM; name another file, or a fingerprint.") from None
    if not isinstance(public, Ed25519PublicKey):
        raise KeyRefused(f"{path} holds a {type(public).__name__}, and checkpoints are signed with Ed25519.")
    return public.public_bytes_raw()


def _pem(private: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    return private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def _refuse_inside(path: Path, folders: tuple[Path, ...]) -> None:
    for folder in folders:
        if path.resolve().is_relative_to(folder.resolve()):
            raise KeyRefused(
                f"The key {path} lies in {folder}, beside what it is to vouch for: whoever can change the store could "
                f"sign the change. Name a file elsewhere with {VARIABLE}."
            )
