"""Slices that a search proposed, tested on rows that it did not see.

The worst of many slices looks bad by chance alone. So one half of the rows is searched and the other half tests what was
found: there a slice is chosen beforehand, its effect is not inflated, and only the few that are tested count as asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.attributes import Attributes, members
from audit.contrast import pair_difference
from audit.hypothesis import benjamini_yekutieli, max_t
from audit.interval import Array, mid_p
from audit.mean_gap import of_means
from audit.measure import Condition
from audit.moments import Moments
from audit.slices import DEEPEST, TIE, Scan, top_slices
from audit.tally import Tally

Mask = NDArray[np.bool_]
POOL, ROUNDS, SWEEPS = 100, 3, 3
"""Slices to choose from at a time, times that they are searched for, and passes over what is explained."""
LEAST = 1e-300


@dataclass(frozen=True)
class Errors:
    """Rows that can be searched or tested: what they are like, and how wrong the model is on each."""

    attributes: Attributes
    error: Array
    """(n,) from 0 to ``most``."""
    most: float = 1.0
    weight: NDArray[Any] | None = None
    unit: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.error)

    @property
    def plain(self) -> bool:
        """Whether rows are right or wrong, count alike and stand alone: then tests are exact."""
        return self.weight is None and self.unit is None and bool(np.isin(self.error, (0, 1)).all())

    def take(self, rows: Mask) -> Errors:
        weight, unit = (None if one is None else np.asarray(one)[rows] for one in (self.weight, self.unit))
        return Errors(self.attributes.take(rows), self.error[rows], self.most, weight, unit)


@dataclass(frozen=True)
class Contrast:
    """The mean error of a slice and of all the rest, as rates of effective counts; (2,) each, inside first."""

    k: Array
    n: Array
    rows: tuple[int, int]
    span: float = 1.0
    """What a rate of 1 is in the unit of the error."""

    @property
    def known(self) -> bool:
        """Whether there are rows on both sides."""
        return bool((self.n > 0).all())

    @property
    def mean(self) -> tuple[float, float]:
        inside, outside = (self.span * self.k / self.n).tolist()
        return inside, outside

    def inside(self, level: float) -> tuple[float, float]:
        """Limits of the mean error inside."""
        low, high = mid_p(self.k[0], self.n[0], level)
        return float(self.span * low), float(self.span * high)

    def excess(self, level: float = 0.95) -> tuple[float, float, float]:
        """(mean inside less mean outside, low, high): square-and-add of mid-P limits, for a pair chosen beforehand."""
        found = pair_difference(self.k[0], self.n[0], self.k[1], self.n[1], level)
        value, low, high = (self.span * float(one.item()) for one in found)
        return value, low, high

    def p_value(self) -> float:
        """Exact probability of so many errors inside if all rows err alike (Fisher, one-sided).

        Effective counts are rounded against the slice.
        """
        inside, outside = np.floor(self.k[0] + 1e-9), np.ceil(self.k[1] - 1e-9)
        size, rest = np.ceil(self.n[0] - 1e-9), max(outside, np.floor(self.n[1] + 1e-9))
        return float(_tail(int(size), int(size + rest), int(inside + outside))[int(inside)])


def halves(error: ArrayLike, seed: int, unit: ArrayLike | None = None) -> Mask:
    """(n,) which rows are searched; the others test. Both halves have the same errors as nearly as may be.

    Neighbours in the order of their error are parted by a coin. Rows of one unit stay together.
    """
    error = np.asarray(error, dtype=float)
    if unit is not None:
        _, place = np.unique(np.asarray(unit).astype(str), return_inverse=True)
        searched: Mask = halves(np.bincount(place, error), seed)[place]
        return searched
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(error))
    order = order[np.argsort(-error[order], kind="stable")]
    coin = generator.random((len(error) + 1) // 2) < 0.5
    side = np.column_stack([coin, ~coin]).ravel()[: len(error)]
    found = np.empty(len(error), dtype=bool)
    found[order] = side
    return found


def proposed(errors: Errors, *, candidates: int, deepest: int, support: int) -> list[tuple[Condition, ...]]:
    """The slices most worth testing, best first: each is the most surprising beside what those before it explain.

    By the scan statistic, where the rows of a slice, once it is named, are expected to err as often as it does. A
    condition more must tell more than looking for it among so many would by chance: it costs the logarithm of how many
    more slices there are with it. They are chosen from a pool, which is searched anew ``ROUNDS`` times.
    """
    attributes, cost = errors.attributes, _cost(errors.attributes, support)
    weight = np.ones(len(errors)) if errors.weight is None else np.asarray(errors.weight, dtype=float)
    mass, total = weight * errors.error, float(weight @ errors.error)
    if not total > 0:
        return []
    mean = total / weight.sum()
    dispersion = float(weight @ (errors.error - mean) ** 2 / weight.sum() / mean)
    surprise, levels = Scan(total, total, dispersion), [len(column.levels) for column in attributes.columns]
    expected, masks = weight * mean, list[Mask]()
    found: list[tuple[tuple[int, int], ...]] = []
    for rounds_left in range(ROUNDS, 0, -1):
        pool = top_slices(
            attributes.codes, levels, mass / np.maximum(expected, LEAST), partial(Scan, dispersion=dispersion / mean),
            k=POOL, deepest=deepest, support=support, weight=expected, cost=cost,
        )  # fmt: skip
        if not pool:
            break
        places = [np.flatnonzero(_inside(attributes, one.levels)) for one in pool]
        for _ in range(-(-(candidates - len(found)) // rounds_left)):
            sums = np.array([(expected[at].sum(), mass[at].sum(), len(at)) for at in places])
            gain = surprise(sums[:, 0], sums[:, 1]) - [cost[len(one.levels) - 1] for one in pool]
            gain[(sums[:, 2] < support) | [one.levels in found for one in pool]] = 0
            if not gain.max() > TIE:
                break
            found.append(pool[int(gain.argmax())].levels)
            masks.append(_inside(attributes, found[-1]))
            _explain(expected, mass, masks)
    return [attributes.conditions(one) for one in found]


def _inside(attributes: Attributes, levels: Sequence[tuple[int, int]]) -> Mask:
    inside: Mask = np.logical_and.reduce([attributes.codes[:, column] == level for column, level in levels])
    return inside


def _explain(expected: Array, mass: Array, masks: Sequence[Mask]) -> None:
    """Scale what is expected of every named slice, and of all the rest, to what was found there; in turn, in place."""
    for inside in [*masks] * SWEEPS:
        for rows in (inside, ~inside):
            expected[rows] *= max(mass[rows].sum(), LEAST) / max(expected[rows].sum(), LEAST)


def _cost(attributes: Attributes, support: int) -> list[float]:
    """Logarithm of the number of combinations of one, two and three levels, less that of one."""
    counts = [int((np.bincount(code) >= support).sum()) for code in attributes.codes.T]
    ways = np.zeros(DEEPEST + 1)
    ways[0] = 1
    for count in counts:
        ways[1:] += count * ways[:-1]
    return np.log(np.maximum.accumulate(np.maximum(ways[1:], 1)) / max(1.0, ways[1])).tolist()


def contrasted(errors: Errors, conditions: Sequence[Condition]) -> Contrast:
    """A slice against the rest, with weights and units as effective counts."""
    inside = members(errors.attributes, conditions)
    sizes = int(inside.sum()), int((~inside).sum())
    if errors.plain:
        wrong = np.array([errors.error[inside].sum(), errors.error[~inside].sum()])
        return Contrast(wrong, np.array(sizes, dtype=float), sizes)
    if not min(sizes):
        return Contrast(np.zeros(2), np.array(sizes, dtype=float), sizes, errors.most)
    side = {"side": np.where(inside, "1", "2")}
    if np.isin(errors.error, (0, 1)).all():
        wrong = errors.error.astype(np.intp)
        k, n = Tally.of(wrong, wrong, side, ("right", "wrong"), None, errors.weight, errors.unit).decided("side", 1)
        return Contrast(k, n, sizes)
    means = Moments.of({"error": errors.error}, side, errors.weight, errors.unit).means("error", "side")
    found = of_means(means, 0.0, errors.most)
    return Contrast(found.rate * found.n, found.n, sizes, errors.most)


def adjusted(
    errors: Errors, slices: Sequence[Sequence[Condition]], found: Sequence[Contrast], draws: int, seed: int
) -> Array:
    """(slices,) one-sided p-values of an excess, adjusted for having asked of all these slices.

    Where rows are plain, by permutation: how often does any of them look as bad when the errors fall on rows by chance
    alone (Westfall and Young's min-P; the least p-value is 1 / (draws + 1)). Else by Benjamini and Yekutieli.
    """
    if not slices:
        return np.empty(0)
    single = np.array([one.p_value() if one.known else 1.0 for one in found])
    if not errors.plain:
        return benjamini_yekutieli(single)
    inside = np.array([members(errors.attributes, one) for one in slices])
    pattern, size = np.unique(inside, axis=1, return_counts=True)
    wrong = int(errors.error.sum())
    generator = np.random.default_rng(seed)
    drawn = generator.multivariate_hypergeometric(size, wrong, size=draws, method="marginals") @ pattern.T.astype(int)
    tails = [_tail(int(mask.sum()), len(errors), wrong) for mask in inside]
    by_chance = np.column_stack([tail[count] for tail, count in zip(tails, drawn.T, strict=True)])
    together = max_t(-np.log(np.maximum(single, LEAST)), -np.log(np.maximum(by_chance, LEAST)))
    return np.maximum(together, single)


def _tail(size: int, rows: int, wrong: int) -> Array:
    """(size + 1,) probability of at least so many wrong ones among ``size`` rows of all: hypergeometric."""
    factorial = _log_factorials(rows)
    count = np.arange(max(0, size - (rows - wrong)), min(size, wrong) + 1)

    def choose(n: int, k: Array | NDArray[np.intp]) -> Array:
        return np.asarray(factorial[n] - factorial[k] - factorial[n - k])

    logarithm = choose(wrong, count) + choose(rows - wrong, size - count) - choose(rows, np.array(size))
    probability = np.zeros(size + 1)
    probability[count] = np.exp(logarithm)
    tail: Array = np.minimum(1, np.cumsum(probability[::-1])[::-1])
    return tail


@lru_cache(maxsize=8)
def _log_factorials(most: int) -> Array:
    """(most + 1,) logarithms of 0!, 1!, 2! and so on."""
    return np.asarray(scipy.special.gammaln(np.arange(most + 1) + 1.0))
