"""Answering only when sure: error by the share of examples kept, and the area under that curve."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import scipy

from audit.interval import Array
from audit.resample import over


class Kept(NamedTuple):
    """Rows from the surest down, and where every run of equally sure rows begins and ends."""

    order: np.ndarray
    wrong: Array
    ends: np.ndarray
    """(runs,) position of each run's last row."""
    sure: Array
    """(runs,)."""

    @classmethod
    def of(cls, sure: Array, wrong: np.ndarray) -> Self:
        order = np.argsort(-sure, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))
        return cls(order, wrong[order].astype(float), ends, sure[order][ends])

    def curve(self, weight: Array) -> tuple[Array, Array]:
        """(draws, runs) weight kept, and weight kept and wrong, down to the end of every run."""
        ordered = weight[:, self.order]
        return ordered.cumsum(axis=1)[:, self.ends], (ordered * self.wrong).cumsum(axis=1)[:, self.ends]

    def area(self, weight: Array) -> Array:
        """(draws,) mean error among the rows kept, over every number that could be kept; NaN where no row counts.

        Equally sure rows are taken in no order: each counts the mean over all orders, in closed form by harmonic
        numbers. Source: Geifman and El-Yaniv 2017.
        """
        kept, wrong = self.curve(weight)
        n, k = (np.diff(one, axis=1, prepend=0) for one in (kept, wrong))
        before, lost = kept - n, wrong - k
        share = np.nan_to_num(over(k, n))
        harmonic = _harmonic(kept) - _harmonic(before)
        return over((k + (lost - share * before) * harmonic).sum(axis=1), kept[:, -1])


def _harmonic(n: Array) -> Array:
    """1 + 1/2 + ... + 1/n, and what lies between where rows are weighted."""
    whole = n.astype(np.intp)
    if (whole != n).any():
        return np.asarray(scipy.special.digamma(n + 1) + np.euler_gamma)
    return np.concatenate([[0.0], (1 / np.arange(1, whole.max() + 1)).cumsum()])[whole]
