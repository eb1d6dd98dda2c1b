"""Which cells of a table must stay unseen beside the small ones, so that no total gives a small one away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

import numpy as np

MINIMUM_CELL = 10
"""People of a group or category that everybody may see the numbers of."""
NOTHING = 1e-7
Cell = TypeVar("Cell", bound="tuple[object, ...]")


def small(sizes: Mapping[Cell, int], fewest: int = MINIMUM_CELL) -> set[Cell]:
    """Cells of some people, but too few."""
    return {cell for cell, n in sizes.items() if 0 < n < fewest}


def complemented(
    hidden: Iterable[Cell], sizes: Mapping[Cell, int], sums: Iterable[AbstractSet[Cell]]
) -> frozenset[Cell]:
    """The hidden cells, and as many more, the smallest first, as it takes that the sums give none away.

    A sum is a set of cells that add up to something which is known, or one cell with those that it is the sum of, one
    condition apart. Cells of nobody are known anyhow.
    """
    found = set(hidden)
    known = [frozenset(cell for cell in one if sizes[cell]) for one in sums]
    while telling := _telling(found, known):
        found.add(min(telling - found, key=lambda cell: (sizes[cell], cell)))
    return frozenset(found)


def _telling(hidden: set[Cell], sums: list[frozenset[Cell]]) -> frozenset[Cell] | None:
    """A sum that tells a hidden cell, and has another one to hide: by itself, else together with other sums."""
    alone = next((one for one in sums if len(one & hidden) == 1 and one - hidden), None)
    if alone is not None:
        return alone
    told = _told(sorted(hidden), sums)
    return next((one for one in sums if one & told and one - hidden), None)


def _told(hidden: list[Cell], sums: list[frozenset[Cell]]) -> set[Cell]:
    """Hidden cells that all sums together determine: those that lie in the row space of what is known of them.

    Signs do not matter: seen with the sign of its number of conditions, a sum is one of all its cells alike.
    """
    rows = [row for one in sums if any(row := [cell in one for cell in hidden])]
    if not rows:
        return set()
    _, strength, basis = np.linalg.svd(np.array(rows, dtype=float), full_matrices=False)
    share = (basis[strength > NOTHING] ** 2).sum(axis=0)
    return {cell for cell, one in zip(hidden, share, strict=True) if one > 1 - NOTHING}
