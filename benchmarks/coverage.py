"""Whether the intervals hold what they promise: ``python -m benchmarks.coverage``.

Simulates data sets whose true rates are known, over a grid of group numbers, sizes (very unequal ones too), rates and
true gaps, and counts how often the interval of the largest difference and of the smallest ratio holds the truth, how
often equal groups are called unequal, how wide the interval is beside Bonferroni over Newcombe's, and how far the
debiased gap is off; and of each group's ratio to the best, how often its interval holds the truth. One rate and one pair
chosen beforehand are enumerated exactly. Limits are tabulated by (k, n), so that a cell takes about a second; in every
cell some data sets are given to the product's own functions, which must say the same. Prints one JSON object as its last
line.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import scipy
from rich.console import Console
from rich.progress import track

from audit import contrast
from audit.interval import clopper_pearson, mid_p
from benchmarks.enumeration import exact

console = Console(stderr=True)
GROUPS = (2, 3, 5, 10, 20, 40)
NULL_RATES = (0.002, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 0.99)
BASES, GAPS = (0.002, 0.05, 0.1, 0.3, 0.6), (0.02, 0.05, 0.1, 0.3)
ARRANGED = ("one lower", "one higher", "halves", "spread")
AGREE = 5
"""Data sets of each cell that the product's own functions compute as well."""
AT_ONCE = 4_000_000
Limits = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Cell:
    """One point of the grid: group sizes and true rates."""

    n: tuple[int, ...]
    p: tuple[float, ...]
    seed: int

    @property
    def gap(self) -> float:
        return max(self.p) - min(self.p)


@dataclass(frozen=True)
class Found:
    """What the simulation of one cell gave."""

    groups: int
    gap: float
    difference: float
    """Share of data sets whose interval holds the true largest difference."""
    ratio: float
    to_best: float
    """The same of a group's ratio to the best group; of the group that fares worst."""
    false_disparity: float
    width: float
    """Mean width over that of Bonferroni-Newcombe."""
    bias: float
    where: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--draws", type=int, default=10_000)
    asked = parser.parse_args()
    started = time.perf_counter()
    cells = grid(asked.cells)
    with ProcessPoolExecutor(2) as pool:
        work = pool.map(partial(simulate, draws=asked.draws), cells)
        found = list(track(work, "cells", total=len(cells), console=console))
    null, wide = [one for one in found if one.gap == 0], [one for one in found if one.groups >= 5]
    least = min(found, key=lambda one: min(one.difference, one.ratio))
    worst = max(null, key=lambda one: one.false_disparity)
    console.print(f"least coverage: {least}\nworst false disparity: {worst}")
    result = {
        "cells": len(found),
        "draws": asked.draws,
        "min_coverage": min(least.difference, least.ratio),
        "worst_false_disparity": worst.false_disparity,
        "width_ratio_5plus": float(np.mean([one.width for one in wide])),
        "min_against_best": min(one.to_best for one in found),
        "debiased_bias": float(np.mean([one.bias for one in found])),
        **exact(),
        "fairlearn_mean_false_disparity": fairlearn(),
        "monte_carlo_error": (0.05 * 0.95 / asked.draws) ** 0.5,
        "worst_debiased_bias": max(found, key=lambda one: abs(one.bias)).bias,
        "seconds": time.perf_counter() - started,
    }
    print(json.dumps({name: round(value, 4) for name, value in result.items()}))


