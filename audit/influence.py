"""Numbers that are no rates, by their influence values: how much every row moves them.

A statistic behaves like its value plus the mean of the rows' influence values. Multiplying these by random signs of
mean 0 and variance 1 (units of rows share one) shows how several such statistics vary together, without computing any
of them again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.contrast import Extreme
from audit.interval import Array, _placements, alpha_of
from audit.mean_gap import STEADY
from audit.quantile import normal_isf

AT_ONCE = 2_000_000
ROUNDING = 1e-14


@dataclass(frozen=True)
class Multiplied:
    """Statistics with their standard errors and replicates of their errors, all drawn together."""

    error: Array
    """(statistics,); 0 where the rows show no variation."""
    replicates: Array
    """(draws, statistics): what chance does to each, centred at 0."""

    def critical(self, level: float = 0.95) -> float:
        """How many standard errors the worst of all statistics stays within with this probability (max-T)."""
        known = self.error > 0
        if not known.any():
            return normal_isf(alpha_of(level) / 2)
        return float(np.quantile(np.abs(self.replicates[:, known] / self.error[known]).max(axis=1), level))


def multiplier_bootstrap(
    influence: ArrayLike, draws: int = 2000, seed: int = 0, unit: NDArray[np.intp] | None = None
) -> Multiplied:
    """The joint error of statistics with the given influence values.

    influence: (rows, statistics), each column of mean about 0; 0 for rows that a statistic does not rest on. unit: (rows,)
    positions of the units from 0: their rows are multiplied together. Gaussian multipliers.
    Source: van der Vaart and Wellner 1996, section 2.9; Chernozhukov, Chetverikov and Kato 2013.
    """
    values = np.asarray(influence, dtype=float)
    n = len(values)
    if unit is not None:
        sums = np.zeros((int(unit.max()) + 1, values.shape[1]))
        np.add.at(sums, unit, values)
        values = sums
    units = len(values)
    error = np.sqrt((values**2).sum(axis=0) * units / max(1, units - 1)) / n
    error[error < ROUNDING] = 0.0
    generator = np.random.default_rng(seed)
    some = max(1, AT_ONCE // max(1, units))
    parts = [generator.standard_normal((min(some, draws - done), units)) @ values / n for done in range(0, draws, some)]
    return Multiplied(error, np.concatenate(parts))


def mean_influence(values: ArrayLike, inside: ArrayLike | None = None, weight: ArrayLike | None = None) -> Array:
    """(rows,) influence values of the (weighted) mean of the rows inside; the rest is 0."""
    values = np.asarray(values, dtype=float)
    counts = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)
    counts = counts if inside is None else counts * np.asarray(inside, dtype=bool)
    total = counts.sum()
    if not total > 0:
        raise ValueError(f"a mean needs rows that count, got {len(values)} rows of total weight {total:g}")
    return np.asarray(counts * (values - (counts @ values) / total) * len(values) / total)


def auc_influence(score: ArrayLike, positive: ArrayLike, inside: ArrayLike | None = None) -> Array:
    """(rows,) influence values of the area under the ROC curve of the rows inside: DeLong's placements.

    Raises ValueError with one outcome only. Source: DeLong, DeLong and Clarke-Pearson 1988.
    """
    score, positive = np.asarray(score, dtype=float), np.asarray(positive, dtype=bool)
    inside = np.ones(len(score), dtype=bool) if inside is None else np.asarray(inside, dtype=bool)
    above, below = _placements(score[inside], positive[inside])
    found = np.zeros(len(score))
    area = above.mean()
    found[inside & positive] = (above - area) * len(score) / len(above)
    found[inside & ~positive] = (below - area) * len(score) / len(below)
    return found


def ece_influence(score: ArrayLike, outcome: ArrayLike, bins: int, inside: ArrayLike | None = None) -> Array:
    """(rows,) influence values of the expected calibration error in bins of equal width.

    The sign of each bin's error is held as it is: right away from perfect calibration, too narrow near it, where only
    the null band speaks. Source: Kumar, Liang and Ma 2019 (the bias); the linearisation is of Naeini et al. 2015.
    """
    score, outcome = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    inside = np.ones(len(score), dtype=bool) if inside is None else np.asarray(inside, dtype=bool)
    cell = np.minimum((score * bins).astype(int), bins - 1)
    residual = np.where(inside, score - outcome, 0.0)
    side = np.sign(np.bincount(cell, residual, bins))[cell]
    return mean_influence(side * residual, inside)


def largest_difference_of(
    values: ArrayLike, found: Multiplied, n: ArrayLike, level: float = 0.95, seed: int = 0
) -> Extreme:
    """Largest difference between two groups of a number that is no rate; pairs are (higher, lower).

    The roles of `contrast.largest_difference`: the lower end claims a disparity and holds for all pairs at once (max-T
    over the differences of the replicates), the upper end must hold for the one true extreme pair only. The few rows of
    a small group say little about their own scatter, so it is steadied by that within all groups, never made smaller,
    and the points are those of Student's distribution with Welch's degrees of freedom. In simulations equal groups of 5
    to 10 rows are accused in at most 8 of 100 samples, of 30 rows and more in about 5; a skewed number of groups of one
    or two rows is accused oftener.

    values: (groups,) the number of each group; ``found`` its error and replicates; n: (groups,) how many independent
    rows it rests on, of the rarer outcome for an area. Raises ValueError for fewer than two groups, groups without rows
    or where no group shows any variation: then nothing says what chance could do.
    Source: Chernozhukov, Chetverikov and Kato 2013; Games and Howell 1976; Smyth 2004 (steadied variances).
    """
    values, n = np.asarray(values, dtype=float), np.asarray(n, dtype=float)
    if len(values) < 2 or not (n > 0).all():
        raise ValueError(f"a contrast needs at least two groups, all with rows, got n = {n.tolist()}")
    variance, freedom = _steadied(found.error**2, n)
    if not variance.any():
        raise ValueError(
            "a contrast needs a group in which the rows differ; without, nothing says what chance could do"
        )
    more = np.sqrt(np.maximum(0, variance - found.error**2))
    replicates = found.replicates + more * np.random.default_rng(seed).standard_normal(found.replicates.shape)
    i, j = np.triu_indices(len(values), 1)
    together = np.cov(replicates, rowvar=False)
    error = np.sqrt(together[i, i] + together[j, j] - 2 * together[i, j])
    free = (variance[i] + variance[j]) ** 2 / (variance[i] ** 2 / freedom[i] + variance[j] ** 2 / freedom[j])
    apart = np.abs(values[i] - values[j])
    tail = float(scipy.special.ndtr(-_worst(replicates, i, j, error, level)))
    low = apart + scipy.special.stdtrit(free, tail) * error
    high = apart - scipy.special.stdtrit(free, alpha_of(level) / 2) * error
    pairs = [(int(a), int(b)) if values[a] >= values[b] else (int(b), int(a)) for a, b in zip(i, j, strict=True)]
    most, least_sure, most_possible = int(apart.argmax()), int(low.argmax()), int(high.argmax())
    return Extreme(
        value=float(apart[most]), low=max(0.0, float(low[least_sure])), high=float(high[most_possible]),
        pair=pairs[most], low_pair=pairs[least_sure] if low[least_sure] > 0 else None, high_pair=pairs[most_possible],
    )  # fmt: skip


def _steadied(variance: Array, n: Array) -> tuple[Array, Array]:
    """Variances of the groups' numbers and their degrees of freedom, with `STEADY` rows of the common scatter added."""
    alone = n - 1
    of_row = np.where(alone > 0, variance * n**2 / np.maximum(alone, 1), 0.0)
    free = max(float(alone.sum()), 1.0)
    common = float((of_row * alone).sum()) / free
    of_row = np.maximum(of_row, (of_row * alone + STEADY * common) / (alone + STEADY))
    return of_row / n, np.minimum(free, alone + STEADY)


def _worst(replicates: Array, i: NDArray[np.intp], j: NDArray[np.intp], error: Array, level: float) -> float:
    """How many errors the worst difference of two stays within with this probability, some replicates at a time."""
    some = max(1, AT_ONCE // len(i))
    parts = (replicates[at : at + some] for at in range(0, len(replicates), some))
    return float(
        np.quantile(np.concatenate([np.abs((one[:, i] - one[:, j]) / error).max(axis=1) for one in parts]), level)
    )
