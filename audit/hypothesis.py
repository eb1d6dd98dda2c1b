"""Tests of one hypothesis, and of many at once."""

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audit.interval import Array


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p-value that two versions are right equally often on the same examples.

    b and c are the numbers of examples that only the first and only the second has right; without any, p = 1. Raises
    ValueError for negative or fractional counts. Source: McNemar 1947, exact binomial form.
    """
    if min(b, c) < 0 or int(b) != b or int(c) != c:
        raise ValueError(f"discordant counts must be whole numbers from 0, got b = {b}, c = {c}")
    return min(1.0, 2 * float(scipy.stats.binom.cdf(min(b, c), b + c, 0.5)))


def holm(p: ArrayLike) -> Array:
    """p-values adjusted for having asked all of them, in the same order: reject those at or below the error rate.

    The chance of even one false rejection stays below the error rate, however the tests depend on each other. p: shape
    (tests,). Raises ValueError where one is not within [0, 1]. Source: Holm 1979.
    """
    p = np.asarray(p, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must be a list of numbers from 0 to 1, got {p.tolist()}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted
