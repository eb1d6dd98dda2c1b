"""Rows of nearly the same scores taken together: drawing them again costs what their cells cost, however many they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.evidence import Predictions
from audit.interval import Array
from audit.resample import AT_ONCE, MANY

GAIN = 4
"""Rows a cell holds on average at least: with fewer, rows are drawn one by one."""
Marks = NDArray[np.integer]


@dataclass(frozen=True)
class Alike:
    """Rows in cells. A cell keeps the mean of its rows exactly; what rows differ by within one is left out of the spread.

    Where cells are 1 / m wide that is at most a share 1 / (12 m^2) of the variance of an outcome of probability 1/2.
    """

    cell: NDArray[np.intp]
    """(rows,)."""
    first: NDArray[np.intp]
    """(cells,) a row of each."""
    n: NDArray[np.intp]
    """(cells,) rows in each."""

    @classmethod
    def of(cls, predictions: Predictions, *marks: Marks) -> Self | None:
        """Rows that agree in all marks; ``None`` where rows count unlike, belong to units, or are too few to gain by it."""
        rows = len(predictions.truth)
        if rows <= MANY or predictions.weight is not None or predictions.unit is not None:
            return None
        code, cells = np.zeros(rows, dtype=np.intp), 1
        for mark in marks:
            _, first, code = np.unique(code * (int(mark.max()) + 1) + mark, return_index=True, return_inverse=True)
            cells = len(first)
            if cells * GAIN > rows:
                return None
        return cls(code, first, np.bincount(code, minlength=cells))

    def mean(self, table: scipy.sparse.csr_array | Array) -> scipy.sparse.csr_array | Array:
        """(sums, cells) what a row of each cell adds to (sums, rows), on average."""
        rows = np.arange(len(self.cell))
        return table @ scipy.sparse.csr_array((1 / self.n[self.cell], (rows, self.cell)), (len(rows), len(self.n)))

    def again(self, draws: int, seed: int) -> Iterator[Array]:
        """(some draws, cells) rows drawn from each: the sum of as many Poisson(1) numbers, see `audit.resample.drawn`."""
        generator = np.random.default_rng(seed)
        for size in self._some(draws, 1):
            yield generator.poisson(self.n, (size, len(self.n))).astype(float)

    def perfect(self, score: Array, draws: int, seed: int) -> Iterator[Array]:
        """(some draws, cells, classes) rows of each class if the (rows, classes) scores were the true probabilities."""
        generator, share = np.random.default_rng(seed), self.mean(score.T).T
        share = share / share.sum(axis=1, keepdims=True)
        for size in self._some(draws, score.shape[1]):
            yield generator.multinomial(self.n, share, (size, len(self.n))).astype(float)

    def _some(self, draws: int, each: int) -> Iterator[int]:
        some = max(1, AT_ONCE // (each * len(self.n)))
        yield from (min(some, draws - done) for done in range(0, draws, some))
