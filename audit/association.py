"""How strongly two columns go together: Cramer's V without the bias that many levels bring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.profile import Coded, Codes

BINS = 10
"""Parts of about equal size that a number is cut into."""
RARE = 5
"""Rows under which a value of a column with many is put together with the other rare ones."""
MANY = 20
"""Values from which on rare ones are put together, and numbers are cut."""


def table(one: Codes, other: Codes) -> NDArray[np.int64]:
    """The table of counts of two columns of codes, without empty rows and columns."""
    width = int(other.max(initial=-1)) + 1
    cells = np.bincount(one * width + other, minlength=(int(one.max(initial=-1)) + 1) * width).reshape(
        -1, max(width, 1)
    )
    return cells[cells.sum(axis=1) > 0][:, cells.sum(axis=0) > 0].astype(np.int64)


def phi_squared(cells: NDArray[np.int64]) -> float:
    """Pearson's chi-squared over n: the sum of the squared counts over the products of their margins, less one."""
    rows, columns = cells.sum(axis=1).astype(float), cells.sum(axis=0).astype(float)
    return float((cells.astype(float) ** 2 / np.outer(rows, columns)).sum() - 1)


def cramers_v(cells: NDArray[np.int64], *, corrected: bool = True) -> float:
    """Cramer's V of a table of counts without empty rows and columns: 0 is unrelated, 1 is one gives away the other.

    Source: Cramer 1946; the correction of its bias is Bergsma 2013, J. Korean Statistical Society 42, 323-328: phi squared
    less (r - 1)(k - 1) / (n - 1), never below 0, and the numbers of levels shrunk likewise.
    """
    (r, k), n = cells.shape, int(cells.sum())
    if min(r, k) < 2 or n < 2:
        return 0.0
    phi = phi_squared(cells)
    if not corrected:
        return float(np.sqrt(np.clip(phi / (min(r, k) - 1), 0.0, 1.0)))
    phi = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    fewest = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(phi / fewest, 1.0))) if fewest > 0 else 0.0


def levels(coded: Coded, bins: int = BINS) -> Codes:
    """(n,) levels of any column: numbers cut into parts of about equal size, rare values together, missing its own."""
    if coded.is_number and len(coded.values) > MANY:
        number = coded.numbers()
        known = number[~np.isnan(number)]
        if not len(known):
            return np.where(coded.codes < 0, 1, 0)
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
        gone = np.where(coded.codes < 0, len(edges) + 2, len(edges) + 1)
        return np.where(np.isnan(number), gone, np.searchsorted(edges, number, side="right")).astype(np.int64)
    codes = np.where(coded.codes < 0, len(coded.values), coded.codes)
    if len(coded.values) <= MANY:
        return codes
    counts = np.bincount(codes, minlength=len(coded.values) + 1)
    return np.where(counts[codes] < RARE, len(coded.values) + 1, codes)


def best_cut(number: NDArray[np.float64], classes: Codes) -> float:
    """The largest phi of a number cut in two at any place with a column of two classes; missing numbers are left out."""
    known = ~np.isnan(number)
    if known.sum() < 2:
        return 0.0
    order = np.argsort(number[known], kind="stable")
    value, one = number[known][order], (classes[known][order] == classes.max()).astype(float)
    below = np.flatnonzero(np.diff(value) > 0) + 1
    n, ones = len(value), one.sum()
    if not len(below) or ones in (0, n):
        return 0.0
    held = np.cumsum(one)[below - 1]
    covariance = held * n - below * ones
    return float(np.abs(covariance / np.sqrt(below * (n - below) * ones * (n - ones))).max())
