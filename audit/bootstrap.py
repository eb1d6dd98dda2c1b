"""Resampling of counts: what rows would do, without the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.interval import alpha_of

CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Draws:
    """A statistic of counts and its value on every replicate on which it exists."""

    value: float
    """Not finite where the statistic does not exist on the data themselves."""
    replicates: NDArray[np.float64]
    left_out: float
    """Share of the replicates in which the statistic was undefined; intervals are made of the others."""

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval."""
        alpha = alpha_of(level)
        low, high = np.quantile(self.replicates, [alpha / 2, 1 - alpha / 2])
        return float(low), float(high)

    @property
    def p(self) -> float:
        """Smallest 1 - level at which the percentile interval excludes 0, counting the data as one more replicate."""
        beyond = int(min((self.replicates <= 0).sum(), (self.replicates >= 0).sum()))
        return min(1.0, 2 * (beyond + 1) / (len(self.replicates) + 1))


def multinomial_bootstrap(
    counts: ArrayLike, statistics: Callable[[NDArray[np.int64]], NDArray[Any]], draws: int = 2000, seed: int = 0
) -> list[Draws]:
    """Percentile bootstrap of statistics of counts; for such statistics it is exactly the bootstrap of the rows.

    Not for a single rate, which has exact limits (where the data show no variation a resampled interval has no width),
    nor for the largest contrast of many groups, which resampling overstates: see `audit.interval` and `audit.contrast`.

    counts: whole numbers of any shape, each row of the data counted in one cell. statistics: maps (replicates, *shape)
    to (replicates, m) values, not finite where undefined; it is called with some of the replicates at a time. The same
    seed gives the same answer. Raises ValueError for other counts. Source: Efron 1979.
    """
    observed = np.asarray(counts, dtype=float)
    if not (np.isfinite(observed).all() and (observed >= 0).all() and (observed % 1 == 0).all() and observed.any()):
        raise ValueError("counts to resample must be whole numbers from 0, with at least one row in all")
    if draws < 1:
        raise ValueError(f"resampling needs at least one draw, got {draws}; 2000 is usual")
    whole = observed.astype(np.int64)
    values = statistics(whole[None])[0]
    table = np.concatenate([statistics(part) for part in _replicates(whole, draws, seed)])
    return [_draws(float(value), column) for value, column in zip(values, table.T, strict=True)]


def gaussian_bootstrap(
    counts: ArrayLike,
    scatter: ArrayLike,
    statistics: Callable[[NDArray[np.float64]], NDArray[Any]],
    draws: int = 2000,
    seed: int = 0,
) -> list[Draws]:
    """`multinomial_bootstrap` for rows that are weighted or belong to units: counts drawn with the scatter of the units.

    counts: sums of weights of any shape. scatter: (cells, cells) sum over units of the outer product of a unit's sums,
    the variance of the counts when every unit is drawn a Poisson(1) number of times; drawn as Gaussian, cut at 0.
    Source: Efron 1979; Præstgaard and Wellner 1993 (exchangeable weights).
    """
    observed = np.asarray(counts, dtype=float)
    values, vectors = np.linalg.eigh(np.asarray(scatter, dtype=float))
    root = vectors * np.sqrt(np.maximum(values, 0))
    generator = np.random.default_rng(seed)
    drawn = np.maximum(0, observed.ravel() + generator.standard_normal((draws, observed.size)) @ root.T)
    table = statistics(drawn.reshape(-1, *observed.shape))
    value = statistics(observed[None])[0]
    return [_draws(float(one), column) for one, column in zip(value, table.T, strict=True)]


def _draws(value: float, column: NDArray[np.float64]) -> Draws:
    defined = column[np.isfinite(column)]
    return Draws(value, defined, 1 - len(defined) / len(column))


def _replicates(observed: NDArray[np.int64], draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Replicates of the counts, (some, *shape) at a time so that memory stays bounded however many cells there are.

    Replicates lie side by side in memory: sums over the few cells of an axis then run along many replicates at once.
    """
    generator = np.random.default_rng(seed)
    occupied = np.flatnonzero(observed)
    share = observed.ravel()[occupied] / observed.sum()
    some = max(1, CELLS_AT_ONCE // observed.size)
    for done in range(0, draws, some):
        part = np.zeros((min(some, draws - done), observed.size), dtype=np.int64)
        part[:, occupied] = generator.multinomial(observed.sum(), share, size=len(part))
        yield np.moveaxis(np.ascontiguousarray(part.T).reshape(*observed.shape, -1), -1, 0)
