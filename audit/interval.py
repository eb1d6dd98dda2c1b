"""Intervals of one number: a rate, a difference of paired rates, an area under the ROC curve, a quantile.

Plain arrays in, floats and arrays out; nothing here draws random numbers. `level` is always the two-sided confidence
level. Counts may be fractional where rows are weighted and the effective sample size is used.
"""

from collections.abc import Callable, Iterable

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.quantile import normal_isf, ranks, student_isf

Array = NDArray[np.float64]
STEPS = 8
"""Of Newton's, after which a mid-P limit is right to the last digits: five suffice from level 0.5 up."""
TINY = 1e-300
ALMOST_ONE = 1 - 2.0**-53


def clopper_pearson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Guaranteed limits (low, high) of rates, k successes among n, elementwise; n = 0 gives (0, 1).

    Raises ValueError for impossible counts or levels. Source: Clopper and Pearson 1934.
    """
    k, n = valid_counts(k, n)
    tail = alpha_of(level) / 2
    low = np.where(k == 0, 0.0, scipy.special.betaincinv(k, n - k + 1, tail))
    high = np.where(k == n, 1.0, scipy.special.betainccinv(k + 1, n - k, tail))
    return low, high


def mid_p(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Mid-P limits (low, high) of rates, k successes among n, elementwise; n = 0 gives (0, 1).

    Each limit is the rate at which the tail beyond k plus half the probability of k itself is (1 - level) / 2: close to
    the level on average, where Clopper-Pearson is above it everywhere. Raises ValueError for impossible counts or
    levels. Source: Lancaster 1961; Agresti and Gottard 2005.
    """
    k, n = valid_counts(k, n)
    tail = alpha_of(level) / 2
    low, high = _mid_p_lower(np.stack([k, n - k]), np.stack([n, n]), tail)
    return low, 1 - high


def _mid_p_lower(k: Array, n: Array, tail: float) -> Array:
    """Lower limits, by Newton's steps on log scales between the Clopper-Pearson limits of k and k + 1."""
    some = k > 0
    least = scipy.special.betaincinv(k, n - k + 1, tail, out=np.zeros(k.shape), where=some)
    most = scipy.special.betaincinv(k + 1, n - k, tail, out=np.full(k.shape, ALMOST_ONE), where=k < n)
    rate = np.where(some, (least + most) / 2, 0.5)
    for _ in range(STEPS):
        here, beyond = scipy.special.betainc(k, n - k + 1, rate), scipy.special.betainc(k + 1, n - k, rate)
        chance = np.maximum((here + beyond) / 2, TINY)
        slope = np.maximum((here - beyond) / 2 * (k + (n - k) * rate / (1 - rate)), TINY)
        step = np.clip((np.log(tail) - np.log(chance)) * chance / slope, -50, 50)
        rate = np.clip(rate * np.exp(step), least, most)
    return np.where(some, rate, 0.0)


def paired_difference(b: float, c: float, n: float, level: float = 0.95) -> tuple[float, float, float]:
    """(difference, low, high) of two paired proportions: b of n pairs have only the first, c only the second.

    The score interval. It excludes 0 exactly when McNemar's asymptotic test rejects; with few discordant pairs that is
    a little before the exact `mcnemar` does, and then the exact test decides. Raises ValueError for impossible counts
    or n = 0. Source: Tango 1998.
    """
    valid_counts([b, c, b + c], n)
    z = normal_isf(alpha_of(level) / 2)
    if n == 0:
        raise ValueError("a paired difference needs at least one pair, got n = 0")

    def score(d: Array) -> Array:
        linear = (2 * n - b + c) * d - b - c
        only_second = (np.sqrt(np.maximum(0, linear**2 + 8 * n * c * d * (1 - d))) - linear) / (4 * n)
        variance = n * (2 * only_second + d * (1 - d))
        return (b - c - n * d) / np.sqrt(np.maximum(variance, 1e-300))

    low, high = _bisect(lambda d: score(d) > np.array([z, -z]), -np.ones(2), np.ones(2))
    return (b - c) / n, float(low), float(high)


def roc_auc(score: ArrayLike, positive: ArrayLike) -> float:
    """Probability that a positive example scores above a negative one, ties counted half.

    score, positive: shape (rows,). Raises ValueError with one class only. Source: Mann and Whitney 1947.
    """
    return float(_placements(score, positive)[0].mean())


def delongs(score: ArrayLike, positive: ArrayLike, levels: Iterable[float]) -> dict[float, tuple[float, float, float]]:
    """``delong`` at several levels, from one ranking."""
    placements = _placements(score, positive)
    return {one: _delong(placements, one) for one in levels}


