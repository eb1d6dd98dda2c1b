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

    def influence(self, weight: Array) -> Array:
        """(rows,) by how much the area rises for a little more weight of each row: its exact derivative.

        For many rows the area of new weights is the old one plus the sum of these times what was added, but for a
        remainder that falls with the number of rows. weight: (rows,).
        """
        kept, wrong = (one[0] for one in self.curve(weight[None]))
        n, k = (np.diff(one, prepend=0) for one in (kept, wrong))
        before, lost = kept - n, wrong - k
        n = np.maximum(n, np.finfo(float).tiny)
        rise = scipy.special.digamma(kept + 1) - scipy.special.digamma(before + 1)
        first, last = (scipy.special.polygamma(1, one + 1) for one in (before, kept))
        rest = lost - k * before / n
        more, more_wrong = k * before / n**2 * rise + rest * last, 1 - before / n * rise
        later, later_wrong = rest * (last - first) - k / n * rise, rise
        after, after_wrong = (one[::-1].cumsum()[::-1] - one for one in (later, later_wrong))
        run = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=-1))
        area = float(self.area(weight[None])[0])
        sorted_influence = (more + after)[run] + self.wrong * (more_wrong + after_wrong)[run] - area
        influence = np.empty(len(run))
        influence[self.order] = sorted_influence / kept[-1]
        return influence


def _harmonic(n: Array) -> Array:
    """1 + 1/2 + ... + 1/n, and what lies between where rows are weighted."""
    whole = n.astype(np.intp)
    if (whole != n).any():
        return np.asarray(scipy.special.digamma(n + 1) + np.euler_gamma)
    return np.concatenate([[0.0], (1 / np.arange(1, whole.max() + 1)).cumsum()])[whole]
