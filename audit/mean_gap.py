"""The largest gap between groups of a mean or an area under the ROC curve, with an honest interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.contrast import Extreme, tukey_z
from audit.interval import Array, clopper_pearson, mid_p
from audit.moments import Means
from audit.scores import Ranking

STEADY = 30
"""Rows of the pooled variance that every group is given: the few rows of a small group may show none."""
Limits = Callable[[Array, Array, float], tuple[Array, Array]]


@dataclass(frozen=True)
class Estimate:
    """One number of every group, and a rate of so many independent rows that is as sure as it, (groups,) each.

    Limits are those of the rate, moved to the number. So they have the skewed tails of a bounded number, where limits
    by normal quantiles would accuse: one high score among ten low ones is no evidence that a group scores higher.
    """

    value: Array
    variance: Array
    """Of the value."""
    rate: Array
    n: Array
    """Effective: the variance of the rate is rate (1 - rate) / n."""
    span: float = 1.0
    """What a step of 1 of the rate is in the unit of the value; negative where the value falls as the rate rises."""

    def limits(self, of: Limits, level: float) -> tuple[Array, Array]:
        """Limits (low, high) of the numbers, by limits for counts."""
        low, high = of(self.rate * self.n, self.n, level)
        ends = self.value + self.span * (low - self.rate), self.value + self.span * (high - self.rate)
        return ends if self.span > 0 else ends[::-1]


def of_means(means: Means, floor: float, ceiling: float) -> Estimate:
    """Means of a value that lies between floor and ceiling; only groups with rows may be among them."""
    span = ceiling - floor
    return _as_rates(means, np.clip((means.value - floor) / span, 0, 1), span)


def of_calibration(error: Means, outcome: Means) -> Estimate:
    """Mean stated probability minus share of the outcome; it is about as skewed as the share."""
    return _as_rates(error, np.clip(outcome.value, 0, 1), -1.0)


def _as_rates(means: Means, rate: Array, span: float) -> Estimate:
    """A rate at an end, which shows no variation, counts as many rows as there are.

    A group's variance is its own, or larger: steadied by some rows of the variance within all groups, as if of all rows
    at least one had lain a quarter of the range away. So constant scores of a few rows are not taken for certain.
    """
    n = means.n.astype(float)
    alone = n - 1
    within = (means.error / span) ** 2 * n
    pooled = max(float((within * alone).sum()), 1 / 16) / max(float(alone.sum()), 1.0)
    of_row = np.maximum(within, (within * alone + STEADY * pooled) / (alone + STEADY))
    possible = rate * (1 - rate)
    effective = n * np.where(possible > 0, possible / of_row, 1.0)
    return Estimate(means.value, span**2 * of_row / n, rate, effective, span)


def of_areas(ranking: Ranking) -> Estimate:
    """Areas under the ROC curve; only groups with both outcomes may be among them.

    Where a ranking shows no variation, or the rarer outcome is one example, its variance says nothing: then n is the
    number of disjoint pairs of both outcomes. Where scores were counted in bins, the stated error of the area is added
    to its standard error.
    """
    area, pairs = ranking.area, np.minimum(ranking.positives, ranking.negatives)
    possible = area * (1 - area)
    known = (ranking.error > 0) & (pairs > 1) & (possible > 0)
    variance = np.where(known, (ranking.error + ranking.bound) ** 2, possible / pairs)
    return Estimate(area, variance, area, np.where(known, possible / np.where(known, variance, 1.0), pairs))


def largest_gap(found: Estimate, level: float = 0.95) -> Extreme:
    """Largest difference between two groups; pairs are (higher, lower).

    Square-and-add limits with split roles, as in `contrast.largest_difference`: the lower end claims a disparity and
    takes Clopper-Pearson limits at Tukey's point for all pairs at once, the upper end each pair's own mid-P limits.
    Raises ``ValueError`` for fewer than two groups.
    Source: Zou and Donner 2008; Tukey 1953; for areas DeLong et al. 1988.
    """
    value = found.value
    low, high = found.limits(clopper_pearson, 1 - 2 * float(scipy.special.ndtr(-tukey_z(len(value), level))))
    gap = value[:, None] - value[None, :]
    sure = gap - np.hypot((value - low)[:, None], (high - value)[None, :])
    low, high = found.limits(mid_p, level)
    possible = gap + np.hypot((high - value)[:, None], (value - low)[None, :])
    (most, pair), (low_end, low_pair), (high_end, high_pair) = (_largest(one) for one in (gap, sure, possible))
    return Extreme(
        value=most, low=max(0.0, low_end), high=max(most, high_end), pair=pair,
        low_pair=low_pair if low_end > 0 else None, high_pair=high_pair,
    )  # fmt: skip


def _largest(table: NDArray[np.float64]) -> tuple[float, tuple[int, int]]:
    i, j = np.unravel_index(np.argmax(np.where(np.eye(len(table), dtype=bool), -np.inf, table)), table.shape)
    return float(table[i, j]), (int(i), int(j))