def delong(score: ArrayLike, positive: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """(auc, low, high): area under the ROC curve with DeLong's variance, the interval made on the logit scale.

    Student's quantile with Welch's degrees of freedom, as in Brunner and Munzel's test, goes far towards keeping the
    level when one class is small; with very few examples and an area near 1 it still covers less (0.97 with 5 against
    500, at level 0.95: 83 percent).
    Where the ranking shows no variation at all (perfect, perfectly wrong, or all scores tied) DeLong's variance is 0
    and says nothing. Then the interval is Clopper-Pearson's for as many independent comparisons as there are disjoint
    pairs of a positive and a negative: valid for a perfect ranking, whose every pair is right. A class of one example
    has no variance of its own; the largest possible one, auc (1 - auc), takes its place.

    score, positive: shape (rows,). Raises ValueError with one class only.
    Source: DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014; Brunner and Munzel 2000.
    """
    return _delong(_placements(score, positive), level)


def _delong(placements: tuple[Array, Array], level: float) -> tuple[float, float, float]:
    alpha, auc = alpha_of(level), float(placements[0].mean())
    if all(np.ptp(each) == 0 for each in placements):
        pairs = min(len(each) for each in placements)
        low, high = clopper_pearson(auc * pairs, pairs, level)
        return auc, float(low), float(high)
    variance = np.array([(each.var(ddof=1) if len(each) > 1 else auc * (1 - auc)) / len(each) for each in placements])
    freedom = variance.sum() ** 2 / (variance**2 / [max(1, len(each) - 1) for each in placements]).sum()
    reach = student_isf(alpha / 2, freedom) * np.sqrt(variance.sum()) / (auc * (1 - auc))
    low, high = scipy.special.expit(scipy.special.logit(auc) + reach * np.array([-1, 1]))
    return auc, float(low), float(high)


def paired_delong(first: ArrayLike, second: ArrayLike, positive: ArrayLike) -> tuple[float, float]:
    """(difference, standard error) of two areas under the ROC curve on the same rows, second minus first.

    The error is 0 where both versions rank alike. first, second, positive: shape (rows,). Raises ValueError with one
    class only. Source: DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014.
    """
    before, after = _placements(first, positive), _placements(second, positive)
    gains = [new - old for old, new in zip(before, after, strict=True)]
    variance = sum(float(gain.var(ddof=1)) / len(gain) for gain in gains if len(gain) > 1)
    return float(gains[0].mean()), variance**0.5


def _placements(score: ArrayLike, positive: ArrayLike) -> tuple[Array, Array]:
    """For each positive the share of negatives below it, for each negative the share of positives above it."""
    score, truth = np.asarray(score, dtype=float), np.asarray(positive, dtype=bool)
    if score.ndim != 1 or score.shape != truth.shape or np.isnan(score).any():
        raise ValueError(f"need one score, not NaN, and one truth per row, got shapes {score.shape} and {truth.shape}")
    positives, negatives = score[truth], score[~truth]
    if not len(positives) or not len(negatives):
        raise ValueError(f"a ranking needs both classes, got {len(positives)} positives, {len(negatives)} negatives")
    placed = ranks(score)
    above = (placed[truth] - ranks(positives)) / len(negatives)
    below = 1 - (placed[~truth] - ranks(negatives)) / len(positives)
    return above, below


def quantile_bounds(values: ArrayLike, q: float, level: float = 0.95) -> tuple[float, float | None, float | None]:
    """(estimate, low, high) of the q-quantile of any distribution, each an observed value, in the unit of the values.

    A bound is None where the sample is too small to have one. values: shape (n,). Raises ValueError for an empty
    sample, values that are not finite, or q outside (0, 1). Source: Hahn and Meeker 1991, order statistics.
    """
    ordered = np.sort(np.asarray(values, dtype=float), axis=None)
    tail = alpha_of(level) / 2
    if not 0 < q < 1:
        raise ValueError(f"q must lie between 0 and 1, got {q}; the median is 0.5")
    if not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError("a quantile needs at least one value and only finite ones")
    below, above = (int(r) for r in scipy.stats.binom.ppf([tail, 1 - tail], len(ordered), q))
    return (
        float(np.quantile(ordered, q, method="inverted_cdf")),
        float(ordered[below - 1]) if below > 0 else None,
        float(ordered[above]) if above < len(ordered) else None,
    )


def valid_counts(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    k, n = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    if not (np.isfinite(n).all() and ((k >= 0) & (k <= n)).all()):
        raise ValueError(f"counts must be finite with 0 <= k <= n, got k = {k.tolist()}, n = {n.tolist()}")
    return k, n


def alpha_of(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, got {level}; the usual one is 0.95")
    return 1 - level


def _bisect(go_right: Callable[[Array], NDArray[np.bool_]], low: Array, high: Array) -> Array:
    """Elementwise, the point between low and high where go_right turns from true to false."""
    for _ in range(60):
        middle = (low + high) / 2
        right = go_right(middle)
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    return (low + high) / 2
