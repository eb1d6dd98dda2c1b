"""How sums of rows vary when rows are weighted or several belong to one unit (a person, a writer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dispersion:
    """Per group: the scatter of the units' sums over some columns, and how many units and rows there are.

    A ratio of two sums over the same rows is a function of it, whatever the columns are: cells of a table of counts, or
    values. It adds up over shards, as long as a unit lies in one shard.
    Source: linearisation of a ratio, Cochran 1977; effective sample size, Kish 1965.
    """

    scatter: Array
    """(groups, columns, columns): sum over units of the outer product of a unit's sums."""
    rows: NDArray[np.int64]
    """(groups, columns): rows that are not zero."""
    units: NDArray[np.int64]
    """(groups,)."""

    @classmethod
    def of_cells(cls, cell: NDArray[np.intp], groups: int, columns: int, weight: Array, unit: NDArray[np.intp]) -> Self:
        """Of rows that each count in one cell (group x column), with a weight, in units numbered from 0."""
        from scipy.sparse import coo_array

        rows = np.bincount(cell, minlength=groups * columns).reshape(groups, columns)
        group, column = np.divmod(cell, columns)
        scatter, units = np.zeros((groups, columns, columns)), np.zeros(groups, dtype=np.int64)
        order = np.argsort(group, kind="stable")
        starts = np.searchsorted(group[order], np.arange(groups + 1))
        for one in range(groups):
            inside = order[starts[one] : starts[one + 1]]
            if len(inside):
                _, place = np.unique(unit[inside], return_inverse=True)
                units[one] = place.max() + 1
                sums = coo_array((weight[inside], (place, column[inside])), shape=(units[one], columns)).tocsr()
                scatter[one] = (sums.T @ sums).toarray()
        return cls(scatter, rows, units)

    def take(self, positions: NDArray[np.intp], groups: int) -> Self:
        """The same, its groups at these positions of a larger grouping; the other groups are empty."""
        columns = self.rows.shape[1]
        scatter, rows = np.zeros((groups, columns, columns)), np.zeros((groups, columns), dtype=np.int64)
        units = np.zeros(groups, dtype=np.int64)
        scatter[positions], rows[positions], units[positions] = self.scatter, self.rows, self.units
        return type(self)(scatter, rows, units)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.scatter + other.scatter, self.rows + other.rows, self.units + other.units)

    def effective(self, sums: Array, hit: ArrayLike, among: ArrayLike) -> tuple[Array, Array]:
        """Effective counts (k, n), (groups,) each: n independent rows would know the rate k / n as well as these do.

        sums: (groups, columns). hit, among: (columns,) masks of the columns that make numerator and denominator. n is
        never above the number of rows; where a rate shows no variation it is Kish's.
        """
        hit, among = np.asarray(hit, dtype=float), np.asarray(among, dtype=float)
        top, bottom = sums @ hit, sums @ among
        share = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
        residual = hit - share[:, None] * among
        variance = np.einsum("gi,gij,gj->g", residual, self.scatter, residual)
        variance *= self.units / np.maximum(self.units - 1, 1)
        alone = np.einsum("i,gij,j->g", among, self.scatter, among)
        kish = np.divide(bottom**2, alone, out=np.zeros_like(bottom), where=alone > 0)
        varied = (variance > 0) & (self.units > 1)
        n = np.divide(share * (1 - share) * bottom**2, variance, out=kish.copy(), where=varied)
        n = np.minimum(n, self.rows @ (among > 0))
        return share * n, n
