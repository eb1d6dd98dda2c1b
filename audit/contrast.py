"""The most extreme contrast between groups: largest difference and smallest ratio of rates, with honest intervals.

The largest of many differences is large by chance alone, so each end of an interval is made for the claim it carries.
Counts may be fractional where rows are weighted. Nothing here draws random numbers.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array, alpha_of, clopper_pearson, mid_p, valid_counts
from audit.quantile import normal_isf, normal_pdf
from audit.root import root

Pair = tuple[int, int]
BELOW_ONE = 1 - 2.0**-53
NOTHING = 1e-100
"""Lower limits under this bound no ratio: their squares are no longer numbers."""


@dataclass(frozen=True)
class Extreme:
    """The most extreme contrast between two groups, its interval, and the two groups behind each of the three numbers.

    A pair (i, j) holds positions in the input and reads "i minus j" or "i divided by j". It is None where no pair
    drives the number: no value, or an end of the interval that stays at "equal" (difference 0, ratio 1).
    """

    value: float | None
    low: float
    high: float
    pair: Pair | None
    low_pair: Pair | None
    high_pair: Pair | None


def largest_difference(k: ArrayLike, n: ArrayLike, level: float = 0.95, block: ArrayLike | None = None) -> Extreme:
    """Largest difference between the rates k / n of two groups, in [0, 1]; pairs are (higher, lower).

    Square-and-add limits with split roles. The lower end claims a disparity, so it holds for all pairs at once:
    Clopper-Pearson limits at Tukey's point, each block at 1 - (1 - level) / blocks. The upper end must hold only for
    the one true extreme pair: the largest pointwise mid-P limit. The interval excludes 0 exactly when that of
    `smallest_ratio` excludes 1.

    k, n: shape (groups,), disjoint groups; groups with n = 0 are left out. block: labels of shape (groups,), such as
    the true class in equalized odds; contrasts are formed within a block only. Raises ValueError for impossible counts,
    or where no block has two groups with data.
    Source: Zou and Donner 2008; Tukey 1953.
    """
    k, n = valid_counts(k, n)
    blocks = _blocks(n, block)
    values, lows, highs = [], [], []
    for at in blocks:
        p = k[at] / n[at]
        values.append(-_minus(p, p))
        lows.append(-_difference_low(p, *_simultaneous(k[at], n[at], level, len(blocks))))
        highs.append(
            _difference_low(p, *mid_p(k[at], n[at], level)).T
        )  # the upper limit of i - j is minus the lower of j - i
    value, pair = _smallest(blocks, values)
    low, low_pair = _smallest(blocks, lows)
    high, high_pair = _smallest(blocks, highs)
    return Extreme(
        value=-value,
        low=max(0.0, -low),
        high=min(1.0, -high),
        pair=pair,
        low_pair=low_pair if low < 0 else None,
        high_pair=high_pair,
    )


def smallest_ratio(k: ArrayLike, n: ArrayLike, level: float = 0.95, block: ArrayLike | None = None) -> Extreme:
    """Smallest ratio between the rates k / n of two groups, in [0, 1]; pairs are (lower, higher).

    Split roles as in `largest_difference`, by the square-and-add limits of a ratio: here the upper end claims a
    disparity and holds for all pairs at once. The value is None where every rate is 0. Arguments and errors are those
    of `largest_difference`.
    Source: Donner and Zou 2012.
    """
    k, n = valid_counts(k, n)
    blocks = _blocks(n, block)
    values, lows, highs = [], [], []
    for at in blocks:
        p = k[at] / n[at]
        low, high = mid_p(k[at], n[at], level)
        values.append(_over(p[:, None], p[None, :]))
        lows.append(_ratio_low(p, low, high))
        sure = _simultaneous(k[at], n[at], level, len(blocks))
        apart = (
            _difference_low(p, *sure).T > 0
        )  # below 1 exactly where the difference is above 0, in the last digits too
        highs.append(np.where(apart, np.minimum(_ratio_high(p, *sure), BELOW_ONE), 1.0))
    value, pair = _smallest(blocks, values)
    low_end, low_pair = _smallest(blocks, lows)
    high_end, high_pair = _smallest(blocks, highs)
    some = bool(np.isfinite(value))
    return Extreme(
        value=value if some else None,
        low=low_end,
        high=min(1.0, high_end),
        pair=pair if some else None,
        low_pair=low_pair,
        high_pair=high_pair if high_end < 1 else None,
    )


def debiased_difference(k: ArrayLike, n: ArrayLike) -> float:
    """Largest difference of rates without the part that chance alone makes; shown beside the plain one, in [0, 1].

    The largest minus the smallest observed rate is biased upwards, the more so the more and the smaller the groups.
    Here the rates are shrunk to their mean until they spread as much as the true rates are estimated to.

    k, n: shape (groups,); groups with n = 0 are left out. Raises ValueError for impossible counts or fewer than two
    groups with data.
    Source: constrained empirical Bayes, Louis 1984 and Ghosh 1992; spread between groups, DerSimonian and Laird 1986.
    """
    k, n = valid_counts(k, n)
    (at,) = _blocks(n, None)
    k, n = k[at], n[at]
    p, overall = k / n, k.sum() / n.sum()
    noise = max(overall * (1 - overall), 1e-12) / n
    weight = 1 / noise
    total = weight.sum()
    excess = (weight * (p - (weight * p).sum() / total) ** 2).sum() - (len(p) - 1)
    spread = max(0.0, excess / (total - (weight**2).sum() / total))
    centre = np.average(p, weights=1 / (spread + noise))
    return float(np.ptp(np.clip(centre + np.sqrt(spread / (spread + noise)) * (p - centre), 0, 1)))


def pair_difference(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> tuple[Array, Array, Array]:
    """(difference, low, high) of the rates k / n and other_k / other_n of pairs chosen beforehand, elementwise.

    Square-and-add of mid-P limits at both ends. Raises ValueError for impossible counts or a group without data.
    Source: Zou and Donner 2008.
    """
    (p, low, high), (q, other_low, other_high) = _limits(k, n, level), _limits(other_k, other_n, level)
    return p - q, p - q - np.hypot(p - low, other_high - q), p - q + np.hypot(high - p, q - other_low)


def pair_ratio(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> tuple[Array, Array, Array]:
    """(ratio, low, high) of the rates k / n and other_k / other_n of pairs chosen beforehand, elementwise.

    Infinite where nothing bounds it: the other rate, or its lower limit, is 0. Errors as for `pair_difference`.
    Source: Donner and Zou 2012.
    """
    (p, low, high), (q, other_low, other_high) = _limits(k, n, level), _limits(other_k, other_n, level)
    return _over(p, q), _quotient_low(p, low, q, other_high), _quotient_high(p, high, q, other_low)


def against_best(
    k: ArrayLike, n: ArrayLike, level: float = 0.95, eligible: ArrayLike | None = None
) -> tuple[Array, Array, Array]:
    """(ratio, low, high), (groups,) each: every group's rate over the highest rate of all eligible groups.

    Which group is best is itself uncertain, so each is set against all: the lower end is the smallest of the pointwise
    mid-P limits (it must hold for the one true best), the upper end the smallest of limits that hold for all at once
    (Clopper-Pearson at Dunnett's point). Groups that are not eligible never set the benchmark; they are still compared,
    and their ratio may exceed 1. NaN for groups with n = 0, and everywhere if nobody eligible has a rate above 0.

    Raises ValueError for impossible counts. Source: Dunnett 1955; Donner and Zou 2012.
    """
    k, n = valid_counts(k, n)
    able = (np.ones(n.shape, dtype=bool) if eligible is None else np.asarray(eligible, dtype=bool)) & (n > 0)
    p = np.divide(k, n, out=np.full(n.shape, np.nan), where=n > 0)
    nothing = np.full(n.shape, np.nan)
    if not able.any() or not p[able].max():
        return nothing, nothing.copy(), nothing.copy()
    z = dunnett_z(max(2, int(able.sum())), level)
    low, high = mid_p(k, n, level)
    sure_low, sure_high = clopper_pearson(k, n, 1 - 2 * float(scipy.special.ndtr(-z)))
    known = np.nan_to_num(p)
    lows = _quotient_low(known[:, None], low[:, None], known[None, :], high[None, :])
    highs = _quotient_high(known[:, None], sure_high[:, None], known[None, :], sure_low[None, :])
    other = able[None, :] & ~np.eye(len(n), dtype=bool)
    most = np.where(able, 1.0, np.inf)
    value = p / p[able].max()
    ends = (np.minimum(most, np.where(other, ends, np.inf).min(axis=1, initial=np.inf)) for ends in (lows, highs))
    low_end, high_end = (
        np.where(n > 0, np.where(np.isinf(end), 1.0 if able.sum() < 2 else end, end), np.nan) for end in ends
    )
    return value, np.minimum(low_end, value), np.maximum(high_end, value)


@lru_cache
def dunnett_z(groups: int, level: float) -> float:
    """How many standard errors the best of that many groups stays from a given one, one-sided at (1 + level) / 2.

    Raises ValueError for fewer than two groups. Source: Dunnett 1955.
    """
    tail = alpha_of(level) / 2
    if groups < 2:
        raise ValueError(f"a best group needs another beside it, got {groups}")
    x = np.linspace(-9, 9, 1441)
    density = normal_pdf(x) * (x[1] - x[0])

    def excess(z: float) -> float:
        return float((density * scipy.special.ndtr(x + z * np.sqrt(2)) ** (groups - 1)).sum() - (1 - tail))

    return root(excess, 0.0, normal_isf(tail / groups) + 1)


@lru_cache
def tukey_z(groups: int, level: float) -> float:
    """How many standard errors the largest of all pairwise differences stays below with probability `level`.

    It is the quantile of the range of that many standard normals, divided by the square root of 2 (two groups, 0.95:
    1.96). Raises ValueError for fewer than two groups. Source: Tukey 1953.
    """
    alpha = alpha_of(level)
    if groups < 2:
        raise ValueError(f"a range needs at least two groups, got {groups}")
    x = np.linspace(-9, 9, 1441)
    density = normal_pdf(x) * (x[1] - x[0])

    def excess(z: float) -> float:
        inside = scipy.special.ndtr(x + z * np.sqrt(2)) - scipy.special.ndtr(x)
        return float(groups * (density * inside ** (groups - 1)).sum() - level)

    bonferroni = normal_isf(alpha / (groups * (groups - 1)))
    return root(excess, 0.0, bonferroni + 1)


def _simultaneous(k: Array, n: Array, level: float, blocks: int) -> tuple[Array, Array]:
    """Clopper-Pearson limits at Tukey's point for these groups, one of so many blocks."""
    z = tukey_z(len(k), 1 - alpha_of(level) / blocks)
    return clopper_pearson(k, n, 1 - 2 * float(scipy.special.ndtr(-z)))


def _difference_low(p: Array, low: Array, high: Array) -> Array:
    """Lower square-and-add limits of p_i - p_j, shape (groups, groups)."""
    return _minus(p, p) - np.hypot((p - low)[:, None], (high - p)[None, :])


def _ratio_low(p: Array, low: Array, high: Array) -> Array:
    """Lower limits of p_i / p_j, shape (groups, groups)."""
    return _quotient_low(p[:, None], low[:, None], p[None, :], high[None, :])


def _ratio_high(p: Array, low: Array, high: Array) -> Array:
    """Upper limits of p_i / p_j, shape (groups, groups)."""
    return _quotient_high(p[:, None], high[:, None], p[None, :], low[None, :])


def _quotient_low(p: Array, low: Array, q: Array, high: Array) -> Array:
    """Lower square-and-add limit of p / q from p's lower and q's upper limit, in a form without cancellation."""
    product, top = p * q, low * (2 * p - low)
    root = np.sqrt(np.maximum(0, product**2 - top * (high * (2 * q - high))))
    return np.where(p == 0, 0.0, _over(top, product + root))


def _quotient_high(p: Array, high: Array, q: Array, low: Array) -> Array:
    """Upper square-and-add limit of p / q from p's upper and q's lower limit; infinite where that is 0."""
    low = np.where(low < NOTHING, 0.0, low)
    product, bottom = p * q, low * (2 * q - low)
    root = np.sqrt(np.maximum(0, product**2 - (high * (2 * p - high)) * bottom))
    return _over(product + root, bottom)


def _limits(k: ArrayLike, n: ArrayLike, level: float) -> tuple[Array, Array, Array]:
    """Rates with their mid-P limits, at least one-dimensional."""
    k, n = valid_counts(np.atleast_1d(k), np.atleast_1d(n))
    if not n.all():
        raise ValueError(f"a comparison needs data in every group, got n = {n.tolist()}")
    return k / n, *mid_p(k, n, level)


def _minus(a: Array, b: Array) -> Array:
    difference: Array = a[:, None] - b[None, :]
    return difference


def _over(a: Array, b: Array) -> Array:
    """a / b, infinite where b is 0."""
    a, b = np.broadcast_arrays(a, b)
    quotient: Array = np.divide(a, b, out=np.full(a.shape, np.inf), where=b > 0)
    return quotient


def _blocks(n: Array, block: ArrayLike | None) -> list[NDArray[np.intp]]:
    """Positions of the groups with data, one array for each block that has at least two of them."""
    labels = np.zeros(n.shape) if block is None else np.asarray(block)
    if n.ndim != 1 or labels.shape != n.shape:
        raise ValueError(f"need one count and one block per group, got shapes {n.shape} and {labels.shape}")
    blocks = [np.flatnonzero((labels == label) & (n > 0)) for label in np.unique(labels)]
    blocks = [at for at in blocks if len(at) > 1]
    if not blocks:
        raise ValueError(f"a contrast needs at least two groups with data, got n = {n.tolist()}; add groups or rows")
    return blocks


def _smallest(blocks: list[NDArray[np.intp]], tables: list[Array]) -> tuple[float, Pair]:
    """The smallest entry off the diagonal of any block's table, and the positions of its two groups."""
    found = []
    for at, table in zip(blocks, tables, strict=True):
        np.fill_diagonal(table, np.inf)
        i, j = np.unravel_index(np.argmin(table), table.shape)
        found.append((float(table[i, j]), (int(at[i]), int(at[j]))))
    return min(found, key=lambda each: each[0])
