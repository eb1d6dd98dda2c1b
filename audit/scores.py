"""Mergeable scores: how they rank and lie, by group and outcome, without the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.grouping import Grouping, coarser, finest
from audit.tally import EVERYONE

Array = NDArray[np.float64]
EXACT = 100_000
"""Distinct scores that are kept as they are; beyond, scores are counted in bins."""
BINS = 10_000


@dataclass(frozen=True)
class Ranking:
    """The area under the ROC curve of every group, (groups,) each; NaN where a group lacks one of the two outcomes."""

    area: Array
    error: Array
    """DeLong's standard error."""
    bound: Array
    """How far the area of the scores themselves can lie from that of the counts: 0 where no scores share a bin."""
    positives: Array
    negatives: Array


@dataclass(frozen=True)
class Scores:
    """How often every score occurs, by group and outcome: exact, or in bins of equal width with a stated error.

    Merging is exact: shards kept as they are unite their scores, shards in bins add up.
    """

    support: Array
    """(values,) the scores that occur, sorted; the bins' middles where ``width`` is not 0."""
    width: float
    """Of a bin; 0 where scores are kept as they are."""
    grouping: dict[str, Grouping]
    counts: dict[str, Array]
    """(groups, 2, values): outcome 0 and 1, sums of weights where rows are weighted."""

    @classmethod
    def of(
        cls,
        score: ArrayLike,
        positive: ArrayLike,
        groups: Mapping[str, Any],
        weight: ArrayLike | None = None,
        bins: int | None = None,
    ) -> Self:
        """score: (n,) finite; between 0 and 1 where they are counted in ``bins``. positive: (n,) whether it came true.

        Left out, ``bins`` are taken for more than 100,000 distinct scores only. Raises ``ValueError`` for other scores.
        """
        score, positive = np.asarray(score, dtype=float), np.asarray(positive, dtype=bool)
        if not np.isfinite(score).all():
            raise ValueError(f"{int((~np.isfinite(score)).sum())} of {len(score)} scores are missing or infinite.")
        support, place, width = _supported(score, bins)
        whole, code = finest(groups, len(score))
        size = len(support)
        grouping, counts = {}, {}
        for one, where in coarser(whole):
            cell = (where[code] * 2 + positive) * size + place
            flat = np.bincount(cell, weight, len(one.parts) * 2 * size)
            grouping[one.by], counts[one.by] = one, flat.reshape(-1, 2, size).astype(float)
        return cls(support, width, grouping, counts)

    def __add__(self, other: Self) -> Self:
        """The scores of both shards. Raises ``ValueError`` where they are kept in other bins or groupings."""
        if (self.width, set(self.grouping)) != (other.width, set(other.grouping)):
            raise ValueError(
                f"Shards differ: bins of {self.width:g} by {sorted(self.grouping)}, bins of {other.width:g}."
            )
        support = np.union1d(self.support, other.support)
        grouping = {by: one.union(other.grouping[by]) for by, one in self.grouping.items()}
        counts = {
            by: self._aligned(by, one, support) + other._aligned(by, one, support) for by, one in grouping.items()
        }
        return type(self)(support, self.width, grouping, counts)

    def ranking(self, by: str = EVERYONE) -> Ranking:
        """ROC-AUC of every group with DeLong's standard error, from counts: exact where scores are kept as they are.

        Source: DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014.
        """
        negative, positive = self.counts[by][:, 0], self.counts[by][:, 1]
        n, m = negative.sum(axis=1), positive.sum(axis=1)
        both = (n > 0) & (m > 0)
        below = _share(negative.cumsum(axis=1) - negative / 2, n)
        above = 1 - _share(positive.cumsum(axis=1) - positive / 2, m)
        area = _share((positive * below).sum(axis=1)[:, None], m)[:, 0]
        variance = _variance(positive, below, area, m) + _variance(negative, above, area, n)
        same = (
            _share((_share(negative, n) * positive).sum(axis=1)[:, None], m)[:, 0] / 2
            if self.width
            else np.zeros(len(n))
        )
        area, error, bound = (np.where(both, part, np.nan) for part in (area, np.sqrt(variance), same))
        return Ranking(area, error, bound, m, n)

    def quantile(self, q: float, by: str = EVERYONE) -> Array:
        """(groups,) the q-quantile of the scores, at most half a bin's width from that of the scores; NaN if empty."""
        counts = self.counts[by].sum(axis=1)
        total = counts.sum(axis=1)
        reached = counts.cumsum(axis=1) >= (q * total)[:, None] - 1e-12
        return np.where(total > 0, self.support[reached.argmax(axis=1)], np.nan)

    def _aligned(self, by: str, within: Grouping, support: Array) -> Array:
        whole = np.zeros((len(within.parts), 2, len(support)))
        rows, columns = self.grouping[by].positions(within), np.searchsorted(support, self.support)
        whole[np.ix_(rows, np.arange(2), columns)] = self.counts[by]
        return whole


