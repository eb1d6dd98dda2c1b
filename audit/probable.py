"""Rates of groups that are known by probability only: as if by one assumption, and between which limits without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.contrast import Extreme, tukey_z
from audit.interval import Array, alpha_of, clopper_pearson, mid_p
from audit.quantile import normal_isf
from audit.weight import Weights

STRATA = 20
"""Bins of equal width of a group's probability, within which outcome and group may go together in any way."""


@dataclass(frozen=True)
class Rates:
    """One rate of every group, made of what each example adds to its numerator and denominator, (groups,) each."""

    rate: Array
    parts: Array
    """(units, groups): how far each unit moves the rates; examples belong to several groups, so rates vary together."""
    variance: Array
    chosen: NDArray[np.bool_]
    """Whether terms were chosen and can be negative: then the rate is no share of counts, and errors are normal too."""
    most: Array
    """How many independent examples the rate is taken for at most, and where it shows no variation."""

    @classmethod
    def of(cls, term: Array, share: Array, weights: Weights, more: Array | None = None) -> Self:
        """term: (n, groups) what an example adds to the numerator, where its share adds to the denominator.

        more: (groups,) variance that choosing between terms adds to their sum. Only for groups with some share.
        Source: linearisation of a ratio, Cochran 1977; effective sample size, Kish 1965.
        """
        weight = weights.weight[:, None]
        size = (weight * share).sum(axis=0)
        rate = (weight * term).sum(axis=0) / size
        parts = _by_unit(weight * (term - rate * share) / size, weights)
        inside, squared = (_by_unit(weight * share**power, weights) for power in (1, 2))
        alone = np.divide(inside**3, squared, out=np.zeros_like(inside), where=squared > 0)
        chance = np.zeros(len(size)) if more is None else more
        variance = (parts**2).sum(axis=0) + chance / size**2
        return cls(np.clip(rate, 0, 1), parts, variance, chance > 0, size**2 / alone.sum(axis=0))

    @property
    def counts(self) -> tuple[Array, Array]:
        """(k, n): n independent examples would know the rate k / n as well."""
        possible = self.rate * (1 - self.rate)
        varied = (possible > 0) & (self.variance > 0)
        n = np.where(varied, np.minimum(possible / np.where(varied, self.variance, 1.0), self.most), self.most)
        return self.rate * n, n

    def limits(self, of: Callable[[Array, Array, float], tuple[Array, Array]], level: float) -> tuple[Array, Array]:
        """Limits (low, high), by limits for counts; the wider of these and the normal ones where terms were chosen."""
        low, high = of(*self.counts, level)
        reach = np.where(self.chosen, normal_isf(alpha_of(level) / 2) * np.sqrt(self.variance), 0.0)
        return np.minimum(low, np.maximum(self.rate - reach, 0)), np.maximum(high, np.minimum(self.rate + reach, 1))

    def correlation(self, other: Self) -> Array:
        """(groups, groups) of these errors with another's."""
        error = np.sqrt(np.outer(self.variance, other.variance))
        together = self.parts.T @ other.parts
        return np.divide(together, error, out=np.zeros_like(together), where=error > 0)


def weighted(outcome: NDArray[np.bool_], share: Array, weights: Weights) -> Rates:
    """The rate of every group if outcome and group are independent given what the probabilities were made from.

    Each example counts for every group by its probability. Source: Chen, Kallus, Mao, Svacha and Udell 2019.
    """
    return Rates.of(share * outcome[:, None], share, weights)


def bounds(outcome: NDArray[np.bool_], share: Array, weights: Weights, seed: int) -> tuple[Rates, Rates]:
    """The lowest and the highest rate of every group, whatever group and outcome have in common.

    Among examples of about the same probability, of which M are members and n1 of n had the outcome, at least
    M - (n - n1) and at least no member had it, and at most M and at most n1 members. Which of the two holds in a
    stratum is learned on the other half of the units: chosen and added up on the same examples, the limits would come
    out too narrow. Probabilities must be calibrated; nothing else is assumed.
    Source: Frechet 1935; Kallus, Mao and Zhou 2022; the halves: Chernozhukov et al. 2018 (cross-fitting).
    """
    order = np.random.default_rng(seed).permutation(int(weights.unit.max()) + 1)
    half = np.asarray(order[weights.unit] % 2, dtype=np.intp)
    found = [_bounded(outcome.astype(float), column, weights, half) for column in share.T]
    low, high, more = (np.column_stack(one) for one in zip(*found, strict=True))
    return Rates.of(low, share, weights, more[0]), Rates.of(high, share, weights, more[0])


