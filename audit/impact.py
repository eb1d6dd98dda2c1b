"""Impact ratios as New York City's Local Law 144 counts them: each category's rate over that of the most selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.contrast import against_best
from audit.grouping import UNKNOWN
from audit.hypothesis import fisher, holm
from audit.interval import Array
from audit.measure import Condition
from audit.power import detectable_difference
from audit.tally import Tally

SMALL = 0.02
"""Share of the data under which a category may be left out of the ratios: 6 RCNY 5-301(d)."""


@dataclass(frozen=True)
class ImpactTable:
    """One table: how many people each category holds, how many of them were selected, and who sets the benchmark."""

    names: tuple[str, ...]
    slices: tuple[tuple[Condition, ...], ...]
    people: NDArray[np.int64]
    """(categories,) as counted, whatever a row weighs."""
    k: Array
    n: Array
    """(categories,) selected and assessed; effective counts where rows are weighted or belong to units."""
    unknown: int
    """People whose category is not recorded: counted, and in no rate."""
    small: float = SMALL
    counted: bool = True
    """Whether k and n are counts of people, not effective ones."""

    @property
    def everybody(self) -> int:
        return int(self.people.sum()) + self.unknown

    @property
    def share(self) -> Array:
        """(categories,) of all people, those of unknown category among them."""
        return np.asarray(self.people / max(1, self.everybody))

    @property
    def eligible(self) -> NDArray[np.bool_]:
        """(categories,) whether a category may set the benchmark."""
        return np.asarray((self.share >= self.small) & (self.n > 0))

    @cached_property
    def rate(self) -> Array:
        """(categories,); 0 where nobody counts."""
        return np.divide(self.k, self.n, out=np.zeros(len(self.names)), where=self.n > 0)

    @property
    def no_benchmark(self) -> str:
        """Why there is no most selected category, in one sentence; empty where there is one."""
        if not self.names:
            return f"the category of all {self.unknown} people is unknown"
        if len(self.names) < 2:
            return f"an impact ratio needs two categories; there is: {self.names[0]} (n={self.people[0]})"
        if not self.eligible.any():
            return f"every category holds under {self.small:.0%} of the data, so none may set the benchmark"
        if not self.k[self.eligible].any():
            return "nobody was selected in a category that may set the benchmark, so there is no rate to divide by"
        return ""

    @property
    def benchmark(self) -> int:
        """Position of the most selected category of those that may set the benchmark."""
        return int(np.argmax(np.where(self.eligible, self.rate, -1.0)))

    def ratios(self, level: float) -> tuple[Array, Array, Array]:
        """(ratio, low, high), (categories,) each, against the most selected category, which is itself uncertain."""
        return against_best(self.k, self.n, level, self.eligible)

    def p_values(self) -> Array | None:
        """(categories,) exact probability of a rate this far from the benchmark's if both were the same; its own is 1.

        Fisher's test. The benchmark is the highest of all only after looking, so every pair that could have been
        compared counts in Holm's correction. ``None`` where counts are effective: then no exact test exists.
        """
        if not self.counted:
            return None
        best, able = self.benchmark, int(self.eligible.sum())
        others = np.flatnonzero((self.n > 0) & (np.arange(len(self.n)) != best))
        pairs = able * (able - 1) // 2 + int(((self.n > 0) & ~self.eligible).sum()) * able
        found = [fisher(self.k[pair], self.n[pair]) for pair in np.column_stack([others, np.full(len(others), best)])]
        p = np.ones(len(self.n))
        p[others] = holm(np.minimum(1.0, found), pairs)
        return p

    def detectable(self, position: int, level: float) -> float | None:
        """The smallest gap to the benchmark that so many people would show in 80 of 100 samples; ``None`` if none."""
        both = [position, self.benchmark]
        k, n = self.k[both], self.n[both]
        return detectable_difference(
            n[0], n[1], min(1.0, k.sum() / n.sum()), groups=int((self.n > 0).sum()), level=level
        )


def impact_tables(
    hit: ArrayLike,
    groups: Mapping[str, Any],
    *,
    weight: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    small: float = SMALL,
) -> dict[frozenset[str], ImpactTable]:
    """A table for every column and every intersection, by the columns it is made of.

    hit: (n,) whether a person was selected, or scores above the median. groups: (n,) labels by column; whoever has one
    that is missing or ``unknown`` is counted as unknown. Raises ``ValueError`` for a share that is none.
    """
    if not 0 <= small < 1:
        raise ValueError(f"small is a share of the data from 0 to under 1, got {small}; the law's is {SMALL}")
    selected = np.asarray(hit, dtype=np.intp)
    tally = Tally.of(selected, selected, groups, ("no", "yes"), weight=weight, unit=unit)
    return {frozenset(tally.columns[by]): _table(tally, by, small) for by in tally.groupings}


def _table(tally: Tally, by: str, small: float) -> ImpactTable:
    parts = tally.grouping[by].parts
    known = [position for position, values in enumerate(parts) if UNKNOWN not in values]
    k, n = tally.decided(by, 1)
    people = tally.counts[by].sum(axis=(1, 2)) if tally.dispersion is None else tally.dispersion[by].units
    return ImpactTable(
        names=tuple(tally.names[by][one] for one in known),
        slices=tuple(tally.slice(by, one) for one in known),
        people=np.asarray(people[known], dtype=np.int64),
        k=np.asarray(k[known], dtype=float),
        n=np.asarray(n[known], dtype=float),
        unknown=int(people.sum() - people[known].sum()),
        small=small,
        counted=tally.dispersion is None,
    )


def above_median(score: ArrayLike, weight: ArrayLike | None = None) -> NDArray[np.bool_]:
    """(n,) whether a score lies strictly above the median of all of them, people of unknown category among them."""
    values = np.asarray(score, dtype=float)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)[order])
    middle = [values[order[np.searchsorted(upto, upto[-1] / 2, side)]] for side in ("left", "right")]
    return np.asarray(values > sum(middle) / 2)
