"""Split conformal prediction: sets of classes, or intervals of numbers, that hold the truth as often as was promised.

The promise needs only that the examples to come are like those calibrated on, whatever the model is worth.
"""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array, alpha_of


def rank(n: int, nominal: float = 0.9) -> int:
    """Which of n sorted scores is the threshold: the ceil((n + 1) x nominal)-th; beyond n there is none.

    Raises ValueError for a nominal coverage outside (0, 1).
    """
    return math.ceil((n + 1) * _share(nominal) - 1e-9)


def _share(nominal: float) -> float:
    if not 0 < nominal < 1:
        raise ValueError(f"a nominal coverage lies between 0 and 1, got {nominal}; the usual one is 0.9")
    return nominal


def threshold(score: ArrayLike, nominal: float = 0.9, weight: ArrayLike | None = None) -> float:
    """The largest nonconformity score that is still conforming; infinite where n are too few to exclude anything.

    score: (n,) of the calibration examples. weight: (n,) how many examples each stands for, where the example to come
    stands for one. Source: Vovk et al. 2005; Papadopoulos et al. 2002; weights: Tibshirani et al. 2019.
    """
    given = np.asarray(score, dtype=float).ravel()
    order = np.argsort(given, kind="stable")
    if weight is None:
        place = rank(len(given), nominal) - 1
    else:
        upto = np.append(0.0, np.asarray(weight, dtype=float)[order].cumsum())
        place = int((upto[1:] < (upto[-1] + 1) * _share(nominal) - 1e-9).sum())
    return float(given[order][place]) if place < len(given) else math.inf


def group_thresholds(
    score: ArrayLike, group: ArrayLike, groups: int, nominal: float = 0.9, weight: ArrayLike | None = None
) -> Array:
    """(groups,) the threshold of each group from its own examples alone (Mondrian). Source: Vovk et al. 2005."""
    score, group = np.asarray(score, dtype=float), np.asarray(group, dtype=np.intp)
    weights = None if weight is None else np.asarray(weight, dtype=float)
    members = [group == one for one in range(groups)]
    return np.array(
        [threshold(score[one], nominal, None if weights is None else weights[one]) for one in members], dtype=float
    )


def effective(weight: ArrayLike | None, unit: ArrayLike | None, n: int) -> int:
    """How many independent examples know as much as these (Kish 1965), rounded down; rows of a unit count as one."""
    if weight is None and unit is None:
        return n
    each = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    if unit is not None:
        each = np.bincount(np.unique(np.asarray(unit), return_inverse=True)[1], each)
    return int(each.sum() ** 2 / (each**2).sum() + 1e-9) if each.any() else 0


def alike(weight: ArrayLike) -> Array:
    """(n,) weights with a mean of 1 over the rows that count: so one example to come counts like one of them."""
    given = np.asarray(weight, dtype=float)
    return np.asarray(given * (given > 0).sum() / given.sum())


def nonconformity(score: ArrayLike, truth: ArrayLike) -> Array:
    """(n,) 1 - probability given to the true class. Source: Sadinle, Lei and Wasserman 2019 (LAC)."""
    score, truth = np.asarray(score, dtype=float), np.asarray(truth, dtype=np.intp)
    return np.asarray(1 - np.take_along_axis(score, truth[:, None], axis=1)[:, 0])


def sets(score: ArrayLike, limit: ArrayLike) -> NDArray[np.bool_]:
    """(n, classes) which classes conform. score: (n, classes) probabilities. limit: one, or (n,)."""
    return np.asarray(1 - np.asarray(score, dtype=float) <= np.asarray(limit, dtype=float)[..., None])


def intervals(predicted: ArrayLike, limit: float) -> tuple[Array, Array]:
    """(low, high) of numbers predicted, from the threshold of absolute residuals of the calibration examples."""
    predicted = np.asarray(predicted, dtype=float)
    return predicted - limit, predicted + limit


def coverage_band(n: int, nominal: float = 0.9, level: float = 0.95) -> tuple[float, float]:
    """(low, high) of the coverage that one calibration on n examples has: chance of the draw, not of the model.

    Beta distributed, with mean rank / (n + 1), where scores have no ties; ties only add coverage. (1, 1) where n are too
    few to exclude anything. Source: Vovk 2012.
    """
    place, tail = rank(n, nominal), alpha_of(level) / 2
    if place > n:
        return 1.0, 1.0
    low, high = scipy.special.betaincinv(place, n + 1 - place, [tail, 1 - tail])
    return float(low), float(high)


def halves(n: int, seed: int, unit: NDArray[np.generic] | None = None) -> NDArray[np.bool_]:
    """(n,) whether a row is in the half drawn to calibrate on; rows of one unit are never parted."""
    code = np.arange(n) if unit is None else np.unique(unit, return_inverse=True)[1]
    units = int(code.max()) + 1 if n else 0
    chosen = np.zeros(units, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(units)[: units // 2]] = True
    return np.asarray(chosen[code])
