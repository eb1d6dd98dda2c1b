"""Rates of groups that are known by probability only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.interval import Array, alpha_of


@dataclass(frozen=True)
class Weighted:
    """The rate of every group if outcome and group are independent given what the probabilities were made from.

    Each example counts for every group by its probability. Source: Chen, Kallus, Mao, Svacha and Udell 2019.
    """

    rate: Array
    """(groups,)."""
    covariance: Array
    """(groups, groups), by linearisation: groups share examples."""
    size: Array
    """(groups,) sum of the probabilities."""

    @classmethod
    def of(cls, outcome: NDArray[np.bool_], share: Array) -> Weighted:
        size = share.sum(axis=0)
        there = np.maximum(size, 1e-300)
        rate = np.clip((outcome @ share) / there, 0, 1)
        residual = share * (outcome[:, None] - rate) / there
        n = len(outcome)
        return cls(rate, residual.T @ residual * n / max(1, n - 1), size)

    def limits(self, level: float) -> tuple[Array, Array]:
        """Wilson's form with the effective size of each group: never outside 0 and 1."""
        return _wilson(self.rate, self.effective, float(scipy.stats.norm.isf(alpha_of(level) / 2)))

    @property
    def effective(self) -> Array:
        """(groups,) independent examples that would know the rate as well; the summed probability where it is at an end."""
        possible, variance = self.rate * (1 - self.rate), np.diag(self.covariance)
        varied = (possible > 0) & (variance > 0)
        return np.where(
            varied, np.minimum(possible / np.where(varied, variance, 1.0), self.size), np.maximum(self.size, 1.0)
        )

    def gap(self, level: float) -> tuple[float, float, float, tuple[int, int]]:
        """(largest difference, low, high, pair): the lower end holds for all pairs at once (Bonferroni), the upper for one."""
        groups = len(self.rate)
        pairs = max(1, groups * (groups - 1) // 2)
        sure, single = (float(scipy.stats.norm.isf(alpha_of(level) / 2 / count)) for count in (pairs, 1))
        apart = self.rate[:, None] - self.rate[None, :]
        variance = np.diag(self.covariance)
        error = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * self.covariance, 0))
        i, j = np.unravel_index(int(apart.argmax()), apart.shape)
        low, high = float((apart - sure * error).max()), float((apart + single * error).max())
        return float(apart[i, j]), max(0.0, low), min(1.0, high), (int(i), int(j))


STRATA = 20
"""Bins of equal width of a group's probability, within which outcome and group may go together in any way."""


def bounds(outcome: NDArray[np.bool_], share: Array, level: float) -> tuple[Array, Array]:
    """Limits (low, high), (groups,) each, of a group's rate whatever group and outcome have in common.

    Examples are sorted by their probability of the group. Of the M members among n examples of about the same probability,
    of which n1 had the outcome, at least M - (n - n1) and at most min(M, n1) had it; these are added up, and the limits
    of chance put on top. Probabilities must be calibrated; nothing else is assumed.
    Source: Frechet 1935; Kallus, Mao and Zhou 2022.
    """
    z = float(scipy.stats.norm.isf(alpha_of(level) / 2))
    ends = [_bounded(outcome, column, z) for column in share.T]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


def _bounded(outcome: NDArray[np.bool_], share: Array, z: float) -> tuple[float, float]:
    inner = np.clip(np.ceil(share * STRATA), 1, STRATA).astype(int)
    stratum = np.where(share <= 0, 0, np.where(share >= 1, STRATA + 1, inner))
    n = np.bincount(stratum, minlength=STRATA + 2)
    selected = np.bincount(stratum, outcome, STRATA + 2)
    members = np.bincount(stratum, share, STRATA + 2)
    total = float(members.sum())
    if total <= 0:
        return 0.0, 1.0
    fewest, most = np.maximum(0, members - (n - selected)), np.minimum(members, selected)
    varied = np.divide(selected * (n - selected), n, out=np.zeros(len(n)), where=n > 0)
    down, up = (float(np.sqrt(varied[active].sum())) for active in (members > n - selected, selected < members))
    low, high = (fewest.sum() - z * max(down, 0.5)) / total, (most.sum() + z * max(up, 0.5)) / total
    return float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))


def _wilson(p: Array, n: Array, z: float) -> tuple[Array, Array]:
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.clip(middle - reach, 0, p), np.clip(middle + reach, p, 1)