def _bounded(y: Array, share: Array, weights: Weights, half: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Terms (n,) of the lower and of the upper bound, and the variance (1,) that choosing between two adds.

    The halves choose for each other. Where both choices are as good, their two sums vary by a share 1 / pi more than
    sums of fixed terms do.
    """
    inner = np.clip(np.ceil(share * STRATA), 1, STRATA).astype(np.intp)
    stratum = np.where(share <= 0, 0, np.where(share >= 1, STRATA + 1, inner))
    cells, other = STRATA + 2, (1 - half) * (STRATA + 2) + stratum
    both, one = share + y - 1, y - share

    def seen(term: Array) -> Array:
        return np.asarray(np.bincount(half * cells + stratum, weights.weight * term, 2 * cells)[other], dtype=float)

    low = np.where(share >= 1, y, np.where((share > 0) & (seen(both) > 0), both, 0.0))
    high = np.where(share >= 1, y, np.where((share > 0) & (seen(one) < 0), y, share))
    total = np.bincount(stratum, weights.weight, cells)
    mean = np.divide(np.bincount(stratum, weights.weight * y, cells), total, out=np.zeros(cells), where=total > 0)
    apart = np.where((share > 0) & (share < 1), weights.weight * (y - mean[stratum]), 0.0)
    return low, high, np.array([(_by_unit(apart[:, None], weights) ** 2).sum() / (2 * np.pi)])


def influence(outcome: NDArray[np.bool_], share: Array, weights: Weights, pair: tuple[int, int]) -> Array:
    """(n,) the weighted difference of two groups, and how far each example moves it; its weighted mean is the difference.

    pair: positions of the group that is added and of the one that is taken away. Source: Hampel 1974.
    """
    weight = weights.weight
    size, rate = weight @ share, (weight * outcome) @ share / (weight @ share)
    moved = share * (outcome[:, None] - rate) / size
    more, less = pair
    return np.asarray(rate[more] - rate[less] + weight.sum() * (moved[:, more] - moved[:, less]))


def largest_gap(value: Array, low: Rates, high: Rates, level: float = 0.95) -> Extreme:
    """Largest difference between two groups whose rates lie between ``low`` and ``high``; pairs are (higher, lower).

    Square-and-add limits with split roles, as in `contrast.largest_difference`, and with the correlation of rates that
    share examples. Where groups are certain it is that function. Raises ``ValueError`` for fewer than two groups.
    Source: Zou and Donner 2008; Tukey 1953.
    """
    joint = 1 - 2 * float(scipy.special.ndtr(-tukey_z(len(value), level)))
    (least, _), (_, most) = low.limits(clopper_pearson, joint), high.limits(clopper_pearson, joint)
    sure = _minus(low.rate, high.rate) - _joined(low.rate - least, most - high.rate, low.correlation(high))
    (least, _), (_, most) = low.limits(mid_p, level), high.limits(mid_p, level)
    possible = _minus(high.rate, low.rate) + _joined(most - high.rate, low.rate - least, high.correlation(low))
    (gap, pair), (low_end, low_pair), (high_end, high_pair) = map(_largest, (_minus(value, value), sure, possible))
    return Extreme(
        value=gap, low=min(gap, max(0.0, low_end)), high=max(gap, min(1.0, high_end)), pair=pair,
        low_pair=low_pair if low_end > 0 else None, high_pair=high_pair,
    )  # fmt: skip


def _joined(one: Array, other: Array, correlation: Array) -> Array:
    """(groups, groups) length of the difference of two correlated errors of these lengths."""
    first, second = one[:, None], other[None, :]
    joined: Array = np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0))
    return joined


def _minus(a: Array, b: Array) -> Array:
    difference: Array = a[:, None] - b[None, :]
    return difference


def _largest(table: Array) -> tuple[float, tuple[int, int]]:
    i, j = np.unravel_index(np.argmax(np.where(np.eye(len(table), dtype=bool), -np.inf, table)), table.shape)
    return float(table[i, j]), (int(i), int(j))


def _by_unit(table: Array, weights: Weights) -> Array:
    if weights.ids is None:
        return table
    size = int(weights.unit.max()) + 1
    summed: Array = np.column_stack([np.bincount(weights.unit, column, size) for column in table.T])
    return summed
