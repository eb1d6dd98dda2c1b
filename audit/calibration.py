"""Do stated probabilities mean what they say? Binned and smooth errors, and what perfect calibration would show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array
from audit.resample import AT_ONCE

GRID = 1024
"""Points on which residuals are smoothed."""


@dataclass(frozen=True)
class Binned:
    """Rows sorted into bins of equal width, in one or more columns and groups: errors of any weighting of the rows."""

    table: scipy.sparse.csr_array
    """(groups x columns x bins, rows): 1 where a row of the group lies in the bin of its column's score."""
    score: Array
    """(rows, columns)."""
    groups: int
    bins: int

    @classmethod
    def of(cls, score: Array, bins: int, group: NDArray[np.intp] | None = None, groups: int = 1) -> Binned:
        n, columns = score.shape
        code = np.zeros(n, dtype=np.intp) if group is None else group
        place = np.minimum((score * bins).astype(np.intp), bins - 1)
        cell = (code[:, None] * columns + np.arange(columns)) * bins + place
        rows = np.repeat(np.arange(n) * columns, columns) + np.tile(np.arange(columns), n)
        shape = (groups * columns * bins, n * columns)
        return cls(
            scipy.sparse.csr_array((np.ones(n * columns), (cell.ravel(), rows)), shape=shape), score, groups, bins
        )

    def sums(self, values: Array) -> Array:
        """(draws, groups, columns, bins) sums of (draws, rows, columns) values."""
        flat = values.reshape(len(values), -1)
        return np.asarray((self.table @ flat.T).T).reshape(len(values), self.groups, self.score.shape[1], self.bins)

    def ece(self, outcome: Array, weight: Array | None = None) -> Array:
        """(draws, groups) expected calibration errors, mean over the columns, of (draws, rows, columns) outcomes.

        weight: (draws, rows) how often each row counts. Source: Naeini et al. 2015.
        """
        residual = self.score - outcome
        if weight is None:
            weight = np.ones((1, len(self.score)))
        else:
            residual = residual * weight[:, :, None]
        apart = np.abs(self.sums(residual)).sum(axis=(2, 3)) / self.score.shape[1]
        size = self.sums(np.broadcast_to(weight[:, :, None], (len(weight), *self.score.shape)))[:, :, 0].sum(axis=2)
        return np.asarray(np.divide(apart, size, out=np.zeros(np.broadcast(apart, size).shape), where=size > 0))


def ece(score: Array, outcome: Array, bins: int) -> float:
    """Expected calibration error of (rows, columns) scores: mean over the columns of sum of share x |said - found|."""
    return float(Binned.of(score, bins).ece(np.asarray(outcome, dtype=float)[None])[0, 0])


def perfect(score: Array, draws: int, seed: int) -> Iterator[Array]:
    """(some draws, rows, columns) outcomes as they would fall if the scores were the true probabilities.

    One column: an event. Several: one of the classes. Source: Vaicenavicius et al. 2019.
    """
    n, columns = score.shape
    generator = np.random.default_rng(seed)
    some = max(1, AT_ONCE // (n * columns))
    edges = np.hstack([np.zeros((n, 1)), score.cumsum(axis=1)])
    edges[:, -1] = np.inf if columns > 1 else edges[:, -1]
    for done in range(0, draws, some):
        draw = generator.random((min(some, draws - done), n, 1))
        yield ((draw >= edges[:, :-1]) & (draw < edges[:, 1:])).astype(float)


def smooth_ece(score: ArrayLike, residual: ArrayLike) -> Array:
    """(draws,) smooth calibration errors of (rows,) scores with (draws, rows) weighted residuals (score - outcome).

    Residuals are smoothed along the score by a Gaussian that is reflected at 0 and 1 (a cosine transform); its width is
    the one that equals the error it gives. No bins, and continuous in the scores. Residuals are divided by the rows.
    Source: Blasiok and Nakkiran 2024.
    """
    score, residual = np.asarray(score, dtype=float), np.atleast_2d(np.asarray(residual, dtype=float))
    n = len(score)
    left = np.clip(score * GRID - 0.5, 0, GRID - 1)
    low = np.minimum(left.astype(np.intp), GRID - 2)
    share = left - low
    rows = np.arange(n)
    spread = scipy.sparse.csr_array(
        (np.concatenate([1 - share, share]), (np.concatenate([low, low + 1]), np.tile(rows, 2))), shape=(GRID, n)
    )
    waves = scipy.fft.dct(np.asarray((spread @ residual.T).T) / n, axis=1)
    rate = (np.pi * np.arange(GRID)) ** 2 / 2

    def error(width: Array) -> Array:
        damped = waves * np.exp(-rate * width[:, None] ** 2)
        return np.asarray(np.abs(scipy.fft.idct(damped, axis=1)).sum(axis=1))

    narrow, wide = np.zeros(len(residual)), np.ones(len(residual))
    for _ in range(24):
        middle = (narrow + wide) / 2
        too_narrow = error(middle) > middle
        narrow, wide = np.where(too_narrow, middle, narrow), np.where(too_narrow, wide, middle)
    return (narrow + wide) / 2


def brier_parts(sums: Array) -> tuple[Array, Array, Array]:
    """(reliability, resolution, uncertainty) of the Brier score: Brier = reliability - resolution + uncertainty.

    sums: (5, ..., bins): per bin the number of rows, and the sums of score, outcome, score squared, and score times
    outcome. Resolution is the generalised one: it holds what scores within a bin add, so the identity is exact. Sums
    over the axis before the bins (columns). Source: Murphy 1973; Stephenson, Coelho and Jolliffe 2008.
    """
    n, said, came, squared, crossed = sums
    whole = n.sum(axis=-1)
    share = np.divide(said, n, out=np.zeros_like(said), where=n > 0)
    found = np.divide(came, n, out=np.zeros_like(came), where=n > 0)
    base = np.divide(came.sum(axis=-1), whole, out=np.zeros_like(whole), where=whole > 0)
    within = squared - n * share**2 - 2 * (crossed - n * share * found)
    reliability = (n * (share - found) ** 2).sum(axis=-1)
    resolution = (n * (found - base[..., None]) ** 2).sum(axis=-1) - within.sum(axis=-1)
    parts = (reliability / whole, resolution / whole, base * (1 - base))
    return tuple(part.sum(axis=-1) for part in parts)
