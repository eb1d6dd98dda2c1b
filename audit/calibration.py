"""Do stated probabilities mean what they say? Binned and smooth errors, and what perfect calibration would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array

GRID = 512
"""Points on which residuals are smoothed."""
STEPS = 14
"""At most, of the search for the width of the smoothing."""
EXACT = 1e-10
"""Distance of a smooth error from the width that gives it, at which it is found."""
AT_ONCE = 200_000
"""Draws of rows held at a time."""
Codes = NDArray[np.integer]


@dataclass(frozen=True)
class Binned:
    """In which bin of equal width every score lies, column by column; 1 lies in the last."""

    cell: Codes
    """(rows, columns) positions in columns x bins."""
    bins: int

    @classmethod
    def of(cls, score: Array, bins: int) -> Binned:
        place = np.minimum((score * bins).astype(np.intp), bins - 1)
        return cls(place + bins * np.arange(score.shape[1]), bins)

    @property
    def shape(self) -> tuple[int, int]:
        """(columns, bins)."""
        return self.cell.shape[1], self.bins

    def sums(self, values: Array) -> Array:
        """(columns, bins) sums of (rows, columns) values."""
        size = self.shape[0] * self.bins
        return np.asarray(np.bincount(self.cell.ravel(), values.ravel(), size).reshape(self.shape), dtype=float)

    def table(self, values: Array) -> scipy.sparse.csr_array:
        """(columns x bins, rows): the sums of (rows, columns) values for any weighting of the rows."""
        rows, columns = values.shape
        place = self.cell.ravel(), np.repeat(np.arange(rows), columns)
        return scipy.sparse.csr_array((values.ravel(), place), shape=(columns * self.bins, rows))


def ece(score: Array, outcome: Array, bins: int) -> float:
    """Expected calibration error of (rows, columns) scores: mean over the columns of sum of share x |said - found|.

    The share cancels, so it is the sum over bins of |sum of score - sum of outcome|. Source: Naeini et al. 2015.
    """
    return float(np.abs(Binned.of(score, bins).sums(score - outcome)).sum() / score.size)


def perfect(score: Array, draws: int, seed: int) -> Iterator[Codes]:
    """(some draws, rows) classes as they would fall if the (rows, classes) scores were the true probabilities.

    One set of draws serves every error: of the top label, of each class, within groups. Source: Vaicenavicius et al.
    2019.
    """
    generator, edges = np.random.default_rng(seed), score.cumsum(axis=1)[:, :-1]
    some = max(1, AT_ONCE // len(score))
    for done in range(0, draws, some):
        draw = generator.random((len(score), min(some, draws - done))).T  # rows together, as sums over them want it
        label = np.zeros(draw.shape, dtype=np.min_scalar_type(score.shape[1]))
        for edge in edges.T:
            label += draw >= edge
        yield label


def counted(cell: Codes, cells: int, weight: Array | None = None) -> Array:
    """(draws, cells) how many rows of (draws, rows) lie in every cell, or their weights."""
    draws, rows = cell.shape
    flat = (cell + cells * np.arange(draws)[:, None]).ravel()
    weights = None if weight is None else np.broadcast_to(weight, (draws, rows)).ravel()
    return np.bincount(flat, weights, draws * cells).reshape(draws, cells).astype(float)


def counter(
    cell: Codes, cells: int, weight: Array | None = None
) -> Callable[[NDArray[np.bool_] | NDArray[np.float64]], Array]:
    """From (draws, rows) which rows are inside, or how often, to (draws, cells) how many lie in every cell, or weights.

    cell: (rows,) of every row, the same in all draws: then it is a product with one sparse table.
    """
    rows = np.arange(len(cell))
    table = scipy.sparse.csr_array((np.ones(len(cell)) if weight is None else weight, (cell, rows)), (cells, len(cell)))
    return lambda inside: np.asarray((table @ inside.T.astype(float)).T)


def p_value(found: ArrayLike, null: Array) -> Array:
    """Share of (draws, ...) errors under perfect calibration that reach the error found, which counts as one more."""
    reached = (null >= np.asarray(found) - 1e-12).sum(axis=0)
    return np.asarray((1 + reached) / (1 + len(null)))


def smooth_ece(score: ArrayLike, residual: ArrayLike) -> Array:
    """(draws,) smooth calibration errors of (rows,) scores with (draws, rows) residuals (score - outcome).

    Residuals are smoothed along the score by a Gaussian that is reflected at 0 and 1; its width is the one that equals
    the error it gives. No bins, and continuous in the scores. Source: Blasiok and Nakkiran 2024.
    """
    score, residual = np.asarray(score, dtype=float), np.atleast_2d(np.asarray(residual, dtype=float))
    return fixed_point((spread(score) @ residual.T).T / len(score))


def spread(score: Array) -> scipy.sparse.csr_array:
    """(GRID, rows): every score shared between the two points of the grid beside it."""
    low, rows = below(score), np.arange(len(score))
    share = np.clip(score * GRID - 0.5, 0, GRID - 1) - low
    place = np.concatenate([low, low + 1]), np.tile(rows, 2)
    return scipy.sparse.csr_array((np.concatenate([1 - share, share]), place), shape=(GRID, len(score)))


def below(score: Array) -> NDArray[np.intp]:
    """The point of the grid at or below every score; the last but one above that."""
    return np.clip(score * GRID - 0.5, 0, GRID - 2).astype(np.intp)


def fixed_point(residuals: Array) -> Array:
    """(draws,) the smooth errors of (draws, GRID) mean residuals on the grid.

    Reflection makes smoothing a damping of cosine waves. The error falls with the width, from that of the mean residual
    upwards, so the two cross once: false position between bounds that are known.
    Source: Anderson and Björck 1973.
    """
    waves = scipy.fft.dct(residuals, axis=1)
    rate = (np.pi * np.arange(GRID)) ** 2 / 2

    def error(width: Array) -> Array:
        damped = waves * np.exp(-rate * width[:, None] ** 2)
        return np.asarray(np.abs(scipy.fft.idct(damped, axis=1)).sum(axis=1))

    narrow = np.abs(residuals.sum(axis=1))
    wide = error(narrow)
    above, below = wide - narrow, error(wide) - wide
    width = wide
    for _ in range(STEPS):
        gap = above - below
        width = narrow + np.divide(above, gap, out=np.zeros_like(gap), where=gap > 0) * (wide - narrow)
        excess = error(width) - width
        if np.abs(excess).max(initial=0.0) < EXACT:
            break
        too_narrow = excess > 0
        replaced = np.where(too_narrow, above, below)
        kept = 1 - np.divide(excess, replaced, out=np.ones_like(gap), where=replaced != 0)
        kept = np.where(kept > 0, kept, 0.5)
        above, below = np.where(too_narrow, excess, above * kept), np.where(too_narrow, below * kept, excess)
        narrow, wide = np.where(too_narrow, width, narrow), np.where(too_narrow, wide, width)
    return width


def brier_parts(sums: Array) -> tuple[Array, Array, Array]:
    """(reliability, resolution, uncertainty) of the Brier score: Brier = reliability - resolution + uncertainty.

    sums: (5, ..., columns, bins): per bin the number of rows, and the sums of score, outcome, score squared, and score
    times outcome. Resolution is the generalised one: it holds what scores add within a bin, so the identity is exact,
    and it can fall below 0. Summed over the columns. Source: Murphy 1973; Stephenson, Coelho and Jolliffe 2008.
    """
    n, said, came, squared, crossed = sums
    whole = n.sum(axis=-1)
    share, found = _over(said, n), _over(came, n)
    base = _over(came.sum(axis=-1), whole)
    within = squared - n * share**2 - 2 * (crossed - n * share * found)
    reliability = (n * (share - found) ** 2).sum(axis=-1)
    resolution = (n * (found - base[..., None]) ** 2 - within).sum(axis=-1)
    parts = (_over(reliability, whole), _over(resolution, whole), base * (1 - base))
    reliability, resolution, uncertainty = (part.sum(axis=-1) for part in parts)
    return reliability, resolution, uncertainty


def _over(a: Array, b: Array) -> Array:
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=b > 0))
