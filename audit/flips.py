"""Who is decided wrongly now and was not before, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from audit.grouping import coarser, finest
from audit.hypothesis import mcnemar
from audit.interval import mid_p
from audit.rows import Rows
from models.record import Record


class Flip(Record):
    """Negative flips (the first version right, the second wrong) and positive ones, among the examples of one slice."""

    slice: str
    """Canonical text; empty for everybody."""
    n: int
    lost: int
    """Negative flips."""
    won: int
    low: float
    """Mid-P limits of the share lost."""
    high: float
    p: float
    """Exact McNemar: that as many were lost as won by chance alone."""

    @classmethod
    def of(cls, slice: str, n: int, lost: int, won: int, *, level: float = 0.95) -> Self:
        """With limits and p-value. Raises ``ValueError`` for impossible counts."""
        low, high = mid_p(lost, n, level)
        return cls(slice=slice, n=n, lost=lost, won=won, low=float(low), high=float(high), p=mcnemar(won, lost))

    @property
    def rate(self) -> float:
        """Negative flip rate."""
        return self.lost / self.n


def flips(first: Rows, second: Rows, level: float = 0.95) -> tuple[Flip, ...]:
    """Everybody, every group and intersection, and every part that a search tested, each with its flips.

    A part found by search is counted on the examples that the search did not see. Empty slices are left out.
    """
    parts: dict[str, NDArray[np.bool_]] = {}
    for text, inside in _parts(first, second):
        parts.setdefault(text, inside)
    lost, won = first.right & ~second.right, second.right & ~first.right
    return tuple(
        Flip.of(text, int(inside.sum()), int((inside & lost).sum()), int((inside & won).sum()), level=level)
        for text, inside in parts.items()
        if inside.any()
    )


def _parts(first: Rows, second: Rows) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    whole, code = finest(second.groups, len(second.truth))
    for grouping, place in coarser(whole):
        for position in range(len(grouping.parts)):
            yield " & ".join(map(str, grouping.slice(position))), place[code] == position
    for text, inside in searched_parts(first, second).items():
        if inside is not None:
            yield text, inside


def searched_parts(first: Rows, second: Rows) -> dict[str, NDArray[np.bool_] | None]:
    """Parts of the data that the search of either version tested, on examples that no search that chose it has seen.

    ``None`` where the same words mean other examples in the two versions.
    """
    found: dict[str, NDArray[np.bool_] | None] = {}
    for text in sorted({*first.slices, *second.slices}):
        by = [rows for rows in (first, second) if text in rows.slices]
        inside: NDArray[np.bool_] = by[0].slices[text].copy()
        if not np.array_equal(inside, by[-1].slices[text]):
            found[text] = None
            continue
        for rows in by:
            if rows.searched is not None:
                inside &= ~rows.searched
        found[text] = inside
    return found
