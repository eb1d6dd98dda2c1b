"""Tests of one hypothesis, and of many at once."""

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audit.interval import Array, valid_counts
from audit.quantile import chi2_sf

MOST_DRAWN = 1_000_000_000
"""Rows up to which numpy draws from the multivariate hypergeometric distribution."""


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p-value that two versions are right equally often on the same examples.

    b and c are the numbers of examples that only the first and only the second has right; without any, p = 1. Raises
    ValueError for negative or fractional counts. Source: McNemar 1947, exact binomial form.
    """
    if min(b, c) < 0 or int(b) != b or int(c) != c:
        raise ValueError(f"discordant counts must be whole numbers from 0, got b = {b}, c = {c}")
    return min(1.0, 2 * float(scipy.special.bdtr(min(b, c), b + c, 0.5)))


def fisher(k: ArrayLike, n: ArrayLike) -> float:
    """Exact two-sided p-value that two rates, k successes among n each, are the same: all tables no more probable.

    Tables further than 40 standard errors from the mean are less probable than any number that is kept. k, n: (2,)
    whole numbers. Raises ValueError for impossible counts. Source: Fisher 1935.
    """
    k, n = valid_counts(k, n)
    successes, whole = k.sum(), n.sum()
    mean = n[0] * successes / max(whole, 1)
    reach = 40 * (np.sqrt(mean * (1 - successes / max(whole, 1))) + 1)
    least, most = max(0.0, successes - n[1], mean - reach), min(successes, n[0], mean + reach)
    first = np.append(np.arange(np.ceil(least), most + 1), k[0])
    cells = (first, n[0] - first, successes - first, n[1] - successes + first)
    chance = -sum(scipy.special.gammaln(cell + 1) for cell in cells)
    share, alike = np.exp(chance[:-1] - chance[:-1].max()), 1e-9 + 1e-15 * abs(chance[-1])
    return float(share[chance[:-1] <= chance[-1] + alike].sum() / share.sum())


def rates_differ(k: ArrayLike, n: ArrayLike, draws: int = 2000, seed: int = 0) -> float:
    """p-value of the omnibus test that all groups have the same rate: do rates differ somewhere?

    The likelihood-ratio statistic G against its distribution when the successes fall on groups by chance alone, the
    sizes and the sum of successes as they are (conditional Monte Carlo, so it is exact for any size). It has more power
    against many small differences than the largest gap has, and says nothing about their size. Effective counts, of
    weighted rows, are not whole: for them, and from a billion rows on, the chi-squared approximation is taken. p = 1
    where all or none are successes.

    k, n: (groups,); groups with n = 0 are left out. Raises ValueError for impossible counts or fewer than two groups.
    Source: Wilks 1938; Agresti 2013, section 16.5.
    """
    k, n = valid_counts(k, n)
    k, n = k[n > 0], n[n > 0]
    if len(n) < 2:
        raise ValueError(f"rates can differ between two groups or more, got {len(n)} with data")
    observed = float(_g(k, n))
    if n.sum() >= MOST_DRAWN or not ((k % 1 == 0).all() and (n % 1 == 0).all()):
        return chi2_sf(observed, len(n) - 1)
    generator = np.random.default_rng(seed)
    drawn = generator.multivariate_hypergeometric(n.astype(np.int64), int(k.sum()), size=draws, method="marginals")
    return (1 + int((_g(drawn, n) >= observed - 1e-9).sum())) / (1 + draws)


def _g(k: ArrayLike, n: Array) -> Array:
    """The likelihood-ratio statistic of (..., groups) successes."""
    k = np.asarray(k, dtype=float)
    share = k.sum(axis=-1, keepdims=True) / n.sum()
    fitted = scipy.special.xlogy(k, n * share) + scipy.special.xlogy(n - k, n * (1 - share))
    found = scipy.special.xlogy(k, k) + scipy.special.xlogy(n - k, n - k)
    return np.asarray(2 * (found - fitted).sum(axis=-1))


def benjamini_hochberg(p: ArrayLike) -> Array:
    """p-values adjusted so that of all that are called true at most that share is false on average, in the same order.

    Valid for independent tests and those that go together. p: shape (tests,). Raises ValueError where one is not within
    [0, 1]. Source: Benjamini and Hochberg 1995.
    """
    p = _valid(p)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted[order] = np.minimum(1, np.minimum.accumulate(ranked[::-1])[::-1])
    return adjusted


def benjamini_yekutieli(p: ArrayLike) -> Array:
    """As `benjamini_hochberg`, however the tests depend on each other: overlapping parts of one data set.

    Source: Benjamini and Yekutieli 2001.
    """
    p = _valid(p)
    return np.minimum(1, benjamini_hochberg(p) * (1 / np.arange(1, len(p) + 1)).sum())


def max_t(statistics: ArrayLike, replicates: ArrayLike) -> Array:
    """p-values adjusted for having asked all of them, from replicates under the null of all statistics together.

    Each is the share of replicates whose largest statistic reaches it (the data counted as one more), so dependence
    between the statistics is used, not feared. statistics: (tests,), large is extreme. replicates: (draws, tests).
    Source: Westfall and Young 1993.
    """
    statistics, replicates = np.asarray(statistics, dtype=float), np.asarray(replicates, dtype=float)
    largest = np.sort(replicates.max(axis=1))
    reached = len(largest) - np.searchsorted(largest, statistics - 1e-12, side="left")
    return np.asarray((1 + reached) / (1 + len(largest)))


def _valid(p: ArrayLike) -> Array:
    p = np.asarray(p, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must be a list of numbers from 0 to 1, got {p.tolist()}")
    return p


def holm(p: ArrayLike, asked: int | None = None) -> Array:
    """p-values adjusted for having asked all of them, in the same order: reject those at or below the error rate.

    The chance of even one false rejection stays below the error rate, however the tests depend on each other. p: shape
    (tests,). asked: how many were asked, where more were than are given; those count as 1. Raises ValueError where one
    is not within [0, 1], or fewer were asked than are given. Source: Holm 1979.
    """
    p = _valid(p)
    asked = len(p) if asked is None else asked
    if asked < len(p):
        raise ValueError(f"{len(p)} p-values are given, so at least as many were asked; got asked = {asked}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (asked - np.arange(len(p)))))
    return adjusted