def clustered(
    score: ArrayLike, positive: ArrayLike, weight: ArrayLike | None = None, unit: ArrayLike | None = None
) -> Ranking:
    """ROC-AUC of one group of rows that are weighted or belong to units, its standard error that of the units.

    Each row's part in the area is DeLong's placement; parts of one unit go together. The numbers of both outcomes are
    those of the units that show them, or the effective ones of weighted rows. NaN with one outcome only. Needs the rows:
    a unit's part depends on everybody's scores, so it cannot be added up over shards. Source: Obuchowski 1997.
    """
    score, positive = np.asarray(score, dtype=float), np.asarray(positive, dtype=bool)
    w = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=float)
    support, place = np.unique(score, return_inverse=True)
    sides = [np.bincount(place, w * one, len(support)) for one in (~positive, positive)]
    total = [float(one.sum()) for one in sides]
    if min(total) <= 0:
        nothing = np.zeros(1)
        return Ranking(np.full(1, np.nan), np.full(1, np.nan), nothing, nothing, nothing)
    below, above = ((one.cumsum() - one / 2) / of for one, of in zip(sides, total, strict=True))
    area = float((sides[1] * below).sum() / total[1])
    part = w * np.where(positive, (below[place] - area) / total[1], (1 - above[place] - area) / total[0])
    code = np.arange(len(score)) if unit is None else np.unique(np.asarray(unit), return_inverse=True)[1]
    units = np.bincount(code, part)
    error = float(np.sqrt((units**2).sum() * len(units) / max(1, len(units) - 1)))
    sizes = [_effective(code[one & (w > 0)], w[one & (w > 0)]) for one in (positive, ~positive)]
    positives, negatives = (np.array([one]) for one in sizes)
    return Ranking(np.array([area]), np.array([error]), np.zeros(1), positives, negatives)


def _effective(code: NDArray[np.intp], weight: Array) -> float:
    """Kish's effective number of the units that rows belong to."""
    sums = np.bincount(code, weight)
    return float(sums.sum() ** 2 / (sums**2).sum())


def _supported(score: Array, bins: int | None) -> tuple[Array, NDArray[np.intp], float]:
    if bins is None:
        support, place = np.unique(score, return_inverse=True)
        if len(support) <= EXACT:
            return support, place, 0.0
        bins = BINS
    if len(score) and not (score.min() >= 0 and score.max() <= 1):
        raise ValueError(
            f"Scores from {score.min():g} to {score.max():g} cannot be binned: they must lie within 0 and 1."
        )
    place = np.minimum((score * bins).astype(np.intp), bins - 1)
    return (np.arange(bins) + 0.5) / bins, place, 1 / bins


def _share(part: Array, whole: Array) -> Array:
    share: Array = np.divide(part, whole[:, None], out=np.zeros_like(part), where=whole[:, None] > 0)
    return share


def _variance(counts: Array, placement: Array, area: Array, total: Array) -> Array:
    """DeLong's part of one outcome: variance of the placements over their number; the largest possible for one row."""
    around = (counts * (placement - area[:, None]) ** 2).sum(axis=1)
    several = np.divide(around, (total - 1) * total, out=np.zeros_like(total), where=total > 1)
    return np.where(total > 1, several, area * (1 - area))
