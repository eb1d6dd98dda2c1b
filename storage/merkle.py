"""Merkle trees as in RFC 6962: one digest for many, and a short proof that one of them is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


class Tree:
    """The root of leaves that arrive one after the other; keeps only the roots of the perfect trees so far."""

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []

    def add(self, data: bytes) -> None:
        """One more leaf."""
        node, rest = leaf(data), self.size
        while rest % 2:
            node = parent(self._perfect.pop(), node)
            rest //= 2
        self._perfect.append(node)
        self.size += 1

    def root(self) -> str:
        """SHA-256 over all leaves so far, in hexadecimal; of none, the SHA-256 of nothing."""
        if not self._perfect:
            return hashlib.sha256().hexdigest()
        node = self._perfect[-1]
        for left in reversed(self._perfect[:-1]):
            node = parent(left, node)
        return node.hex()


def leaf(data: bytes) -> bytes:
    """Hash of a leaf; its prefix keeps leaves and nodes apart."""
    return hashlib.sha256(b"\0" + data).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Hash of two nodes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Iterable[bytes]) -> str:
    """The root over all leaves."""
    tree = Tree()
    for one in leaves:
        tree.add(one)
    return tree.root()


def path(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """The nodes beside the way from a leaf up to the root, the lowest first."""
    return paths(leaves, [index])[index]


def paths(leaves: Sequence[bytes], indices: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The same of many leaves, with every node hashed once."""
    ways: dict[int, list[str]] = {one: [] for one in indices}
    level, height = [leaf(one) for one in leaves], 0
    while len(level) > 1:
        for index, way in ways.items():
            beside = index >> height ^ 1
            if beside < len(level):
                way.append(level[beside].hex())
        pairs = [parent(*level[start : start + 2]) for start in range(0, len(level) - 1, 2)]
        level, height = [*pairs, *level[len(pairs) * 2 :]], height + 1
    return {index: tuple(way) for index, way in ways.items()}


def climb(data: bytes, index: int, size: int, beside: Sequence[str]) -> str | None:
    """The root that a leaf and its path lead to; ``None`` where the path does not fit index and size."""
    if not 0 <= index < size:
        return None
    node, last, up = leaf(data), size - 1, list(beside)
    while last:
        if not index % 2 and index == last:
            index, last = index // 2, last // 2
            continue
        if not up:
            return None
        other = bytes.fromhex(up.pop(0))
        node = parent(other, node) if index % 2 else parent(node, other)
        index, last = index // 2, last // 2
    return None if up else node.hex()
