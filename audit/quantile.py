"""Quantiles and tails of the usual distributions.

They are those of ``scipy.stats``, whose import takes longer than many an audit, from ``scipy.special``.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray


def normal_isf(tail: float) -> float:
    """What a standard normal exceeds with this probability."""
    return -float(scipy.special.ndtri(tail))


def normal_pdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of the standard normal."""
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def student_isf(tail: float, freedom: float) -> float:
    """What Student's t exceeds with this probability."""
    return -float(scipy.special.stdtrit(freedom, tail))


def chi2_sf(x: float, freedom: float) -> float:
    """Probability that chi-squared exceeds x."""
    return float(scipy.special.chdtrc(freedom, x))


def chi2_ppf(share: float, freedom: float) -> float:
    """What chi-squared stays below with this probability."""
    return 2 * float(scipy.special.gammaincinv(freedom / 2, share))


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """(n,) ranks from 1, ties sharing their mean rank."""
    _, place, size = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return np.asarray((size.cumsum() - (size - 1) / 2)[place])
