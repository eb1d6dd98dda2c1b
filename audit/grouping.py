"""Ways of grouping examples: by one column, and by every intersection of two or three."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.measure import Condition, where

Codes = NDArray[np.intp]
UNKNOWN = "unknown"
JOINT = " & "
DEEPEST = 3
"""Columns of the deepest intersection."""
DENSE = 8_000_000
"""Cells up to which occurrence is looked up in a table instead of by sorting."""


@dataclass(frozen=True)
class Grouping:
    """The groups that one column or an intersection of columns makes: those that occur, in sorted order."""

    columns: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    """One value per column, for every group."""

    @property
    def by(self) -> str:
        """``race & sex``; empty for everybody."""
        return JOINT.join(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """``Black & female``, one per group."""
        return tuple(JOINT.join(values) for values in self.parts)

    def slice(self, position: int) -> tuple[Condition, ...]:
        """The conditions that say who is in a group."""
        return where(**dict(zip(self.columns, self.parts[position], strict=True)))

    def union(self, other: Self) -> Self:
        """The groups that either has; the columns must be the same."""
        return type(self)(self.columns, tuple(sorted({*self.parts, *other.parts})))

    def positions(self, within: Self) -> Codes:
        """(groups,) where each of these groups stands in a larger grouping of the same columns."""
        place = {values: position for position, values in enumerate(within.parts)}
        return np.array([place[values] for values in self.parts], dtype=np.intp)


EVERYBODY = Grouping((), ((),))


def coded(column: str, labels: Any) -> tuple[Grouping, Codes]:
    """The groups of one column and the (n,) position of every row's group. A missing label is ``unknown``."""
    values = pd.Categorical(labels)
    code = np.asarray(values.codes, dtype=np.intp)
    names = [str(name) for name in values.categories]
    if (code < 0).any():
        names, code = [*names, UNKNOWN], np.where(code < 0, len(names), code)
    found = sorted({names[at] for at in np.flatnonzero(np.bincount(code, minlength=len(names)))})
    place = {name: position for position, name in enumerate(found)}
    lookup = np.array([place.get(name, 0) for name in names], dtype=np.intp)
    return Grouping((column,), tuple((name,) for name in found)), lookup[code]


def crossed(one: tuple[Grouping, Codes], other: tuple[Grouping, Codes]) -> tuple[Grouping, Codes]:
    """The intersections that occur of two groupings, and the (n,) position of every row's."""
    (first, left), (second, right) = one, other
    both = left * len(second.parts) + right
    size = len(first.parts) * len(second.parts)
    if size <= DENSE:
        occurring = np.flatnonzero(np.bincount(both, minlength=size))
        lookup = np.zeros(size, dtype=np.intp)
        lookup[occurring] = np.arange(len(occurring))
        code = lookup[both]
    else:
        occurring, code = np.unique(both, return_inverse=True)
    parts = [first.parts[at // len(second.parts)] + second.parts[at % len(second.parts)] for at in occurring.tolist()]
    return Grouping(first.columns + second.columns, tuple(parts)), code


def finest(groups: Mapping[str, Any], n: int) -> tuple[Grouping, Codes]:
    """The intersection of all columns at once, in the order of their names: every other grouping is a sum over it."""
    whole: tuple[Grouping, Codes] = (EVERYBODY, np.zeros(n, dtype=np.intp))
    for column in sorted(groups):
        whole = crossed(whole, coded(column, groups[column]))
    return whole


def coarser(whole: Grouping) -> Iterator[tuple[Grouping, Codes]]:
    """Everybody, every column alone and every intersection of two and three, in that order.

    Each comes with the (groups of the finest,) position that says in which of its groups they lie.
    """
    size = len(whole.columns)
    for depth in range(min(size, DEEPEST) + 1):
        for chosen in combinations(range(size), depth):
            picked = [tuple(values[at] for at in chosen) for values in whole.parts]
            parts = tuple(sorted(set(picked)))
            place = {values: position for position, values in enumerate(parts)}
            columns = tuple(whole.columns[at] for at in chosen)
            yield Grouping(columns, parts), np.array([place[values] for values in picked], dtype=np.intp)
