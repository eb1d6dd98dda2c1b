"""Digests of columns that come batch by batch, and draws from them, in constant memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.record import sha256

Hashes = NDArray[np.uint64]
KEYS = ("answerable id 1.", "answerable id 2.")
"""Of the two hashes of an id; 16 letters each."""
GOLDEN, FIRST, SECOND = (np.uint64(one) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
"""Constants of SplitMix64."""
SALTS = np.arange(1, 5, dtype=np.uint64) * FIRST
"""One for each of the sums of 64 bits that together stand for a column."""


class Running:
    """Digests of columns whose rows come in parts.

    Without ids a column is the SHA-256 over a 64-bit hash of every value, in order. With ids it does not depend on the
    order of rows: every value's hash is mixed with two keyed 64-bit hashes of its row's id into four words, each word is
    summed over the rows modulo 2^64, and the digest is the SHA-256 of the four sums and the number of rows. That tells
    other rows apart but for an accident of about 2^-64 a column; it is no proof against someone who makes rows for it.
    Source: multiset hashing by addition, Clarke et al. 2003; SplitMix64, Steele et al. 2014.
    """

    def __init__(self) -> None:
        self._ordered: dict[tuple[str, str], list[Any]] = {}
        self._summed: dict[tuple[str, str], Hashes] = {}
        self._rows = 0

    def add(self, columns: Iterable[tuple[str, str, np.ndarray]], ids: np.ndarray | None) -> None:
        """Count the next rows in: (name, role, values) of every column, and (n,) ids where there are some."""
        named = None if ids is None else [_hashed(ids, key) for key in KEYS]
        self._rows += 0 if ids is None else len(ids)
        for name, role, values in columns:
            parts = [_hashed(one) for one in (values.T if values.ndim > 1 else [values])]
            if named is None:
                kept = self._ordered.setdefault((name, role), [hashlib.sha256() for _ in parts])
                for one, part in zip(kept, parts, strict=True):
                    one.update(part.tobytes())
            else:
                sums = np.array([_summed(part, *named) for part in parts])
                self._summed[name, role] = self._summed.get((name, role), np.zeros_like(sums)) + sums

    def digests(self) -> list[list[str]]:
        """[name, role, type, digest] of every column."""
        ordered = [
            [name, role, "hashed", sha256("".join(one.hexdigest() for one in kept).encode())]
            for (name, role), kept in self._ordered.items()
        ]
        summed = [
            [name, role, "hashed by id", sha256(sums.astype("<u8").tobytes() + self._rows.to_bytes(8, "little"))]
            for (name, role), sums in self._summed.items()
        ]
        return ordered + summed


def draws(rows: int, ids: np.ndarray | None, seed: int, at: int) -> NDArray[np.float64]:
    """(rows,) numbers in 0..1 of batch ``at``; with ids the same for an id, wherever it stands."""
    if ids is None:
        return np.random.default_rng([seed, at]).random(rows)
    found = _mixed(_hashed(ids, KEYS[0]) ^ _mixed(np.array([seed], np.uint64) + GOLDEN))
    return np.asarray((found >> np.uint64(11)) * 2.0**-53)


def _hashed(values: np.ndarray, key: str = "0123456789123456") -> Hashes:
    """(n,) 64-bit hashes; of text they are keyed."""
    flat = pd.Series(values if values.dtype == object else np.ascontiguousarray(values))
    return np.asarray(pd.util.hash_pandas_object(flat, index=False, hash_key=key).to_numpy())


def _summed(values: Hashes, first: Hashes, second: Hashes) -> Hashes:
    """(4,) sums over the rows, modulo 2^64, of four words mixed from a value and its id."""
    words = (_mixed(_mixed(_mixed(first + salt) ^ second) ^ _mixed(values + salt)) for salt in SALTS)
    return np.array([one.sum(dtype=np.uint64) for one in words])


def _mixed(words: Hashes) -> Hashes:
    """The finaliser of SplitMix64."""
    words = (words ^ (words >> np.uint64(30))) * FIRST
    words = (words ^ (words >> np.uint64(27))) * SECOND
    return np.asarray(words ^ (words >> np.uint64(31)))