def grid(cells: int) -> list[Cell]:
    """Half of the cells under equality, half with a gap, drawn from all combinations by a fixed seed."""
    draw = np.random.default_rng(20261125)
    null = [(n, np.full(len(n), rate)) for n in _sizes() for rate in NULL_RATES]
    apart = [
        (n, rates)
        for n in _sizes()
        for base in BASES
        for gap in GAPS
        for kind in (ARRANGED if len(n) > 2 else ARRANGED[:1])
        for rates in [_rates(len(n), base, gap, kind)]
        if rates.max() <= 0.99
    ]
    chosen = [
        each[at] for each in (null, apart) for at in draw.permutation(len(each))[: cells // 2].tolist()
    ]  # fmt: skip
    return [Cell(tuple(n), tuple(p.tolist()), seed) for seed, (n, p) in enumerate(chosen)]


def _sizes() -> Iterator[list[int]]:
    for groups in GROUPS:
        yield from ([n] * groups for n in (10, 30, 100, 1000, 20_000))
        for least, most in ((1, 20_000), (10, 2000), (30, 2000)):
            yield np.geomspace(least, most, groups).round().astype(int).tolist()
        yield [10] * (groups - 1) + [20_000]
        yield [20_000] * (groups - 1) + [10]


def _rates(groups: int, base: float, gap: float, kind: str) -> np.ndarray:
    rates = np.full(groups, base)
    if kind == "one lower":
        rates[1:] += gap
    elif kind == "one higher":
        rates[-1] += gap
    elif kind == "halves":
        rates[groups // 2 :] += gap
    else:
        rates += np.linspace(0, gap, groups)
    return rates


def simulate(cell: Cell, draws: int) -> Found:
    n, p = np.array(cell.n), np.array(cell.p)
    groups = len(n)
    k = np.random.default_rng(cell.seed).binomial(n, p, (draws, groups))
    rate = k / n
    z = contrast.tukey_z(groups, 0.95)
    sure = tabulated(k, n, lambda a, b: clopper_pearson(a, b, 1 - 2 * float(scipy.special.ndtr(-z))))
    point = tabulated(k, n, mid_p)
    many = tabulated(k, n, partial(wilson, z=float(scipy.stats.norm.isf(0.05 / groups / (groups - 1)))))
    low, high = largest(_below, rate, sure), largest(_above, rate, point)
    ratio_low, ratio_high = -largest(_ratio_below, rate, point), -largest(_ratio_above, rate, sure)
    low, high = np.maximum(0, low), np.minimum(1, high)
    ratio_low, ratio_high = np.minimum(1, ratio_low), np.minimum(1, ratio_high)
    best = against_best(k, n, rate, point)
    _agree(cell, k, np.column_stack([low, high, ratio_low, ratio_high]), best)
    other_low, other_high = np.maximum(0, largest(_below, rate, many)), np.minimum(1, largest(_above, rate, many))
    truth, quotient, tiny = cell.gap, p.min() / p.max(), 1e-12
    return Found(
        groups=groups,
        gap=truth,
        difference=float(np.mean((low <= truth + tiny) & (truth <= high + tiny))),
        ratio=float(np.mean((ratio_low <= quotient + tiny) & (quotient <= ratio_high + tiny))),
        to_best=float(np.mean((best[0] <= p / p.max() + tiny) & (p / p.max() <= best[1] + tiny), axis=0).min()),
        false_disparity=float(np.mean(low > 0)) if truth == 0 else 0.0,
        width=float(np.mean(high - low) / np.mean(other_high - other_low)),
        bias=float(np.mean(debiased(k, n)) - truth),
        where=f"{groups} groups of {n.min()} to {n.max()}, rates {p.min():g} to {p.max():g}",
    )


def tabulated(k: np.ndarray, n: np.ndarray, limits: Callable[[np.ndarray, np.ndarray], Limits]) -> Limits:
    """Limits of every (k, n) that occurs, looked up: (draws, groups) low and high."""
    low, high = np.empty(k.shape), np.empty(k.shape)
    for size in np.unique(n):
        same = n == size
        seen, place = np.unique(k[:, same], return_inverse=True)
        ends = limits(seen, np.full(seen.shape, size))
        low[:, same], high[:, same] = (end[place].reshape(-1, same.sum()) for end in ends)
    return low, high


def wilson(k: np.ndarray, n: np.ndarray, z: float) -> Limits:
    p = k / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - reach, middle + reach


Bound = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def largest(bound: Bound, rate: np.ndarray, limits: Limits) -> np.ndarray:
    """(draws,) the largest bound over all ordered pairs."""
    return np.asarray(of_each(bound, rate, limits).max(axis=1))


def of_each(bound: Bound, rate: np.ndarray, limits: Limits) -> np.ndarray:
    """(draws, groups) the largest bound of each group against the others, some data sets at a time."""
    draws, groups = rate.shape
    some = max(1, AT_ONCE // groups**2)
    own = np.eye(groups, dtype=bool)
    found = []
    for at in range(0, draws, some):
        part = slice(at, at + some)
        table = bound(rate[part], limits[0][part], limits[1][part])
        found.append(np.where(own, -np.inf, table).max(axis=2))
    return np.concatenate(found)


def against_best(k: np.ndarray, n: np.ndarray, rate: np.ndarray, point: Limits) -> Limits:
    """Limits of every group's ratio to the best, (draws, groups) each; 0 and 1 where nobody has a rate above 0."""
    z = contrast.dunnett_z(len(n), 0.95)
    sure = tabulated(k, n, lambda a, b: clopper_pearson(a, b, 1 - 2 * float(scipy.special.ndtr(-z))))
    best = rate.max(axis=1, keepdims=True)
    value = np.divide(rate, best, out=np.zeros(rate.shape), where=best > 0)
    low = np.minimum(1, -of_each(_ratio_below, rate, point))
    high = np.minimum(1, -of_each(_ratio_above, rate, sure))
    return np.minimum(low, value), np.where(best > 0, np.maximum(high, value), 1.0)


def _below(p: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return p[:, :, None] - p[:, None, :] - np.hypot((p - low)[:, :, None], (high - p)[:, None, :])


def _above(p: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return p[:, :, None] - p[:, None, :] + np.hypot((high - p)[:, :, None], (p - low)[:, None, :])


def _ratio_below(p: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    top, bottom = (low * (2 * p - low))[:, :, None], (high * (2 * p - high))[:, None, :]
    return -_quotient(p, top, bottom, top, -1)


def _ratio_above(p: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    top, bottom = (high * (2 * p - high))[:, :, None], (low * (2 * p - low))[:, None, :]
    return -_quotient(p, top, bottom, bottom, 1)


def _quotient(p: np.ndarray, top: np.ndarray, bottom: np.ndarray, other: np.ndarray, sign: int) -> np.ndarray:
    """Root of bottom r^2 - 2 p q r + top = 0: the smaller one as top / (pq + root), the larger as (pq + root) / bottom."""
    product = p[:, :, None] * p[:, None, :]
    reach = product + np.sqrt(np.maximum(0, product**2 - top * bottom))
    above, beneath = (other, reach) if sign < 0 else (reach, other)
    above, beneath = np.broadcast_arrays(above, beneath)
    ratio = np.divide(above, beneath, out=np.full(above.shape, np.inf), where=beneath > 0)
    return np.where((p == 0)[:, :, None], 0.0, ratio) if sign < 0 else ratio


def _agree(cell: Cell, k: np.ndarray, limits: np.ndarray, best: Limits) -> None:
    """The product's own functions say the same of some data sets."""
    for counts, (low, high, ratio_low, ratio_high), *ends in zip(k[:AGREE], limits[:AGREE], *best, strict=False):
        if counts.any():
            np.testing.assert_allclose(contrast.against_best(counts, cell.n)[1:], ends, atol=1e-10)
        gap, ratio = contrast.largest_difference(counts, cell.n), contrast.smallest_ratio(counts, cell.n)
        np.testing.assert_allclose([gap.low, gap.high], [low, high], atol=1e-10)
        np.testing.assert_allclose([ratio.low, ratio.high], [ratio_low, ratio_high], atol=1e-10)
        np.testing.assert_allclose(
            debiased(counts[None], np.array(cell.n)), contrast.debiased_difference(counts, cell.n), atol=1e-10
        )


def debiased(k: np.ndarray, n: np.ndarray) -> np.ndarray:
    """(draws,) `contrast.debiased_difference` of every data set at once."""
    p, overall = k / n, k.sum(axis=1, keepdims=True) / n.sum()
    noise = np.maximum(overall * (1 - overall), 1e-12) / n
    weight = 1 / noise
    total = weight.sum(axis=1, keepdims=True)
    centre = (weight * p).sum(axis=1, keepdims=True) / total
    excess = (weight * (p - centre) ** 2).sum(axis=1, keepdims=True) - (len(n) - 1)
    spread = np.maximum(0, excess / (total - (weight**2).sum(axis=1, keepdims=True) / total))
    inverse = 1 / (spread + noise)
    centre = (inverse * p).sum(axis=1, keepdims=True) / inverse.sum(axis=1, keepdims=True)
    return np.ptp(np.clip(centre + np.sqrt(spread * inverse) * (p - centre), 0, 1), axis=1)


def fairlearn(data_sets: int = 15, boots: int = 100) -> float:
    """How often fairlearn's bootstrap interval of the difference excludes 0 under equality: 2, 5 and 10 groups."""
    from fairlearn.metrics import MetricFrame, selection_rate

    draw, excluded = np.random.default_rng(0), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for groups in track([2, 5, 10] * data_sets, "fairlearn", console=console):
            group = pd.Series(np.repeat(np.arange(groups), 200))
            decided = (draw.random(len(group)) < 0.3).astype(int)
            frame = MetricFrame(
                metrics=selection_rate, y_true=decided, y_pred=decided, sensitive_features=group, n_boot=boots,
                ci_quantiles=[0.025, 0.975], random_state=0,
            )  # fmt: skip
            excluded.append(frame.difference_ci()[0] > 0)
    return float(np.mean(excluded))


if __name__ == "__main__":
    main()
