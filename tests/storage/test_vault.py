"""Large things: whole or not there, found by digest, erased for good."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from storage.errors import StoreError
from storage.vault import Vault


@pytest.fixture(params=["folder", "memory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault" if request.param == "folder" else f"memory://{tmp_path}")


def test_bytes_come_out_as_they_went_in(vault: Vault) -> None:
    for data in (b"", b"rows", bytes(range(256)) * 5000):
        digest = vault.put(data)
        assert digest == hashlib.sha256(data).hexdigest()
        assert vault.get(digest) == data
        assert vault.put(data) == digest
        assert vault.verify(digest)


def test_a_file_lies_two_folders_deep_and_nothing_is_left_aside(tmp_path: Path) -> None:
    digest = Vault(tmp_path).put(b"rows")
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [tmp_path / digest[:2] / digest[2:4] / digest]


def test_a_damaged_or_missing_file_is_a_sentence_and_putting_it_again_repairs_it(vault: Vault) -> None:
    digest = vault.put(b"rows")
    vault.files.pipe_file(vault.path(digest), b"other")
    assert not vault.verify(digest)
    with pytest.raises(StoreError, match=f"holds {digest[:12]} damaged"):
        vault.get(digest)
    vault.put(b"rows")
    assert vault.get(digest) == b"rows"
    vault.erase(digest)
    vault.erase(digest)
    with pytest.raises(StoreError, match=f"has lost {digest[:12]}"):
        vault.get(digest)


def test_ids_are_hashed_with_a_secret_that_only_the_owner_reads(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    hashed = vault.hashed_ids([1, 2, "1"])
    assert hashed == [hmac.new(vault.key(), text, hashlib.sha256).hexdigest() for text in (b"1", b"2", b"1")]
    assert Vault(tmp_path / "vault").hashed_ids([1, 2, "1"]) == hashed
    assert Vault(tmp_path / "other").hashed_ids([1, 2, "1"]) != hashed
    assert len(vault.key()) == 32
    assert (tmp_path / "vault/key").stat().st_mode & 0o777 == 0o600


def test_the_secret_is_made_once_even_if_two_make_it(tmp_path: Path) -> None:
    first, second = Vault(tmp_path), Vault(tmp_path)
    key = first.key()
    second._write(str(tmp_path / "key"), b"x" * 32, replace=False)
    assert second.key() == key
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
